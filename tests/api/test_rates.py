"""Rates and quotas hold for all workers together, and the answers say where they stand."""

import contextlib
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.node import ALICE, BOB, CAROL, DAVE, ERIN, SLEEP, wait_for
from tests.api.server import Answer, Server, wait_until

pytestmark = pytest.mark.usefixtures("idle")


def burst(server: Server, count: int, token: str | None, **fields: object) -> list[Answer]:
    """Requests all at once, each on a connection of its own."""
    with ThreadPoolExecutor(16) as threads:
        return list(threads.map(lambda _: server.run("return 1", token, **fields), range(count)))


def states_of(answer: Answer) -> dict[str, tuple[int, int, int, int]]:
    """Each rate's quota, window, rest and reset, from both headers."""
    policies = re.findall(r'"(\w+)";q=(\d+);w=(\d+)', answer.headers["ratelimit-policy"])
    stands = re.findall(r'"(\w+)";r=(\d+);t=(\d+)', answer.headers["ratelimit"])
    return {
        name: tuple(map(int, (*policy, *stand)))
        for (name, *policy), (same, *stand) in zip(policies, stands, strict=True)
        if name == same
    }


@pytest.mark.parametrize(
    ("whose", "token", "count", "fields"),
    [("policy", ALICE, 5, {"policy": "paced"}), ("principal", CAROL, 7, {})],
)
def test_rate_is_exact_over_all_workers(
    server: Server, whose: str, token: str, count: int, fields: dict
) -> None:
    """A burst of just so many gets in, however it is spread; the rest is told when to come again."""
    answers = burst(server, 32, token, **fields)
    passed = [each for each in answers if each.status == 200]
    refused = [each for each in answers if each.status == 429]
    assert (len(passed), len(refused)) == (count, 32 - count)
    interval_s = 3600 // count
    rests = []
    for each in answers:
        quota, window, rest, reset = states_of(each)[whose]
        assert (quota, window) == (count, 3600)
        assert 0 < reset <= 3600
        rests += [rest] * (each.status == 200)
    assert sorted(rests) == list(range(count))
    for each in refused:
        assert each.error == "RateLimitError"
        assert interval_s - 300 < int(each.headers["retry-after"]) <= interval_s + 1
        assert states_of(each)[whose][2] == 0
    # Refusals cost nothing: they put nothing off.
    assert int(burst(server, 1, token, **fields)[0].headers["retry-after"]) <= interval_s + 1


def test_policys_rate_is_all_principals_together(server: Server) -> None:
    """What one principal used up is used up for the other."""
    assert {each.status for each in burst(server, 4, ALICE, policy="slow")} == {200}
    assert {each.status for each in burst(server, 4, BOB, policy="slow")} == {429}
    assert {each.status for each in burst(server, 4, BOB)} == {200}


def test_mistakes_cost_no_rate(server: Server) -> None:
    """Requests that are refused before they would run are not counted."""
    for fields in ({"extra": 1}, {"input": "x" * 3_000_000}, {"policy": "none"}):
        with ThreadPoolExecutor(4) as threads:
            assert {
                each.status for each in threads.map(lambda _, f=fields: server.run("return 1", ERIN, **f), range(4))
            } <= {400, 403, 413}
    answer = server.run("return 1", ERIN)
    assert states_of(answer)["principal"][:3] == (1000, 1, 999)


def test_fuel_of_the_day_holds_over_all_workers(server: Server) -> None:
    """What was burnt on one worker is missing on all; the answer says until when."""
    assert server.run("for (let i = 0; i < 1e6; i++); return 1", DAVE).status == 200
    for worker in server.workers():
        with server.connect_to(worker) as connection:
            answer = connection.run("return 1", DAVE)
            assert (answer.status, answer.error) == (429, "RateLimitError")
            assert 0 < int(answer.headers["retry-after"]) <= 86_400


def test_concurrency_of_a_principal_holds_over_all_workers(server: Server) -> None:
    """Its third execution waits, on whichever worker; another principal's does not."""
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(server.running(SLEEP, ERIN)) for _ in range(3)]
        first = wait_for(server, ERIN, "waiting", "waiting", "queued")
        assert server.run("return 1", ALICE).status == 200
        running = [each["executionId"] for each in server.executions(ERIN) if each["state"] == "waiting"]
        server.cancel(running[0], ERIN)
        wait_until(lambda: [each["state"] for each in server.executions(ERIN)] == ["waiting", "waiting"])
        for each in first:
            server.cancel(each, ERIN)
        assert {connection.answer().error for connection in connections} == {"CancelledError"}
