"""Rates and the fuel of a day, counted by the node: against an oracle, all or nothing, and over processes."""

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from host.errors import RateLimitError
from host.execution.rates import DAY_S, Allowance, NodeRates
from host.node.segment import Segment
from host.policy.model import Rate
from tests.node.forks import Forked

US = 1_000_000
NOW_S = 1_790_000_000.123456


class Clock:
    """A clock that stands still until it is moved; it counts microseconds."""

    def __init__(self) -> None:
        self.us = round(NOW_S * US)

    def __call__(self) -> float:
        return self.us / US


@contextmanager
def rates_of(clock: Clock) -> Iterator[NodeRates]:
    segment = Segment(1, 1, accounts=64)
    try:
        yield NodeRates(segment, clock)
    finally:
        segment.close()


def allowance_of(*rates: tuple[str, str, Rate], fuel_per_day: int | None = None) -> Allowance:
    return Allowance(tuple(rates), "fuel alice", fuel_per_day)


def begins(rates: NodeRates, allowance: Allowance) -> bool:
    """Whether one may begin now; it is counted if it may."""
    try:
        asyncio.run(rates.begin(allowance))
    except RateLimitError:
        return False
    return True


def run(rates: NodeRates, allowance: Allowance, count: int) -> int:
    """How many of `count` may begin now."""

    async def story() -> int:
        begun = 0
        for _ in range(count):
            try:
                await rates.begin(allowance)
                begun += 1
            except RateLimitError:
                pass
        return begun

    return asyncio.run(story())


class Bucket:
    """The oracle: a bucket that holds `count` and is filled by one in each interval, of whole microseconds."""

    def __init__(self, rate: Rate, now_us: int) -> None:
        self._one = rate.per_s * US // rate.count
        self._level_us = self._full_us = rate.count * self._one
        self._at_us = now_us

    def fill(self, now_us: int) -> None:
        self._level_us = min(self._full_us, self._level_us + now_us - self._at_us)
        self._at_us = now_us

    @property
    def remaining(self) -> int:
        return self._level_us // self._one

    @property
    def until_full_us(self) -> int:
        return self._full_us - self._level_us

    @property
    def until_one_us(self) -> int:
        return max(0, self._one - self._level_us)

    def take(self) -> None:
        self._level_us -= self._one


RATES = st.builds(Rate, st.integers(1, 5000), st.one_of(st.sampled_from([1, 60, 3600, 86400]), st.integers(1, 86400)))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(RATES, min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(1, 400), st.integers(0, 3 * US)), max_size=12),
)
@example([Rate(18, 1)], [(20, 0)])
@example([Rate(2, 1), Rate(10, 60)], [(5, US), (5, US), (5, 0)])
def test_as_many_begin_as_a_bucket_has(rates: list[Rate], bursts: list[tuple[int, int]]) -> None:
    """Bursts at random times, under up to three rates at once: what may begin, what remains, when all may begin again
    and when to try again are the oracle's to the microsecond; and what one rate refuses counts against none."""
    clock = Clock()

    async def story(node: NodeRates) -> None:
        allowance = allowance_of(*(("principal", f"key {index}", rate) for index, rate in enumerate(rates)))
        buckets = [Bucket(rate, clock.us) for rate in rates]
        for count, pause_us in bursts:
            for _ in range(count):
                refuses = next((bucket for bucket in buckets if not bucket.remaining), None)
                if refuses is None:
                    states = await node.begin(allowance)
                    for bucket in buckets:
                        bucket.take()
                else:
                    with pytest.raises(RateLimitError) as refused:
                        await node.begin(allowance)
                    states = refused.value.rates
                    assert refused.value.retry_after_s == math.ceil(refuses.until_one_us / US)
                assert [state.remaining for state in states] == [bucket.remaining for bucket in buckets]
                assert [round(state.reset_s * US) for state in states] == [bucket.until_full_us for bucket in buckets]
            clock.us += pause_us
            for bucket in buckets:
                bucket.fill(clock.us)

    with rates_of(clock) as node:
        asyncio.run(story(node))


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 1500), st.integers(1, 86400), st.integers(0, 10**12))
def test_a_whole_burst_may_begin_at_once(count: int, per_s: int, later_us: int) -> None:
    """To its last one, at whatever time; the next one not."""
    clock = Clock()
    clock.us += later_us
    with rates_of(clock) as node:
        assert run(node, allowance_of(("principal", "a", Rate(count, per_s))), count + 2) == count


