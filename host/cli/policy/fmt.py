"""`cellblock policy fmt`: policies in their usual form."""

import difflib
from collections.abc import Iterable
from pathlib import Path

import click

from host.cli.exits import Exit
from host.cli.policy.common import (
    STDIN,
    STDIN_NAME,
    counted,
    json_option,
    paint,
    policies_option,
    print_json,
    read_one,
    show_diagnostics,
    shown_path,
)
from host.cli.policy.replace import replace_file
from host.policy.check import looks_like_access
from host.policy.fmt.format import Formatted, format_file
from host.policy.resolve import ACCESS_FILES, is_policy_file

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@click.command("fmt")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[FILES]...")
@policies_option
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where a file is not in its usual form.")
@click.option("--diff", "as_diff", is_flag=True, help="Write nothing; show what would change.")
@json_option
def command(paths: tuple[Path, ...], folder: Path, check: bool, as_diff: bool, as_json: bool) -> None:
    """Writes all policies, or FILES, in their usual form: order of keys, indentation, quotes and units.

    Comments stay, and so does the meaning: it is compared before anything is written. A file with an error is left
    alone. `-` is standard input, and its form goes to standard output.
    """
    if STDIN in paths and len(paths) > 1:
        raise click.UsageError("`-` stands alone")
    results = [(path, *_format(path)) for path in _files(paths or (folder,))]
    changed = [path for path, data, done in results if done.text is not None and done.text.encode() != data]
    failed = [path for path, _, done in results if done.text is None]
    for path, data, done in results:
        if done.text is None:
            _refuse(path, done)
        elif as_diff and path in changed:
            _show_diff(path, data, done.text)
        elif path == STDIN and not check and not as_json:
            click.echo(done.text, nl=False)
        elif path in changed and not check and not as_diff and path != STDIN:
            _replace(path, done.text)
    if as_json:
        print_json({"changed": [str(path) for path in changed], "failed": [str(path) for path in failed]})
    elif STDIN not in paths:
        _summarise(changed, len(results), written=not check and not as_diff)
    raise SystemExit(Exit.CODE_FAILED if failed or (check and changed) else Exit.OK)


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        inside = sorted(each for each in path.iterdir() if is_policy_file(each.name)) if path.is_dir() else [path]
        found += inside
    return list(dict.fromkeys(found))


def _format(path: Path) -> tuple[bytes, Formatted]:
    data = read_one(path)
    name = path.name
    if path == STDIN:
        name = ACCESS_FILES[0] if looks_like_access(data) else STDIN_NAME
    return data, format_file(name, data)


def _refuse(path: Path, done: Formatted) -> None:
    shown = {each.file: shown_path(path) for each in done.diagnostics}
    show_diagnostics(done.diagnostics, dict.fromkeys(shown, done.source), shown, err=True)
    if done.refused is not None:
        why = f"{done.refused} after this; please report it, with the file"
        click.echo(f"{paint(shown_path(path), bold=True)} is left as it is: {why}", err=True)


def _show_diff(path: Path, data: bytes, text: str) -> None:
    before = data.decode("utf-8", "replace").splitlines()
    for line in difflib.unified_diff(before, text.splitlines(), str(path), f"{path} (usual form)", lineterm=""):
        click.echo(paint(line, fg=_COLOURS.get(line[:1])))


def _replace(path: Path, text: str) -> None:
    try:
        replace_file(path, text.encode())
    except OSError as fault:
        message = f"{path} cannot be written: {fault.strerror}. It is as it was"
        raise click.BadParameter(message, param_hint="FILES") from None


def _summarise(changed: list[Path], files: int, written: bool) -> None:
    what = "written anew" if written else "not in the usual form"
    for path in changed:
        click.echo(f"{paint(str(path), bold=True)} {'is ' if not written else ''}{what}")
    if not changed:
        click.echo(f"{counted(files, 'file')} in the usual form")
