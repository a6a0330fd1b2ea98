"""Four workers as one node: who sees and ends what, figures that add up, and rates that hold for all together."""

import contextlib
import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client.parser import text_string_to_metric_families

from host.policy.model import token_sha256
from tests.api.server import Answer, Server, wait_until

LIMITS = "wall_time: 5min, fuel: 10000G"
POLICIES = {
    f"{name}.yaml": f"version: 1\npolicy: {name}\nlimits: {{{limits}}}\n"
    for name, limits in {
        "sandbox": LIMITS,
        "single": f"{LIMITS}, concurrency: 1",
        "small": f"{LIMITS}, input: 100, code: 200",
        "paced": f"{LIMITS}, rate: 5/h",
        "other": LIMITS,
    }.items()
}
ALL = "[sandbox, single, small, other, paced]"
QUOTAS = {
    "alice": f"policies: {ALL}",
    "bob": f"policies: {ALL}",
    "olga": f"policies: {ALL}, operator: true",
    "carol": "policies: [sandbox], quota: {rate: 7/h}",
    "dave": "policies: [sandbox], quota: {fuel_per_day: 5M}",
    "erin": "policies: [sandbox, single], quota: {concurrency: 2, rate: 1000/s}",
    "nobody": "policies: []",
}
POLICIES["access.yaml"] = "anonymous: sandbox\nprincipals:\n" + "".join(
    f"  - {{name: {name}, token_sha256: {token_sha256(name + '-token')}, {rest}}}\n" for name, rest in QUOTAS.items()
)
ALICE, BOB, OLGA, CAROL, DAVE, ERIN, NOBODY = (f"{name}-token" for name in QUOTAS)
WORKERS = 4
SLEEP = "await new Promise(resolve => setTimeout(resolve, 250_000)); return 1"
LOOP = "for (;;) {} return 1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests of this file: four workers, and a queue of three."""
    settings = {"QUEUE_SIZE": 3, "QUEUE_TIMEOUT_MS": 300_000}
    with Server(tmp_path_factory.mktemp("node"), WORKERS, POLICIES, **settings) as server:
        yield server


@pytest.fixture(autouse=True)
def _idle(server: Server) -> Iterator[None]:
    """After each test nothing runs and nobody waits."""
    yield
    server.wait_until_idle()
    assert server.executions(OLGA) == []


def at_each(server: Server, ask) -> list[Answer]:
    """The answers of every worker to the same request."""
    answers = []
    for worker in server.workers():
        with server.connect_to(worker) as connection:
            ask(connection)
            answers.append(connection.answer())
    return answers


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def wait_for(server: Server, token: str, *states: str) -> list[str]:
    return [each["executionId"] for each in server.wait_for_states(*states, token=token)]


# Executions


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


# Figures


def test_figures_are_what_the_clients_counted(server: Server) -> None:
    """Every way to be answered, over many connections at once: each worker tells the same, and just that."""
    before = server.stats()
    requests = [
        ("success", 200, ALICE, {"code": "return 1"}),
        ("success", 200, None, {"code": "await new Promise(r => setTimeout(r, 5)); return 1"}),
        ("success", 200, ERIN, {"code": "console.log(1); return 1"}),
        ("AuthenticationError", 401, "wrong", {"code": "return 1"}),
        ("PolicyError", 403, ALICE, {"code": "return 1", "policy": "none"}),
        ("PolicyError", 403, NOBODY, {"code": "return 1"}),
        ("ValidationError", 413, ALICE, {"code": "return 1", "policy": "small", "input": "x" * 200}),
        ("ValidationError", 413, ALICE, {"code": "return 1", "input": "x" * 3_000_000}),
        ("ValidationError", 400, ALICE, {"code": "return 1", "extra": 1}),
        ("ValidationError", 400, ALICE, {"code": "1 + 1"}),
        ("ValidationError", 400, ALICE, {"code": "return undefined"}),
        ("SyntaxError", 400, ALICE, {"code": "return (("}),
        ("ReferenceError", 400, ALICE, {"code": "return nothing"}),
        ("TypeError", 400, ALICE, {"code": "return null.x"}),
        ("RangeError", 400, ALICE, {"code": "return [].length = -1"}),
        ("RuntimeError", 400, ALICE, {"code": "throw 1; return 1"}),
        ("SecurityError", 400, ALICE, {"code": "return eval('1')"}),
        ("SecurityError", 400, ALICE, {"code": "return require('fs')"}),
        ("TimeoutError", 400, ALICE, {"code": LOOP, "timeoutMs": 20}),
        ("TimeoutError", 400, ALICE, {"code": SLEEP, "timeoutMs": 20}),
        ("ResultTooLargeError", 400, ALICE, {"code": "return 'x'.repeat(6_000_000)"}),
        ("MemoryLimitError", 400, ALICE, {"code": "const a = []; for (;;) a.push('x'.repeat(1e6) + 1); return 1"}),
        ("ConcurrencyError", 503, BOB, {"code": "return 1", "policy": "single"}),
    ]  # fmt: skip

    def send(request: tuple) -> tuple:
        kind, status, token, fields = request
        answer = server.run(fields["code"], token, **{key: fields[key] for key in fields if key != "code"})
        assert answer.status == status, (request, answer)
        assert answer.json["success"] or answer.error == kind, (request, answer)
        return kind, answer

    with contextlib.ExitStack() as stack:
        # The policy's slot and all places of the queue are taken.
        blocked = [stack.enter_context(server.running(SLEEP, BOB, policy="single")) for _ in range(4)]
        executions = server.wait_for_states("waiting", "queued", "queued", "queued", token=BOB)
        with ThreadPoolExecutor(12) as threads:
            answers = list(threads.map(send, [request for request in requests for _ in range(WORKERS)]))
        # Those in the queue first: none of them gets the slot.
        for each in sorted(executions, key=lambda each: each["state"] == "waiting"):
            assert server.cancel(each["executionId"], BOB).status == 200
        answers += [("CancelledError", connection.answer()) for connection in blocked]
    counted = Counter(kind for kind, _ in answers)
    stats = [each.json["memory"]["executorStats"] for each in at_each(server, lambda c: c.ask("GET", "/flow/status"))]
    for after in stats:
        grown = Counter(after["byErrorType"]) - Counter(before["byErrorType"])
        assert {**grown, "success": after["successful"] - before["successful"]} == counted
        assert after["total"] - before["total"] == len(answers)
        assert after["failed"] - before["failed"] == len(answers) - counted["success"]
        assert after["total"] == after["successful"] + after["failed"]
        assert sum(after["byErrorType"].values()) == after["failed"]
        assert after["timeoutsInterrupted"] - before["timeoutsInterrupted"] == counted["TimeoutError"]
        assert after["cancelledExecutions"] - before["cancelledExecutions"] == 4
        ran = [answer for _, answer in answers if "usage" in answer.json]
        kept = after["syncExecutions"] + after["asyncExecutions"] - before["syncExecutions"] - before["asyncExecutions"]
        assert kept == len(ran)
        assert after["asyncExecutions"] - before["asyncExecutions"] == 2 * WORKERS + 1
        assert after["successRate"] == f"{100 * after['successful'] / after['total']:.1f}%"
    assert stats == [stats[0]] * WORKERS


