"""`grants:` and `deny:`: the powers of a policy. `model.py` has the values; the other files read them."""
