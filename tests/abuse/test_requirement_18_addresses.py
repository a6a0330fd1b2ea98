"""Requirement 18: one URL parser; every address judged, whatever is inside of it; the judged address is dialled."""

from host.policy.pattern.addresses import METADATA
from tests.abuse.egress import PUBLIC, Egress
from tests.capabilities.fetch.test_guard_addresses import LOOPBACK, NOT_PUBLIC


def test_loopback_and_private_networks_in_every_spelling(egress: Egress) -> None:
    """From guest code, through the guest's own URL parser and the host's: nothing is reached."""
    hosts = [*LOOPBACK.values(), *NOT_PUBLIC.values()]
    found = egress.verdicts([f"http://{host}:{egress.port}/" for host in hosts], PUBLIC)
    assert set(found.values()) <= {"CapabilityError", "TypeError", "ERR_INVALID_URL"}
    assert egress.target.seen == []


def test_metadata_services(egress: Egress) -> None:
    """By address, under a policy that grants every address there is."""
    every = PUBLIC.replace("name: public", 'name: every, addresses: [public, "0.0.0.0/0", "::/0"]')
    urls = [f"http://{f'[{each}]' if each.version == 6 else each}/latest/meta-data/" for each in METADATA]
    assert set(egress.verdicts(urls, every).values()) == {"CapabilityError"}


def test_localhost_by_its_name(egress: Egress) -> None:
    """The system's resolver knows it, and its addresses are judged like any other's."""
    found = egress.verdicts([f"http://localhost:{egress.port}/", f"http://LOCALHOST.:{egress.port}/"], PUBLIC)
    assert set(found.values()) == {"CapabilityError"}
    assert egress.target.seen == []


def test_what_the_guest_parses_and_what_the_host_parses_agree(egress: Egress) -> None:
    """A rule about one path is not passed by spellings, and what passes arrives in the one that was decided on."""
    tricks = {
        "/open/x": "/open/x", "/open/a/../x": "/open/x", "/open/%2e%2e/private": None, "/open/..%2fprivate": None,
        "/open/..\\private": None, "/open//x": None, "/open/%252e%252e/private": None, "/private/../open/x": "/open/x",
        "/open/..;/private": None, "/OPEN/x": None, "/open/x#/../private": "/open/x",
        "/open/x?/../private": "/open/x?/../private",
    }  # fmt: skip
    base = f"http://127.0.0.1:{egress.port}"
    found = egress.verdicts([base + path for path in tricks], egress.here())
    assert {path: found[base + path] == 200 for path in tricks} == {
        path: bool(target) for path, target in tricks.items()
    }
    assert [seen.target for seen in egress.target.seen] == [target for target in tricks.values() if target]


def test_a_user_before_the_host(egress: Egress) -> None:
    """The web's fetch takes no credentials in a URL; here no spelling of them names another host either."""
    port = egress.port
    urls = [
        f"http://127.0.0.1@evil.invalid:{port}/open/x", f"http://evil.invalid@127.0.0.1:{port}/open/x",
        f"http://127.0.0.1:{port}@evil.invalid/open/x", f"http://a:b@127.0.0.1:{port}/open/x",
        f"http://evil.invalid\\@127.0.0.1:{port}/open/x", f"http://127.0.0.1%40evil.invalid:{port}/open/x",
    ]  # fmt: skip
    assert 200 not in egress.verdicts(urls, egress.here()).values()
    assert egress.target.seen == []
