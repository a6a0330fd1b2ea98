"""Attacks on the address that is dialled: what a server on loopback saw of them."""

import pytest

from host.policy.pattern.addresses import METADATA
from tests.capabilities.fetch.conftest import OPEN, Bench

#: Any host by any name, as long as its addresses are public.
PUBLIC = 'grants: {fetch: [{name: public, hosts: ["*"], schemes: any, ports: any, methods: any}]}'

#: Hosts that are loopback, however they are spelled: name of the spelling → host.
LOOPBACK = {
    "dotted": "127.0.0.1",
    "the whole range": "127.9.8.7",
    "the end of the range": "127.255.255.254",
    "trailing dot": "127.0.0.1.",
    "two parts": "127.1",
    "three parts": "127.0.1",
    "decimal": "2130706433",
    "decimal with trailing dot": "2130706433.",
    "hexadecimal": "0x7f000001",
    "hexadecimal in capitals": "0X7F000001",
    "hexadecimal parts": "0x7f.0x0.0x0.0x1",
    "hexadecimal and short": "0x7f.1",
    "octal": "0177.0.0.1",
    "octal, all of it": "017700000001",
    "octal with leading zeros": "00000177.0.0.1",
    "mixed bases": "0x7f.0.0.01",
    "empty hexadecimal part": "127.0x.0x.1",
    "last part of 16 bits": "127.0.258",
    "full-width digits": "１２７.０.０.１",
    "circled digits": "①②⑦.⓪.⓪.①",
    "mathematical digits": "𝟏𝟐𝟕.𝟎.𝟎.𝟏",
    "ideographic stops": "127。0。0。1",
    "half-width stops": "127｡0｡0｡1",
    "escaped digits": "%31%32%37.0.0.1",
    "escaped dots": "127%2e0%2e0%2e1",
    "soft hyphen": "127.0.0.\u00ad1",
    "zero-width space": "127.0.0.\u200b1",
    "word joiner": "1\u206027.0.0.1",
    "IPv6": "[::1]",
    "IPv6 in full": "[0:0:0:0:0:0:0:1]",
    "IPv6 with zeros": "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "mapped": "[::ffff:127.0.0.1]",
    "mapped, hexadecimal": "[::ffff:7f00:1]",
    "mapped, in full": "[0:0:0:0:0:ffff:7f00:0001]",
    "mapped, capitals": "[::FFFF:7F00:1]",
    "compatible": "[::127.0.0.1]",
    "compatible, hexadecimal": "[::7f00:1]",
    "translated by SIIT": "[::ffff:0:127.0.0.1]",
    "NAT64": "[64:ff9b::127.0.0.1]",
    "NAT64, hexadecimal": "[64:ff9b::7f00:1]",
    "NAT64 of a site": "[64:ff9b:1::7f00:1]",
    "6to4": "[2002:7f00:1::]",
    "6to4 with the rest set": "[2002:7f00:0001:1::8]",
    "Teredo, server": "[2001:0:7f00:1::ffff:ffff]",
    "Teredo, client": "[2001:0:808:808::80ff:fffe]",
    "ISATAP": "[2a00:1450::5efe:7f00:1]",
    "ISATAP of a global": "[2a00:1450::200:5efe:127.0.0.1]",
    "unspecified": "0.0.0.0",
    "unspecified, short": "0",
    "unspecified, hexadecimal": "0x0",
    "unspecified IPv6": "[::]",
    "this network": "0.1.2.3",
}

#: What is neither loopback nor public, as literal hosts.
NOT_PUBLIC = {
    "private ten": "10.0.0.1",
    "private, decimal": "167772161",
    "private 172": "172.16.0.1",
    "private 172, the end": "172.31.255.255",
    "private 192": "192.168.1.1",
    "private 192, octal": "0300.0250.1.1",
    "a provider's": "100.64.0.1",
    "link-local": "169.254.1.1",
    "benchmarks": "198.18.0.1",
    "documentation": "203.0.113.5",
    "multicast": "224.0.0.1",
    "broadcast": "255.255.255.255",
    "reserved": "240.0.0.1",
    "6to4 relay": "192.88.99.1",
    "unique local": "[fd00::1]",
    "link-local IPv6": "[fe80::1]",
    "site-local": "[fec0::1]",
    "multicast IPv6": "[ff02::1]",
    "documentation IPv6": "[2001:db8::1]",
    "a black hole": "[100::1]",
    "mapped private": "[::ffff:10.0.0.1]",
    "NAT64 private": "[64:ff9b::10.0.0.1]",
    "6to4 private": "[2002:c0a8:101::1]",
    "outside of what is in use": "[4000::1]",
}