def test_the_refusal_says_whose_rate_it_is() -> None:
    """And when to try again: in whole seconds, at least one."""
    clock = Clock()
    own, policys = ("principal", "a", Rate(5, 1)), ("policy", "p", Rate(2, 60))
    with rates_of(clock) as node:
        assert run(node, allowance_of(own, policys), 2) == 2
        with pytest.raises(RateLimitError) as refused:
            asyncio.run(node.begin(allowance_of(own, policys)))
        assert refused.value.message == "The policy's rate is used up: 2 executions in 60 s"
        assert (refused.value.retry_after_s, refused.value.hint) == (30, "Try again after 30 s.")
        assert run(node, allowance_of(own), 9) == 3
        with pytest.raises(RateLimitError) as refused:
            asyncio.run(node.begin(allowance_of(own)))
        assert refused.value.message == "Your rate is used up: 5 executions in 1 s"
        assert refused.value.retry_after_s == 1


def test_what_is_taken_back_may_begin() -> None:
    """As often as it was taken back, also long after; a rest does not make it more than a burst."""
    clock = Clock()
    allowance = allowance_of(("principal", "a", Rate(10, 60)))
    with rates_of(clock) as node:
        assert run(node, allowance, 20) == 10
        for _ in range(3):
            asyncio.run(node.take_back(allowance))
        assert run(node, allowance, 20) == 3
        clock.us += 3600 * US
        asyncio.run(node.take_back(allowance))
        assert run(node, allowance, 20) == 10


def test_the_fuel_of_a_day_is_filled_at_midnight_utc() -> None:
    """It is asked before an execution, so that the last one can go beyond it, and the refusal counts no rate."""
    clock = Clock()
    rate = ("principal", "a", Rate(3, 60))
    allowance = allowance_of(rate, fuel_per_day=1000)
    clock.us = (clock.us // (DAY_S * US) + 1) * DAY_S * US - 90 * US
    with rates_of(clock) as node:
        for _ in range(2):
            assert begins(node, allowance)
            asyncio.run(node.burnt(allowance, 700))
        with pytest.raises(RateLimitError) as refused:
            asyncio.run(node.begin(allowance))
        assert refused.value.message == "Your fuel for today is used up: 1000 units a day"
        assert refused.value.retry_after_s == 90
        clock.us += 90 * US - 1
        assert not begins(node, allowance)
        clock.us += 1
        assert run(node, allowance, 9) == 3


def test_without_a_quota_nothing_is_counted() -> None:
    """And nothing is refused."""
    with rates_of(Clock()) as node:
        asyncio.run(node.burnt(allowance_of(), 10**15))
        assert run(node, allowance_of(), 100) == 100
        assert allowance_of().empty


def test_all_processes_share_one_count() -> None:
    """Four processes that ask at once begin as many as there are, and burn the fuel of one day."""
    segment = Segment(4, 1)
    clock = Clock()
    allowance = allowance_of(("principal", "a", Rate(1000, 60)), fuel_per_day=10**9)

    def ask() -> int:
        rates = NodeRates(segment, clock)

        async def burn() -> None:
            for _ in range(100):
                await rates.burnt(allowance, 7)

        asyncio.run(burn())
        return run(rates, allowance, 600)

    asking = [Forked(ask) for _ in range(4)]
    try:
        assert sum(each.result() for each in asking) == 1000
        node = NodeRates(segment, clock)
        assert not begins(node, allowance)
        assert begins(node, allowance_of(fuel_per_day=2801))
        assert not begins(node, allowance_of(fuel_per_day=2800))
    finally:
        for each in asking:
            each.kill()
        segment.close()
