"""Ceilings: a server narrows what a policy asks for, never widens it, and tells where."""

import itertools

import pytest

from host.policy import WIDEST, Limits, Rate, narrow, narrow_rate, over_ceilings, resolve_files


def test_each_limit_is_the_lower_of_two():
    """Every limit is cut down by itself, whichever side it is lower on."""
    asked = Limits(wall_time_ms=10_000, fuel=1_000, memory_bytes=1 << 20, host_calls=0)
    ceilings = Limits(wall_time_ms=3_000, fuel=5_000, memory_bytes=2 << 20, host_calls=100)
    narrowed = narrow(asked, ceilings)
    assert (narrowed.wall_time_ms, narrowed.fuel, narrowed.memory_bytes, narrowed.host_calls) == (
        3_000,
        1_000,
        1 << 20,
        0,
    )


def test_the_widest_ceilings_change_nothing():
    """Without ceilings of its own a server gives what a policy asks for."""
    limits = Limits(fuel=123_456, rate=Rate(7, 60))
    assert narrow(limits, WIDEST) == narrow(WIDEST, limits) == limits


def test_narrowing_never_widens():
    """Whatever the two, the outcome is within both, and narrowing again changes nothing."""
    some = [
        Limits(fuel=fuel, wall_time_ms=wall, rate=rate)
        for fuel in (1_000, 9_000)
        for wall in (1, 70)
        for rate in (None, Rate(9, 60), Rate(2, 1))
    ]
    for one, other in itertools.product(some, some):
        narrowed = narrow(one, other)
        assert all(
            getattr(narrowed, name) <= min(getattr(one, name), getattr(other, name))
            for name in ("fuel", "wall_time_ms", "memory_bytes")
        )
        assert narrow(narrowed, one) == narrow(narrowed, other) == narrowed


@pytest.mark.parametrize(
    ("rate", "ceiling", "expected"),
    [
        (None, None, None),
        (Rate(10, 1), None, Rate(10, 1)),
        (None, Rate(10, 1), Rate(10, 1)),
        (Rate(600, 60), Rate(10, 1), Rate(10, 1)),
        (Rate(1000, 3600), Rate(10, 1), Rate(10, 36)),
        (Rate(1, 3600), Rate(10, 1), Rate(1, 3600)),
        (Rate(1_000_000, 86_400), Rate(1, 1), Rate(1, 1)),
    ],
)
def test_a_rate_is_narrowed_at_once_and_in_the_long_run(rate, ceiling, expected):
    """The outcome lets through no larger burst and no more over time than either of the two."""
    assert narrow_rate(rate, ceiling) == expected
    assert narrow_rate(ceiling, rate) == expected


def test_no_pair_of_rates_is_widened():
    """For many pairs: the burst and the average are within both."""
    rates = [Rate(count, per_s) for count in (1, 3, 10, 999, 1_000_000) for per_s in (1, 7, 60, 3600, 86_400)]
    for one, other in itertools.product(rates, rates):
        narrowed = narrow_rate(one, other)
        assert narrowed.count <= min(one.count, other.count)
        assert all(narrowed.count * each.per_s <= each.count * narrowed.per_s for each in (one, other))


def test_a_policy_that_asks_for_more_is_warned_at_the_place():
    """Each limit over a ceiling is a warning where the file sets it, or where it would be if it is left out."""
    body = b"version: 1\npolicy: p\nlimits:\n  wall_time: 10s\n  rate: 1000/h\n  memory: 1MiB\n"
    policies = resolve_files({"p.yaml": body, "q.yaml": b"version: 1\npolicy: q\nlimits: {wall_time: 1s}"})
    warnings = over_ceilings(policies, Limits(wall_time_ms=3_000, log_bytes=1024, rate=Rate(10, 1)))
    assert [(each.file, each.line, each.column, each.message) for each in warnings] == [
        ("p.yaml", 4, 14, "`p` asks for wall_time 10s, and the server gives 3s"),
        ("p.yaml", 4, 3, "`p` asks for logs 64KiB by default, and the server gives 1KiB"),
        ("p.yaml", 5, 9, "`p` asks for rate 1000/h, and the server gives 10/36s"),
        ("q.yaml", 3, 9, "`q` asks for logs 64KiB by default, and the server gives 1KiB"),
    ]
    assert {(each.code, each.severity) for each in warnings} == {("over-ceiling", "warning")}


def test_a_policy_within_the_ceilings_is_not_warned():
    """What fits is not told."""
    policies = resolve_files({"p.yaml": b"version: 1\npolicy: p"})
    assert over_ceilings(policies, Limits()) == []
