"""The native stacks that guests run on, and giving their memory back.

wasmtime's pool keeps what a deep recursion has touched of a fiber's stack (up to 28 MiB) for the next user of that
stack, for ever; its C API has no switch for that. So the process finds the pool among its own mappings and tells the
kernel, at moments when no guest is on any stack, that the contents are not needed.
"""

import mmap
import re
from pathlib import Path

from host.sandbox import capi

_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S+) 0+ 00:00 0 *$")
_MAPS = Path("/proc/self/maps")


class StackPool:
    """The address ranges of the pool's stacks. Empty where the operating system does not tell (not Linux)."""

    def __init__(self, stack_bytes: int) -> None:
        """Looks for the stacks; call it once the engine is there. `stack_bytes` is what makes them recognisable: no
        other mapping of the process has exactly that size and a guard page below it."""
        self.ranges: list[tuple[int, int]] = []
        guard_end = None
        for line in _MAPS.read_text().splitlines() if _MAPS.exists() else ():
            found = _MAPPING.match(line)
            if not found:
                guard_end = None
                continue
            start, end, access = int(found[1], 16), int(found[2], 16), found[3]
            if access == "rw-p" and start == guard_end and self._is_stack(start, end - start, stack_bytes):
                self.ranges.append((start, stack_bytes))
            guard_end = end if access == "---p" else None

    def _is_stack(self, start: int, length: int, stack_bytes: int) -> bool:
        """The pool's last stack can be one mapping with whatever lies behind it."""
        follows = self.ranges and start == sum(self.ranges[-1]) + mmap.PAGESIZE
        return length == stack_bytes or bool(follows and length > stack_bytes)

    def release(self) -> None:
        """Gives the stacks' memory back. Only while no guest is between its entry and its return."""
        if self.ranges:
            first, last = self.ranges[0][0], sum(self.ranges[-1])
            capi.drop_contents(first, last - first)  # the guard pages in between have no contents to lose
