"""A bench: an event loop with targets, a resolver of the test's own, and a client that trusts the test's authority."""

import asyncio
import ssl
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from host.capabilities.fetch.client import FetchClient
from host.capabilities.fetch.dial import make_tls
from host.capabilities.fetch.failure import Failure
from tests.capabilities.fetch.asking import Execution, Got
from tests.capabilities.fetch.targets import Authority, Http2Target, Target

#: What lets a test reach its targets, whatever they are called.
OPEN = (
    'grants: {fetch: [{name: open, hosts: ["*"], schemes: any, ports: any, methods: any, max_redirects: 20, '
    'addresses: [127.0.0.0/8, "::1/128"]}]}'
)


class Bench:
    """What a module of tests shares."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self.authority = Authority()
        self.plain, self.other = Target(), Target()
        self.tls, self.h2 = Target(), Http2Target()
        #: What the resolver knows. A list is used up, one entry for each time that it is asked.
        self.names: dict[str, tuple[str, ...] | list[tuple[str, ...]]] = {}
        self.asked: list[str] = []
        self.run(self._start())

    async def _start(self) -> None:
        tls = make_tls()
        self.authority.trust(tls)
        self.client = FetchClient(30_000, 1 << 30, self._resolve, tls)
        await self.plain.start()
        await self.other.start()
        await self.tls.start(self.authority.server("secure.test", "*.secure.test", "127.0.0.1"))
        await self.h2.start(self.authority.server("two.test", alpn=("h2",)))

    async def _resolve(self, host: str, principal: str) -> tuple[str, ...]:
        self.asked.append(host)
        known = self.names.get(host)
        if known is None:
            raise Failure("ENOTFOUND", f"getaddrinfo ENOTFOUND {host}")
        return known.pop(0) if isinstance(known, list) else known

    def run(self, coroutine: Coroutine) -> Any:
        return self._runner.run(coroutine)

    def reset(self) -> None:
        for target in (self.plain, self.other, self.tls, self.h2):
            target.reset()
        self.asked.clear()
        self.names = dict.fromkeys(("api.test", "evil.test", "secure.test", "two.test"), ("127.0.0.1",))

    def execution(self, policy: str = OPEN, **options: Any) -> Execution:
        return Execution(self.client, policy, **options)

    def fetch(self, url: str, *arguments: Any, policy: str = OPEN, **options: Any) -> Got:
        """One request of one execution; `{port}` and `{other}` in the URL are the targets'."""
        return self.run(self.fetched(url, *arguments, policy=policy, **options))

    async def fetched(self, url: str, *arguments: Any, policy: str = OPEN, **options: Any) -> Got:
        execution = self.execution(policy)
        try:
            return await execution.request(self.fill(url), *arguments, **options)
        finally:
            execution.close()

    def fill(self, text: str) -> str:
        """The targets' ports, in place of their names in braces."""
        for name, target in (("port", self.plain), ("other", self.other), ("tls", self.tls), ("h2", self.h2)):
            text = text.replace(f"{{{name}}}", str(target.port))
        return text

    async def _stop(self) -> None:
        await self.client.close()
        for target in (self.plain, self.other, self.tls, self.h2):
            await target.stop()
        await asyncio.sleep(0.01)

    def close(self) -> None:
        self.run(self._stop())
        self._runner.close()


@pytest.fixture(scope="module")
def whole_bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


@pytest.fixture
def bench(whole_bench: Bench) -> Bench:
    """The bench of the module, with nothing seen yet."""
    whole_bench.reset()
    return whole_bench


def verified(authority: Authority) -> ssl.SSLContext:
    """TLS of a client that trusts the authority."""
    return authority.trust(ssl.create_default_context())
