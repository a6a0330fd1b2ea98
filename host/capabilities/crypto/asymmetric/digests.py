"""The digests of signatures and of OAEP, by the names that policies have for them."""

from cryptography.hazmat.primitives import hashes

#: Those that go with RSA; OpenSSL has no other identifiers for PKCS #1.
RSA_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),
    "sha1": hashes.SHA1(),
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha512-224": hashes.SHA512_224(),
    "sha512-256": hashes.SHA512_256(),
    "sha3-224": hashes.SHA3_224(),
    "sha3-256": hashes.SHA3_256(),
    "sha3-384": hashes.SHA3_384(),
    "sha3-512": hashes.SHA3_512(),
}
#: ECDSA only cuts a digest down to the curve's length, so any goes.
ECDSA_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    **RSA_DIGESTS,
    "sm3": hashes.SM3(),
    "blake2b512": hashes.BLAKE2b(64),
    "blake2s256": hashes.BLAKE2s(32),
}
#: About what a byte costs, in tenths of a nanosecond, with the slowest of them.
_BYTE_TENTHS_NS = 40


def price_ns(length: int) -> int:
    """About what digesting so many bytes takes."""
    return length * _BYTE_TENTHS_NS // 10
