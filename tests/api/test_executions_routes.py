"""Who sees and ends which executions, over four workers."""

import contextlib
import re

import pytest

from tests.api.node import ALICE, BOB, LOOP, NOBODY, OLGA, SLEEP, WORKERS, at_each, bearer, wait_for
from tests.api.server import Server, wait_until

pytestmark = pytest.mark.usefixtures("idle")


def test_list_has_the_fields_of_the_contract(server: Server) -> None:
    """Each with who runs it, under which policy, since when, and what it used."""
    with server.running(SLEEP, ALICE, policy="other"):
        wait_for(server, ALICE, "waiting")
        answer, *others = at_each(server, lambda each: each.ask("GET", "/flow/executions", None, bearer(ALICE)))
        assert list(answer.json) == ["success", "executions", "complete", "timestamp"]
        assert (answer.json["success"], answer.json["complete"]) == (True, True)
        (one,) = answer.json["executions"]
        assert list(one) == [
            "executionId", "principal", "policy", "state", "startedAt", "elapsedMs", "fuel", "memoryBytes", "hostCalls",
        ]  # fmt: skip
        assert (one["principal"], one["policy"], one["state"]) == ("alice", "other", "waiting")
        assert re.fullmatch(r"[0-9a-f]{32}", one["executionId"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", one["startedAt"])
        assert one["fuel"] > 0
        assert one["memoryBytes"] > 0
        assert [each.json["executions"][0]["executionId"] for each in others] == [one["executionId"]] * (WORKERS - 1)
        assert server.cancel(one["executionId"], ALICE).json["executionId"] == one["executionId"]


def test_principals_see_and_end_their_own_alone(server: Server) -> None:
    """Another's execution is not listed and not found, whoever asks; an operator has them all."""
    with server.running(SLEEP, ALICE) as hers, server.running(SLEEP, BOB) as his, server.running(SLEEP) as nobodys:
        wait_for(server, OLGA, "waiting", "waiting", "waiting")
        (alices,), (bobs,), (anonymous,) = (wait_for(server, token, "waiting") for token in (ALICE, BOB, None))
        assert len({alices, bobs, anonymous}) == 3
        for mine, token in ((alices, ALICE), (bobs, BOB), (anonymous, None)):
            for theirs in {alices, bobs, anonymous} - {mine}:
                refused = server.cancel(theirs, token)
                assert (refused.status, refused.error) == (404, "ValidationError")
                assert refused.json["error"] == server.cancel("0" * 32, token).json["error"]
        assert (server.cancel(alices, NOBODY).status, server.cancel(alices, "wrong").status) == (404, 401)
        for worker_id, token in ((alices, ALICE), (bobs, OLGA), (anonymous, None)):
            assert server.cancel(worker_id, token).status == 200
        for connection in (hers, his, nobodys):
            answer = connection.answer()
            assert (answer.status, answer.error) == (400, "CancelledError")
    assert server.cancel(alices, ALICE).status == 404


@pytest.mark.parametrize("state", ["running", "waiting", "queued"])
def test_execution_is_ended_from_any_worker(server: Server, state: str) -> None:
    """Running, waiting or in the queue, from its own worker or another: its request has its answer, and it counts."""
    before = server.stats()
    code = LOOP if state == "running" else SLEEP
    with contextlib.ExitStack() as stack:
        if state == "queued":
            stack.enter_context(server.running(SLEEP, BOB, policy="single"))
            blocking = wait_for(server, BOB, "waiting")
        for worker in server.workers():
            with server.running(code, ALICE, policy="single" if state == "queued" else "sandbox") as connection:
                (found,) = wait_for(server, ALICE, state)
                with server.connect_to(worker) as asking:
                    asking.ask("DELETE", f"/flow/executions/{found}", None, bearer(ALICE))
                    assert asking.answer().status == 200
                answer = connection.answer()
                assert (answer.status, answer.error, answer.json["executionId"]) == (400, "CancelledError", found)
        if state == "queued":
            assert server.cancel(blocking[0], BOB).status == 200
    cancelled = WORKERS + (state == "queued")
    wait_until(lambda: server.stats()["currentExecutions"] == 0)
    after = server.stats()
    assert after["cancelledExecutions"] - before["cancelledExecutions"] == cancelled
    errors = before["byErrorType"].get("CancelledError", 0)
    assert after["byErrorType"]["CancelledError"] - errors == cancelled


@pytest.mark.parametrize(
    "path",
    ["x", "0" * 32, "%00", "%ff", "%ED%A0%80", "..%2f..%2fetc%2fpasswd", "../../flow/status", "x" * 10_000,
     "%0a" * 3_000, "%22%5c" * 2_000, "*", ".", "%2e%2e"],
)  # fmt: skip
@pytest.mark.parametrize("token", [ALICE, OLGA])
def test_strange_ids_are_not_found(server: Server, path: str, token: str) -> None:
    """Whatever an id is made of, it crosses to the other workers and is not found."""
    answer = server.cancel(path, token)
    assert answer.status in (404, 405)
    assert answer.error == "ValidationError"
    assert server.run("return 1", ALICE).status == 200


def test_tokens_are_asked_for(server: Server) -> None:
    """A wrong token, or two, list nothing and end nothing."""
    one = f"/flow/executions/{'0' * 32}"
    for method, path in (("GET", "/flow/executions"), ("DELETE", one), ("GET", "/flow/limits")):
        assert server.ask(method, path, None, bearer("wrong")).status == 401
        twice = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        twice += f"Authorization: Bearer {ALICE}\r\nAuthorization: Bearer {OLGA}\r\n\r\n"
        assert server.exchange(twice.encode()).startswith(b"HTTP/1.1 400 ")




def test_client_that_hangs_up_in_the_queue_leaves_it(server: Server) -> None:
    """Its place is free long before its time there is up, and it counts as cancelled."""
    before = server.stats()["cancelledExecutions"]
    with server.running(SLEEP, ALICE, policy="single") as holding:
        (held,) = wait_for(server, ALICE, "waiting")
        for _ in range(4):
            with server.running("return 1", ALICE, policy="single"):
                wait_for(server, ALICE, "waiting", "queued")
            wait_for(server, ALICE, "waiting")
        server.cancel(held, ALICE)
        assert holding.answer().error == "CancelledError"
    wait_until(lambda: server.stats()["cancelledExecutions"] == before + 5)
