"""The one place where the harness touches the service: the seam that follows it when it changes."""

import asyncio
import functools
import gc
import importlib.util
import json
import sys
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from host.policy.model import Policy

SERVE_ENVIRONMENT = {"ENVIRONMENT": "production"}
INSTANCES_MAX = 1100
DEFAULT_FUEL = 10_000_000_000


def serve_command(port: int, workers: int) -> Sequence[str]:
    return [sys.executable, "-m", "host.cli", "serve", "--port", str(port), "--workers", str(workers)]


def serve_problem() -> str:
    """Why the server cannot be started, or nothing."""
    if importlib.util.find_spec("host") is None or importlib.util.find_spec("host.cli") is None:
        return "host.cli is not there"
    return ""


class _Runtime:
    """What a process makes once: the engine and an executor on its own event loop."""

    def __init__(self) -> None:
        from host.app import CAPABILITIES
        from host.execution.run import Executor, ExecutorOptions
        from host.sandbox.engine import open_engine
        from host.sandbox.image import find_image

        self.loop = asyncio.new_event_loop()
        self.engine = open_engine(find_image(), instances_max=INSTANCES_MAX)
        self.executor = Executor(self.engine, ExecutorOptions(running_max=INSTANCES_MAX - 10), offered=CAPABILITIES)


@functools.cache
def _policy(fuel: int) -> "Policy":
    from host.policy.algorithms import ALGORITHMS
    from host.policy.grants.model import ANY, CryptoGrant, Grants, XlsxGrant, XlsxLimits
    from host.policy.model import Limits, Modules, Policy

    limits = Limits(
        fuel=fuel,
        wall_time_ms=300_000,
        memory_bytes=256 * 1024 * 1024,
        concurrency=INSTANCES_MAX,
        input_bytes=64 * 1024 * 1024,
    )
    grants = Grants(
        crypto=CryptoGrant(**dict.fromkeys(ALGORITHMS, ANY), random=True, budget_ms=3_600_000),
        xlsx=XlsxGrant(read=XlsxLimits(), write=XlsxLimits()),
    )
    return Policy(name="perf", limits=limits, modules=Modules(all=True), grants=grants)


class Fetching:
    """Executions that may fetch from loopback, on an event loop as a worker has it."""

    def __init__(self, executions_max: int, memory_bytes: int) -> None:
        import uvloop

        from host.app import CAPABILITIES
        from host.capabilities.fetch import FetchClient, fetch_power
        from host.execution.run import Executor, ExecutorOptions
        from host.machine import cores
        from host.policy.resolve import resolve_files
        from host.sandbox.engine import open_engine
        from host.sandbox.image import find_image

        gc.set_threshold(10_000)  # as a worker has it
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._client = FetchClient(60_000, 1 << 40)
        engine = open_engine(find_image(), instances_max=executions_max)
        options = ExecutorOptions(running_max=executions_max, threads=cores())
        self._executor = Executor(engine, options, offered=(*CAPABILITIES, fetch_power(self._client)))
        text = _FETCHING.format(concurrency=executions_max, memory=memory_bytes)
        self._policy = resolve_files({"perf.yaml": text.encode()}).policies["perf"]

    def wait(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Runs a coroutine to its end."""
        return self._runner.run(coroutine)

    async def run(self, code: str, **input: object) -> Any:
        """The result of one execution. Raises RuntimeError for an error of its."""
        from host.execution.outcome import Success
        from host.execution.request import ExecutionRequest

        request = ExecutionRequest(code.encode(), json.dumps(input).encode(), self._policy)
        report = await self._executor.run(request)
        if not isinstance(report.outcome, Success):
            raise RuntimeError(f"{report.outcome.type}: {report.outcome.message}")
        return json.loads(report.outcome.result)

    def close(self) -> None:
        self.wait(self._client.close())
        self._executor.close()
        self._runner.close()


_FETCHING = """
version: 1
policy: perf
modules: all
limits: {{wall_time: 60s, fuel: 100G, host_calls: 1M, memory: {memory}, concurrency: {concurrency}}}
grants:
  fetch:
    - name: loopback
      hosts: [127.0.0.1]
      schemes: [http]
      ports: any
      methods: any
      addresses: [127.0.0.1/32]
      timeout: 60s
      request: {{max_body: 1GiB}}
      response: {{max_body: 1GiB}}
"""


@functools.cache
def runtime() -> _Runtime:
    """The process's runtime, made by the first call."""
    return _Runtime()


def open_runtime() -> None:
    """Makes what a process needs once (engine, image, linker). Called before any ``run_block``, and not timed."""
    runtime()


async def run_async(code: str, input_json: bytes, fuel: int = DEFAULT_FUEL) -> bytes:
    """Executes the function body ``code`` in a fresh instance and returns its result as JSON text.

    Does what one execution does and nothing else: admit, instantiate, compile, run, read the result. ``fuel`` is the
    execution's budget in wasmtime's units. A guest error is raised as RuntimeError.
    """
    from host.execution.outcome import Success
    from host.execution.request import ExecutionRequest

    opened = runtime()
    report = await opened.executor.run(ExecutionRequest(code.encode(), input_json, _policy(fuel)))
    if not isinstance(report.outcome, Success):
        raise RuntimeError(f"{report.outcome.type}: {report.outcome.message}")
    return report.outcome.result


def run_block(code: str, input_json: bytes, fuel: int = DEFAULT_FUEL) -> bytes:
    """``run_async`` from ordinary code."""
    return runtime().loop.run_until_complete(run_async(code, input_json, fuel))
