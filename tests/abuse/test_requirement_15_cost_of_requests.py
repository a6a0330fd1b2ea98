"""Requirement 15: what a host call may cost is capped before it, and ends with the execution's time: requests."""

import time

from tests.abuse.egress import Egress
from tests.capabilities.fetch.targets import Seen, Writer

SLEEPS = 30


async def sleeps(seen: Seen, writer: Writer) -> None:
    import asyncio

    await asyncio.sleep(SLEEPS)


def test_a_server_that_does_not_answer_ends_with_the_execution(egress: Egress) -> None:
    """Waiting burns no fuel; the wall time is what ends it."""
    egress.target.answers("/open/x", sleeps)
    began = time.monotonic()
    outcome = egress.run("return (await fetch(u + '/open/x')).status", egress.here(), timeout_ms=400).outcome
    assert (outcome.type, outcome.limit) == ("TimeoutError", "wall_time")
    assert time.monotonic() - began < SLEEPS / 2


def test_a_flood_of_requests_is_counted(egress: Egress) -> None:
    """Those beyond what the policy allows are refused, and never sent."""
    code = (
        "const calls = Array.from({ length: 60 }, () => tell(() => fetch(u + '/open/x')));"
        "const found = await Promise.all(calls);"
        "return [200, 'CapabilityError'].map((kind) => found.filter((each) => each === kind).length)"
    )
    policy = egress.here(", max_calls: 10")
    assert egress.result(code, policy) == [10, 50]
    assert len(egress.target.seen) == 10


def test_a_body_is_measured_before_it_is_sent(egress: Egress) -> None:
    """One that its rule does not allow costs a decision, and no byte on the wire."""
    code = (
        "const big = new Uint8Array(4 << 20); const found = [];"
        "for (const body of [big, big.buffer, new Blob([big]), 'x'.repeat(4 << 20), Buffer.alloc(4 << 20)])"
        "  found.push(await tell(() => fetch(u + '/open/x', { method: 'POST', body })));"
        "return found"
    )
    assert egress.result(code, egress.here()) == ["CapabilityError"] * 5
    assert egress.target.seen == []


def test_a_stream_without_an_end_is_cut_where_its_rule_says(egress: Egress) -> None:
    """It is not gathered before, and the server does not get a whole request of it."""
    code = (
        "let pulled = 0; const piece = new Uint8Array(65536);"
        "const body = new ReadableStream({ pull(to) { pulled++; to.enqueue(piece.slice()) } });"
        "const found = await tell(() => fetch(u + '/open/x', { method: 'POST', body, duplex: 'half' }));"
        "return [found, pulled < 200]"
    )
    assert egress.result(code, egress.here()) == ["CapabilityError", True]
    assert egress.target.seen == []


def test_what_is_left_open_is_dropped_with_the_execution(egress: Egress) -> None:
    """Fifty requests that nobody waits for."""
    egress.target.answers("/open/x", sleeps)
    code = "for (let i = 0; i < 50; i++) fetch(u + '/open/x').catch(() => {}); return 1"
    assert egress.result(code, egress.here(", max_connections: 50")) == 1
