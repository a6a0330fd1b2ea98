"""The command line: `cellblock COMMAND`. One file for each command; a command is imported when it is used."""

from host.cli.main import main

__all__ = ["main"]