#: No host at all; the parser says so, and nothing is looked up.
NO_HOST = {
    "zone": "[fe80::1%25lo]",
    "zone, bare": "[fe80::1%lo]",
    "zone of loopback": "[::1%25eth0]",
    "five parts": "127.0.0.0.1",
    "part too large": "127.0.0.256",
    "number too large": "4294967296",
    "empty part": "127..0.1",
    "octal that is none": "08.0.0.1",
    "letters in a number": "127.0.0.1a.1",
    "brackets without IPv6": "[127.0.0.1]",
    "IPv6 too long": "[1:2:3:4:5:6:7:8:9]",
    "IPv6 with two gaps": "[1::2::3]",
    "blank": "127.0.0.1 .evil.test",
    "escaped NUL": "127.0.0.1%00.evil.test",
    "escaped slash": "api.test%2f.evil.test",
    "escaped at": "api.test%40evil.test",
    "escaped hash": "api.test%23.evil.test",
    "a label that is too long": "a" * 64 + ".test",
    "less-than": "api<.test",
    "only a dot": ".",
}


@pytest.mark.parametrize("spelling", LOOPBACK)
def test_loopback_in_every_spelling_is_not_reached(bench: Bench, spelling: str) -> None:
    """Refused, or no URL; no name is looked up, and the server on loopback sees nothing."""
    got = bench.fetch(f"http://{LOOPBACK[spelling]}:{{port}}/{spelling}", policy=PUBLIC)
    assert got.verdict in ("refused", "ERR_INVALID_URL")
    assert (bench.plain.lines, bench.asked) == ([], [])


#: Other addresses than 127.0.0.1, where a target listens.
ELSEWHERE = (
    "the whole range", "the end of the range", "last part of 16 bits", "zero-width space", "unspecified",
    "unspecified, short", "unspecified, hexadecimal", "this network",
)  # fmt: skip


@pytest.mark.parametrize(
    "spelling", [name for name, host in LOOPBACK.items() if "[" not in host and name not in ELSEWHERE]
)
def test_the_same_spellings_are_that_address_to_who_is_granted_it(bench: Bench, spelling: str) -> None:
    """So the attack above is none of a host that does not exist. What the parser reads is what the server sees."""
    got = bench.fetch(f"http://{LOOPBACK[spelling]}:{{port}}/", policy=OPEN)
    assert (got.verdict, bench.plain.seen[0].values("host")) == ("200", [f"127.0.0.1:{bench.plain.port}"])


@pytest.mark.parametrize("kind", NOT_PUBLIC)
def test_what_is_not_public_is_not_dialled(bench: Bench, kind: str) -> None:
    """By its literal address."""
    assert bench.fetch(f"http://{NOT_PUBLIC[kind]}:{{port}}/", policy=PUBLIC).verdict == "refused"


@pytest.mark.parametrize("kind", NOT_PUBLIC)
def test_names_that_lead_to_what_is_not_public(bench: Bench, kind: str) -> None:
    """The name is any; its address is judged."""
    address = {"private, decimal": "10.0.0.1", "private 192, octal": "192.168.1.1"}.get(
        kind, NOT_PUBLIC[kind].strip("[]")
    )
    bench.names["bad.test"] = (address,)
    got = bench.fetch("http://bad.test:{port}/", policy=PUBLIC)
    assert (got.verdict, bench.asked) == ("refused", ["bad.test"])


@pytest.mark.parametrize("address", [str(each) for each in METADATA])
def test_metadata_services_by_a_name(bench: Bench, address: str) -> None:
    """Also where a rule names every address that there is: only the address itself, written out, lets it in."""
    every = PUBLIC.replace("name: public", 'name: every, addresses: [public, "0.0.0.0/0", "::/0"]')
    bench.names["metadata.test"] = (address,)
    for policy in (PUBLIC, every):
        got = bench.fetch("http://metadata.test/latest/meta-data/iam", policy=policy)
        assert got.verdict == "refused"


@pytest.mark.parametrize("kind", NO_HOST)
def test_what_is_no_host(bench: Bench, kind: str) -> None:
    """It is refused as a URL, and nothing of it is looked up or dialled."""
    got = bench.fetch(f"http://{NO_HOST[kind]}:{{port}}/", policy=OPEN)
    assert (got.verdict, bench.plain.lines, bench.asked) == ("ERR_INVALID_URL", [], [])


