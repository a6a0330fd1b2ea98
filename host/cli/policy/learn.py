"""`cellblock policy learn`: the smallest policy that lets through what code was seen to do."""

import asyncio
import math
import os
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import click
import msgspec
from msgspec import Struct

from host.cli.exits import Exit, say
from host.cli.given import read_code, read_input
from host.cli.policy.common import counted, load, paint, pick, policies_option, print_json, today
from host.cli.policy.guests import alone
from host.cli.policy.replace import replace_file
from host.decisions.log import lines_of
from host.decisions.record import SeenCall, read_record
from host.errors import CellblockError, InternalError
from host.execution.outcome import Failure, Report, Success
from host.execution.request import ExecutionRequest
from host.execution.run import Executor
from host.policy.calls import request_of
from host.policy.canonical import policy_document
from host.policy.decide.outcome import Deny
from host.policy.diagnose import printable
from host.policy.learn.learn import Learned, learn
from host.policy.learn.limits import Used, fitting
from host.policy.learn.traffic import Traffic
from host.policy.learn.write import learned_yaml
from host.policy.mode import Mode
from host.policy.model import Policy
from host.policy.vocabulary import NAME, NO_POLICY
from host.policy.wants import secrets_of
from host.secrets import SecretSource
from host.settings import load_settings

#: What each record of the console counts beside its text (ABI.md).
_LOG_RECORD_BYTES = 16


def _read_name(_context: click.Context, _parameter: click.Parameter, name: str) -> str:
    if not NAME.fullmatch(name) or name == NO_POLICY:
        raise click.BadParameter("a name is 1 to 64 of a-z, 0-9 and -")
    return name


@click.command("learn")
@click.argument("code", nargs=-1, type=click.File("rb"), metavar="[CODE]...")
@click.option("--input", "given", default="{}", metavar="JSON|@FILE", help="What `input` is in each CODE.")
@click.option("--from", "recorded", multiple=True, type=click.Path(exists=True, path_type=Path), metavar="FILE",
              help="What a running service recorded: a file of DECISIONS_DIR, or the folder.")  # fmt: skip
