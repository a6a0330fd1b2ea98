"""How many executions may begin in a time, and how much fuel a principal may burn in a day.

A rate is kept as the generic cell rate algorithm has it (ITU-T I.371, annex A): one number says when the next execution
would be due if they came evenly; how far that may lie ahead is the burst. All workers share that number.
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

    async def begin(self, allowance: Allowance) -> Sequence[RateState]:
        """Counts one execution. Raises RateLimitError where it may not begin; then nothing is counted."""

    async def take_back(self, allowance: Allowance) -> None:
        """The execution that `begin` counted did not begin after all."""

    async def burnt(self, allowance: Allowance, fuel: int) -> None:
        """An execution used up so much fuel."""


def refuse_rate(name: str, rate: Rate, retry_after_s: float, states: Sequence[RateState]) -> RateLimitError:
    """The error for a rate that is used up."""
    wait_s = max(1, math.ceil(retry_after_s))
    hint = f"Try again after {wait_s} s."
    if name == "principal":
        return RateLimitError(
            f"Your rate is used up: {rate.count} executions in {rate.per_s} s", hint, wait_s, states
        )
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

    def __init__(self, segment: Segment, now=time.time) -> None:
        self._segment = segment
        self._now = now
        self._accounts: dict[str, int] = {}

    def _account(self, key: str) -> int:
        at = self._accounts.get(key)
        if at is None:
            at = self._accounts[key] = self._segment.account("rate", key)
        return at

    async def begin(self, allowance: Allowance) -> Sequence[RateState]:
        now = self._now()
        with self._segment.lock():
            if allowance.fuel_per_day is not None and self._burnt_today(allowance, now) >= allowance.fuel_per_day:
                raise refuse_fuel(allowance.fuel_per_day, now)
            arrivals = [(self._account(key), rate) for _, key, rate in allowance.rates]
            dues = [max(self._segment.doubles[at + ARRIVAL], now) for at, _ in arrivals]
            for (name, _, rate), due in zip(allowance.rates, dues, strict=True):
                too_early_s = due + interval_s(rate) - now - rate.per_s
                if too_early_s > 1e-9:
                    raise refuse_rate(name, rate, too_early_s, states(allowance, dues, now))
            dues = [due + interval_s(rate) for (_, rate), due in zip(arrivals, dues, strict=True)]
            for (at, _), due in zip(arrivals, dues, strict=True):
                self._segment.doubles[at + ARRIVAL] = due
        return states(allowance, dues, now)

    async def take_back(self, allowance: Allowance) -> None:
        with self._segment.lock():
            for _, key, rate in allowance.rates:
                self._segment.doubles[self._account(key) + ARRIVAL] -= interval_s(rate)

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


def interval_s(rate: Rate) -> float:
    """Seconds between two executions that come evenly."""
    return rate.per_s / rate.count


def states(allowance: Allowance, dues: Iterable[float], now: float) -> tuple[RateState, ...]:
    """Where each rate stands whose next execution is due at `dues`."""
    return tuple(
        RateState(
            name, rate, max(0, math.floor((now + rate.per_s - due) / interval_s(rate) + 1e-9)), max(0.0, due - now)
        )
        for (name, _, rate), due in zip(allowance.rates, dues, strict=True)
    )
