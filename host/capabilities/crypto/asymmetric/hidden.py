"""Values that show nothing of themselves: not in a log, and not in the traceback of a fault."""

from msgspec import Struct


class Hidden(Struct, frozen=True):
    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
