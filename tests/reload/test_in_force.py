"""A worker's view: exactly what was read, taken without a pause that anybody would notice."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from host.errors import InternalError
from host.node.board import Board
from host.policy import resolve_files
from host.reload import in_force as in_force_module
from host.reload.in_force import InForce
from host.reload.snapshot import decode, encode, snapshot_of, unpack
from host.reload.state import LoadState
from host.secrets import SecretStore
from tests.policy.test_policy_canonical import BODIES
from tests.reload.house import House

Made = Callable[..., House]


def test_policies_come_over_as_they_were_read(shipped: dict[str, bytes]) -> None:
    """Every value of every policy that is shipped, the places of its rules, its digest and the access rules."""
    read = resolve_files(shipped)
    board = Board(1 << 20)
    board.write(encode(snapshot_of(LoadState(read.digest, 1.5), read, SecretStore({"a": b"\x00\xff"}))))
    worker = InForce(board)
    board.close()
    assert worker.policies.policies == dict(read.policies)
    assert worker.policies.access == read.access
    assert worker.secret("a") == b"\x00\xff"
    for name, policy in worker.policies.policies.items():
        assert policy.digest == read.policies[name].digest
        # Worked out anew from what came over, it is the same.
        del policy.__dict__["digest"]
        assert policy.digest == read.policies[name].digest
        assert worker.policies.origins[name].rules == dict(read.origins[name].rules)
    del worker.policies.__dict__["digest"]
    assert worker.policies.digest == read.digest


@pytest.mark.parametrize("body", BODIES)
def test_every_key_of_a_policy_comes_over(body: str) -> None:
    """Whatever the language has, a worker decides as the files say."""
    read = resolve_files({"p.yaml": f"version: 1\npolicy: p\n{body}".encode()})
    snapshot = decode(encode(snapshot_of(LoadState(read.digest, 1.5), read, SecretStore())))
    policy, origin = unpack(snapshot.policies["p"])
    assert policy == read.policies["p"]
    assert (origin.file, origin.rules) == ("p.yaml", dict(read.origins["p"].rules))


@pytest.fixture
def shipped() -> dict[str, bytes]:
    folder = Path(__file__).parents[2] / "policies"
    return {path.name: path.read_bytes() for path in folder.glob("*.yaml")}


def test_a_snapshot_shows_no_secret(shipped: dict[str, bytes]) -> None:
    """Should it ever be printed."""
    snapshot = snapshot_of(LoadState("sha256:0", 0.0), resolve_files(shipped), SecretStore({"a": b"hidden"}))
    assert "hidden" not in f"{decode(encode(snapshot))!r}"


def test_what_has_not_changed_stays_the_same_value(house: Made) -> None:
    """Its terms and rules are worked out already; only the policy that changed is another."""
    made = house(a="", b="")
    worker = made.worker()
    a, b = worker.policies.policies["a"], worker.policies.policies["b"]
    made.write("b", "modules: [lodash]")
    made.look()
    asyncio.run(worker.renew())
    assert worker.policies.policies["a"] is a
    assert worker.policies.policies["b"] is not b
    assert worker.policies.policies["b"].modules.names == {"lodash"}


def test_listeners_hear_of_new_policies(house: Made) -> None:
    """When all of them are there."""
    made = house(a="")
    worker = made.worker()
    heard: list[list[str]] = []
    worker.on_change(lambda policies: heard.append(list(policies.policies)))
    made.write("b")
    made.look()
    asyncio.run(worker.renew())
    assert heard == [["a", "b"]]
    assert worker.is_newest


def test_a_worker_without_policies_does_not_start() -> None:
    """There is no such thing as no policies that let everything through."""
    board = Board(1 << 16)
    with pytest.raises(InternalError):
        InForce(board)
    board.close()


def test_a_lost_note_is_made_up_for(house: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker looks by itself, so that one whose mailbox was full does not stay behind."""
    monkeypatch.setattr(in_force_module, "_LOOK_EVERY_S", 0.01)
    made = house(a="")
    worker = made.worker()
    made.write("b")
    made.look()

    class Deaf:
        def listen(self, kind: str, listener: Callable[[], None]) -> None:
            pass

    async def wait() -> None:
        async with asyncio.timeout(60), in_force_module.renewing(worker, Deaf()):
            while not worker.is_newest:
                await asyncio.sleep(0.005)

    asyncio.run(wait())
    assert list(worker.policies.policies) == ["a", "b"]


def test_policies_are_decoded_one_in_a_turn(house: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """While two hundred policies come, the event loop turns at least as often."""
    made = house(a="")
    worker = made.worker()
    for number in range(200):
        made.write(f"p{number}")
    made.look()
    turns = 0

    async def renew() -> None:
        nonlocal turns
        task = asyncio.ensure_future(worker.renew())
        while not task.done():
            turns += 1
            await asyncio.sleep(0)

    asyncio.run(renew())
    assert len(worker.policies.policies) == 201
    assert turns >= 200


def test_a_worker_reads_no_yaml(house: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand rules are decoded: reading them again would hold its event loop up ten times as long."""
    rules = "".join(f"    - {{name: r{n}, hosts: [h{n}.example], paths: ['/v{n}/*']}}\n" for n in range(1000))
    made = house(a="grants:\n  fetch:\n" + rules)
    monkeypatch.setattr("host.policy.parse.read_document", lambda *_: 1 // 0)
    assert len(made.worker().policies.policies["a"].grants.fetch) == 1000
