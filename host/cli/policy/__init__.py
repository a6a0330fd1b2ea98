"""`cellblock policy COMMAND`: what people who write and review policies type. One file for each command."""

import os

import click

from host.cli.late import Commands, LateGroup

HELP = """\b
Exit codes:
  0  it is fine: no error, every test passed, the call is allowed
  1  it is not: an error, a test that failed, a call that is denied, a file that is not formatted
  2  wrong use: an option, an argument, a file that cannot be read
  3  `diff`: the change lets something in that was shut out
  4  the setup: a setting, or a folder of policies with errors (`policy check` tells them)
"""

COMMANDS: Commands = {
    "check": ("check", "Tell every mistake, with its place and what mends it."),
    "test": ("test", "Run the tests of policies."),
    "explain": ("explain", "Show what a policy comes to, or what it says of one call."),
    "diff": ("diff", "Say what a change lets in and what it shuts out."),
    "learn": ("learn", "Write the smallest policy that lets through what was seen."),
    "fmt": ("fmt", "Write policies in the usual form, with their comments."),
    "keygen": ("keygen", "Make the keys that sign folders and check them."),
    "sign": ("sign", "Sign a folder, so that a service takes no other."),
    "schema": ("schema", "Print the JSON Schema of policies and access rules, for editors."),
}


class _Commands(LateGroup):
    package, table = "host.cli.policy", COMMANDS


@click.group("policy", cls=_Commands, epilog=HELP)
@click.pass_context
def command(context: click.Context) -> None:
    """Checks, tests, explains, compares, formats and signs policies."""
    if os.environ.get("NO_COLOR"):
        context.color = False
