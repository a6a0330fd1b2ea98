"""A service that is watched: a policy that audits, candidates beside the policies, and decisions on record."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from host.api.auth import Caller
from host.api.intake import read_request, to_execution
from host.decisions.log import lines_of
from host.policy.model import token_sha256
from tests.api.node import ALICE, at_each
from tests.api.server import Server, wait_until
from tests.harness import policy_of

WORKERS = 2
USES = "[sandbox, watching, over]"
POLICIES = {
    "sandbox.yaml": "version: 1\npolicy: sandbox\nmodules: [path, qs]\n",
    "watching.yaml": "version: 1\npolicy: watching\nmodules: [qs]\nmode: audit\nuntil: 2099-01-01\n",
    "over.yaml": "version: 1\npolicy: over\nmode: audit\nuntil: 2020-01-01\n",
    "access.yaml": "anonymous: none\nprincipals:\n" + "".join(
        f"  - {{name: {name}, token_sha256: {token_sha256(name + '-token')}, policies: {USES}{more}}}\n"
        for name, more in {"alice": "", "olga": ", operator: true"}.items()
    ),
}  # fmt: skip
CODE = "require('path'); require('qs'); return 1"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two workers, with a good and a useless candidate."""
    folder = tmp_path_factory.mktemp("watched")
    candidates = folder / "candidates"
    candidates.mkdir()
    (candidates / "sandbox.yaml").write_text("version: 1\npolicy: sandbox\nmodules: [path]\n")
    (candidates / "other.yaml").write_text("version: 1\npolicy: other\n")
    settings = {"SHADOW_POLICY_DIR": candidates, "DECISIONS_DIR": folder / "decisions", "POLICY_RELOAD_S": 0.1}
    with Server(folder, WORKERS, POLICIES, **settings) as server:
        yield server


def run(server: Server, policy: str, code: str = CODE) -> dict:
    """The answer of one worker."""
    with server.connect() as connection:
        return connection.run(code, ALICE, policy=policy).json


def metrics(server: Server) -> dict[str, float]:
    """The same at every worker."""
    answers = [answer.body.decode() for answer in at_each(server, lambda each: each.ask("GET", "/metrics"))]
    found = [
        {name: float(value) for name, _, value in (line.rpartition(" ") for line in text.splitlines())
         if name.startswith(("cellblock_decisions", "cellblock_shadow", "cellblock_policies_audited"))
         and "_created" not in name}
        for text in answers
    ]  # fmt: skip
    assert found[0] == found[1]
    return found[0]


def test_an_audit_is_told_in_each_answer_and_in_health(watched: Server) -> None:
    """And in no answer of a policy that enforces, also if it did audit once."""
    assert run(watched, "watching")["policy"]["mode"] == "audit"
    assert "mode" not in run(watched, "sandbox")["policy"]
    over = run(watched, "over")
    assert (over["error"]["type"], "mode" in over["policy"]) == ("CapabilityError", False)
    assert watched.get("/flow/health").json["policies"]["mode"] == "audit"


def test_decisions_are_counted_and_recorded(watched: Server) -> None:
    """By capability and by how they went, whichever worker decided; each with a line, of its execution."""
    before = metrics(watched)
    answers = [answer.json for answer in at_each(watched, lambda each: each.begin(CODE, ALICE, policy="watching"))]
    after = metrics(watched)
    assert after["cellblock_policies_audited"] == 1
    for way in ("allowed", "audited"):
        name = f'cellblock_decisions_total{{capability="modules",decision="{way}"}}'
        assert after[name] - before[name] == WORKERS
    ids = {answer["executionId"] for answer in answers}
    folder = watched.policies.parent / "decisions"

    def recorded() -> list[dict]:
        records = [json.loads(line) for line in lines_of(folder)]
        return [record for record in records if record["execution_id"] in ids]

    wait_until(lambda: len(recorded()) == 2 * WORKERS)
    assert {(each["call"]["module"], each["decision"], each["principal"]) for each in recorded()} == {
        ("path", "audited", "alice"), ("qs", "allowed", "alice"),
    }  # fmt: skip
    assert {each["place"] for each in recorded()} == {"watching.yaml:3"}
    assert len(list(folder.glob("*.jsonl"))) == WORKERS


def test_the_log_says_what_was_decided(watched: Server) -> None:
    """In the record of the execution."""
    answer = run(watched, "watching")
    wait_until(lambda: answer["executionId"] in watched.log.read_text())
    lines = [json.loads(line) for line in watched.log.read_text().splitlines()]
    (record,) = [line for line in lines if line.get("execution_id") == answer["executionId"]]
    assert (record["mode"], record["decisions"]) == ("audit", {"allowed": 1, "audited": 1, "denied": 0})


def test_what_candidates_would_change_is_counted_for_the_node(watched: Server) -> None:
    """By policy, capability and what they would do; a candidate of no policy is asked nothing."""
    name = 'cellblock_shadow_differences_total{capability="modules",policy="sandbox",would="deny"}'
    before = metrics(watched).get(name, 0)
    at_each(watched, lambda each: each.begin(CODE, ALICE))
    after = metrics(watched)
    assert after[name] - before == WORKERS
    assert [each for each in after if each.startswith("cellblock_shadow_differences")] == [name]
    assert (after["cellblock_shadow_policies"], after["cellblock_shadow_newest_asked"]) == (2, 1)


def test_a_candidate_that_breaks_is_told_and_no_matter(watched: Server) -> None:
    """While the service runs: in metrics and status, until it is mended."""
    file = Path(watched.policies.parent / "candidates" / "other.yaml")
    good = file.read_text()
    file.write_text("version: 1\npolicy: other\nmodules: [nothing]\n")

    def error() -> dict | None:
        return watched.get("/flow/status").json["policies"]["shadow"]["lastError"]

    wait_until(lambda: error() is not None)
    assert (error()["file"], error()["line"]) == ("other.yaml", 3)
    assert run(watched, "sandbox")["success"]
    assert watched.get("/flow/health").json["policies"]["lastError"] is None
    file.write_text(good)
    wait_until(lambda: error() is None)


def test_only_operators_are_shown_places() -> None:
    """Where a rule stands is a matter of the server's, and of those who run it."""
    asked = read_request(b'{"code": "return 1"}')
    for operator in (True, False):
        caller = Caller("anybody", {}, 1000, operator=operator)
        assert to_execution(asked, policy_of(), caller, "id").shows_places is operator
