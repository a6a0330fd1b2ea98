"""Where decisions are recorded: a folder with a file for each worker, and the one before it.

Only its worker writes to a file, so that lines of two never mix, and together they have a size that they never go over:
a file that is full takes the place of the last one.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from host.decisions.record import records_of
from host.errors import SetupError
from host.execution.watched import DecidedExecution
from host.lines import LineWriter
from host.logs import json_line

#: The current file of each worker and the one before it.
_FILES_EACH = 2
_NAME = "decisions-{}.jsonl"
_NAME_BEFORE = "decisions-{}.1.jsonl"


class DecisionLog:
    """Records what is decided in one worker. `number` tells it from the others; `bytes_max` is what its two files may
    have together; `on_lost` hears of lines that could not be written. Raises SetupError where there can be no file."""

    def __init__(self, folder: Path, number: int, bytes_max: int, on_lost: Callable[[int, str], None]) -> None:
        self._path, self._before = (folder / name.format(number) for name in (_NAME, _NAME_BEFORE))
        self._file_bytes_max = bytes_max // _FILES_EACH
        try:
            self._descriptor = _open(self._path)
        except OSError as error:
            raise SetupError(f"{self._path} cannot be written: {error.strerror}", "See DECISIONS_DIR.") from error
        self._bytes = os.fstat(self._descriptor).st_size
        self._lines = LineWriter(self._descriptor, on_lost)

    def record(self, ended: DecidedExecution) -> None:
        """Writes the decisions of an execution, before long. On the event loop."""
        for record in records_of(ended):
            line = json_line(record)
            if self._bytes + len(line) > self._file_bytes_max:
                self._begin_anew()
            self._bytes += len(line)
            self._lines.write(line)

    def close(self) -> None:
        """Writes what is left."""
        self._lines.close()
        os.close(self._descriptor)

    def _begin_anew(self) -> None:
        """The file is the one before, from now on; where that cannot be, it is emptied: it must not grow."""
        self._lines.flush()
        self._bytes = 0
        try:
            os.replace(self._path, self._before)
            opened = _open(self._path)
        except OSError:
            os.ftruncate(self._descriptor, 0)
            return
        # The writer goes on with the descriptor that it has.
        os.dup2(opened, self._descriptor)
        os.close(opened)


def _open(path: Path) -> int:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.open(path, flags, 0o600)


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a file of records, or of all of a folder's, without a last one that is not whole yet."""
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    for each in files:
        with open(each, "rb") as file:
            yield from (line for line in file if line.endswith(b"\n"))
