"""The log of the service as it runs: a line for each request, over several workers, whatever is sent."""

import asyncio
import json
import re
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.api.test_server import Server

REQUESTS = 400
CONNECTIONS = 16
WORKERS = 2
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
FORGED = 'x\n{"timestamp":"2026-01-01T00:00:00Z","level":"info","event":"execution","outcome":"success"}\n'
FORGED_TEXT = "x\r\n2026-01-01T00:00:00.000000Z [info     ] execution outcome=success\n\x1b[2J\u2028\u202e"
#: Requests that try to write to the log, each with the outcome that its line has.
ATTACKS = [
    ({"code": "return input", "input": FORGED}, "success"),
    ({"code": f"throw new Error({json.dumps(FORGED)}); return 1"}, "RuntimeError"),
    ({"code": f"throw {json.dumps(FORGED_TEXT)}; return 1"}, "RuntimeError"),
    ({"code": f"const e = new Error('a'); e.name = {json.dumps(FORGED_TEXT)}; throw e; return"}, "RuntimeError"),
    ({"code": "return '\\ud800'"}, "success"),
    ({"code": f"return require({json.dumps(FORGED)})"}, None),
    ({"code": "return 1", "policy": FORGED}, "PolicyError"),
    ({"code": "return 1", FORGED_TEXT: 1}, "ValidationError"),
    ({"code": FORGED_TEXT + "return"}, "SyntaxError"),
]
HEADERS = {"x-forged": "\x9b31m\x85", "traceparent": "00-\x85-\x9b-01", "user-agent": "\x9b2J", "authorization": ""}


def attack(server: Server) -> int:
    """Sends every attack, and headers with control characters; how many requests that were."""
    with httpx.Client(base_url=server.url) as client:
        for fields, _ in ATTACKS:
            client.post("/flow/codeblock", json=fields)
        for name, value in HEADERS.items():
            client.post(
                "/flow/codeblock",
                content=b'{"code": "return 1"}',
                headers=[(b"content-type", b"application/json"), (name.encode(), value.encode("latin-1"))],
            )
    return len(ATTACKS) + len(HEADERS)


async def load(server: Server) -> list[str]:
    """Sends REQUESTS requests over CONNECTIONS connections; the ids of the executions."""
    limits = httpx.Limits(max_connections=CONNECTIONS)
    async with httpx.AsyncClient(base_url=server.url, limits=limits, timeout=60) as client:
        gate = asyncio.Semaphore(CONNECTIONS)

        async def one(index: int) -> str:
            async with gate:
                answer = await client.post("/flow/codeblock", json={"code": f"return {index}"})
                return answer.json()["executionId"]

        return await asyncio.gather(*(one(index) for index in range(REQUESTS)))


@pytest.mark.parametrize("environment", ["production", "development"])
def test_one_line_for_each_request_over_all_workers(tmp_path: Path, environment: str) -> None:
    """As many whole lines as requests, each with its own id, from two workers at once, to a file and by their end."""
    server = Server(tmp_path, WORKERS, ENVIRONMENT=environment)
    server.wait_until_ready()
    ids = asyncio.run(load(server))
    attacks = attack(server)
    assert server.stop() == 0
    lines = server.log.read_text().splitlines()
    assert len(lines) == 1 + REQUESTS + attacks
    if environment == "production":
        records = [json.loads(line) for line in lines]
        assert all(record.keys() >= {"timestamp", "level", "event"} for record in records)
        executions = [record for record in records if record["event"] == "execution"]
        found = [record["execution_id"] for record in executions]
        outcomes = {record["outcome"] for record in executions}
        assert outcomes >= {outcome for _, outcome in ATTACKS if outcome}
        assert {record.get("trace_id") for record in executions} == {None}
    else:
        shape = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \[info     \] (execution|serving) ")
        assert [line for line in lines if not shape.match(line)] == []
        found = [match[1] for line in lines if (match := re.search(r" execution_id=([0-9a-f]{32}) ", line))]
    assert len(found) == len(set(found)) == REQUESTS + attacks
    assert set(ids) <= set(found)


def test_lines_reach_a_slow_reader_whole(tmp_path: Path) -> None:
    """Standard error is a pipe that nobody reads for a while: the service answers meanwhile, and no line is lost."""
    server = Server(tmp_path, WORKERS, subprocess.PIPE)
    server.wait_until_ready()
    ids = asyncio.run(load(server)) + asyncio.run(load(server))
    server.process.terminate()
    _, written = server.process.communicate(timeout=60)
    lines = [json.loads(line) for line in written.splitlines()]
    assert len(written) > 65536 * 4
    assert sorted(line["execution_id"] for line in lines if line["event"] == "execution") == sorted(ids)
    assert len(lines) == len(ids) + 1


def test_level_warning_leaves_the_lines_out(tmp_path: Path) -> None:
    """With LOG_LEVEL=warning the log of a service where all is well is empty."""
    server = Server(tmp_path, LOG_LEVEL="warning")
    server.wait_until_ready()
    attack(server)
    assert server.stop() == 0
    assert server.log.read_text() == ""
