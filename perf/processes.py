"""What a server's processes use, as the kernel counts it: memory, threads, files, CPU."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

_PROC = Path("/proc")
_NS_PER_S = 1e9


class Held(msgspec.Struct, frozen=True):
    """What processes hold at one moment, added up."""

    pss_kib: int = 0
    private_kib: int = 0
    rss_kib: int = 0
    threads: int = 0
    files: int = 0

    def __add__(self, other: "Held") -> "Held":
        return Held(*(getattr(self, name) + getattr(other, name) for name in Held.__struct_fields__))


def tree(pid: int) -> list[int]:
    """The process and all that descend from it, parents first."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for task in (_PROC / str(parent) / "task").iterdir():
                with contextlib.suppress(OSError):
                    found += [int(child) for child in (task / "children").read_text().split()]
    return found


def held(pid: int) -> Held:
    """What one process holds; nothing where it has ended."""
    folder = _PROC / str(pid)
    try:
        memory = _kib_by_name((folder / "smaps_rollup").read_text())
        threads = sum(1 for _ in (folder / "task").iterdir())
        files = sum(1 for _ in (folder / "fd").iterdir())
    except OSError:
        return Held()
    private = memory.get("Private_Clean", 0) + memory.get("Private_Dirty", 0)
    return Held(memory.get("Pss", 0), private, memory.get("Rss", 0), threads, files)


def held_by_all(pid: int) -> Held:
    """What the process and its descendants hold together."""
    return sum((held(each) for each in tree(pid)), Held())


def _kib_by_name(rollup: str) -> dict[str, int]:
    lines = [line.split() for line in rollup.splitlines() if line.endswith(" kB")]
    return {line[0].removesuffix(":"): int(line[1]) for line in lines}


def cpu_ns(pid: int) -> dict[tuple[int, int], int]:
    """CPU time of each thread of the process and its descendants, in ns: finer than the ticks of `stat`."""
    times = {}
    for each in tree(pid):
        with contextlib.suppress(OSError):
            for task in (_PROC / str(each) / "task").iterdir():
                with contextlib.suppress(OSError, IndexError):
                    times[each, int(task.name)] = int((task / "schedstat").read_text().split()[0])
    return times


def cores_used(pid: int, seconds: float) -> float:
    """How many cores the process and its descendants keep busy over the next `seconds`. Threads that end meanwhile
    do not count."""
    began_at, before = time.perf_counter(), cpu_ns(pid)
    time.sleep(seconds)
    after, ended_at = cpu_ns(pid), time.perf_counter()
    used_ns = sum(now - before.get(thread, 0) for thread, now in after.items())
    return used_ns / _NS_PER_S / (ended_at - began_at)


def wait_until_idle(pid: int, cores: float = 0.1, seconds_max: float = 15.0) -> bool:
    """Waits until they use less than that; False where they still use more after `seconds_max`."""
    give_up_at = time.monotonic() + seconds_max
    while time.monotonic() < give_up_at:
        if cores_used(pid, 0.1) < cores:
            return True
    return False


@contextlib.contextmanager
def others(pid: int) -> Iterator[list[float]]:
    """A list that has, afterwards, how many cores were kept busy by others than `pid` and this process."""
    found: list[float] = []
    began_at, before = time.perf_counter(), _machine_cpu_s() - _cpu_s(pid) - time.process_time()
    try:
        yield found
    finally:
        after = _machine_cpu_s() - _cpu_s(pid) - time.process_time()
        found.append(max(0.0, after - before) / (time.perf_counter() - began_at))


def _cpu_s(pid: int) -> float:
    return sum(cpu_ns(pid).values()) / _NS_PER_S


def _machine_cpu_s() -> float:
    """CPU time that was not idle, of all cores, stolen time counted in."""
    user, nice, system, _idle, _waiting, *rest = map(int, (_PROC / "stat").read_text().split("\n", 1)[0].split()[1:])
    interrupts_and_stolen = sum(rest[:3])
    return (user + nice + system + interrupts_and_stolen) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def sampling(pid: int, every_s: float = 1.0) -> Iterator[list[Held]]:
    """A list that grows by a sample of all the processes now and then, in a thread of its own."""
    samples = [held_by_all(pid)]
    over = threading.Event()

    def sample() -> None:
        while not over.wait(every_s):
            samples.append(held_by_all(pid))

    thread = threading.Thread(target=sample, name="samples", daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()
