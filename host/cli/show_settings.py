"""`cellblock settings`: every setting with its value, where that comes from, and what it means."""

from pathlib import Path
from typing import Any

import click
import msgspec

from host.cli.options import config_option
from host.settings import SETTINGS, Setting, Settings, load_settings


@click.command("settings")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def command(config: Path | None, as_json: bool) -> None:
    """Shows every setting: its value here, where that comes from, and what it means.

    A setting is an environment variable, a key of the TOML file (in small letters) and an option of `serve`; options
    win over the environment, and the environment over the file.
    """
    settings = load_settings(config=config)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode([_row(each, settings) for each in SETTINGS]), indent=2))
    else:
        _print_table(settings)
    for note in settings.notes:
        click.echo(f"note: {note}", err=True)


def _row(setting: Setting, settings: Settings) -> dict[str, Any]:
    value = getattr(settings, setting.key)
    return {
        "name": setting.name,
        "value": str(value) if isinstance(value, Path) else value,
        "unit": setting.unit,
        "source": settings.sources[setting.key],
        "accepted": setting.kind.accepted,
        "key": setting.key,
        "option": setting.option,
        "meaning": setting.meaning,
    }


def _print_table(settings: Settings) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("setting", "value", "from", "meaning", box=None, pad_edge=False, header_style="bold")
    for setting in SETTINGS:
        row = _row(setting, settings)
        table.add_row(setting.name, f"{_shown(row['value'])} {setting.unit}".strip(), row["source"], setting.meaning)
    # A pipe has no width: one line for each setting then, for grep.
    console = Console()
    console.print(table) if console.is_terminal else Console(width=400).print(table)


def _shown(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(value) or "none"
        case _:
            return str(value)
