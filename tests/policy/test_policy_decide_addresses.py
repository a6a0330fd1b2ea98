"""What a name may resolve to: our own table of addresses, and every address that hides another one."""

import pytest

from host.policy.cases import decide_url
from host.policy.decide.outcome import Allow
from host.policy.pattern.addresses import address_rules, kind_of, layers, parse_address
from tests.policy.folders import rulebook

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "2606:4700::1",
    "2a00::1",
]

REFUSED = [
    ("0.0.0.0", "unspecified"),
    ("10.0.0.1", "private"),
    ("100.64.0.1", "shared"),
    ("127.0.0.1", "loopback"),
    ("127.255.255.255", "loopback"),
    ("169.254.1.1", "link-local"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.0.0.8", "protocols"),
    ("192.0.2.1", "documentation"),
    ("192.88.99.1", "6to4"),
    ("192.168.1.1", "private"),
    ("198.18.0.1", "benchmarks"),
    ("198.51.100.1", "documentation"),
    ("203.0.113.1", "documentation"),
    ("224.0.0.1", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "reserved"),
    # Metadata services, some of them outside of every private range.
    ("169.254.169.254", "metadata"),
    ("169.254.170.2", "metadata"),
    ("168.63.129.16", "metadata"),
    ("192.0.0.192", "metadata"),
    ("100.100.100.200", "metadata"),
    ("fd00:ec2::254", "metadata"),
    ("fd20:ce::254", "metadata"),
    # IPv6
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("fe80::1", "link-local"),
    ("fec0::1", "site-local"),
    ("fd12:3456::1", "private"),
    ("ff02::1", "multicast"),
    ("2001:db8::1", "documentation"),
    ("3fff::1", "documentation"),
    ("100::1", "black hole"),
    ("4000::1", "reserved"),
    ("64:ff9b:1::a00:1", "translation"),
    # IPv4 inside of IPv6
    ("::ffff:10.0.0.1", "private"),
    ("::ffff:169.254.169.254", "metadata"),
    ("::127.0.0.1", "reserved"),
    ("::8.8.8.8", "reserved"),
    ("::ffff:0:10.0.0.1", "private"),
    ("64:ff9b::7f00:1", "loopback"),
    ("64:ff9b::a83f:8110", "metadata"),
    ("2002:7f00:1::1", "6to4"),
    ("2002:808:808::1", "6to4"),
    ("2001:0:808:808::f7f7:f7f7", "Teredo"),
    ("2606:4700::5efe:10.0.0.1", "private"),
    ("2606:4700::200:5efe:127.0.0.1", "loopback"),
]


@pytest.mark.parametrize("address", [*PUBLIC, "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_public(address):
    """What anybody can reach is let through, also where it is written as IPv6."""
    assert address_rules(("public",)).refuses(parse_address(address)) is None


@pytest.mark.parametrize(("address", "kind"), REFUSED)
def test_each_special_address_is_refused_by_kind(address, kind):
    """Every special range and every metadata service is refused under `public`, with what it is."""
    assert kind in address_rules(("public",)).refuses(parse_address(address))


@pytest.mark.parametrize(("address", "kind"), REFUSED)
def test_a_rule_that_names_an_address_reaches_it(address, kind):
    """What is written out, layer by layer, may be reached: the operator's own service on a private address."""
    ranges = tuple(str(layer) for layer in layers(parse_address(address)))
    assert address_rules(ranges).refuses(parse_address(address)) is None


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "::ffff:169.254.169.254"]
)
def test_a_range_never_lets_a_metadata_service_in(address):
    """However wide the ranges of a rule are, a metadata address has to be written out."""
    everything = address_rules(("public", "0.0.0.0/0", "::/0"))
    assert "metadata" in everything.refuses(parse_address(address))
    assert everything.refuses(parse_address("10.0.0.1")) is None


def test_a_zone_is_no_address():
    """An address with a zone names a way out of this machine, and is not judged."""
    with pytest.raises(ValueError, match="zone"):
        parse_address("fe80::1%eth0")


def test_the_edges_of_ranges_are_where_the_registry_has_them():
    """The addresses just outside of a range are judged by themselves."""
    assert kind_of(parse_address("9.255.255.255")) == kind_of(parse_address("11.0.0.0")) == "public"
    assert kind_of(parse_address("10.255.255.255")) == "private"
    assert kind_of(parse_address("100.127.255.255")) != "public"
    assert kind_of(parse_address("100.128.0.0")) == "public"
    assert kind_of(parse_address("2001:200::")) == "public"
    assert kind_of(parse_address("2001:1ff:ffff::")) != "public"


GRANT = """
grants:
  fetch:
    - {name: open, hosts: [open.example, 10.0.0.1, "[::1]", 8.8.8.8]}
    - {name: inner, hosts: [inner.example], addresses: [10.1.0.0/16]}
    - {name: both, hosts: [both.example], addresses: [public, 10.1.0.0/16]}
deny:
  fetch:
    - {name: not-that, hosts: ["**.example"], addresses: [10.1.2.0/24, 9.9.9.9]}
"""

RESOLVED = [
    ("open.example", ["8.8.8.8"], True),
    ("open.example", ["8.8.8.8", "2606:4700::1"], True),
    ("open.example", ["8.8.8.8", "10.0.0.1"], False),
    ("open.example", ["10.1.0.1"], False),
    ("inner.example", ["10.1.0.1"], True),
    ("inner.example", ["10.2.0.1"], False),
    ("inner.example", ["8.8.8.8"], False),
    ("inner.example", ["::ffff:10.1.0.1"], True),
    ("both.example", ["10.1.0.1", "8.8.8.8"], True),
    ("both.example", ["127.0.0.1"], False),
    ("both.example", ["10.1.2.3"], False),
    ("both.example", ["::ffff:10.1.2.3"], False),
    ("open.example", ["9.9.9.9"], False),
    # A host that is an address resolves to itself.
    ("10.0.0.1", [], False),
    ("[::1]", [], False),
    ("8.8.8.8", [], True),
]


@pytest.mark.parametrize(("host", "addresses", "allowed"), RESOLVED)
def test_each_address_that_a_host_resolves_to_is_judged(host, addresses, allowed):
    """One bad address refuses the request; ranges of the rule replace or join `public`; a denial of ranges wins."""
    decision = decide_url(rulebook(GRANT), "GET", f"https://{host}/", tuple(addresses))
    assert isinstance(decision, Allow) is allowed
    assert allowed or decision.final
