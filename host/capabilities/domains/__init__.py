"""Domains: what is not ASCII in the host of a URL, encoded and decoded as IDNA (UTS 46) has it.

The guest parses URLs itself, and leaves this to the host, whose tables would be in every image otherwise: it is
ada-url's, the parser that policies decide with (host/policy/url.py).
"""

import ada_url

#: The guest sends no longer ones; encoding takes time with the square of the length, 1 ms for so many bytes.
DOMAIN_BYTES_MAX = 2048
#: Fuel for each byte, at 25,000 units a microsecond.
FUEL_PER_BYTE = 12_000


def to_ascii(domain: bytes) -> bytes:
    """The domain in ASCII; empty where there is none."""
    if len(domain) > DOMAIN_BYTES_MAX:
        return b""
    try:
        return ada_url.idna_to_ascii(domain)
    except (ValueError, UnicodeError):
        return b""


def to_unicode(domain: bytes) -> bytes:
    """The domain as people read it; what is no IDNA stays as it is."""
    if len(domain) > DOMAIN_BYTES_MAX or not domain.isascii():
        return b""
    try:
        return ada_url.idna_to_unicode(domain).encode()
    except (ValueError, UnicodeError):
        return domain
