"""The words of `grants.crypto`: which algorithms each operation has."""

_SHA = ("sha1", "sha224", "sha256", "sha384", "sha512")
_HASHES = frozenset(
    {"md5", *_SHA, "sha512-224", "sha512-256", "sha3-224", "sha3-256", "sha3-384", "sha3-512", "blake2b512",
     "blake2s256", "ripemd160", "sm3"}
)  # fmt: skip
_CIPHERS = frozenset(
    {
        *(
            f"aes-{bits}-{mode}"
            for bits in (128, 192, 256)
            for mode in ("ecb", "cbc", "ctr", "cfb", "ofb", "gcm", "ccm")
        ),
        *(f"des-ede3-{mode}" for mode in ("ecb", "cbc", "cfb", "ofb")),
        *(f"sm4-{mode}" for mode in ("ecb", "cbc", "ctr", "cfb", "ofb", "gcm")),
        *(f"aes{bits}-wrap" for bits in (128, 192, 256)),
        "chacha20-poly1305",
        "rsa-oaep",
        "rsa-pkcs1",
        "rsa-raw",
        "sm2",
    }
)
#: What a digest is called within a signature.
_SIGNED = (*_SHA, "sha512-224", "sha512-256", "sha3-224", "sha3-256", "sha3-384", "sha3-512")
_SIGNATURES = frozenset(
    {
        "ed25519",
        "ed448",
        "sm2-sm3",
        *(f"rsa-{digest}" for digest in ("md5", *_SIGNED)),
        *(f"rsa-pss-{digest}" for digest in _SIGNED),
        *(f"ecdsa-{digest}" for digest in _SIGNED),
    }
)

ALGORITHMS: dict[str, frozenset[str]] = {
    "hash": _HASHES | {"shake128", "shake256"},
    "hmac": _HASHES,
    "cipher": _CIPHERS,
    "sign": _SIGNATURES,
    "verify": _SIGNATURES,
    "derive": frozenset({"pbkdf2", "scrypt", "hkdf"}),
    "keypair": frozenset({"rsa", "rsa-pss", "ec", "ed25519", "ed448", "x25519", "x448", "sm2", "dh"}),
    "exchange": frozenset({"ecdh", "x25519", "x448", "dh", "sm2"}),
}
"""Each operation that takes a list of algorithms, in the spelling of Node where Node has one."""

KEY_USES: dict[str, tuple[str, ...]] = {
    "sign": ("sign",),
    "verify": ("verify",),
    "encrypt": ("cipher",),
    "decrypt": ("cipher",),
    "hmac": ("hmac",),
    "derive": ("derive",),
    "exchange": ("exchange",),
}
"""Each use of a named key, with the operations whose algorithms it can have."""

BROKEN = frozenset(
    {"md5", "sha1", "ripemd160", "rsa-md5", "rsa-sha1", "rsa-pss-sha1", "ecdsa-sha1", "rsa-pkcs1", "rsa-raw"}
    | {name for name in _CIPHERS if name.endswith("-ecb") or name.startswith("des-")}
)
"""Algorithms that are granted for old data and old partners, and that nobody should choose today."""


def respell(word: str, choices: frozenset[str]) -> str | None:
    """The choice that differs from `word` in capitals and punctuation alone, or None."""
    by_letters = {_letters(choice): choice for choice in choices}
    return by_letters.get(_letters(word))


def _letters(word: str) -> str:
    return "".join(c for c in word.lower() if c.isalnum())
