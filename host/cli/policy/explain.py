"""`cellblock policy explain`: what a policy comes to, or what it says of one call."""

from pathlib import Path

import click
import msgspec

from host.cli.exits import Exit
from host.cli.policy.common import json_option, load, paint, pick, policies_option, print_json, today
from host.policy.canonical import policy_document
from host.policy.decide.rulebook import Rulebook
from host.policy.diagnose import printable
from host.policy.explain import Source, Verdict, flat_lines, lineage, sources, verdict
from host.policy.model import Policy, PolicySet
from host.policy.question import QuestionError, ask

_KINDS = ("fetch", "crypto", "module", "xlsx", "tasks")
_SOURCE_COLUMN_MAX = 60


@click.command("explain")
@click.argument("name")
@policies_option
@click.option("--fetch", metavar='"GET URL"', help="Whether a request may be sent.")
@click.option("--resolves", metavar="IP,…", help="With --fetch: the addresses that the host is taken to resolve to.")
@click.option("--crypto", metavar='"hash sha256"', help="Whether an algorithm, `random` or `key NAME USE` may be used.")
@click.option("--module", metavar="NAME", help="Whether a module can be required.")
@click.option("--xlsx", metavar='"read 10MiB"', help="Whether a workbook may be read or written.")
@click.option("--tasks", metavar='"add POOL"', help="Whether a task may be added to a pool, or looked at.")
@json_option
def command(name: str, folder: Path, as_json: bool, resolves: str | None, **asked: str | None) -> None:
    """Shows the policy NAME as it stands once everything is inherited, with where each part of it was written.

    With a question (one of --fetch, --crypto, --module, --xlsx, --tasks), says instead whether the policy allows that
    call, by which rule, and what would allow it. The exit code is then 0 for allowed and 1 for denied. No name is
    looked up, and nothing is sent.
    """
    questions = {kind: asked[kind] for kind in _KINDS if asked[kind] is not None}
    if len(questions) > 1:
        raise click.UsageError(f"one question at a time, and these are {len(questions)}: {', '.join(questions)}")
    if resolves is not None and "fetch" not in questions:
        raise click.UsageError("--resolves belongs to --fetch")
    policies = load(folder)
    policy = pick(policies, name)
    if not questions:
        _explain(policies, policy, folder, as_json)
        return
    [(kind, text)] = questions.items()
    try:
        subject = ask(kind, text, tuple(resolves.split(",")) if resolves else ())
    except QuestionError as fault:
        raise click.BadParameter(str(fault), param_hint=f"--{kind}") from None
    found = verdict(Rulebook(policy, policies.origins[name]), subject, today())
    if found.file is not None:
        found = msgspec.structs.replace(found, file=str(folder / found.file))
    if as_json:
        print_json(found)
    else:
        _show_verdict(found, policies, f"{kind} {text}")
    raise SystemExit(Exit.OK if found.decision == "allow" else Exit.CODE_FAILED)


def _explain(policies: PolicySet, policy: Policy, folder: Path, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "policy": policy.name,
                "digest": policy.digest,
                "extends": lineage(policies, policy.name)[1:],
                "document": policy_document(policy, full=True),
                "sources": {path: _as_json(each, folder) for path, each in sources(policies, policy.name).items()},
            }
        )
        return
    for line in (f"# {policy.name}, flattened", f"# digest {policy.digest}"):
        click.echo(paint(line, dim=True))
    lines = flat_lines(policies, policy.name)
    column = max(len(line.text) for line in lines if line.source is not None and len(line.text) <= _SOURCE_COLUMN_MAX)
    for line in lines:
        note = f"# {line.source.text}" if line.source is not None else ""
        gap = " " * max(2, column + 2 - len(line.text))
        click.echo(f"{line.text}{gap}{paint(printable(note), dim=True)}" if note else line.text)


def _as_json(source: Source, folder: Path) -> dict:
    place = source.place
    if place is None:
        return {"from": "default"}
    where = {"file": str(folder / place.file), "line": place.line}
    if source.inherited_from is None:
        return {"from": "policy", **where}
    return {"from": "parent", "policy": source.inherited_from, **where}


def _show_verdict(found: Verdict, policies: PolicySet, asked: str) -> None:
    colour = "green" if found.decision == "allow" else "red"
    click.echo(f"{paint(found.decision, fg=colour, bold=True)} {printable(asked)}")
    click.echo(f"  {printable(found.reason)}")
    if found.file is not None:
        what = "the rule" if found.decision == "allow" else "the deciding or nearest rule"
        click.echo(f"  {what} is `{found.rule}`, at {paint(f'{found.file}:{found.line}', bold=True)}")
        source = policies.sources[Path(found.file).name].splitlines()[found.line - 1]
        click.echo(f"{found.line:>5} | {printable(source)}")
    if found.suggestion:
        click.echo(paint("  this would allow it:", fg="cyan"))
        click.echo("\n".join(f"    {printable(line)}" for line in found.suggestion.split("\n")))
