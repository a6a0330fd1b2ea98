"""What is wrong with a key, a signature or a ciphertext, in the words of Node and of OpenSSL 3."""

from host.capabilities.crypto.failure import Failure, ossl


def unsupported() -> Failure:
    """Of bytes that are no key of any sort that is known here."""
    return ossl("ERR_OSSL_UNSUPPORTED", "1E08010C", "DECODER routines", "unsupported")


_ASN1 = {
    "not enough data": ("0680008E", "ERR_OSSL_ASN1_NOT_ENOUGH_DATA"),
    "header too long": ("0680007B", "ERR_OSSL_ASN1_HEADER_TOO_LONG"),
    "too long": ("0680009B", "ERR_OSSL_ASN1_TOO_LONG"),
    "wrong tag": ("068000A8", "ERR_OSSL_ASN1_WRONG_TAG"),
}


def bad_der(reason: str) -> Failure:
    """Of DER that ends too early or is of something else."""
    if reason not in _ASN1:
        return unsupported()
    packed, code = _ASN1[reason]
    return ossl(code, packed, "asn1 encoding routines", reason)


def bad_decrypt() -> Failure:
    """Of an encrypted key and a passphrase that is not its own."""
    return ossl("ERR_OSSL_BAD_DECRYPT", "1C800064", "Provider routines", "bad decrypt")


def no_passphrase() -> Failure:
    code, library = "ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED", "common libcrypto routines"
    return ossl(code, "07880109", library, "interrupted or cancelled")


def not_for_this_key() -> Failure:
    """Of an operation that keys of this type do not have."""
    reason = "operation not supported for this keytype"
    code = "ERR_OSSL_EVP_OPERATION_NOT_SUPPORTED_FOR_THIS_KEYTYPE"
    return ossl(code, "03000096", "digital envelope routines", reason)


def provider(packed: str, reason: str) -> Failure:
    """An error of OpenSSL's algorithms, whose code has no name of a library."""
    return ossl("ERR_OSSL_" + reason.upper().replace(" ", "_"), packed, "Provider routines", reason)


def rsa(packed: str, reason: str) -> Failure:
    return ossl("ERR_OSSL_RSA_" + reason.upper().replace(" ", "_"), packed, "rsa routines", reason)


def dh(packed: str, reason: str) -> Failure:
    code = "ERR_OSSL_DH_" + reason.upper().replace(" ", "_")
    return ossl(code, packed, "Diffie-Hellman routines", reason)


def no_inverse() -> Failure:
    """Of a number that is no prime, as it shows in modular arithmetic."""
    return ossl("ERR_OSSL_BN_NO_INVERSE", "0180006C", "bignum routines", "no inverse")


def digest_not_allowed() -> Failure:
    return provider("1C8000AE", "digest not allowed")


def unsupported_operation() -> Failure:
    return Failure("ERR_CRYPTO_UNSUPPORTED_OPERATION", "Unsupported crypto operation")


def invalid_jwk(message: str = "Invalid JWK data") -> Failure:
    return Failure("ERR_CRYPTO_INVALID_JWK", message, "TypeError")


def modulus_out_of_range(least: int, most: int) -> Failure:
    message = f"Invalid key length: an RSA modulus has {least} to {most} bits here"
    return Failure("ERR_CRYPTO_INVALID_KEYLEN", message, "RangeError")