MIXED = {
    "good then bad": ("93.184.215.14", "127.0.0.1"),
    "bad then good": ("127.0.0.1", "93.184.215.14"),
    "one bad of many": ("93.184.215.14", "93.184.215.15", "10.0.0.1", "93.184.215.16"),
    "both families": ("93.184.215.14", "::1"),
    "mapped among public": ("93.184.215.14", "::ffff:127.0.0.1"),
    "NAT64 among public": ("93.184.215.14", "64:ff9b::a00:1"),
    "metadata among public": ("93.184.215.14", "169.254.169.254"),
    "a zone": ("fe80::1%eth0",),
}


@pytest.mark.parametrize("kind", MIXED)
def test_a_mixed_answer_is_refused_whole(bench: Bench, kind: str) -> None:
    """Who answers a name with a good and a bad address wants the bad one dialled."""
    bench.names["mixed.test"] = tuple(address.partition("%")[0] for address in MIXED[kind])
    got = bench.fetch("http://mixed.test:{port}/", policy=PUBLIC)
    assert (got.verdict, bench.plain.lines) == ("refused", [])


def test_rebinding_between_check_and_use(bench: Bench) -> None:
    """The name is resolved once: that answer is judged, and dialled."""
    bench.names["rebinds.test"] = [("127.0.0.1",), ("127.0.0.2",), ("10.0.0.1",)]
    got = bench.fetch("http://rebinds.test:{port}/", policy=OPEN)
    assert (got.verdict, bench.asked) == ("200", ["rebinds.test"])
    assert bench.plain.seen[0].values("host") == [f"rebinds.test:{bench.plain.port}"]


def test_rebinding_between_two_requests(bench: Bench) -> None:
    """A kept connection is not used where the name has come to mean another address; each answer is judged anew."""
    bench.names["rebinds.test"] = [("127.0.0.1",), ("10.0.0.1",), ("127.0.0.1",)]

    async def three() -> list[str]:
        execution = bench.execution(OPEN)
        verdicts = [(await execution.request(bench.fill("http://rebinds.test:{port}/"))).verdict for _ in range(3)]
        execution.close()
        return verdicts

    assert bench.run(three()) == ["200", "refused", "200"]
    assert len(bench.plain.seen) == 2


def test_a_connection_of_another_rule_is_not_borrowed(bench: Bench) -> None:
    """One rule may reach the address and has a connection there, another may not: it gets none."""
    policy = (
        "grants: {fetch: [{name: inside, hosts: [api.test], schemes: [http], ports: any, paths: [/in], "
        "addresses: [127.0.0.0/8]}, {name: outside, hosts: [api.test], schemes: [http], ports: any, paths: [/out]}]}"
    )

    async def both() -> list[str]:
        execution = bench.execution(policy)
        paths = ("in", "out", "in")
        verdicts = [(await execution.request(bench.fill(f"http://api.test:{{port}}/{path}"))).verdict for path in paths]
        execution.close()
        return verdicts

    assert bench.run(both()) == ["200", "refused", "200"]
    assert bench.plain.lines == ["GET /in", "GET /in"]


def test_a_denied_host_is_not_even_looked_up(bench: Bench) -> None:
    """A name is a message to whoever answers for it."""
    policy = "grants: {fetch: [{name: one, hosts: [api.test], schemes: [http], ports: any}]}"
    got = bench.fetch("http://c2VjcmV0.evil.test:{port}/", policy=policy)
    assert (got.verdict, bench.asked) == ("refused", [])


def test_denied_addresses_win_over_granted_ones(bench: Bench) -> None:
    """A `deny` with addresses holds whatever the grant says."""
    policy = f"{OPEN}\ndeny: {{fetch: [{{name: no-loopback, addresses: [127.0.0.0/8]}}]}}"
    got = bench.fetch("http://api.test:{port}/", policy=policy)
    assert got.verdict == "refused"
    assert "no-loopback" in got.refused
    assert bench.plain.lines == []


def test_an_audit_lets_nothing_in_that_is_not_public(bench: Bench) -> None:
    """It watches what no rule names, and stops at the address all the same."""
    got = bench.fetch("http://api.test:{port}/", policy="mode: audit\nuntil: 2099-01-01")
    assert (got.verdict, bench.plain.lines) == ("refused", [])


def test_the_answer_of_a_resolver_may_be_none(bench: Bench) -> None:
    """A name without addresses, and one that does not exist, fail as they do in Node."""
    bench.names["empty.test"] = ()
    for name in ("empty.test", "missing.test"):
        got = bench.fetch(f"http://{name}/", policy=OPEN)
        assert got.failure == ("ENOTFOUND", "Error", f"getaddrinfo ENOTFOUND {name}")
