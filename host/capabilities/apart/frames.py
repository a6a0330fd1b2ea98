"""What a worker and a process apart say to each other: frames over a pair of stream sockets.

Towards the work a frame is a length (u32) and so many bytes. Towards the worker there stands a kind and the CPU time
that the process has used so far before them, so that whoever reads knows at every frame what it cost.
"""

import contextlib
import struct
import time

from msgspec import Struct

#: Towards the work.
IN = struct.Struct("<I")
#: Towards the worker: length, kind, nanoseconds of CPU.
OUT = struct.Struct("<IBQ")

#: Kinds: a piece of the answer, the end of the work, a refusal (three lines, as host calls have it), a fault of ours.
DATA, END, REFUSED, FAULT = range(4)

#: The longest frame, either way. Who sends more than this is not believed.
FRAME_BYTES_MAX = 16 * 1024 * 1024


class Limits(Struct, frozen=True, kw_only=True):
    """What one piece of work may use. `deadline` is on the clock of time.monotonic, which all processes share."""

    memory_bytes: int
    cpu_s: int
    deadline: float
    #: How large a file may become that it makes: it has no name, and its room is given back with the process.
    file_bytes: int = 0


class Begin(Struct, frozen=True, tag=True):
    """To the zygote, with the work's end of the sockets: begin the work."""

    number: int
    job: str
    limits: Limits


class Kill(Struct, frozen=True, tag=True):
    """To the zygote: end the work now."""

    number: int


class Began(Struct, frozen=True, tag=True):
    """From the zygote: the process is there. `cpu_ns` is what it has used before the work, which is not the work's."""

    number: int
    pid: int
    cpu_ns: int


class Ended(Struct, frozen=True, tag=True):
    """From the zygote: the process is gone. `status` as os.waitstatus_to_exitcode gives it."""

    number: int
    status: int
    cpu_ns: int
    memory_peak_bytes: int


#: Exit codes of a process apart that tell of more than success.
EXIT_FAULT = 70


def cpu_ns_of(pid: int | None) -> int:
    """The CPU time that a process has used so far; 0 where it is not there any more."""
    if pid is None:
        return 0
    with contextlib.suppress(OSError):
        # The number of a process's own clock (clock_getcpuclockid of POSIX, as Linux makes it).
        return time.clock_gettime_ns((~pid << 3) | 2)
    return 0
