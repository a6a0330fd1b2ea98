"""`cellblock doctor`: whether everything that is needed is there, and what mends what is not."""

import asyncio
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from host.cli.exits import HELP, Exit
from host.cli.options import config_option, load_policies
from host.errors import CellblockError
from host.machine import cores, memory_bytes
from host.secrets import SecretSource
from host.settings import Settings, load_settings, require_access_rules, require_data_dir

if TYPE_CHECKING:
    from host.execution.run import Executor
    from host.sandbox.engine import Engine

_MIB = 1 << 20
_FILES_MIN = 1024
#: An instance whose memory is mapped takes 10 to 20 µs here, one whose memory is copied 2,000 µs and more.
_INSTANCE_US_MAX = 300
_INSTANCES = 50
_MEMORY_MIN_BYTES = 512 * _MIB


class Finding(Struct, frozen=True):
    """What a check saw. `mend` says what to do, where there is a problem."""

    ok: bool
    what: str
    mend: str | None = None


Check = Callable[[Settings], Iterator[Finding]]


@click.command("doctor", epilog=HELP)
@config_option
def command(config: Path | None) -> None:
    """Checks what the service needs; a line for each check, and how to mend what is not right."""
    problems = 0
    for check in CHECKS:
        try:
            settings = load_settings(config=config)
            findings = list(check(settings))
        except CellblockError as error:
            findings = [Finding(False, error.message, error.hint)]
        for finding in findings:
            problems += not finding.ok
            _print(finding)
    if problems:
        click.echo(f"{problems} problem{'s' * (problems > 1)}")
        raise SystemExit(Exit.CODE_FAILED)


def _print(finding: Finding) -> None:
    mark = click.style("ok     ", fg="green") if finding.ok else click.style("problem", fg="red")
    click.echo(f"{mark} {finding.what}")
    if not finding.ok and finding.mend:
        click.echo(f"        {finding.mend}")


def _python(_: Settings) -> Iterator[Finding]:
    shown = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield Finding(sys.version_info >= (3, 11), shown, "Take Python 3.11 or later.")


def _settings(settings: Settings) -> Iterator[Finding]:
    yield Finding(True, f"settings: {settings.environment}, {settings.workers} workers, port {settings.port}")
    for note in settings.notes:
        yield Finding(False, note, "Correct the name, or remove the variable.")


def _data(settings: Settings) -> Iterator[Finding]:
    require_data_dir(settings)
    yield Finding(True, f"data is kept in {settings.data_dir}")


def _policies(settings: Settings) -> Iterator[Finding]:
    from host.app import make_source

    source = make_source(settings, SecretSource(settings.secrets_dir, os.environ))
    loaded = load_policies(settings.policy_dir, source.load)
    policies = loaded.policies
    yield Finding(True, f"policies in {settings.policy_dir}: {', '.join(policies.policies)}")
    if loaded.manifest is not None:
        yield Finding(True, f"the policies are signed, with the serial {loaded.manifest.serial}")
    yield Finding(True, f"secrets that policies want, and that are there: {len(loaded.secrets)}")
    for name in loaded.doubled:
        yield Finding(False, f"the secret {name} is both a file and a variable: the file holds", "Remove one of them.")
    require_access_rules(settings, policies.access is not None)
    who = "access.yaml says who may call" if policies.access is not None else "no access.yaml: this machine alone"
    yield Finding(True, f"listens on {settings.host}; {who}")


def _wasmtime(_: Settings) -> Iterator[Finding]:
    from importlib.metadata import version

    import wasmtime  # noqa: F401 - importing it loads the library, which is what can fail

    yield Finding(True, f"wasmtime {version('wasmtime')}")


def _image(_: Settings) -> Iterator[Finding]:
    import hashlib

    from host.sandbox.image import find_image

    bundle = find_image()
    for name, facts in bundle.manifest.images.items():
        data = (bundle.folder / facts.file).read_bytes()
        if hashlib.sha256(data).hexdigest() != facts.sha256:
            mend = f"Delete {bundle.folder}, then `cellblock image build`."
            yield Finding(False, f"the image {name} is damaged", mend)
    yield Finding(True, f"image {bundle.manifest.inputs_hash[:12]}: {', '.join(bundle.manifest.images)}")


def _executions(settings: Settings) -> Iterator[Finding]:
    from host.app import make_executor
    from host.execution.outcome import Success
    from host.execution.warmup import WARM_UP

    executor = make_executor(settings)
    try:
        report = asyncio.run(executor.run(WARM_UP))
        ok = isinstance(report.outcome, Success)
        yield Finding(ok, "a code block runs", None if ok else f"It ended with: {report.outcome.message}")
        yield _host_calls(executor)
        yield from _instances(executor.engine)
    finally:
        executor.close()


def _host_calls(executor: "Executor") -> Finding:
    """Both kinds of host call, through a capability that no policy can grant."""
    from host.capabilities.echo import Echo
    from host.execution.outcome import Success
    from host.execution.request import ExecutionRequest
    from host.policy.model import Modules, Policy

    code = b"const e = require('cellblock:echo'); return [e.reply('now'), await e.replyLater('later')]"
    policy = Policy("doctor", modules=Modules(all=True))
    report = asyncio.run(executor.run(ExecutionRequest(code, b"{}", policy, "host", extra_capabilities=(Echo(),))))
    ok = report.outcome == Success(b'["now","later"]')
    return Finding(ok, "host calls are answered, at once and later", None if ok else f"They gave: {report.outcome}")


def _instances(engine: "Engine") -> Iterator[Finding]:
    """Copy-on-write is lost without a sign when an image is not dense, or where the kernel has no memfd."""
    from host.sandbox.instance import Instance

    for name, image in engine.images.items():
        times_us = []
        for _ in range(_INSTANCES):
            began = time.perf_counter_ns()
            with Instance(engine, image, 10_000_000, 64 * _MIB, None):
                times_us.append((time.perf_counter_ns() - began) / 1000)
        typical = median(times_us)
        what = f"an instance of {name} takes {typical:.0f} µs"
        mend = "Its memory is copied, not mapped. Build the image anew, and see that memfd_create is allowed."
        yield Finding(typical <= _INSTANCE_US_MAX, what, mend)


def _machine(settings: Settings) -> Iterator[Finding]:
    usable = memory_bytes()
    yield Finding(
        usable >= _MEMORY_MIN_BYTES, f"{cores()} cores, {usable // _MIB:,} MiB of memory", "Give it 512 MiB or more."
    )
    address_space, _ = resource.getrlimit(resource.RLIMIT_AS)
    yield Finding(
        address_space == resource.RLIM_INFINITY, "address space is not limited",
        "Every instance reserves 4 GiB of addresses (not of memory): `ulimit -v unlimited`.",
    )  # fmt: skip
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield Finding(files >= _FILES_MIN, f"{files:,} files may be open", f"`ulimit -n {_FILES_MIN}` or more.")


CHECKS: tuple[Check, ...] = (
    _python, _settings, _data, _machine, _policies, _wasmtime, _image, _executions,
)  # fmt: skip
