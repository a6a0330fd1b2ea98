"""Keys in pairs on the host's side: strict DER, SM2 as its standard prints it, locks that are too dear, and calls that
are made of anything."""

import random
import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from host.capabilities.base import Refusal
from host.capabilities.crypto.asymmetric import der, dh_key, ec_key, keyring, locked, pem, read_key, sm2
from host.capabilities.crypto.asymmetric import key as keys
from host.capabilities.crypto.asymmetric.curves import CURVES
from host.capabilities.crypto.asymmetric.operations import OPERATIONS
from host.capabilities.crypto.failure import Failure
from host.capabilities.crypto.fields import pack
from host.capabilities.crypto.work import Kept

_DER, _PKCS8, _SPKI = Encoding.DER, PrivateFormat.PKCS8, PublicFormat.SubjectPublicKeyInfo


@pytest.mark.parametrize(
    "written",
    [
        "",
        "30",
        "3080",
        "308000",
        "30810102",
        "3082000102",
        "3084000000",
        "30030201",
        "0200",
        "020180",
        "02020001",
        "0203",
    ],
)
def test_der_that_could_be_written_otherwise_is_none(written: str) -> None:
    """Cut off, without an end, with a length or a number that is longer than it has to be, or below zero."""
    data = bytes.fromhex(written)
    with pytest.raises(der.DerError):
        der.Reader(data).inside().inside() if written.startswith("30") else der.Reader(data).integer()


def test_der_is_read_as_it_was_written() -> None:
    """Numbers and names of any length."""
    for number in (0, 1, 127, 128, 255, 256, 2**64, 2**8192 - 1):
        assert der.Reader(der.integer(number)).integer() == number
    for name in ("1.2.840.113549.1.1.1", "2.16.840.1.101.3.4.2.3", "1.3.101.112", "2.999.1"):
        assert der.Reader(der.oid(name)).oid() == name
    for size in (0, 127, 128, 255, 256, 65536):
        assert der.Reader(der.octets(bytes(size))).read(der.OCTET_STRING) == bytes(size)


def test_sm2_signs_what_the_standard_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    """GM/T 0003.5, A.2, with its nonce."""
    key = sm2.private_key(0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8)
    nonce = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
    drawn = iter((4, nonce - 1))
    monkeypatch.setattr(secrets, "randbelow", lambda below: next(drawn))
    r, s = sm2.sign(key, b"message digest", sm2.DEFAULT_ID)
    assert r == 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
    assert s == 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
    assert sm2.verify(key, b"message digest", r, s, sm2.DEFAULT_ID)


#: Of P-521 (FIPS 186-4, D.1.2.5): twice as much still fits into the bytes of a scalar.
_P521_ORDER = (
    0x01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF_FA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409
)  # fmt: skip


def test_a_scalar_has_one_form() -> None:
    """Zero, and what is a multiple of the order larger, make no key, also where the point is that of the scalar."""
    curve = CURVES["secp521r1"]
    key = keys.new_ec(curve)
    scalar, point = ec_key.scalar_of(curve, key.handle), ec_key.point_of(curve, key.handle)
    assert keys.ec_private(curve, scalar, point).der == keys.ec_private(curve, scalar).der == key.der
    for wrong in (0, scalar + _P521_ORDER, _P521_ORDER, scalar + 1):
        with pytest.raises(Failure):
            keys.ec_private(curve, wrong, point)


def _locked_with(derivation: bytes) -> bytes:
    cipher = der.sequence(der.oid("2.16.840.1.101.3.4.1.42"), der.octets(bytes(16)))
    scheme = der.sequence(derivation, cipher)
    return der.sequence(der.sequence(der.oid("1.2.840.113549.1.5.13"), scheme), der.octets(bytes(32)))


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("1.2.840.113549.1.5.12", (locked.ITERATIONS_MAX + 1,)),
        ("1.2.840.113549.1.5.12", (0,)),
        ("1.3.6.1.4.1.11591.4.11", (2**20, 8, 1)),
        ("1.3.6.1.4.1.11591.4.11", (2**14, 8, 17)),
        ("1.3.6.1.4.1.11591.4.11", (2**14 + 1, 8, 1)),
        ("1.3.6.1.4.1.11591.4.11", (2**4000, 2**4000, 1)),
    ],
)
def test_a_lock_that_takes_too_long_to_open_is_refused(name: str, numbers: tuple[int, ...]) -> None:
    """Before anything of it is computed; those within the bounds have a price by their parameters."""
    parameters = der.sequence(der.octets(b"salt"), *(der.integer(number) for number in numbers))
    with pytest.raises(Failure):
        locked.read_pkcs8(_locked_with(der.sequence(der.oid(name), parameters)))


