"""The exit codes of every command, and the words for what went wrong."""

from enum import IntEnum

import click

from host.errors import CellblockError


class Exit(IntEnum):
    """What a command ends with."""

    OK = 0
    CODE_FAILED = 1  # the code block threw, or returned nothing; or a check found a problem
    WRONG_USE = 2  # an option, an argument or a file of the caller's
    LIMIT = 3  # time, memory, fuel or a size was used up
    SETUP = 4  # a setting, a policy folder or the guest image; or a fault of the host


HELP = """\b
Exit codes:
  0  it worked
  1  the code failed, or a check found a problem
  2  wrong use: an option, an argument, a file
  3  a limit: time, memory, fuel or size
  4  the setup: a setting, the policies, the image
"""


def say(error: CellblockError) -> None:
    """Writes an error to standard error, with what mends it."""
    click.echo(f"cellblock: {error.message}", err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)
