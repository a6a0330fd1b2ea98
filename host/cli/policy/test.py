"""`cellblock policy test`: what the authors of policies expect of them."""

from collections.abc import Sequence
from pathlib import Path

import click

from host.cli.exits import Exit, say
from host.cli.policy.common import (
    counted,
    json_option,
    load,
    paint,
    pick,
    policies_option,
    print_json,
)
from host.errors import InternalError
from host.policy.diagnose import printable
from host.policy.model import PolicySet
from host.policy.mutate import Mutant, survey
from host.policy.suite import Tested, Untested, decide_all, expected, guest_cases, untested


@click.command("test")
@click.argument("names", nargs=-1, metavar="[NAMES]...")
@policies_option
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write the results as JUnit XML, too.")  # fmt: skip
@click.option("--coverage", is_flag=True, help="Name the grants that no test touches.")
@click.option("--mutate", is_flag=True, help="Remove and widen each rule in turn, and name what no test notices.")
@click.option("--strict", is_flag=True, help="Fail where a grant is untested or a mutant survives.")
@json_option
def command(
    names: tuple[str, ...], folder: Path, junit: Path | None, coverage: bool, mutate: bool, strict: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Runs the tests of all policies, or of the policies NAMES, without a network.

    Tests with `run` run in the sandbox. The exit code is 1 where a test failed.
    """
    policies = load(folder)
    chosen = tuple(dict.fromkeys(pick(policies, name).name for name in names)) or tuple(policies.policies)
    done = _run(policies, chosen)
    # What a child inherits can be tested by it, so the tests of all count, also where few are shown.
    touched = done if set(chosen) == set(policies.policies) else decide_all(policies, policies.policies)
    missing = untested(policies, chosen, touched)
    survived, tried, left_out = _mutate(policies, chosen) if mutate else ([], 0, 0)
    if junit is not None:
        _write_junit(junit, done, policies, folder)
    if as_json:
        print_json(_as_json(policies, folder, done, missing, (survived, tried, left_out) if mutate else None))
    else:
        _show(policies, folder, done)
        _show_missing(folder, missing if coverage or strict else [])
        if mutate:
            _show_mutants(policies, folder, survived, tried, left_out)
        _summarise(done, missing)
    failed = any(not each.passed for each in done) or (strict and (missing or survived))
    raise SystemExit(Exit.CODE_FAILED if failed else Exit.OK)


def _run(policies: PolicySet, names: Sequence[str]) -> list[Tested]:
    """The results in the order of the files."""
    done = decide_all(policies, names)
    if cases := guest_cases(policies, names):
        # Imported late: who has no such test needs no guest.
        from host.cli.policy.guests import run_cases

        try:
            done += run_cases([(policies.policies[name], case) for name, case in cases])
        except InternalError as error:
            say(error)
            raise SystemExit(Exit.SETUP) from None
    order = {name: index for index, name in enumerate(names)}
    return sorted(done, key=lambda each: (order[each.policy], each.case.mark))


def _mutate(policies: PolicySet, names: Sequence[str]) -> tuple[list[tuple[str, Mutant]], int, int]:
    survived, tried, left_out = [], 0, 0
    for name in names:
        origin = policies.origins[name]
        own = {rule for rule, place in origin.rules.items() if place.file == origin.file}
        found = survey(policies.policies[name], policies.tests.get(name, ()), own)
        survived += [(name, mutant) for mutant in found.survived]
        tried, left_out = tried + found.tried, left_out + found.left_out
    return survived, tried, left_out


def _write_junit(path: Path, done: Sequence[Tested], policies: PolicySet, folder: Path) -> None:
    from host.policy.junit import junit_xml

    files = {name: str(folder / origin.file) for name, origin in policies.origins.items()}
    try:
        path.write_text(junit_xml(done, files), encoding="utf-8")
    except OSError as fault:
        raise click.BadParameter(f"{path} cannot be written: {fault.strerror}", param_hint="--junit") from None


def _as_json(
    policies: PolicySet, folder: Path, done: Sequence[Tested], missing: Sequence[Untested],
    mutants: tuple[list[tuple[str, Mutant]], int, int] | None,
) -> dict:  # fmt: skip
    shown = {
        "passed": sum(each.passed for each in done),
        "failed": [
            {
                "policy": each.policy,
                "test": each.case.title,
                "expected": expected(each.case.expect),
                "got": each.got,
                "file": str(folder / policies.origins[each.policy].file),
                "line": each.case.mark.line,
            }
            for each in done
            if not each.passed
        ],
        "untested": [
            {"policy": each.policy, "rule": each.rule, "file": str(folder / each.place.file), "line": each.place.line}
            for each in missing
        ],
    }
    if mutants is not None:
        survived, tried, left_out = mutants
        rows = [
            {"policy": name, "rule": mutant.rule, "change": mutant.change, **_place(policies, folder, name, mutant)}
            for name, mutant in survived
        ]
        shown["mutants"] = {"tried": tried, "survived": rows, "left_out": left_out}
    return shown


def _place(policies: PolicySet, folder: Path, name: str, mutant: Mutant) -> dict:
    place = policies.origins[name].rules[mutant.rule]
    return {"file": str(folder / place.file), "line": place.line}


def _show(policies: PolicySet, folder: Path, done: Sequence[Tested]) -> None:
    for each in done:
        if each.passed:
            continue
        where = f"{folder / policies.origins[each.policy].file}:{each.case.mark.line}"
        click.echo(f"{paint(where, bold=True)} {paint('failed', fg='red', bold=True)}: {printable(each.case.title)}")
        click.echo(f"  expected {printable(expected(each.case.expect))}\n  got      {printable(each.got)}")


def _show_missing(folder: Path, missing: Sequence[Untested]) -> None:
    for each in missing:
        where = paint(f"{folder / each.place.file}:{each.place.line}", bold=True)
        click.echo(f"{where} {paint('untested', fg='yellow', bold=True)}: no test touches `{each.rule}`")


def _show_mutants(
    policies: PolicySet, folder: Path, survived: Sequence[tuple[str, Mutant]], tried: int, left_out: int
) -> None:
    for name, mutant in survived:
        place = _place(policies, folder, name, mutant)
        where = paint(f"{place['file']}:{place['line']}", bold=True)
        told = f"no test of `{name}` notices `{mutant.rule}` with this change: {mutant.change}"
        click.echo(f"{where} {paint('survived', fg='yellow', bold=True)}: {told}")
    rest = f", {left_out:,} left out (too many for the time there is)" if left_out else ""
    click.echo(f"{counted(tried, 'mutant')}, {tried - len(survived):,} noticed, {len(survived):,} survived{rest}")


def _summarise(done: Sequence[Tested], missing: Sequence[Untested]) -> None:
    failed = sum(not each.passed for each in done)
    passed = paint(f"{len(done) - failed:,} passed", fg="green", bold=True)
    told = [passed, *([paint(f"{failed:,} failed", fg="red", bold=True)] if failed else [])]
    rest = f"; {counted(len(missing), 'grant')} without a test" if missing else ""
    click.echo(f"{', '.join(told)}{rest}")
