"""What this machine has, as far as this process may use it: cores and memory, container limits counted in."""

import os
import re
from pathlib import Path

from msgspec import Struct

_CGROUP = Path("/sys/fs/cgroup")


def cores() -> int:
    """How many cores this process may use, at least one."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = (_CGROUP / "cpu.max").read_text().split()
        usable = min(usable, -(-int(quota) // int(period)))
    except (OSError, ValueError):
        pass  # no control group, or `max`: no quota
    return max(1, usable)


def memory_bytes() -> int:
    """How much memory this process may use."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(physical, int((_CGROUP / "memory.max").read_text()))
    except (OSError, ValueError):
        return physical


class ProcessMemory(Struct, frozen=True):
    """What a process takes. `pss_bytes` (proportional set size) is None where the system does not tell it."""

    rss_bytes: int
    pss_bytes: int | None


def process_memory(pid: int) -> ProcessMemory | None:
    """The memory of one of our processes; None when it is not there any more, or this is not Linux."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return None
    found = dict(re.findall(r"^(\w+): +(\d+) kB$", rollup, re.MULTILINE))
    return ProcessMemory(int(found["Rss"]) * 1024, int(found["Pss"]) * 1024 if "Pss" in found else None)
