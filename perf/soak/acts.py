"""What clients do in the soak test: each act is one request, and says which answers to it are right."""

import json
import select
import time
from collections.abc import Callable

import msgspec

from perf.blocks import LODASH, TRIVIAL
from perf.client import http_request
from perf.errors import Unavailable
from perf.load import PATH
from perf.service import TOKENS, Service
from perf.soak.ledger import ANY_ERROR, CUT_SHORT, GONE, HUNG_UP
from perf.soak.peer import Peer

BODY_TIMEOUT_MS = 1000
FULL = "503 ConcurrencyError"
"""May be the answer to whatever would be executed: the slots are few on purpose."""

_GONE_AFTER_S = 0.1
_LISTED_TRIES = 20
_DELETED_TIMEOUT_MS = 3000


class Act(msgspec.Struct, frozen=True):
    """`do` gives the kind of what came back. `weight` is how often it is chosen."""

    name: str
    do: Callable[[Peer], str]
    allowed: tuple[str, ...]
    weight: int = 1


class Code(msgspec.Struct, frozen=True):
    """An execution with a certain end."""

    name: str
    code: str
    kind: str
    timeout_ms: int = 20_000
    weight: int = 1


CODES = (
    Code("a timer", "await new Promise(r => setTimeout(r, 50)); return 1", "200", weight=4),
    Code("a huge result", "return 'x'.repeat(4 << 20)", "200"),
    Code("a memory that grows and fits", "return new Uint8Array(16 << 20).length", "200"),
    Code("syntax", "return (", "400 SyntaxError"),
    Code("reference", "return missing", "400 ReferenceError"),
    Code("type", "return null.x", "400 TypeError"),
    Code("range", "return new Array(-1)", "400 RangeError"),
    Code("a thrown string", "throw 'no'; return 1", "400 RuntimeError"),
    Code("a deadlock", "return await new Promise(() => {})", "400 RuntimeError"),
    Code("deep recursion", "function f(n) { return f(n + 1) + 1 } return f(0)", "400 RangeError"),
    Code("eval", "return eval('1')", "400 SecurityError"),
    Code("a forbidden module", "return require('fs')", "400 SecurityError"),
    Code("console", "console.log(1); return 1", "400 ConsoleDisabledError"),
    Code("a loop", "for(;;); return 1", "400 TimeoutError", timeout_ms=200, weight=2),
    Code("a wait", "await new Promise(r => setTimeout(r, 60000)); return 1", "400 TimeoutError", timeout_ms=100),
    Code("bursts", "for(;;) await new Promise(r => setTimeout(r, 0)); return 1", "400 TimeoutError", timeout_ms=200),
    Code("memory", "const all = []; for(;;) all.push(new Array(10000).fill(1)); return 1", "400 MemoryLimitError"),
    Code("a result too large", "return 'x'.repeat(6 << 20)", "400 ResultTooLargeError"),
)


def _exchange(name: str, request: bytes, *allowed: str, weight: int = 1) -> Act:
    return Act(name, lambda peer: peer.exchange(request).kind, allowed, weight)


def _execute(ours: Service, code: Code) -> Act:
    request = ours.request("light", code=code.code, timeoutMs=code.timeout_ms)
    return _exchange(code.name, request, code.kind, FULL, weight=code.weight)


def acts(ours: Service) -> tuple[list[Act], dict[str, str]]:
    """All that this server can be asked for, and why not the others."""
    found = [_execute(ours, code) for code in CODES]
    found += [
        _exchange(each.name, ours.request_of("light", each.body), "200", FULL, weight=8) for each in (TRIVIAL, LODASH)
    ]
    found += [*_refused(ours), *_badly_behaved(ours)]
    missing: dict[str, str] = {}
    try:
        ours.get("/flow/executions")
    except Unavailable as reason:
        missing["cancelled by DELETE"] = str(reason)
    else:
        found.append(Act("cancelled by DELETE", lambda peer: _delete(peer, ours), (ANY_ERROR,)))
    if problem := _stream_problem(ours):
        missing["streamed"] = problem
    else:
        found.append(_exchange("streamed", _stream_request(), "200", FULL))
    return found, missing


