"""The operations of asymmetric keys, by number (guest/quickjs-wasm/ABI.md)."""

from collections.abc import Callable, Mapping

from host.capabilities.base import Later
from host.capabilities.crypto.asymmetric import (
    dh_calls,
    exchange,
    generate,
    key_calls,
    rsa_cipher,
    signatures,
    x509_calls,
)
from host.capabilities.crypto.work import Work

CRYPTO_KEY_READ = 48
CRYPTO_KEY_EXPORT = 49
CRYPTO_KEY_PUBLIC = 50
CRYPTO_SIGN = 51
CRYPTO_VERIFY = 52
CRYPTO_ENCRYPT = 53
CRYPTO_DECRYPT = 54
CRYPTO_PRIVATE_ENCRYPT = 55
CRYPTO_PUBLIC_DECRYPT = 56
CRYPTO_AGREE = 57
CRYPTO_POINT = 58
CRYPTO_RSA_PAIR = 59
CRYPTO_PAIR = 60
CRYPTO_DH = 61
CRYPTO_CERTIFICATE = 62
CRYPTO_ASK_CERTIFICATE = 63

OPERATIONS: Mapping[int, Callable[[Work, bytes], bytes | Later]] = {
    CRYPTO_KEY_READ: key_calls.read_key,
    CRYPTO_KEY_EXPORT: key_calls.export,
    CRYPTO_KEY_PUBLIC: key_calls.public_key,
    CRYPTO_SIGN: signatures.sign,
    CRYPTO_VERIFY: signatures.verify,
    CRYPTO_ENCRYPT: rsa_cipher.encrypt,
    CRYPTO_DECRYPT: rsa_cipher.decrypt,
    CRYPTO_PRIVATE_ENCRYPT: rsa_cipher.private_encrypt,
    CRYPTO_PUBLIC_DECRYPT: rsa_cipher.public_decrypt,
    CRYPTO_AGREE: exchange.agree,
    CRYPTO_POINT: exchange.point,
    CRYPTO_RSA_PAIR: generate.rsa_pair,
    CRYPTO_PAIR: generate.small_pair,
    CRYPTO_DH: dh_calls.dh,
    CRYPTO_CERTIFICATE: x509_calls.read_certificate,
    CRYPTO_ASK_CERTIFICATE: x509_calls.ask_certificate,
}
