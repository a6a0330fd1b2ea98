"""`cellblock policy diff`: what a change lets in and what it shuts out."""

from enum import IntEnum
from pathlib import Path

import click

from host.cli.exits import Exit
from host.cli.policy.common import (
    STDIN,
    STDIN_NAME,
    json_option,
    load,
    paint,
    policies_option,
    print_json,
    read_all,
    read_one,
    refuse,
    shown_path,
)
from host.policy.check import looks_like_access, put_into, with_ancestors
from host.policy.diagnose import printable
from host.policy.diff import Difference, diff_access, diff_policies, diff_sets
from host.policy.model import Access, Policy, PolicySet
from host.policy.resolve import ACCESS_FILES, PolicyFolderError, is_policy_file, resolve_files


class DiffExit(IntEnum):
    """What `diff` adds to the exit codes."""

    WIDENED = 3


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@policies_option
@json_option
def command(old: Path, new: Path, folder: Path, as_json: bool) -> None:
    """Says in sentences what NEW lets in that OLD did not, and what it shuts out.

    Both are folders, or both are files; `-` is standard input. A file that extends another is read with its folder
    (standard input: with the folder of the policies). Comments, order and spelling are no change. The exit code is 3
    where something was let in. To ask before a commit:

    git show HEAD:policies/sandbox.yaml | cellblock policy diff - policies/sandbox.yaml
    """
    for path in (old, new):
        if path != STDIN and not path.exists():
            raise click.BadParameter(f"{path} does not exist; for an older version, pipe `git show` into `-`")
    if old.is_dir() != new.is_dir() or old == new == STDIN:
        raise click.UsageError("compare two folders, or two files (one of them can be `-`)")
    found = diff_sets(load(old), load(new)) if old.is_dir() else _diff_files(old, new, folder)
    if as_json:
        print_json(found)
    else:
        _show(found)
    raise SystemExit(DiffExit.WIDENED if found.widened else Exit.OK)


def _diff_files(old: Path, new: Path, folder: Path) -> Difference:
    before, after = (_read(path, folder) for path in (old, new))
    if isinstance(before, Access) and isinstance(after, Access):
        return diff_access(before, after)
    if isinstance(before, Access) or isinstance(after, Access):
        raise click.UsageError("one of these is access rules, and the other a policy")
    return diff_policies(before, after)


def _read(path: Path, folder: Path) -> Policy | Access:
    """What one file says, with what it builds on."""
    data = read_one(path)
    home = folder if path == STDIN else path.parent
    is_access = looks_like_access(data) if path == STDIN else path.name in ACCESS_FILES
    name = path.name if is_policy_file(path.name) else STDIN_NAME
    if is_access:
        others = {each: text for each, text in _all(home).items() if each not in ACCESS_FILES}
        return _resolve({**others, ACCESS_FILES[0]: data}, home, path).access
    files = {name: data}
    if b"extends" in data:
        every = put_into(_all(home), name, data)
        files = {each: every[each] for each in with_ancestors(every, {name})}
    found = _resolve(files, home, path)
    return next(policy for policy in found.policies.values() if found.origins[policy.name].file == name)


def _all(folder: Path) -> dict[str, bytes]:
    try:
        return read_all(folder)
    except PolicyFolderError as error:
        raise refuse(folder, error) from None


def _resolve(files: dict[str, bytes], home: Path, path: Path) -> PolicySet:
    try:
        return resolve_files(files)
    except PolicyFolderError as error:
        click.echo(f"cellblock: {shown_path(path)} cannot be compared", err=True)
        raise refuse(home, error) from None


def _show(found: Difference) -> None:
    for sentence in found.widened:
        click.echo(f"{paint('+', fg='red', bold=True)} {printable(sentence)}")
    for sentence in found.narrowed:
        click.echo(f"{paint('-', fg='green', bold=True)} {printable(sentence)}")
    if found.widened:
        click.echo(f"{paint('wider', fg='red', bold=True)}: something is let in that was shut out")
    elif found.narrowed:
        click.echo(f"{paint('narrower', fg='green', bold=True)}: nothing is let in that was shut out")
    else:
        click.echo("no difference in what is allowed")
