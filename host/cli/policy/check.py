"""`cellblock policy check`: every mistake at once."""

from pathlib import Path

import click
from msgspec import Struct

from host.cli.exits import Exit
from host.cli.policy.common import (
    STDIN,
    STDIN_NAME,
    counted,
    json_option,
    paint,
    policies_option,
    print_json,
    read_all,
    read_one,
    show_diagnostics,
    shown_names,
    shown_path,
    today,
)
from host.policy.check import Checked, check_files, in_folder, looks_like_access, put_into
from host.policy.model import Limits
from host.policy.resolve import ACCESS_FILES, PolicyFolderError, is_policy_file


class _Group(Struct):
    """Files that are checked together, as one folder. `only` None: all of it; `fault`: what could not be read of it."""

    folder: Path
    files: dict[str, bytes]
    only: set[str] | None
    shown: dict[str, str] = {}
    fault: PolicyFolderError | None = None


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[FILES]...")
@policies_option
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@json_option
def command(paths: tuple[Path, ...], folder: Path, strict: bool, as_json: bool) -> None:
    """Tells every mistake in the policies, with its place, its line and what mends it.

    With FILES, tells what is about these and what they build on; each is read together with its folder. `-` is
    standard input, read as if it stood in the folder of the policies. The exit code is 1 where there is an error.
    """
    from host.settings import ceilings, load_settings

    most = ceilings(load_settings())
    groups = _groups(paths, folder)
    results = [(_check(group, most), shown_names(group.folder, group.files) | group.shown) for group in groups]
    diagnostics = [each for checked, shown in results for each in in_folder(checked.diagnostics, shown)]
    if as_json:
        print_json(diagnostics)
    else:
        for checked, shown in results:
            show_diagnostics(checked.diagnostics, checked.sources, shown)
        _summarise([checked for checked, _ in results])
    severities = {each.severity for each in diagnostics}
    failed = "error" in severities or (strict and severities)
    raise SystemExit(Exit.CODE_FAILED if failed else Exit.OK)


def _check(group: _Group, most: Limits) -> Checked:
    if group.fault is not None and not group.files:
        return Checked(group.fault.diagnostics, {}, ())
    checked = check_files(group.files, today(), most, group.only)
    if group.fault is None:
        return checked
    return Checked((*group.fault.diagnostics, *checked.diagnostics), checked.sources, checked.files)


def _groups(paths: tuple[Path, ...], folder: Path) -> list[_Group]:
    groups: dict[Path, _Group] = {}
    for path in paths or (folder,):
        if path.is_dir():
            group = _open(groups, path)
            group.only = None
        elif path == STDIN:
            data = read_one(path)
            name = ACCESS_FILES[0] if looks_like_access(data) else STDIN_NAME
            _add(_open(groups, folder), name, data, shown_path(path))
        else:
            if not is_policy_file(path.name):
                message = f"{path} does not end in .yaml or .yml (or is hidden), so no folder would take it"
                raise click.BadParameter(message, param_hint="FILES")
            _add(_open(groups, path.parent), path.name, read_one(path), str(path))
    return list(groups.values())


def _open(groups: dict[Path, _Group], folder: Path) -> _Group:
    """The group of a folder, with all that can be read of it."""
    if folder not in groups:
        try:
            groups[folder] = _Group(folder, read_all(folder), set())
        except PolicyFolderError as error:
            groups[folder] = _Group(folder, {}, set(), fault=error)
    return groups[folder]


def _add(group: _Group, name: str, data: bytes, shown: str) -> None:
    group.files = put_into(group.files, name, data)
    group.shown[name] = shown
    if group.only is not None:
        group.only.add(name)


def _summarise(results: list[Checked]) -> None:
    errors, warnings = (sum(each.count(severity) for each in results) for severity in ("error", "warning"))
    files = counted(sum(len(each.files) for each in results), "file")
    if errors or warnings:
        told = [counted(errors, "error")] * bool(errors) + [counted(warnings, "warning")] * bool(warnings)
        click.echo(f"{paint(', '.join(told), bold=True)} in {files}")
    else:
        click.echo(f"{paint('ok', fg='green', bold=True)}: {files}, nothing to say")
