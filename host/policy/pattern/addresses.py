"""What an IP address is, by our own table from the IANA registries, and which addresses a rule lets a name resolve to.

Python's `is_global` is not asked: it looks at the outside of an address, and several forms carry an IPv4 address
inside. Here an address is taken apart first, and each address in it has to be one that may be reached.
"""

import ipaddress
from bisect import bisect_right

from msgspec import Struct

from host.policy.pattern.fault import PatternError

PUBLIC = "public"
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_V4: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "unspecified"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by a provider"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved for protocols"),
    ("192.0.2.0/24", "for documentation"),
    ("192.88.99.0/24", "a 6to4 relay"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "for benchmarks"),
    ("198.51.100.0/24", "for documentation"),
    ("203.0.113.0/24", "for documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
)
# Of IPv6 only 2000::/3 is in use for the public; these are the parts of it that are not, and names for some others.
_V6: tuple[tuple[str, str], ...] = (
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("64:ff9b:1::/48", "a local translation of IPv4"),
    ("100::/64", "a black hole"),
    ("2001::/32", "a Teredo tunnel"),
    ("2001:1::/32", "reserved for protocols"),
    ("2001:2::/48", "for benchmarks"),
    ("2001:3::/32", "reserved for protocols"),
    ("2001:4::/30", "reserved for protocols"),
    ("2001:8::/29", "reserved for protocols"),
    ("2001:10::/28", "reserved for protocols"),
    ("2001:20::/27", "reserved for protocols"),
    ("2001:40::/26", "reserved for protocols"),
    ("2001:80::/25", "reserved for protocols"),
    ("2001:100::/24", "reserved for protocols"),
    ("2001:db8::/32", "for documentation"),
    ("2002::/16", "a 6to4 tunnel"),
    ("3fff::/20", "for documentation"),
    ("5f00::/16", "for segment routing"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
)
_V6_PUBLIC = ipaddress.IPv6Network("2000::/3")

METADATA: dict[Address, str] = {
    ipaddress.ip_address(address): cloud
    for address, cloud in (
        ("169.254.169.254", "most clouds"),
        ("169.254.169.253", "AWS's resolver"),
        ("169.254.170.2", "AWS's containers"),
        ("169.254.170.23", "AWS's pods"),
        ("168.63.129.16", "Azure"),
        ("192.0.0.192", "Oracle"),
        ("100.100.100.200", "Alibaba"),
        ("169.254.0.23", "Tencent"),
        ("fd00:ec2::254", "AWS"),
        ("fd00:ec2::253", "AWS's resolver"),
        ("fd00:ec2::23", "AWS's pods"),
        ("fd20:ce::254", "Google"),
        ("fd00:c1::a9fe:a9fe", "Oracle"),
    )
}
"""Addresses that hand out a machine's credentials, some of them outside of every private range. A range that a rule
names never lets them in: only the address itself, written out, does."""


class _Table(Struct, frozen=True):
    """Ranges that do not overlap, sorted by where they begin."""

    starts: tuple[int, ...]
    rows: tuple[tuple[int, str], ...]

    def find(self, address: int) -> str | None:
        at = bisect_right(self.starts, address) - 1
        return self.rows[at][1] if at >= 0 and address <= self.rows[at][0] else None


def _table(rows: tuple[tuple[str, str], ...]) -> _Table:
    parsed = sorted((ipaddress.ip_network(row), called) for row, called in rows)
    return _Table(
        tuple(int(network.network_address) for network, _ in parsed),
        tuple((int(network.broadcast_address), called) for network, called in parsed),
    )


_V4_TABLE, _V6_TABLE = _table(_V4), _table(_V6)


def kind_of(address: Address) -> str:
    """`public`, or what the address is instead, judged by itself (see `layers`)."""
    if address in METADATA:
        return f"the metadata service of {METADATA[address]}"
    if address.version == 4:
        return _V4_TABLE.find(int(address)) or PUBLIC
    return _V6_TABLE.find(int(address)) or (PUBLIC if address in _V6_PUBLIC else "reserved")


def layers(address: Address) -> tuple[Address, ...]:
    """Every address that a packet to `address` may end up at: each of them has to be allowed.

    A mapped or translated (NAT64) one is the IPv4 address inside; of a tunnel both ends count.
    """
    if address.version == 4:
        return (address,)
    number = int(address)
    low = ipaddress.IPv4Address(number & 0xFFFFFFFF)
    top = number >> 32
    if top in (0xFFFF, 0x64FF9B << 64, 0xFFFF << 16):
        return (low,)
    inside: tuple[Address, ...] = ()
    if top == 0 and number > 1:
        inside = (low,)
    elif number >> 112 == 0x2002:
        inside = (ipaddress.IPv4Address(number >> 80 & 0xFFFFFFFF),)
    elif number >> 96 == 0x20010000:
        client = ipaddress.IPv4Address(~number & 0xFFFFFFFF)
        inside = (ipaddress.IPv4Address(number >> 64 & 0xFFFFFFFF), client)
    elif number >> 80 == 0x64FF9B0001 or number >> 32 & 0xFFFFFFFF in (0x5EFE, 0x02005EFE):
        inside = (low,)
    return (address, *inside)


def parse_address(text: str) -> Address:
    """An address as a resolver gives it. A zone is refused: it names a way out of this machine. Raises ValueError."""
    if "%" in text:
        raise ValueError(f"{text!r} has a zone")
    return ipaddress.ip_address(text)


def parse_range(text: str) -> str:
    """`public`, or a range of addresses in its one spelling. Raises PatternError."""
    if text == PUBLIC:
        return text
    if text in ("any", "*", "all"):
        raise PatternError("is not a range", 'Write `["0.0.0.0/0", "::/0"]` if every address is meant.')
    if "://" in text or (text[:1].isalpha() and ":" not in text):
        raise PatternError("is no address, and names are judged by what they resolve to", "Write `public` or a range.")
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as fault:
        raise _range_fault(text, fault) from None


def _range_fault(text: str, fault: ValueError) -> PatternError:
    address, slash, length = text.partition("/")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        if all(part.isdigit() for part in address.split(".")) and 1 <= address.count(".") < 3:
            full = ".".join([*address.split("."), "0", "0", "0"][:4])
            return PatternError(
                "has fewer than four numbers", f"Write `{full}/{length or 8 * (address.count('.') + 1)}`."
            )
        if any(len(part) > 1 and part.startswith("0") for part in address.split(".")):
            return PatternError("has a leading zero, which some readers take for octal", "Write it without.")
        return PatternError("is not a range of addresses", "Write one such as `10.1.0.0/16`.")
    if slash and (not length.isdigit() or int(length) > parsed.max_prefixlen):
        return PatternError(
            f"has no prefix length from 0 to {parsed.max_prefixlen} behind the slash",
            f"Write `{address}/{parsed.max_prefixlen}` for it alone.",
        )
    whole = ipaddress.ip_network(text, strict=False)
    return PatternError("has bits beyond its prefix", f"Write `{whole}`, or `{address}` for that address alone.")


class AddressRules(Struct, frozen=True):
    """The addresses that a rule lets a name resolve to, ready to be asked."""

    public: bool
    networks: tuple[Network, ...]

    def refuses(self, address: Address) -> str | None:
        """None where each layer of `address` may be reached, else what the one is that may not."""
        for layer in layers(address):
            kind = kind_of(layer)
            if kind == PUBLIC and self.public:
                continue
            named = [network for network in self.networks if network.version == layer.version and layer in network]
            if any(network.num_addresses == 1 for network in named) or (named and layer not in METADATA):
                continue
            return kind if layer == address else f"{kind} ({layer} inside of it)"
        return None

    def touches(self, address: Address) -> bool:
        """Whether any layer of `address` is in one of the ranges: how a denial is met."""
        return any(
            (self.public and kind_of(layer) == PUBLIC)
            or any(network.version == layer.version and layer in network for network in self.networks)
            for layer in layers(address)
        )


def address_rules(ranges: tuple[str, ...]) -> AddressRules:
    networks = tuple(ipaddress.ip_network(each) for each in ranges if each != PUBLIC)
    return AddressRules(PUBLIC in ranges, networks)


def range_covers(ranges: tuple[str, ...], other: str) -> bool:
    """Whether every address that `other` lets in is let in by one of `ranges`."""
    if other in ranges:
        return True
    if other == PUBLIC:
        return False
    network = ipaddress.ip_network(other)
    if network.num_addresses == 1 and network.network_address in METADATA:
        return False
    if is_public_range(network) and PUBLIC in ranges:
        return True
    ours = (ipaddress.ip_network(each) for each in ranges if each != PUBLIC)
    return any(each.version == network.version and network.subnet_of(each) for each in ours)


def is_public_range(network: Network) -> bool:
    """Whether the whole of `network` is public."""
    if network.version == 6 and not network.subnet_of(_V6_PUBLIC):
        return False
    special = _V4 if network.version == 4 else _V6
    return not any(network.overlaps(ipaddress.ip_network(row)) for row, _ in special) and not any(
        address in network for address in METADATA
    )
