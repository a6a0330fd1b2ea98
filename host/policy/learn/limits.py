"""Limits from what executions used: twice the most, rounded up, and never more than the base gives."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from host.policy.bounded import KIB, MIB
from host.policy.model import Limits

#: Time passes differently on every machine, and an image takes memory before any code runs.
_LEAST = {"wall_time_ms": 1_000, "fuel": 10_000_000, "memory_bytes": 16 * MIB, "log_bytes": KIB, "code_bytes": KIB,
          "input_bytes": KIB, "result_bytes": KIB, "host_calls": 0}  # fmt: skip
_ROOM = 2


class Used(Struct, frozen=True):
    """What one execution used, by the names of the limits."""

    wall_time_ms: int
    fuel: int
    memory_bytes: int
    code_bytes: int
    input_bytes: int
    result_bytes: int
    log_bytes: int
    host_calls: int


def fitting(base: Limits, used: Sequence[Used]) -> Limits:
    """The limits in which each of these executions fits twice. Without any, the base's."""
    changed = {}
    for field in Used.__struct_fields__ if used else ():
        wanted = _ROOM * max(getattr(each, field) for each in used)
        rounded = _round_bytes(wanted) if field.endswith("_bytes") else _round(wanted)
        changed[field] = min(max(rounded, _LEAST[field]), getattr(base, field))
    return msgspec.structs.replace(base, **changed)


def _round(number: int) -> int:
    """The next of 1, 2, 5, 10, 20, …; 0 stays."""
    if number == 0:
        return 0
    unit = 10 ** (len(str(number)) - 1)
    return next(step * unit for step in (1, 2, 5, 10) if step * unit >= number)


def _round_bytes(number: int) -> int:
    """The next power of two."""
    return 1 << max(number - 1, 0).bit_length()
