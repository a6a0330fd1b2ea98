"""Code blocks that may fetch from one local server, and the server."""

import asyncio
import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import structs

from host.app import CAPABILITIES
from host.capabilities.fetch import FetchClient, fetch_power
from host.execution.outcome import Failure, Report
from host.execution.run import Executor, ExecutorOptions
from host.policy.model import Policy
from host.policy.resolve import resolve_files
from host.sandbox.engine import Engine
from tests.capabilities.fetch.targets import Seen, Target, Writer, redirect, reply
from tests.harness import Guests, failure_of, result_of

#: `u` is where the server is.
POLICY = """
version: 1
policy: online
modules: all
limits: {wall_time: 50s, fuel: 20G, memory: 32MiB, host_calls: 10000}
grants:
  fetch:
    - name: here
      hosts: [127.0.0.1, localhost, nowhere.invalid]
      ports: any
      schemes: [http]
      methods: any
      addresses: [127.0.0.0/8]
      request: {max_body: 200MiB}
      response: {max_body: 200MiB}
"""


def _policy() -> Policy:
    return resolve_files({"online.yaml": POLICY.encode()}).policies["online"]


class Online:
    """`result(code)` and `failure(code)` run blocks in which `u` is the server's URL; `target` is the server."""

    def __init__(self, engine: Engine) -> None:
        self.client = FetchClient(60_000, 1 << 30)
        self.executor = Executor(engine, ExecutorOptions(), offered=(*CAPABILITIES, fetch_power(self.client)))
        self.guests = Guests(self.executor)
        self.policy = _policy()
        self.target = Target()
        self.guests.wait(self.target.start())
        self.answer()

    def answer(self) -> None:
        """What the server's paths answer: each request's echo, but for some."""
        self.target.reset()
        paths = {
            "*": _echo,
            "/404": reply(b'{"error":"none"}', "404 Not Found", content_type="application/json"),
            "/500": reply(b"boom", "500 Internal Server Error"),
            "/gzip": reply(gzip.compress(b'{"packed":true}'), content_encoding="gzip", content_type="application/json"),
            "/empty": b"HTTP/1.1 204 No Content\r\n\r\n",
            "/moved": redirect("/echo"),
            "/moved307": redirect("/echo", 307),
            "/loop": redirect("/loop"),
            "/cut": _cut,
            "/never": _never,
            "/slow": _slow,
        }
        for path, response in paths.items():
            self.target.answers(path, response)

    def run(self, code: str, input: object = None, **limits: object) -> Report:
        policy = structs.replace(self.policy, limits=structs.replace(self.policy.limits, **limits))
        opening = f"const u = 'http://127.0.0.1:{self.target.port}';\n"
        return self.guests.run(opening + code, input, policy=policy)

    def result(self, code: str, input: object = None, **limits: object) -> object:
        return result_of(self.run(code, input, **limits))

    def failure(self, code: str, input: object = None) -> Failure:
        return failure_of(self.run(code, input))

    def close(self) -> None:
        self.guests.wait(self.client.close())
        self.guests.wait(self.target.stop())
        self.guests.close()
        self.executor.close()


@contextmanager
def online_with(engine: Engine) -> Iterator[Online]:
    online = Online(engine)
    try:
        yield online
    finally:
        online.close()


async def _echo(seen: Seen, writer: Writer) -> bytes:
    headers = {name.lower(): value for name, value in seen.headers}
    told = {"method": seen.method, "url": seen.target, "headers": headers, "body": seen.body.decode("latin-1")}
    body = json.dumps(told).encode()
    head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


async def _cut(seen: Seen, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc")
    await writer.drain()


async def _never(seen: Seen, writer: Writer) -> None:
    await asyncio.sleep(30)


async def _slow(seen: Seen, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nfirst")
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.write(b"second")
    await writer.drain()
