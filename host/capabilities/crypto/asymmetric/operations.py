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

OPERATIONS: Mapping[int, Callable[[Work, bytes], bytes | Later]] = {
    48: key_calls.read_key,
    49: key_calls.export,
    50: key_calls.public_key,
    51: signatures.sign,
    52: signatures.verify,
    53: rsa_cipher.encrypt,
    54: rsa_cipher.decrypt,
    55: rsa_cipher.private_encrypt,
    56: rsa_cipher.public_decrypt,
    57: exchange.agree,
    58: exchange.point,
    59: generate.rsa_pair,
    60: generate.small_pair,
    61: dh_calls.dh,
    62: x509_calls.read_certificate,
    63: x509_calls.ask_certificate,
}
