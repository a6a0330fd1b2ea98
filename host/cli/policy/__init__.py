"""`cellblock policy COMMAND`: what people who write and review policies type. One file for each command."""

import os
from importlib import import_module

import click

HELP = """\b
Exit codes:
  0  it is fine: no error, every test passed, the call is allowed
  1  it is not: an error, a test that failed, a call that is denied, a file that is not formatted
  2  wrong use: an option, an argument, a file that cannot be read
  3  `diff`: the change lets something in that was shut out
  4  the setup: a setting, or a folder of policies with errors (`policy check` tells them)
"""

#: Each command with the module that has it and what it does; the module is imported only to run it.
COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("check", "Tell every mistake, with its place and what mends it."),
    "test": ("test", "Run the tests of policies."),
    "explain": ("explain", "Show what a policy comes to, or what it says of one call."),
    "diff": ("diff", "Say what a change lets in and what it shuts out."),
    "fmt": ("fmt", "Write policies in the usual form, with their comments."),
    "keygen": ("keygen", "Make the keys that sign folders and check them."),
    "sign": ("sign", "Sign a folder, so that a service takes no other."),
    "schema": ("schema", "Print the JSON Schema of policies and access rules, for editors."),
}


class _Commands(click.Group):
    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        return import_module(f"host.cli.policy.{COMMANDS[name][0]}").command

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, does) for name, (_, does) in COMMANDS.items()])


@click.group("policy", cls=_Commands, epilog=HELP)
@click.pass_context
def command(context: click.Context) -> None:
    """Checks, tests, explains, compares, formats and signs policies."""
    if os.environ.get("NO_COLOR"):
        context.color = False
