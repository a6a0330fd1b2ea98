"""What commands that run code are given: the code and its input."""

from pathlib import Path
from typing import BinaryIO

import click
import msgspec


def read_code(file: BinaryIO) -> bytes:
    """The text of a code block; wrong use where it is none."""
    code = file.read()
    try:
        code.decode()
    except UnicodeDecodeError as error:
        raise click.BadParameter(f"it is not UTF-8 at byte {error.start}", param_hint="FILE") from None
    return code


def read_input(given: str) -> bytes:
    """The input as JSON: the option itself, or the file that it names."""
    try:
        data = Path(given[1:]).read_bytes() if given.startswith("@") else given.encode("utf-8", "surrogateescape")
        data.decode()
        return bytes(msgspec.json.decode(data, type=msgspec.Raw))
    except OSError as error:
        raise click.BadParameter(f"{given[1:]}: {error.strerror}", param_hint="--input") from None
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError) as error:
        raise click.BadParameter(f"it is not JSON: {error}", param_hint="--input") from None
