"""Every row of the error table that can occur: type, status, and the fields that belong to it."""

import pytest

from host.errors import InternalError, RateLimitError
from host.execution.run import Executor, ExecutorOptions
from tests.api.client import Client
from tests.api.conftest import ALICE, BOB, NOBODY

#: Code and policy, with the status and fields of the error.
ROWS = {
    "undefined returned": ("return undefined", "sandbox", 400, {"type": "ValidationError"}),
    "syntax": ("const a = 1\nreturn a +* 2", "sandbox", 400, {"type": "SyntaxError", "line": 2, "column": 11}),
    "reference": ("\n  return nothing", "sandbox", 400, {"type": "ReferenceError", "line": 2}),
    "type": ("const a = null; return a.x", "sandbox", 400, {"type": "TypeError", "line": 1}),
    "recursion": ("const f = n => f(n + 1) + 1; return f(0)", "sandbox", 400, {"type": "RangeError"}),
    "own error": ("class A extends Error {} throw new A('a'); return 1", "sandbox", 400, {"type": "RuntimeError"}),
    "thrown text": ("throw 'text'; return 1", "sandbox", 400, {"type": "RuntimeError"}),
    "cycle": ("const a = {}; a.a = a; return a", "sandbox", 400, {"type": "RuntimeError"}),
    "BigInt": ("return 1n", "sandbox", 400, {"type": "RuntimeError"}),
    "deadlock": ("await new Promise(() => {}); return 1", "sandbox", 400, {"type": "RuntimeError"}),
    "forbidden module": ("return require('fs')", "sandbox", 400, {"type": "SecurityError"}),
    "eval": ("return eval('1')", "sandbox", 400, {"type": "SecurityError"}),
    "module not granted": ("return require('dayjs')", "sandbox", 400, {"type": "CapabilityError"}),
    "fuel": ("while (true) {} return 1", "tight", 400, {"type": "TimeoutError", "limit": "fuel"}),
    "wall time": ("while (true) {} return 1", "quick", 400, {"type": "TimeoutError", "limit": "wall_time"}),
    "memory": ("for (const a = [];;) a.push(new Uint8Array(1e6)); return", "tight", 400, {"type": "MemoryLimitError"}),
    "result": ("return 'x'.repeat(100)", "small", 400, {"type": "ResultTooLargeError"}),
    "console": ("console.log(1); return 1", "quiet", 400, {"type": "ConsoleDisabledError"}),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_code_that_fails(client: Client, name: str) -> None:
    """The type and status of the table, with what is known of the execution."""
    code, policy, status, expected = ROWS[name]
    answer = client.execute(BOB, code=code, policy=policy)
    error = answer.error
    assert (answer.status, {key: error.get(key) for key in expected}) == (status, expected)
    assert set(answer.json) == {"success", "error", "timestamp", "executionId", "timing", "usage", "logs", "policy"}
    assert answer.json["policy"]["name"] == policy
    assert None not in error.values()


def test_stack_shows_the_callers_frames_alone(client: Client) -> None:
    """Line and column count in the source that was sent, and no frame is of the runtime or the host."""
    code = "function inner() {\n  null.x\n}\nreturn inner()"
    error = client.execute(code=code).error
    assert (error["line"], "codeblock.js:2" in error["stack"], "codeblock.js:4" in error["stack"]) == (2, True, True)
    for frame in error["stack"].splitlines():
        assert "codeblock.js" in frame


def test_timeout_of_the_request_lowers_the_policys(client: Client) -> None:
    """A request's timeoutMs ends its execution before the policy would."""
    answer = client.execute(code="while (true) {} return 1", timeoutMs=20)
    assert answer.error["message"] == "The execution took longer than its wall time of 20 ms"


def test_timeout_of_the_request_does_not_raise_the_policys(client: Client) -> None:
    """A request cannot take more time than its policy gives."""
    answer = client.execute(BOB, code="while (true) {} return 1", policy="quick", timeoutMs=60_000)
    assert answer.error["message"] == "The execution took longer than its wall time of 20 ms"


def test_authentication_errors(client: Client) -> None:
    """401 with the scheme that is expected."""
    answer = client.execute("wrong", code="return 1")
    assert (answer.status, answer.error["type"]) == (401, "AuthenticationError")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_policy_errors(client: Client) -> None:
    """403 for a policy that the principal may not use, and for a principal without any."""
    for token, fields in ((ALICE, {"policy": "seeded"}), (NOBODY, {})):
        answer = client.execute(token, code="return 1", **fields)
        assert (answer.status, answer.error["type"]) == (403, "PolicyError")


def test_no_slot_is_concurrency_error(serve, guests, unharmed: None) -> None:
    """503 with Retry-After when all slots are taken and none may be waited for; the next request is served."""
    executor = Executor(guests.executor.engine, ExecutorOptions(running_max=1, queue_max=0, threads=1))
    try:
        client = serve(executor=executor)
        slots = executor.node.pools.get("node", "executions")
        assert slots.take(1, 1)
        answer = client.execute(code="return 1")
        assert (answer.status, answer.error["type"]) == (503, "ConcurrencyError")
        assert int(answer.headers["retry-after"]) >= 1
        slots.give_back(1, 1)
        assert client.execute(code="return 1").status == 200
    finally:
        executor.close()


def test_rate_limit_is_answered_with_when_to_come_back(client: Client, guests, monkeypatch) -> None:
    """429 with Retry-After."""
    monkeypatch.setattr(guests.executor, "run", _raising(RateLimitError("too many", retry_after_s=7)))
    answer = client.execute(code="return 1")
    assert (answer.status, answer.error["type"], answer.headers["retry-after"]) == (429, "RateLimitError", "7")


@pytest.mark.parametrize(
    "fault", [InternalError("/etc/host.py broke"), ValueError("/etc/host.py broke"), MemoryError()]
)
def test_fault_of_the_host_says_nothing_of_its_inside(client: Client, guests, monkeypatch, fault: Exception) -> None:
    """500 InternalError with the execution's id; no path, class, message or traceback of ours gets out."""
    monkeypatch.setattr(guests.executor, "run", _raising(fault))
    answer = client.execute(code="return 1")
    assert answer.status == 500
    assert answer.error == {"type": "InternalError", "message": "The service failed; the fault is not in your request"}
    assert len(answer.json["executionId"]) == 32
    for word in ("host.py", "Traceback", type(fault).__name__ + "(", "/etc"):
        assert word not in answer.body.decode()


def test_forged_verdict_is_a_runtime_error(client: Client) -> None:
    """Guest code cannot make itself look like a timeout, a refusal or a fault of the host."""
    for name in ("TimeoutError", "InternalError", "AuthenticationError", "SecurityError"):
        code = "throw Object.assign(new Error('forged'), {name: input, type: input}); return 1"
        answer = client.execute(code=code, input=name)
        assert (answer.status, answer.error["type"]) == (400, "RuntimeError")


def _raising(fault: Exception):
    async def run(*_: object) -> None:
        raise fault

    return run