def test_a_lock_within_the_bounds_has_a_price() -> None:
    """A thousand rounds cost a hundredth of a hundred thousand."""

    def price_ns(rounds: int) -> int:
        parameters = der.sequence(der.octets(b"salt"), der.integer(rounds))
        return locked.read_pkcs8(_locked_with(der.sequence(der.oid("1.2.840.113549.1.5.12"), parameters))).price_ns

    assert 100 * price_ns(1_000) == price_ns(100_000) > 0


def test_headers_without_end_take_no_time() -> None:
    """A block of PEM has the two that encryption has, and not tens of thousands."""
    text = b"-----BEGIN PRIVATE KEY-----\n" + b"A: b\n" * 40_000 + b"-----END PRIVATE KEY-----\n"
    assert pem.read_blocks(text) == []


def _halves() -> list[bytes]:
    """Both halves of a few keys, as fields of a payload."""
    private = [
        rsa.generate_private_key(65537, 1024),
        ec.generate_private_key(ec.SECP256R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ]
    found = [b"K" + key.private_bytes(_DER, _PKCS8, NoEncryption()) for key in private]
    found += [b"K" + key.public_key().public_bytes(_DER, _SPKI) for key in private]
    made = keys.ec_private(keys.BY_OID["1.2.156.10197.1.301"], 99)
    return [*found, b"K" + made.der, b"K" + keys.public_of(made).der]


class _Everything:
    """Work for which everything is granted, nothing is counted, and what takes long is not done."""

    def __init__(self) -> None:
        self.kept = Kept()

    def ask(self, operation: str, algorithm: str | None) -> None: ...

    def named_key(self, name: str, use: str) -> None:
        raise Refusal("CapabilityError", "There is no such key")

    def charge(self, price_ns: int) -> None: ...

    spend = charge

    def somewhere(self, price_ns: int, function: object, *arguments: object) -> bytes:
        return function(*arguments) if price_ns < 10_000_000 else b""


#: How many fields each operation takes.
_FIELDS = {
    48: 5,
    49: 6,
    50: 1,
    51: 8,
    52: 9,
    53: 5,
    54: 5,
    55: 3,
    56: 3,
    57: 2,
    58: 5,
    59: 6,
    60: 2,
    61: 4,
    62: 1,
    63: 7,
}
_WORDS = [
    *b"0 1 -1 3 4 6 99999999999999999999 sha256 sm3 md5 pem der jwk private public pkcs1 pkcs8 sec1 spki raw".split(),
    *b"prime256v1 SM2 ec ed25519 rsa-pss agree generate convert check group modp2 host key verify {}".split(),
    *(None, b"", b"\xff\xfe", bytes(32), b"\xff" * 64, b"x" * 3000),
    b'{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}',
]


def test_a_call_of_anything_is_answered_or_fails_in_words() -> None:
    """Fields of every sort in every place, and keys with bits turned: an answer, a Failure or a Refusal, and no other
    exception, whose text would be Python's."""
    dice, work = random.Random(20261121), _Everything()
    halves = _halves()
    pool = [*_WORDS, *halves, *(half[1:] for half in halves)]
    answered, told = 0, set()
    for _ in range(6_000):
        operation = dice.choice([number for number in _FIELDS if number != 59])
        fields = [dice.choice(pool) for _ in range(_FIELDS[operation])]
        if operation in range(49, 58) and dice.random() < 0.9:
            fields[0] = dice.choice(halves)
        at = dice.randrange(len(fields))
        if fields[at] and dice.random() < 0.5:
            turned = bytearray(fields[at])
            turned[dice.randrange(len(turned))] ^= 1 << dice.randrange(8)
            fields[at] = bytes(turned)
        try:
            OPERATIONS[operation](work, pack(*fields))
            answered += 1
        except (Failure, Refusal) as failure:
            told.add(type(failure))
    assert answered > 100
    assert told == {Failure, Refusal}


def test_keys_show_nothing_of_themselves() -> None:
    """Not in a log, and not in the traceback of a fault."""
    key = keys.read(_halves()[2][1:], keys.pkcs8)
    shown = [
        repr(key),
        repr(sm2.generate()),
        repr(dh_key.DhKey(23, 5, 8, 6)),
        repr(keyring.Held(key, None)),
        repr(read_key.find_private("der", "pkcs8", key.der)),
        repr(pem.Block("PRIVATE KEY", {}, key.der)),
    ]
    assert shown == ["Key()", "Sm2Key()", "DhKey()", "Held()", "Written()", "Block()"]
