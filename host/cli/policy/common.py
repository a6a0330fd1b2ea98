"""What the commands about policies share: which folder, how its files are read, and how mistakes are shown."""

import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from host.cli.exits import Exit
from host.policy.check import in_folder
from host.policy.diagnose import Diagnostic, render
from host.policy.document import FILE_BYTES_MAX
from host.policy.folder import load_folder, read_file, read_folder
from host.policy.model import Policy, PolicySet
from host.policy.resolve import PolicyFolderError

STDIN = Path("-")
STDIN_NAME = "stdin.yaml"
_COLOURS = {"error": "red", "warning": "yellow"}

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def policies_option(command: Callable) -> Callable:
    """Gives a command `--policies DIR` as a Path, by default POLICY_DIR."""
    option = click.option(
        "--policies", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR",
        callback=lambda _context, _parameter, given: given if given is not None else _default_folder(),
        help="The folder of the policies. By default POLICY_DIR, which is `policies`.",
    )  # fmt: skip
    return option(command)


def _default_folder() -> Path:
    from host.settings import load_settings

    # Whether it is there is seen by those who read it: two files can be compared without.
    return load_settings().policy_dir


def today() -> date:
    return datetime.now(UTC).date()


def print_json(value: Any) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def read_one(path: Path) -> bytes:
    """The bytes of one file, or of standard input; wrong use where they cannot be read."""
    if path == STDIN:
        return sys.stdin.buffer.read(FILE_BYTES_MAX + 1)
    try:
        return read_file(path)
    except OSError as fault:
        raise click.BadParameter(f"{shown_path(path)} cannot be read: {_why(fault)}", param_hint="FILE") from None


def _why(fault: OSError) -> str:
    return f"{fault.strerror}; name a YAML file" if fault.errno in (0, 6) else str(fault.strerror)


def read_all(folder: Path) -> dict[str, bytes]:
    """The policy files of a folder. Raises PolicyFolderError."""
    return read_folder(folder)


def load(folder: Path) -> PolicySet:
    """The policies of a folder. Where it has an error, every mistake is shown, and the command ends with SETUP."""
    try:
        return load_folder(folder)
    except PolicyFolderError as error:
        raise refuse(folder, error) from None


def refuse(folder: Path, error: PolicyFolderError) -> SystemExit:
    """Shows what is wrong with a folder on standard error, and gives what ends the command."""
    names = {*error.sources, *(each.file for each in error.diagnostics)}
    show_diagnostics(error.diagnostics, error.sources, shown_names(folder, names), err=True)
    click.echo(f"cellblock: the policies in {shown_path(folder)} cannot be used", err=True)
    return SystemExit(Exit.SETUP)


def pick(policies: PolicySet, name: str) -> Policy:
    """The policy `name`; wrong use where there is none."""
    from host.policy.diagnose import quote, suggest

    if name not in policies.policies:
        message = f"there is no policy {quote(name)}. {suggest(name, policies.policies)}"
        raise click.BadParameter(message, param_hint="NAME")
    return policies.policies[name]


def shown_names(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Each file of a folder as a path from here, and the folder itself under `.`."""
    return {name: str(folder / name) for name in names} | {".": str(folder)}


def shown_path(path: Path) -> str:
    return "standard input" if path == STDIN else str(path)


def show_diagnostics(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], shown: Mapping[str, str], err: bool = False
) -> None:
    """Writes each mistake with its line and a caret, coloured where a terminal reads."""
    for each in diagnostics:
        [placed] = in_folder([each], shown)
        first, *rest = render(placed, sources.get(each.file)).split("\n")
        kind = f"{each.severity}[{each.code}]"
        head, _, message = first.partition(f" {kind}: ")
        lines = [f"{paint(head, bold=True)} {paint(kind, fg=_COLOURS[each.severity], bold=True)}: {message}"]
        lines += [_paint_line(line, _COLOURS[each.severity]) for line in rest]
        click.echo("\n".join(lines), err=err)


def _paint_line(line: str, colour: str) -> str:
    if line.startswith("  = fix: "):
        return paint("  = fix: ", fg="cyan") + line.removeprefix("  = fix: ")
    return paint(line, fg=colour) if line.lstrip(" |") == "^" else line


def paint(text: str, **style: Any) -> str:
    """`text` with a terminal's colours; whoever prints it takes them away where no terminal reads."""
    return click.style(text, **style)


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
