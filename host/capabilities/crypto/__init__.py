"""crypto: what guests cannot compute, or not as quickly, and keys that they use and never see.

Each operation asks the policy about its algorithm, once in an execution, and pays for its work before it is done. The
algorithms are those of OpenSSL: `hashlib` and `hmac`, and `cryptography` where Python itself has none. A failure (a
wrong tag, a malformed key) is an answer, which the guest makes into the error that Node throws; a Refusal is the
policy's.

`power.py` is the capability. This file imports nothing: the process that makes keys comes through here.
"""