def _refused(ours: Service) -> list[Act]:
    """Answers without an execution."""
    trivial = TRIVIAL.body
    return [
        _exchange("not JSON", ours.request_of("light", b"{"), "400 ValidationError"),
        _exchange("an unknown field", ours.request("light", code="return 1", cod="x"), "400 ValidationError"),
        _exchange("too much code", ours.request("light", code="return 1;" + " " * 70_000), "413 ValidationError"),
        _exchange("a bad token", http_request("POST", PATH, trivial, "nobody"), "401 AuthenticationError"),
        _exchange("a policy of others", ours.request("light", code="return 1", policy="other"), "403 PolicyError"),
        _exchange(
            "a small quota", ours.request_of("limited", trivial), "200", "429 RateLimitError", FULL, weight=2
        ),
        _exchange(
            "a host call that is not granted",
            ours.request("light", code="return await fetch('https://example.com/')"),
            "400 CapabilityError",
            "400 ReferenceError",
            FULL,
        ),
    ]  # fmt: skip


def _badly_behaved(ours: Service) -> list[Act]:
    loop = ours.request("light", code="for(;;); return 1", timeoutMs=30_000)
    wait = ours.request("light", code="await new Promise(r => setTimeout(r, 30000)); return 1")
    good = ours.request_of("light", LODASH.body)
    head = b"POST %b HTTP/1.1\r\nHost: a\r\nX: " % PATH.encode()
    return [
        Act("gone from a loop", lambda peer: _leave(peer, loop), (GONE,), weight=2),
        Act("gone from a wait", lambda peer: _leave(peer, wait), (GONE,), weight=2),
        Act("gone within the body", lambda peer: _leave(peer, good[:-100], CUT_SHORT), (CUT_SHORT,)),
        Act("a slow body", lambda peer: _in_pieces(peer, good, pause_s=0.1), ("200", FULL)),
        Act(
            "a body that stops", lambda peer: peer.alone(good[:-100], BODY_TIMEOUT_MS / 1000 + 10).kind,
            ("400 ValidationError",),
        ),
        Act("a half-open connection", lambda peer: _leave(peer, b"", HUNG_UP), (HUNG_UP,)),
        Act("a huge header", lambda peer: _status(peer, head + b"a" * 1_000_000), ("4xx", "closed")),
    ]  # fmt: skip


def _leave(peer: Peer, data: bytes, kind: str = GONE) -> str:
    with peer.open() as connection:
        peer.push(connection, data)
        time.sleep(_GONE_AFTER_S)
    return kind


def _in_pieces(peer: Peer, request: bytes, pause_s: float) -> str:
    with peer.open() as connection:
        for start in range(0, len(request), len(request) // 3 + 1):
            peer.push(connection, request[start : start + len(request) // 3 + 1])
            time.sleep(pause_s)
        return peer.receive(connection).kind


def _status(peer: Peer, data: bytes) -> str:
    reply = peer.alone(data, 15)
    return f"{reply.status // 100}xx" if reply.status else "closed"


def _delete(peer: Peer, ours: Service) -> str:
    """Starts an execution, finds it in the list, and cancels it. How it is answered then is not in the contract, but
    that it is, and not as a success."""
    with peer.open() as connection:
        peer.push(connection, ours.request("heavy", code="for(;;); return 1", timeoutMs=_DELETED_TIMEOUT_MS))
        for _ in range(_LISTED_TRIES):
            time.sleep(0.05)
            if select.select([connection], [], [], 0)[0]:
                break
            for execution_id in _listed(ours):
                peer.alone(http_request("DELETE", f"/flow/executions/{execution_id}", b"", TOKENS["heavy"]), 15)
        return peer.receive(connection).kind


def _listed(ours: Service) -> list[str]:
    try:
        text = json.dumps(ours.get("/flow/executions"))
    except Unavailable:
        return []
    return [part[:32] for part in text.split('"executionId": "')[1:]]


def _stream_request() -> bytes:
    body = msgspec.json.encode({"code": "await new Promise(r => setTimeout(r, 20)); return 1"})
    return http_request("POST", PATH, body, TOKENS["light"], {"Accept": "text/event-stream"})


def _stream_problem(ours: Service) -> str:
    head = Peer(ours.port).exchange(_stream_request()).head.lower()
    return "" if b"text/event-stream" in head else "Accept: text/event-stream gives no stream of events"
