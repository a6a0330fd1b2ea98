"""What the node says of itself adds up, whichever of four workers is asked."""

import contextlib
import math
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client.parser import text_string_to_metric_families

from host.policy.model import token_sha256
from tests.api.node import ALICE, BOB, DAVE, ERIN, LOOP, NOBODY, QUOTAS, SLEEP, WORKERS, at_each, wait_for
from tests.api.server import Server

pytestmark = pytest.mark.usefixtures("idle")

#: Outcome, status, token, fields.
REQUESTS = [
    ("success", 200, ALICE, {"code": "return 1"}),
    ("success", 200, None, {"code": "await new Promise(r => setTimeout(r, 5)); return 1"}),
    ("success", 200, ALICE, {"code": "console.log(1); return 1"}),
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


def test_figures_are_what_the_clients_counted(server: Server) -> None:
    """Every way to be answered, over many connections at once: each worker tells the same, and just that."""
    before = server.stats()

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
            answers = list(threads.map(send, [request for request in REQUESTS for _ in range(WORKERS)]))
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
        "policies": {
            "digest": str, "mode": str, "lastError": type(None), "loadedAt": str, "loads": int, "failedLoads": int,
            "shadow": type(None),
        },
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
        "rates": {"store": str, "up": bool},
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
