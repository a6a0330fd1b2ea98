"""From what code was seen to do, the smallest policy that lets it do that. Pure: `learn.py` has the policy, `write.py`
its text with the evidence as comments.
"""