def test_usage_adds_up(server: Server) -> None:
    """Fuel and records of the metrics are the sums of what the answers said."""
    before = metrics_of(server)
    with ThreadPoolExecutor(8) as threads:
        code = "for (let i = 0; i < 1e5; i++); console.log(1); console.log(2); return 1"
        answers = list(threads.map(lambda _: server.run(code, ALICE).json, range(20)))
    after = metrics_of(server)
    grown = {name: after[name] - before[name] for name in ("cellblock_fuel_total", "cellblock_console_records_total")}
    assert grown == {
        "cellblock_fuel_total": sum(each["usage"]["fuel"] for each in answers),
        "cellblock_console_records_total": 40,
    }


def metrics_of(server: Server) -> dict[str, float]:
    """Every sample, by its name and its labels."""
    answer = server.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = {}
    for family in text_string_to_metric_families(answer.body.decode()):
        assert family.documentation
        for name, labels, value, *_ in family.samples:
            labelled = name + "".join(f" {value}" for _, value in sorted(labels.items()))
            assert labelled not in found
            found[labelled] = value
    return found


def test_metrics_agree_with_status(server: Server) -> None:
    """The same figures, in Prometheus's words; histograms grow with their buckets and end with their count."""
    with server.running(SLEEP, ALICE) as connection:
        (found,) = wait_for(server, ALICE, "waiting")
        metrics, stats = metrics_of(server), server.stats()
        server.cancel(found, ALICE)
        connection.answer()
    assert metrics["cellblock_requests_total success"] == stats["successful"]
    for kind, count in stats["byErrorType"].items():
        assert metrics[f"cellblock_requests_total {kind}"] == count
    named = {name: value for name, value in metrics.items() if name.startswith("cellblock_requests_total")}
    assert sum(named.values()) == stats["total"]
    for name, figure in {
        "cellblock_executions_running": stats["currentExecutions"],
        "cellblock_executions_waiting": stats["waitingExecutions"],
        "cellblock_executions_queued": stats["queueLength"],
        "cellblock_executions_max": stats["maxConcurrent"],
        "cellblock_executions_sync_total": stats["syncExecutions"],
        "cellblock_executions_async_total": stats["asyncExecutions"],
        "cellblock_executions_interrupted_total": stats["timeoutsInterrupted"],
        "cellblock_executions_cancelled_total": stats["cancelledExecutions"],
        "cellblock_workers_lost_total": stats["workersLost"],
        "cellblock_workers": WORKERS,
    }.items():
        assert metrics[name] == figure, name
    for name in ("cellblock_execution_duration_seconds", "cellblock_queue_duration_seconds"):
        bounds = sorted(
            (float(bound), value) for each, value in metrics.items() for bound in each.split()[1:]
            if each.startswith(f"{name}_bucket ")
        )  # fmt: skip
        assert bounds[-1] == (math.inf, stats["syncExecutions"] + stats["asyncExecutions"])
        assert [value for _, value in bounds] == sorted(value for _, value in bounds)
        assert metrics[f"{name}_count"] == bounds[-1][1]
        assert metrics[f"{name}_sum"] >= 0


