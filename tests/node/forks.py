"""Processes that are forked in the middle of a test, as the main process forks its workers."""

import json
import os
import select
import signal
import traceback
import warnings
from collections.abc import Callable

_PATIENCE_S = 120


class Signal:
    """Something that one process tells another, through a pipe."""

    def __init__(self) -> None:
        self._read_fd, self._write_fd = os.pipe()

    def tell(self, times: int = 1) -> None:
        os.write(self._write_fd, b"." * times)

    def wait(self, times: int = 1) -> None:
        for _ in range(times):
            ready, _, _ = select.select([self._read_fd], [], [], _PATIENCE_S)
            assert ready, "the other process said nothing"
            os.read(self._read_fd, 1)

    def close(self) -> None:
        os.close(self._read_fd)
        os.close(self._write_fd)


class Forked:
    """A process that runs `story` and hands back what it returns, which has to be JSON."""

    def __init__(self, story: Callable[[], object]) -> None:
        self._read_fd, write_fd = os.pipe()
        with warnings.catch_warnings():
            # Python 3.12 warns of threads; a child uses none of what they could have left half done.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if self.pid == 0:
            os.close(self._read_fd)
            _be_child(story, write_fd)
        os.close(write_fd)
        self._ended = False

    def kill(self) -> None:
        """Ends it as the kernel does when memory runs out; it can do nothing about it."""
        if not self._ended:
            os.kill(self.pid, signal.SIGKILL)
            self._reap()

    def _reap(self) -> None:
        os.waitpid(self.pid, 0)
        os.close(self._read_fd)
        self._ended = True

    def result(self) -> object:
        """Waits for its end."""
        data = b""
        while True:
            ready, _, _ = select.select([self._read_fd], [], [], _PATIENCE_S)
            assert ready, "the other process does not end"
            part = os.read(self._read_fd, 65536)
            if not part:
                break
            data += part
        self._reap()
        answer = json.loads(data)
        assert "error" not in answer, answer["error"]
        return answer["result"]


def _be_child(story: Callable[[], object], write_fd: int) -> None:
    try:
        answer = {"result": story()}
    except BaseException:
        answer = {"error": traceback.format_exc()}
    with os.fdopen(write_fd, "wb") as file:
        file.write(json.dumps(answer).encode())
    os._exit(0)
