"""What this machine has, as far as this process may use it: cores and memory, container limits counted in."""

import contextlib
import ctypes
import os
import platform
import re
import struct
import sys
import threading
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


#: The number of sched_setattr(2), which Python has no function for.
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
_sched_attr = struct.Struct("=IIQiIQQQ")


def share_cores(nice: int, turn_ns: int) -> None:
    """Says how this thread shares cores with others: how much it gives way, and how long its turns are.

    Since Linux 6.12 a thread with a shorter turn that wakes up does not wait for the end of a longer one
    (kernel/sched/fair.c, PREEMPT_SHORT). Threads inherit it. Elsewhere only `nice` has an effect, or nothing.
    """
    number = _SCHED_SETATTR.get(platform.machine()) if sys.platform == "linux" else None
    attributes = _sched_attr.pack(_sched_attr.size, 0, 0, nice, 0, turn_ns, 0, 0)
    if number is None or ctypes.CDLL(None).syscall(number, 0, attributes, 0) != 0:
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)


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
