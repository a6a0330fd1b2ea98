"""What an execution may know of time, by its policy."""

import math
import time

from host.policy.model import Clock

#: No clock of a guest is finer than this, in milliseconds.
FINEST_MS = 0.1


class GuestClock:
    """Unix time and time since the beginning, as the guest sees them; and the real time since the beginning."""

    __slots__ = ("_began", "_began_unix_ms", "_fixed_ms", "_grain_ms", "_virtual_ms")

    def __init__(self, clock: Clock) -> None:
        self._began = time.monotonic()
        self._began_unix_ms = time.time() * 1000
        self._fixed_ms = clock.fixed_epoch_ms if clock.kind == "fixed" else None
        self._grain_ms = max(clock.coarse_ms or 0, FINEST_MS) if clock.kind == "coarse" else FINEST_MS
        self._virtual_ms = 0.0

    def elapsed_ms(self) -> float:
        """Real time since the beginning."""
        return (time.monotonic() - self._began) * 1000

    def now(self) -> tuple[float, float]:
        """(Unix time, elapsed time) for the guest, in milliseconds.

        Under a fixed clock neither moves by itself: elapsed time is that of the last timer that became due.
        """
        if self._fixed_ms is not None:
            return float(self._fixed_ms), self._virtual_ms
        elapsed = self.elapsed_ms()
        unix = self._began_unix_ms + elapsed
        grain = self._grain_ms
        # Elapsed time may not fall behind a timer that the host has just waited for.
        return math.floor(unix / grain) * grain, max(math.floor(elapsed / grain) * grain, self._virtual_ms)

    def reach(self, due_ms: float) -> None:
        """Says that the guest's elapsed time has come to `due_ms`: its next timer is due."""
        self._virtual_ms = max(self._virtual_ms, due_ms)

    def until_ms(self, due_ms: float) -> float:
        """How long to wait, in real milliseconds, until the guest's elapsed time is `due_ms`."""
        if self._fixed_ms is not None:
            return max(due_ms - self._virtual_ms, 0.0)
        return max(due_ms - self.elapsed_ms(), 0.0)
