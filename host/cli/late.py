"""A group of commands that are imported only to be run: `--help` has to be quick."""

from importlib import import_module

import click

#: Each command with the module that has it and what it does.
Commands = dict[str, tuple[str, str]]


class LateGroup(click.Group):
    """Commands by name; the module of each, below `package`, has its `command`."""

    package: str
    table: Commands

    def list_commands(self, _: click.Context) -> list[str]:
        """In the order of the table."""
        return list(self.table)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        """The command, imported now."""
        return import_module(f"{self.package}.{self.table[name][0]}").command if name in self.table else None

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """What `--help` says of them, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, does) for name, (_, does) in self.table.items()])
