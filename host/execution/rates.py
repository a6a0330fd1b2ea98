"""How many executions may begin in a time, and how much fuel a principal may burn in a day.

A rate is kept as the generic cell rate algorithm has it (ITU-T I.371, annex A): one number says when the next execution
would be due if they came evenly; how far that may lie ahead is the burst. All workers share that number. It counts
whole microseconds: in binary fractions of a second, four rates of ten refused their last execution. (So a rate of more
than some 10,000 in a second is given up to a hundredth more.)
"""

import math
import time
from collections.abc import Iterable, Sequence
from typing import Protocol

from msgspec import Struct

from host.errors import RateLimitError
from host.node.segment import ARRIVAL, DAY, USED, Segment
from host.policy.model import Rate

DAY_S = 86_400
SECOND_US = 1_000_000


class RateState(Struct, frozen=True):
    """Where a rate stands after a request: `remaining` executions could begin at once, and after `reset_s` seconds
    without any all of them could. `name` says whose rate it is: principal or policy."""

    name: str
    rate: Rate
    remaining: int
    reset_s: float


class Allowance(Struct, frozen=True):
    """What has to be asked before an execution: the rates that hold for it, by who has them, and its principal's fuel.

    `keys` are unique over all principals and policies.
    """

    rates: tuple[tuple[str, str, Rate], ...] = ()
    """(principal or policy, key, rate)"""

    fuel_key: str = ""
    fuel_per_day: int | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to ask."""
        return not self.rates and self.fuel_per_day is None


class Rates(Protocol):
    """Where rates and fuel are kept: this node's memory, or a Redis that many nodes share."""

    #: "node" or "redis".
    store: str

    @property
    def up(self) -> bool:
        """Whether the store answers; where it does not, the node counts for itself."""

    async def close(self) -> None:
        """Ends what is open."""

    async def begin(self, allowance: Allowance) -> Sequence[RateState]:
        """Counts one execution. Raises RateLimitError where it may not begin; then nothing is counted."""

    async def take_back(self, allowance: Allowance) -> None:
        """The execution that `begin` counted did not begin after all."""

    async def burnt(self, allowance: Allowance, fuel: int) -> None:
        """An execution used up so much fuel."""


def refuse_rate(name: str, rate: Rate, too_early_us: int, states: Sequence[RateState]) -> RateLimitError:
    """The error for a rate that is used up."""
    wait_s = -(-too_early_us // SECOND_US)
    hint = f"Try again after {wait_s} s."
    if name == "principal":
        return RateLimitError(f"Your rate is used up: {rate.count} executions in {rate.per_s} s", hint, wait_s, states)
    return RateLimitError(
        f"The policy's rate is used up: {rate.count} executions in {rate.per_s} s", hint, wait_s, states
    )


def refuse_fuel(fuel_per_day: int, now_s: float) -> RateLimitError:
    """The error for a principal whose fuel of the day is burnt."""
    wait_s = max(1, math.ceil(DAY_S - now_s % DAY_S))
    return RateLimitError(
        f"Your fuel for today is used up: {fuel_per_day} units a day", "It is filled again at midnight UTC.", wait_s
    )


class NodeRates:
    """Rates and fuel of this node, in the memory that its workers share."""

    store = "node"
    up = True

    def __init__(self, segment: Segment, now=time.time) -> None:
        self._segment = segment
        self._now = now
        self._accounts: dict[str, int] = {}

    def _account(self, key: str) -> int:
        at = self._accounts.get(key)
        if at is None:
            at = self._accounts[key] = self._segment.account("rate", key)
        return at

    async def close(self) -> None:
        """Nothing is open."""

    async def begin(self, allowance: Allowance) -> Sequence[RateState]:
        now = self._now()
        now_us = round(now * SECOND_US)
        with self._segment.lock():
            if allowance.fuel_per_day is not None and self._burnt_today(allowance, now) >= allowance.fuel_per_day:
                raise refuse_fuel(allowance.fuel_per_day, now)
            arrivals = [(self._account(key), rate) for _, key, rate in allowance.rates]
            dues_us = [max(self._segment.words[at + ARRIVAL], now_us) for at, _ in arrivals]
            for (name, _, rate), due_us in zip(allowance.rates, dues_us, strict=True):
                too_early_us = due_us + interval_us(rate) - now_us - burst_us(rate)
                if too_early_us > 0:
                    raise refuse_rate(name, rate, too_early_us, states(allowance, dues_us, now_us))
            dues_us = [due_us + interval_us(rate) for (_, rate), due_us in zip(arrivals, dues_us, strict=True)]
            for (at, _), due_us in zip(arrivals, dues_us, strict=True):
                self._segment.words[at + ARRIVAL] = due_us
        return states(allowance, dues_us, now_us)

    async def take_back(self, allowance: Allowance) -> None:
        with self._segment.lock():
            for _, key, rate in allowance.rates:
                self._segment.words[self._account(key) + ARRIVAL] -= interval_us(rate)

    async def burnt(self, allowance: Allowance, fuel: int) -> None:
        if allowance.fuel_per_day is None:
            return
        with self._segment.lock():
            self._burnt_today(allowance, self._now())
            self._segment.words[self._account(allowance.fuel_key) + USED] += fuel

    def _burnt_today(self, allowance: Allowance, now: float) -> int:
        """The fuel burnt since midnight UTC; a new day begins at 0."""
        at = self._account(allowance.fuel_key)
        today = int(now // DAY_S)
        if self._segment.words[at + DAY] != today:
            self._segment.words[at + DAY] = today
            self._segment.words[at + USED] = 0
        return self._segment.words[at + USED]


def interval_us(rate: Rate) -> int:
    """Between two executions that come evenly, in microseconds."""
    return rate.per_s * SECOND_US // rate.count


def burst_us(rate: Rate) -> int:
    """How far ahead the next execution may be due, in microseconds: so that just `count` may begin at once."""
    return rate.count * interval_us(rate)


def states(allowance: Allowance, dues_us: Iterable[int], now_us: int) -> tuple[RateState, ...]:
    """Where each rate stands whose next execution is due at `dues_us`."""
    return tuple(
        RateState(
            name,
            rate,
            max(0, (now_us + burst_us(rate) - due_us) // interval_us(rate)),
            max(0, due_us - now_us) / SECOND_US,
        )
        for (name, _, rate), due_us in zip(allowance.rates, dues_us, strict=True)
    )
