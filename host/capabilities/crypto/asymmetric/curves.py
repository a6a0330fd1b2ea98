"""The elliptic curves that keys may be on, by OpenSSL's names for them, and what they are called elsewhere."""

from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct

SM2 = "SM2"


class Curve(Struct, frozen=True):
    """`size` is the length of a coordinate in bytes, `jwk` the name in a JSON Web Key (RFC 7518, RFC 8812), and
    `price_ns` about what a multiplication of a point takes. `library` is None for SM2, which is code of ours."""

    name: str
    oid: str
    size: int
    library: ec.EllipticCurve | None
    jwk: str | None
    price_ns: int


CURVES = {
    curve.name: curve
    for curve in (
        Curve("prime256v1", "1.2.840.10045.3.1.7", 32, ec.SECP256R1(), "P-256", 50_000),
        Curve("secp224r1", "1.3.132.0.33", 28, ec.SECP224R1(), None, 70_000),
        Curve("secp256k1", "1.3.132.0.10", 32, ec.SECP256K1(), "secp256k1", 260_000),
        Curve("secp384r1", "1.3.132.0.34", 48, ec.SECP384R1(), "P-384", 370_000),
        Curve("secp521r1", "1.3.132.0.35", 66, ec.SECP521R1(), "P-521", 330_000),
        Curve("brainpoolP256r1", "1.3.36.3.3.2.8.1.1.7", 32, ec.BrainpoolP256R1(), None, 260_000),
        Curve("brainpoolP384r1", "1.3.36.3.3.2.8.1.1.11", 48, ec.BrainpoolP384R1(), None, 700_000),
        Curve("brainpoolP512r1", "1.3.36.3.3.2.8.1.1.13", 64, ec.BrainpoolP512R1(), None, 1_200_000),
        Curve(SM2, "1.2.156.10197.1.301", 32, None, None, 6_000_000),
    )
}
BY_OID = {curve.oid: curve for curve in CURVES.values()}
BY_JWK = {curve.jwk: curve for curve in CURVES.values() if curve.jwk is not None}
_NIST = {"P-224": "secp224r1", "P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1"}


def find_curve(name: str) -> Curve | None:
    """The curve of a name, which may be NIST's."""
    return CURVES.get(_NIST.get(name, name))
