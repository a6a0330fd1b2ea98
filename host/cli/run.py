"""`cellblock run FILE.js`: one execution, without a server."""

import asyncio
import os
from functools import partial
from pathlib import Path
from typing import BinaryIO

import click

from host.capabilities.base import Decided
from host.cli.exits import HELP, Exit, say
from host.cli.given import read_code, read_input
from host.cli.options import config_option, load_policies
from host.errors import CellblockError, InternalError, RequestError, TooLargeError
from host.execution.outcome import Failure, Report, Success
from host.execution.request import ExecutionRequest
from host.execution.tally import way_of
from host.execution.watched import DecidedExecution, OnDecided
from host.policy.decide.outcome import Deny
from host.policy.model import Policy, PolicySet
from host.policy.wants import secrets_of
from host.secrets import SecretSource, SecretStore
from host.settings import Settings, load_settings

_LIMIT_TYPES = ("TimeoutError", "MemoryLimitError", "ResultTooLargeError")
_DEFAULT_POLICY = "sandbox"


@click.command("run", epilog=HELP)
@click.argument("file", type=click.File("rb"))
@click.option("--input", "given", default="{}", metavar="JSON|@FILE", help="What `input` is in the code.")
@click.option("--policy", "policy_name", metavar="NAME", help="The policy to run under. By default `sandbox`.")
@click.option(
    "--policies", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR",
    help="The folder of the policies. By default POLICY_DIR.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer, as the HTTP service gives it.")
@click.option("--decisions", is_flag=True, help="Tell what the policy decided about each call, on standard error.")
@config_option
def command(
    file: BinaryIO, given: str, policy_name: str | None, policies: Path | None, as_json: bool, decisions: bool,
    config: Path | None,
) -> None:  # fmt: skip
    """Runs the JavaScript function body in FILE (`-` for standard input) and prints what it returns, as JSON.

    What the code writes to the console goes to standard error.
    """
    settings = load_settings({"workers": 1, "policy_dir": str(policies) if policies else None}, config=config)
    code, given_json = read_code(file), read_input(given)
    policies = _policies(settings)
    policy = _pick(policies, policy_name)
    secrets = _secrets(settings, policy)
    request = ExecutionRequest(code, given_json, policy, "cli", shows_places=True)
    try:
        report = asyncio.run(_execute(settings, policies, request, secrets, _tell_decisions if decisions else None))
    except (RequestError, InternalError) as error:
        raise SystemExit(_refused(error, policy, as_json)) from None
    _show(report, as_json)
    raise SystemExit(exit_of(report))


def _policies(settings: Settings) -> PolicySet:
    # Imported late: it is not needed where the arguments are wrong already.
    from host.app import effective_policies, public_key
    from host.policy.folder import load_folder

    key = public_key(settings)
    load = partial(load_folder, settings.policy_dir, key)
    return effective_policies(load_policies(settings.policy_dir, load), settings)


def _secrets(settings: Settings, policy: Policy) -> SecretStore:
    """The secrets that the policy names, as far as they are there: code that needs another one is told so."""
    source = SecretSource(settings.secrets_dir, os.environ)
    source.take_out_of(os.environ)
    store, faults = source.load(secrets_of(policy))
    for name, fault in faults.items():
        click.echo(f"cellblock: `{policy.name}` wants the secret `{name}`, {fault.reason}\n  {fault.fix}", err=True)
    return store


async def _execute(
    settings: Settings, policies: PolicySet, request: ExecutionRequest, secrets: SecretStore,
    on_decided: OnDecided | None,
) -> Report:  # fmt: skip
    from host.app import make_executor, open_fetch

    fetch = open_fetch(settings)
    executor = make_executor(settings, secrets=secrets.get, fetch=fetch, on_decided=on_decided)
    executor.take_up(policies)
    try:
        return await executor.run(request)
    finally:
        await fetch.close()
        executor.close()


def _tell_decisions(ended: DecidedExecution) -> None:
    for decided in ended.decided:
        times = f" ({decided.times} times)" if decided.times > 1 else ""
        click.echo(f"[{way_of(decided)}] {_safe(_told(decided))}{times}", err=True)
    if ended.beyond:
        click.echo(f"[{ended.beyond} more decisions were not kept]", err=True)


def _told(decided: Decided) -> str:
    decision = decided.decision
    if isinstance(decision, Deny):
        return decision.message(with_place=True)
    target = f" {decided.request.target}" if decided.request is not None else ""
    place = decision.rule.place
    at = f" ({place.file}:{place.line})" if place is not None else ""
    return f"{decided.capability}{target}: the rule `{decision.rule.name}`{at} allows it"


def exit_of(report: Report) -> Exit:
    """The exit code for an execution that ran."""
    match report.outcome:
        case Success():
            return Exit.OK
        case Failure(type="InternalError"):
            return Exit.SETUP
        case Failure(type=kind):
            return Exit.LIMIT if kind in _LIMIT_TYPES else Exit.CODE_FAILED


def _pick(policies: PolicySet, name: str | None) -> Policy:
    """The policy that was asked for; else `sandbox`, else the only one there is."""
    known = policies.policies
    if name is None:
        name = next(iter(known)) if len(known) == 1 else _DEFAULT_POLICY
    if name not in known:
        raise click.BadParameter(f"there is no policy {name!r}; there is {', '.join(known)}", param_hint="--policy")
    return known[name]


def _refused(error: CellblockError, policy: Policy, as_json: bool) -> Exit:
    """Says why nothing ran."""
    if as_json:
        from host.api.problems import problem_of

        click.echo(problem_of(error).body(None, policy=policy))
    else:
        say(error)
    if isinstance(error, InternalError):
        return Exit.SETUP
    return Exit.LIMIT if isinstance(error, TooLargeError) else Exit.CODE_FAILED


def _show(report: Report, as_json: bool) -> None:
    from host.api import wire

    match report.outcome:
        case Success() as success:
            _show_logs(report, as_json)
            click.echo(wire.render_success(report) if as_json else success.result)
        case Failure() as failure:
            _show_logs(report, as_json)
            if as_json:
                click.echo(wire.render_failure(report, wire.wire_error(failure)))
            else:
                _show_failure(failure)


def _show_logs(report: Report, as_json: bool) -> None:
    if as_json:
        return
    for record in report.logs:
        click.echo(f"[{record.level}] {_safe(record.text)}", err=True)
    if report.logs_dropped:
        click.echo(f"[{report.logs_dropped} more messages were over the log limit]", err=True)


def _show_failure(failure: Failure) -> None:
    place = f" (line {failure.line}, column {failure.column})" if failure.line is not None else ""
    click.echo(f"{failure.type}: {_safe(failure.message)}{place}", err=True)
    if failure.stack:
        click.echo(_safe(failure.stack), err=True)
    if failure.hint:
        click.echo(f"  {_safe(failure.hint)}", err=True)


def _safe(text: str) -> str:
    """What a guest wrote, without what would move a terminal's cursor or colours."""
    return "".join(char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1] for char in text)