@policies_option
@click.option("--policy", "base_name", metavar="NAME", help="The policy to begin with. By default one of nothing.")
@click.option("--name", default="learned", callback=_read_name, help="What to call it. By default `learned`.")
@click.option("--generalise", type=click.Choice(["paths"]), help="Write `/users/*` for `/users/1` and `/users/2`.")
@click.option("--limits", "with_limits", is_flag=True, help="Set limits to twice the most that any CODE used.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Where to write the policy. By default standard output.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    code: Sequence[BinaryIO], given: str, recorded: Sequence[Path], folder: Path, base_name: str | None, name: str,
    generalise: str | None, with_limits: bool, output: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Writes the smallest policy that lets through what each CODE does, or what a service has recorded.

    CODE is a file with a JavaScript function body (`-` for standard input). It is run, under an audit: what it fetches
    is fetched, and what it changes elsewhere is changed. Records are those of the policy NAME where `--policy` names
    one, else of all policies. The new policy has the limits, the language and the denials of NAME, and of its rules
    what was used.

    What was denied is not learned. The exit code is 1 where code failed, since more might have come after that.
    """
    if not code and not recorded:
        raise click.UsageError("there is nothing to learn from: name CODE, or records with --from")
    if with_limits and not code:
        raise click.UsageError("--limits goes by what CODE uses, and there is none: records do not tell it")
    base = Policy(name=name) if base_name is None else pick(load(folder), base_name)
    seen = Traffic()
    for path in recorded:
        _add_recorded(seen, path, base_name)
    runs = _run(code, given, base) if code else []
    for run in runs:
        _add_decided(seen, run.report)
    if with_limits:
        used = [run.used for run in runs if run.used is not None]
        base = msgspec.structs.replace(base, limits=fitting(base.limits, used))
    learned = learn(seen.items(), base, name, generalise == "paths")
    try:
        text = learned_yaml(learned, _title(seen, base_name, code, recorded))
    except ValueError as fault:
        hint = "" if generalise else ". `--generalise paths` makes it smaller"
        raise click.UsageError(f"{fault}{hint}") from None
    _write(learned, text, output, as_json)
    click.echo(_summary(learned, seen), err=True)
    raise SystemExit(Exit.OK if all(run.succeeded for run in runs) else Exit.CODE_FAILED)


def _add_recorded(seen: Traffic, path: Path, policy: str | None) -> None:
    """Adds what went through, according to the records."""
    try:
        for number, line in enumerate(lines_of(path), 1):
            _add_line(seen, line, policy, f"line {number} of {path}")
    except OSError as fault:
        raise click.BadParameter(f"{path} cannot be read: {fault.strerror}", param_hint="--from") from None


def _add_line(seen: Traffic, line: bytes, policy: str | None, where: str) -> None:
    try:
        record = read_record(line)
        if policy in (None, record.policy):
            _add_record(seen, record)
    except ValueError as fault:
        raise click.BadParameter(f"{where} is no record of a decision: {fault}", param_hint="--from") from None


def _add_record(seen: Traffic, record: SeenCall) -> None:
    denied = record.decision == "denied"
    if record.call is None and record.target is not None and denied:
        seen.denied_after_all(record.execution_id, record.capability, record.target, record.times)
    elif record.call is not None and not denied:
        capability = record.call.__struct_config__.tag
        seen.went(record.execution_id, capability, request_of(record.call), record.times)


class _Run(Struct, frozen=True):
    """How one code block went. `report` is None where it was refused before it ran."""

    report: Report | None
    used: Used | None = None

    @property
    def succeeded(self) -> bool:
        return self.report is not None and isinstance(self.report.outcome, Success)


def _run(code: Sequence[BinaryIO], given: str, base: Policy) -> list[_Run]:
    """Runs each code block under an audit, and tells of those that fail."""
    texts = [(getattr(file, "name", "<stdin>"), read_code(file)) for file in code]
    # To the end of tomorrow: midnight may come while it runs.
    audited = msgspec.structs.replace(alone(base), mode=Mode("audit", today() + timedelta(days=1)))
    try:
        return asyncio.run(_run_all(texts, read_input(given), audited))
    except InternalError as error:
        say(error)
        raise SystemExit(Exit.SETUP) from None


async def _run_all(texts: Iterable[tuple[str, bytes]], given: bytes, policy: Policy) -> list[_Run]:
    from host.app import make_executor, open_fetch

    settings = load_settings({"workers": 1, "warm_slots": 0})
    secrets, _ = SecretSource(settings.secrets_dir, os.environ).load(secrets_of(policy))
    fetch = open_fetch(settings)
    executor = make_executor(settings, secrets=secrets.get, fetch=fetch)
    try:
        return [await _run_one(executor, name, ExecutionRequest(text, given, policy, "policy-learn"))
                for name, text in texts]  # fmt: skip
    finally:
        await fetch.close()
        executor.close()


async def _run_one(executor: Executor, name: str, request: ExecutionRequest) -> _Run:
    try:
        report = await executor.run(request)
    except InternalError:
        raise
    except CellblockError as error:
        # Refused before it ran: too large, or with no `return`.
        _tell_failure(name, error.message)
        return _Run(None)
    match report.outcome:
        case Failure(type=kind, message=message):
            _tell_failure(name, f"{kind}: {message}")
            return _Run(report)
        case Success(result):
            usage = report.usage
            logs = sum(_LOG_RECORD_BYTES + len(record.text.encode()) for record in report.logs)
            sizes = len(request.code), len(request.input), len(result), logs
            took_ms = math.ceil(report.timing.execution_ms)
            return _Run(report, Used(took_ms, usage.fuel, usage.memory_peak_bytes, *sizes, usage.host_calls))
    raise AssertionError(report.outcome)


def _tell_failure(name: str, why: str) -> None:
    click.echo(f"{paint(name, bold=True)} {paint('failed', fg='red', bold=True)}: {printable(why)}", err=True)


def _add_decided(seen: Traffic, report: Report | None) -> None:
    for each in report.decided if report is not None else ():
        if each.request is not None and each.allowed:
            seen.went(report.execution_id, each.capability, each.request, each.times)
        elif each.request is None and isinstance(each.decision, Deny):
            seen.denied_after_all(report.execution_id, each.capability, each.decision.target, each.times)


def _title(seen: Traffic, base: str | None, code: Sequence[BinaryIO], recorded: Sequence[Path]) -> str:
    sources = [counted(len(code), "code block")] if code else []
    sources += ["records"] if recorded else []
    begun = f", beginning with `{base}`" if base is not None else ""
    return f"Learned from {counted(seen.total(), 'call')} of {' and '.join(sources)}{begun}."


def _write(learned: Learned, text: str, output: Path | None, as_json: bool) -> None:
    if as_json:
        left_out = [msgspec.structs.asdict(each) for each in learned.left_out]
        print_json({"policy": policy_document(learned.policy), "evidence": learned.evidence, "left_out": left_out})
    elif output is None:
        click.echo(text, nl=False)
    if output is not None:
        try:
            replace_file(output, text.encode())
        except OSError as fault:
            raise click.BadParameter(f"{output} cannot be written: {fault.strerror}", param_hint="-o") from None


def _summary(learned: Learned, seen: Traffic) -> str:
    grants = learned.policy.grants
    parts = [counted(len(grants.fetch), "fetch rule")] if grants.fetch else []
    parts += [name for name in ("crypto", "xlsx", "tasks") if getattr(grants, name) is not None]
    parts += [counted(len(learned.policy.modules.names), "module")] if learned.policy.modules.names else []
    left_out = f"; {counted(len(learned.left_out), 'call')} left out" if learned.left_out else ""
    return f"learned from {counted(seen.total(), 'call')}: {', '.join(parts) or 'nothing'}{left_out}"
