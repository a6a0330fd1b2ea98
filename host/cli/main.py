"""The group of all commands."""

import click

from host.cli.exits import HELP, Exit, say
from host.cli.late import Commands, LateGroup
from host.errors import SetupError

COMMANDS: Commands = {
    "serve": ("serve", "Serve requests over HTTP."),
    "run": ("run", "Run one code block."),
    "image": ("image", "Build the guest image, or show what is in it."),
    "policy": ("policy", "Check, test, explain, compare, format and sign policies."),
    "token": ("token", "Make a token for access.yaml."),
    "settings": ("show_settings", "Show every setting, its value and where that comes from."),
    "doctor": ("doctor", "Check that everything that is needed is there."),
}


class _Commands(LateGroup):
    package, table = "host.cli", COMMANDS

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
