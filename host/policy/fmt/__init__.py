"""Writing a policy file in its usual form. A YAML library would drop the comments, which are half of what a policy
tells its readers, so there is a layer of text here: `tree.py` reads, `usual.py` knows the usual form, and `write.py`
writes.
"""
