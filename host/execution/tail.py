"""What an execution writes to the console: all of it at the end, and piece by piece while it goes on."""

import asyncio
import contextlib
import threading
from collections.abc import Callable

from host.execution.outcome import LogRecord
from host.sandbox import abi
from host.sandbox.abi import GuestMemory


def read_all(memory: GuestMemory, outbox: abi.Outbox, log_bytes: int) -> tuple[LogRecord, ...]:
    """The records. More than the guest's own runtime can have written (half as much again for its padding), or what
    it cannot have written, is what a broken guest left behind, and none of it is kept."""
    if not outbox.log_len or outbox.log_len > log_bytes * 3 // 2:
        return ()
    try:
        return abi.read_logs(memory.read(outbox.log_ptr, outbox.log_len))
    except abi.GuestFault:
        return ()


class LogTail:
    """Reads what is new whenever no thread is in the guest, and hands it to `heard` on the event loop."""

    def __init__(self, memory: GuestMemory, log_bytes: int, heard: Callable[[tuple[LogRecord, ...]], None]) -> None:
        """On the event loop."""
        self._memory = memory
        self._log_bytes_max = log_bytes * 3 // 2
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self._loops_thread = threading.get_ident()
        self._read_bytes = 0

    def read(self) -> None:
        """On whichever thread ran the guest."""
        outbox = self._memory.outcome()
        if not self._read_bytes < outbox.log_len <= self._log_bytes_max:
            return
        try:
            data = self._memory.read(outbox.log_ptr + self._read_bytes, outbox.log_len - self._read_bytes)
            records = abi.read_logs(data)
        except abi.GuestFault:
            return
        self._read_bytes = outbox.log_len
        if threading.get_ident() == self._loops_thread:
            self._heard(records)  # now: the execution may end in this very turn of the loop
            return
        with contextlib.suppress(RuntimeError):  # the loop may have been closed meanwhile
            self._loop.call_soon_threadsafe(self._heard, records)