def fields_of(value: object) -> object:
    """The names and types in a JSON value."""
    if isinstance(value, dict):
        return {name: fields_of(each) for name, each in value.items()}
    return type(value)


def test_status_has_the_fields_of_the_contract(server: Server) -> None:
    """Names and types, exactly."""
    status = fields_of(server.get("/flow/status").json)
    stats = status["memory"].pop("executorStats")
    cache = {"size": int, "maxSize": int, "hitRate": str}
    assert status == {
        "success": bool, "status": str, "uptime": float, "startTime": str,
        "memory": {"rss": int, "pss": int, "workers": int, "executions": int, "executionsMax": int},
        "cache": {"codeCompilation": cache, "codeValidation": cache},
        "limits": {"executionTimeout": int, "maxCodeLength": int, "maxConcurrent": int, "maxResultSize": int},
        "timestamp": str,
    }  # fmt: skip
    assert set(stats.pop("byErrorType").values()) <= {int}
    numbers = {
        "currentExecutions", "maxConcurrent", "queueLength", "total", "successful", "failed", "syncExecutions",
        "asyncExecutions", "timeoutsInterrupted", "waitingExecutions", "cancelledExecutions", "workersLost",
    }  # fmt: skip
    assert stats == {**dict.fromkeys(numbers, int), "successRate": str}


def test_health_has_the_fields_of_the_contract(server: Server) -> None:
    """Names and types, exactly."""
    answer = server.get("/flow/health").json
    assert answer["warmup"].pop("modules")
    assert fields_of(answer) == {
        "status": str, "timestamp": str, "service": str, "version": str,
        "runtime": {
            "poolSize": int, "maxConcurrent": int, "currentExecutions": int, "totalExecutions": int, "successRate": str,
        },
        "memory": {"rss": int, "pss": int, "workers": int, "executions": int, "executionsMax": int},
        "warmup": {"status": str, "totalModules": int, "successCount": int, "elapsed": int, "timestamp": str},
        "policies": {"digest": str, "mode": str, "lastError": type(None)},
    }  # fmt: skip
    assert (answer["status"], answer["warmup"]["status"], answer["memory"]["workers"]) == ("ok", "completed", WORKERS)


def test_limits_are_those_of_the_caller(server: Server) -> None:
    """Its policies, the default first, its quota, and which setting is the ceiling of what."""
    limits = server.get("/flow/limits", ERIN).json
    assert list(limits) == ["success", "data", "timestamp"]
    data = limits["data"]
    assert (data["principal"], data["policy"], list(data["policies"])) == ("erin", "sandbox", ["sandbox", "single"])
    assert data["quota"] == {"rate": "1000/s", "concurrency": 2, "fuelPerDay": None}
    configurable = data["limits"].pop("configurable")
    assert data["limits"] == data["policies"]["sandbox"]
    assert set(configurable) <= set(data["limits"])
    assert configurable["maxInputSize"] == {
        "setting": "MAX_INPUT_SIZE", "ceiling": 2 << 20, "policyKey": "limits.input"
    }  # fmt: skip
    assert data["policies"]["single"]["maxConcurrent"] == 1
    assert server.get("/flow/limits", DAVE).json["data"]["quota"]["fuelPerDay"] == 5_000_000
    assert server.get("/flow/limits", ALICE).json["data"]["policies"]["paced"]["rate"] == "5/h"
    assert server.get("/flow/limits").json["data"]["principal"] == "anonymous"
    nobodys = server.get("/flow/limits", NOBODY).json["data"]
    assert (nobodys["policy"], nobodys["policies"], list(nobodys["limits"])) == (None, {}, ["configurable"])


@pytest.mark.parametrize(
    "path",
    ["/", "/health", "/health/ready", "/flow/health", "/flow/status", "/metrics", "/schema/openapi.json", "/none"],
)
def test_open_routes_name_nobody(server: Server, path: str) -> None:
    """What anybody may read has no principal's name, no path, and no token or hash of one, also while they run code."""
    with server.running(SLEEP, ALICE) as connection:
        (found,) = wait_for(server, ALICE, "waiting")
        body = server.get(path).body.decode().lower()
        server.cancel(found, ALICE)
        connection.answer()
    words = [*QUOTAS, "/tmp", "/home", "/root", ".py", "traceback", str(server.policies).lower(), found]
    words += [token_sha256(f"{name}-token") for name in QUOTAS]
    if path.startswith("/schema"):
        words.remove("nobody")
    assert [word for word in words if re.search(rf"\b{re.escape(word)}\b", body)] == []


# Rates


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
    burst(server, 5, ALICE, policy="paced")
    assert {each.status for each in burst(server, 4, BOB, policy="paced")} == {429}
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


def test_log_has_no_error(server: Server) -> None:
    """Nothing of the above was a fault of the service."""
    records = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert [each for each in records if each["level"] == "error"] == []
