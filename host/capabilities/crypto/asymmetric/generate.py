"""Making key pairs. Keys always come from the operating system's randomness, also where a policy seeds that of guests:
a key that can be made again by whoever knows the seed is no secret."""

from collections.abc import Callable

from host.capabilities.base import Later, Refusal
from host.capabilities.crypto.asymmetric import dh_key, job, rsa_key
from host.capabilities.crypto.asymmetric import key as keys
from host.capabilities.crypto.asymmetric.curves import Curve
from host.capabilities.crypto.asymmetric.exchange import known_curve
from host.capabilities.crypto.asymmetric.key import OKP_BYTES, new_okp, read
from host.capabilities.crypto.asymmetric.key_calls import pair
from host.capabilities.crypto.failure import Failure
from host.capabilities.crypto.fields import number, text, unpack
from host.capabilities.crypto.slowly import done_apart
from host.capabilities.crypto.work import ON_THREAD_NS, Work

_MAKE = f"{job.__name__}:{job.make.__name__}"
#: On the average; how long a key of a length takes varies by some times.
_RSA_2048_NS = 60_000_000
_OKP_NS = 120_000


def rsa_pair(work: Work, payload: bytes) -> bytes | Later:
    """kind (`rsa`, `rsa-pss`), bits, public exponent, digest, MGF1's digest, salt length → both halves."""
    kind_field, bits_field, exponent_field, digest, mgf1_digest, salt = unpack(payload, 6)
    kind, bits = text(kind_field), number(bits_field)
    exponent = number(exponent_field)
    if not rsa_key.MODULUS_BITS_MIN <= bits <= rsa_key.MODULUS_BITS_MAX:
        least, most = rsa_key.MODULUS_BITS_MIN, rsa_key.MODULUS_BITS_MAX
        message = (
            f'The value of "options.modulusLength" is out of range. It must be >= {least} && <= {most}. Received {bits}'
        )
        raise Failure("ERR_OUT_OF_RANGE", message, "RangeError")
    if exponent not in (3, 65537):
        message = "error:020000B2:rsa routines::pub exponent out of range"
        raise Failure("", message)
    pss = _restriction(kind, digest, mgf1_digest, salt)
    work.ask("keypair", kind)
    price_ns = _RSA_2048_NS * bits**4 // 2048**4
    return made_apart(work, job.RsaKey(bits, exponent), price_ns, lambda der: _rsa_pair(der, pss))


def _restriction(kind: str, digest: bytes | None, mgf1_digest: bytes | None, salt: bytes | None) -> bytes | None:
    """None for plain keys, else the DER of the parameters: empty where there are none."""
    if kind == "rsa":
        return None
    if kind != "rsa-pss":
        raise Refusal("ValidationError", "There is no such RSA key")
    if digest is None and mgf1_digest is None and salt is None:
        return b""
    names = [None if field is None else text(field) for field in (digest, mgf1_digest)]
    chosen = names[0] or "sha1"
    mask = names[1] or chosen
    if not rsa_key.knows_digest(chosen) or not rsa_key.knows_digest(mask):
        raise Failure("ERR_CRYPTO_INVALID_DIGEST", f"Invalid digest: {chosen}", "TypeError")
    length = number(salt) if salt is not None else _digest_bytes(chosen)
    if not 0 <= length <= rsa_key.MODULUS_BITS_MAX // 8:
        raise Refusal("ValidationError", "The salt is too long")
    return rsa_key.write_restriction(chosen, mask, length)


def _digest_bytes(name: str) -> int:
    return {"sha1": 20}.get(name) or int(name.rpartition("-")[2].removeprefix("sha")) // 8


def _rsa_pair(der: bytes, pss: bytes | None) -> bytes:
    plain = read(der, keys.pkcs8)
    return pair(plain if pss is None else keys.rsa_private(rsa_key.private_numbers(plain.handle), pss))


def power(work: Work, base: int, exponent: int, prime: int, finish: Callable[[bytes], bytes]) -> bytes | Later:
    """`base ** exponent` modulo the prime, as long as that, wherever so much work may be done."""
    price_ns = dh_key.price_ns(prime.bit_length(), exponent.bit_length())
    if price_ns > ON_THREAD_NS:
        return made_apart(work, job.Power(f"{base:x}", f"{exponent:x}", f"{prime:x}"), price_ns, finish)
    size = (prime.bit_length() + 7) // 8
    return work.somewhere(price_ns, lambda: finish(dh_key.power(base, exponent, prime).to_bytes(size, "big")))


def made_apart(work: Work, what: job.Job, price_ns: int, finish: Callable[[bytes], bytes]) -> Later:
    """Made apart; `finish` makes the answer of what comes back."""
    work.spend(price_ns)

    async def made() -> bytes:
        return finish(await done_apart(work, _MAKE, job.encode(what)))

    return Later(made)


def small_pair(work: Work, payload: bytes) -> bytes | Later:
    """kind (`ec`, `ed25519`, `x25519`, `ed448`, `x448`), curve → both halves."""
    kind_field, curve_field = unpack(payload, 2)
    kind = text(kind_field)
    if kind == "ec":
        curve = known_curve(curve_field)
        work.ask("keypair", "sm2" if curve.library is None else "ec")
        return work.somewhere(2 * curve.price_ns, _curve_pair, curve)
    if kind not in OKP_BYTES:
        raise Refusal("ValidationError", "There is no such kind of key")
    work.ask("keypair", kind)
    work.charge(_OKP_NS)
    return pair(new_okp(kind))


def _curve_pair(curve: Curve) -> bytes:
    return pair(keys.new_ec(curve))
