"""The group of all commands."""

from importlib import import_module

import click

from host.cli.exits import HELP, Exit, say
from host.errors import SetupError

#: Each command with the module that has it and what it does; the module is imported only to run it.
COMMANDS: dict[str, tuple[str, str]] = {
    "serve": ("serve", "Serve requests over HTTP."),
    "run": ("run", "Run one code block."),
    "image": ("image", "Build the guest image, or show what is in it."),
    "policy": ("policy", "Check, test, explain, compare, format and sign policies."),
    "token": ("token", "Make a token for access.yaml."),
    "settings": ("show_settings", "Show every setting, its value and where that comes from."),
    "doctor": ("doctor", "Check that everything that is needed is there."),
}


class _Commands(click.Group):
    """The commands by name, imported late: `--help` has to be quick."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        return import_module(f"host.cli.{COMMANDS[name][0]}").command

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, does) for name, (_, does) in COMMANDS.items()])

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except SetupError as error:
            say(error)
            context.exit(Exit.SETUP)


@click.group(cls=_Commands, epilog=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=lambda *given: _version(*given),
              help="Show the version and exit.")  # fmt: skip
def main() -> None:
    """Runs JavaScript code blocks, each in a fresh sandbox, under a policy."""


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from host.version import version

        click.echo(f"cellblock {version()}")
        context.exit()
