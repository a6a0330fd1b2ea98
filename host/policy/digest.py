"""One name for one meaning: the digest of a canonical form."""

import hashlib
import json


def digest_of(meaning: object) -> str:
    """`sha256:` and the hexadecimal SHA-256 of `meaning` as canonical JSON: sorted keys, no spaces, ASCII.

    `meaning` is made of dicts with text keys, lists, text, integers, booleans and None.
    """
    canonical = json.dumps(meaning, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return f"sha256:{hashlib.sha256(canonical.encode('ascii')).hexdigest()}"
