"""The version of this program."""

from functools import cache


@cache
def version() -> str:
    """The version of the installed package; `0+source` where it runs from a folder that is not installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("cellblock")
    except PackageNotFoundError:
        return "0+source"
