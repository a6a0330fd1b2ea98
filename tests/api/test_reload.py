"""A running service and its policy folder: every worker takes what is valid, and none of them anything else."""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from host.policy.model import token_sha256
from host.policy.signing.keys import PrivateKey
from tests.api.node import ALICE, LIMITS, OLGA, SLEEP, at_each, bearer
from tests.api.server import Connection, Server, wait_until

WORKERS = 3
PRINCIPALS = {
    "alice": "policies: [sandbox, extra], quota: {rate: 6/h}",
    "olga": "policies: [sandbox], operator: true",
}


def policy(name: str, body: str = "") -> str:
    return f"version: 1\npolicy: {name}\nlimits: {{{LIMITS}}}\n{body}"


def access(**principals: str) -> str:
    rows = [f"  - {{name: {name}, token_sha256: {token_sha256(name + '-token')}, {rest}}}\n"
            for name, rest in principals.items()]  # fmt: skip
    return "anonymous: sandbox\nprincipals:\n" + "".join(rows)


POLICIES = {"sandbox.yaml": policy("sandbox"), "extra.yaml": policy("extra"), "access.yaml": access(**PRINCIPALS)}


class Watched(Server):
    """A service whose folder is written to, and how its workers see that."""

    def write(self, file: str, text: str) -> None:
        (self.policies / f".{file}").write_text(text)
        os.replace(self.policies / f".{file}", self.policies / file)

    def seen(self) -> list[dict]:
        """`policies` of /flow/health, of each worker."""
        return [answer.json["policies"] for answer in at_each(self, lambda each: each.ask("GET", "/flow/health"))]

    def digests(self) -> set[str]:
        """Of the policy `sandbox`, in the answers of all workers."""
        answers = at_each(self, lambda each: each.begin("return 1"))
        assert len(answers) == WORKERS
        return {answer.json["policy"]["digest"] for answer in answers}

    def wait_for_all(self, true: Callable[[dict], bool]) -> None:
        """Until every worker says so."""
        wait_until(lambda: len(seen := self.seen()) == WORKERS and all(map(true, seen)), self.log.read_text)

    def lines(self, event: str) -> list[dict]:
        """The records of the log with this event."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"].startswith(event)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Watched]:
    with Watched(tmp_path, WORKERS, POLICIES, POLICY_RELOAD_S=0.1) as server:
        yield server


def test_all_workers_take_what_is_valid_and_nothing_else(server: Watched) -> None:
    """One story: a change, a mistake, a worker that dies, the mistake mended, a token taken back, the folder gone."""
    [before] = server.digests()
    with server.running(SLEEP, OLGA) as old:
        [running] = server.wait_for_states("waiting", token=OLGA)
        for _ in range(2):
            assert server.run("return 1", ALICE).status == 200
        _change(server, before)
        [now] = server.digests()
        assert now != before
        _ends_under_the_old_policy(server, old, running["executionId"], before)
    assert [server.run("return 1", ALICE).status for _ in range(5)] == [200] * 4 + [429]
    digest = server.seen()[0]["digest"]
    _a_mistake_changes_nothing(server, digest)
    _a_new_worker_is_as_the_others(server, now)
    _mend(server)
    _take_a_token_back(server)
    shutil.rmtree(server.policies)
    # While it goes file by file there are other mistakes in it.
    server.wait_for_all(lambda seen: seen["lastError"] is not None and seen["lastError"]["file"] is None)
    assert str(server.policies) not in json.dumps(server.seen())
    assert server.digests() == {now}


def _change(server: Watched, before: str) -> None:
    assert server.run("return require('lodash').add(1, 2)").error == "CapabilityError"
    server.write("sandbox.yaml", policy("sandbox", "modules: [lodash]\n"))
    wait_until(lambda: before not in server.digests(), server.log.read_text)
    results = at_each(server, lambda each: each.begin("return require('lodash').add(1, 2)"))
    assert [answer.json["result"] for answer in results] == [3] * WORKERS
    [line] = server.lines("policies loaded")
    assert line["changed"] is True


def _ends_under_the_old_policy(server: Watched, old: Connection, execution_id: str, digest: str) -> None:
    assert server.cancel(execution_id, OLGA).status == 200
    assert old.answer().json["policy"]["digest"] == digest


def _a_mistake_changes_nothing(server: Watched, digest: str) -> None:
    server.write("extra.yaml", policy("extra", "modules: [lodahs]\n"))
    server.write("sandbox.yaml", policy("sandbox", "modules: [qs]\n"))
    server.wait_for_all(lambda seen: seen["lastError"] is not None)
    for seen in server.seen():
        assert seen["digest"] == digest
        assert seen["lastError"].pop("at")
        expected = {"message": "the guest has no module `lodahs`", "file": "extra.yaml", "line": 4, "column": 11}
        assert seen["lastError"] == expected
    loads = server.get("/flow/status").json["policies"]
    # On a busy machine the two changes may have been tried one after the other.
    assert (loads["digest"], loads["loads"], loads["failedLoads"] in (1, 2)) == (digest, 2, True)
    metrics = server.get("/metrics").body.decode()
    assert "\ncellblock_policies_newest_in_force 0.0\n" in metrics
    assert re.search(r"^cellblock_policies_failed_loads_total [12]\.0$", metrics, re.MULTILINE)
    assert f'\ncellblock_policies_info{{digest="{digest}"}} 1.0\n' in metrics
    for line in (lines := server.lines("policies not loaded")):
        assert (line["level"], line["errors"]) == ("error", 1)
        assert line["first"] == ["extra.yaml:4:11: unknown-module: the guest has no module `lodahs`"]
    assert len(lines) in (1, 2)


def _a_new_worker_is_as_the_others(server: Watched, digest: str) -> None:
    """It was forked after the reload, and the folder holds a mistake: it has the last good policies all the same."""
    killed = server.workers()[0]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: killed not in server.workers() and len(server.listening()) == WORKERS, server.log.read_text)
    assert server.digests() == {digest}
    server.wait_for_all(lambda seen: seen["lastError"] is not None)


def _mend(server: Watched) -> None:
    server.write("sandbox.yaml", policy("sandbox", "modules: [lodash]\n"))
    server.write("extra.yaml", policy("extra", "modules: [qs]\n"))
    server.wait_for_all(lambda seen: seen["lastError"] is None)
    assert "\ncellblock_policies_newest_in_force 1.0\n" in server.get("/metrics").body.decode()


def _take_a_token_back(server: Watched) -> None:
    asked = bearer(OLGA)

    def statuses() -> set[int]:
        answers = at_each(server, lambda each: each.ask("GET", "/flow/limits", headers=asked))
        return {answer.status for answer in answers}

    assert statuses() == {200}
    server.write("access.yaml", access(alice=PRINCIPALS["alice"]))
    wait_until(lambda: statuses() == {401}, server.log.read_text)


def test_sighup_reads_the_policies_and_ends_nobody(tmp_path: Path) -> None:
    """Also where the signal goes to every process, as from a terminal that is closed; nothing is looked at without."""
    with Watched(tmp_path, WORKERS, POLICIES, POLICY_RELOAD_S=0) as server:
        workers, [before] = server.workers(), server.digests()
        server.write("sandbox.yaml", policy("sandbox", "modules: [lodash]\nmode: audit\nuntil: 9999-12-31\n"))
        os.killpg(server.process.pid, signal.SIGHUP)
        server.wait_for_all(lambda seen: seen["mode"] == "audit")
        assert before not in server.digests()
        assert server.workers() == workers


def serve(tmp_path: Path, policies: dict[str, str], **settings: object) -> subprocess.CompletedProcess:
    """A service that is not expected to start."""
    server = Server(tmp_path, 1, policies, **settings)
    process = server.launch().process
    process.wait(60)
    return subprocess.CompletedProcess([], process.returncode, server.log.read_text())


SECRETIVE = policy(
    "sandbox",
    "grants:\n  fetch:\n    - name: api\n      hosts: [a.example]\n"
    '      request: {set_headers: {x-token: "${secret:token}"}}\n',
)


def test_a_missing_secret_stops_the_start(tmp_path: Path) -> None:
    """With the policy, the line and both ways to give it."""
    ended = serve(tmp_path, POLICIES | {"sandbox.yaml": SECRETIVE})
    assert ended.returncode == 4
    assert "sandbox.yaml:6:7: error[missing-secret]: `sandbox` wants the secret `token`" in ended.stdout
    assert "Set the variable CELLBLOCK_SECRET_TOKEN, or write the secret to the file token" in ended.stdout


def test_a_key_makes_an_unsigned_folder_stop_the_start(tmp_path: Path) -> None:
    """And a key that is none stops it with its own words."""
    ended = serve(tmp_path, POLICIES, POLICY_PUBLIC_KEY=PrivateKey.generate().public.text)
    assert ended.returncode == 4
    assert "error[unsigned]: the folder is not signed" in ended.stdout
    assert "cellblock policy sign" in ended.stdout
    shutil.rmtree(tmp_path / "policies")
    ended = serve(tmp_path, POLICIES, POLICY_PUBLIC_KEY="no/such/key.pub")
    assert ended.returncode == 4
    assert "POLICY_PUBLIC_KEY is neither the base64 of 32 bytes nor a file" in ended.stdout
