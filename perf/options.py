"""What the command line may change about a run."""

from typing import Literal

import msgspec


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``rounds`` and ``seconds`` (of one load round) have ceilings: a run must end."""

    rounds: int | None = None
    seconds: float = 5.0
    loader: Literal["auto", "wrk", "node"] = "auto"

    ROUNDS_MAX = 50
    SECONDS_MAX = 60.0

    def __post_init__(self) -> None:
        if self.rounds is not None and not 1 <= self.rounds <= self.ROUNDS_MAX:
            raise ValueError(f"--rounds takes 1 to {self.ROUNDS_MAX}")
        if not 0.2 <= self.seconds <= self.SECONDS_MAX:
            raise ValueError(f"--seconds takes 0.2 to {self.SECONDS_MAX:g}")

    def rounds_or(self, default: int) -> int:
        return default if self.rounds is None else self.rounds
