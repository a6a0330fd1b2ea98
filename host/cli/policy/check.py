"""`cellblock policy check`: every mistake at once."""

import os
from collections.abc import Sequence
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
from host.policy.diagnose import Diagnostic
from host.policy.folder import read_contents
from host.policy.model import Limits
from host.policy.resolve import ACCESS_FILES, PolicyFolderError, is_policy_file, resolve_files
from host.policy.signing.keys import KeyFault, PublicKey, read_public_key
from host.policy.signing.verify import Contents, verify
from host.policy.wants import missing, wants
from host.reload.source import why_not
from host.secrets import SecretSource


class _Group(Struct):
    """Files that are checked together, as one folder. `only` None: all of it; `fault`: what could not be read of it."""

    folder: Path
    files: dict[str, bytes]
    only: set[str] | None
    shown: dict[str, str] = {}
    fault: PolicyFolderError | None = None


class _Beyond(Struct):
    """What is checked beyond the files themselves."""

    secrets: SecretSource
    secrets_needed: bool
    key: PublicKey | None


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[FILES]...")
@policies_option
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.option("--secrets", is_flag=True, help="A secret that this machine does not have is an error.")
@click.option("--public-key", metavar="KEY", help="The folder has to be signed with this key: a PEM file or base64.")
@json_option
def command(
    paths: tuple[Path, ...], folder: Path, strict: bool, secrets: bool, public_key: str | None, as_json: bool
) -> None:
    """Tells every mistake in the policies, with its place, its line and what mends it.

    With FILES, tells what is about these and what they build on; each is read together with its folder. `-` is
    standard input, read as if it stood in the folder of the policies. The exit code is 1 where there is an error.
    """
    from host.settings import ceilings, load_settings

    settings = load_settings()
    most = ceilings(settings)
    groups = _groups(paths, folder)
    beyond = _Beyond(SecretSource(settings.secrets_dir, os.environ), secrets, _key(public_key))
    checks = [(group, _check(group, most, beyond)) for group in groups]
    results = [(checked, _shown(group, checked)) for group, checked in checks]
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


def _shown(group: _Group, checked: Checked) -> dict[str, str]:
    """Each file that something is told of, as a person can open it."""
    return shown_names(group.folder, {*group.files, *(each.file for each in checked.diagnostics)}) | group.shown


def _key(value: str | None) -> PublicKey | None:
    try:
        return None if value is None else read_public_key(value)
    except KeyFault as fault:
        raise click.BadParameter(f"it {fault}", param_hint="--public-key") from None


def _check(group: _Group, most: Limits, beyond: _Beyond) -> Checked:
    if group.fault is not None and not group.files:
        return Checked(group.fault.diagnostics, {}, ())
    found = check_files(group.files, today(), most, group.only)
    more = [*_check_signature(group, beyond.key), *_check_secrets(group, beyond)]
    checked = Checked((*more, *found.diagnostics), found.sources, found.files)
    if group.fault is None:
        return checked
    return Checked((*group.fault.diagnostics, *checked.diagnostics), checked.sources, checked.files)


def _check_signature(group: _Group, key: PublicKey | None) -> Sequence[Diagnostic]:
    """What is wrong with the signature of a folder, of just the bytes that are checked."""
    if key is None:
        return ()
    try:
        contents = read_contents(group.folder)
        verify(Contents({**contents.files, **group.files}, contents.others), key)
    except PolicyFolderError as error:
        return error.diagnostics
    return ()


def _check_secrets(group: _Group, beyond: _Beyond) -> Sequence[Diagnostic]:
    """Secrets that are not here: an error where they have to be, and a warning where this machine has others."""
    if not beyond.secrets_needed and not beyond.secrets.given:
        return ()
    try:
        policies = resolve_files(group.files)
    except PolicyFolderError:
        return ()  # which is told anyway
    found = [want for want in wants(policies) if group.only is None or want.place.file in group.only]
    why = why_not(*beyond.secrets.load({want.secret for want in found}))
    return missing(found, why, "error" if beyond.secrets_needed else "warning")


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
