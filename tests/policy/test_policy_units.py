"""Quantities: what is read as which integer, and what is refused with which fix."""

import pytest

from host.policy.units import BYTES, COUNT, DURATION, UnitError, read_rate, show_rate


@pytest.mark.parametrize(
    ("unit", "text", "value"),
    [
        (DURATION, "5s", 5_000),
        (DURATION, "500ms", 500),
        (DURATION, "2min", 120_000),
        (DURATION, "1h", 3_600_000),
        (DURATION, "0ms", 0),
        (COUNT, "2G", 2_000_000_000),
        (COUNT, "3M", 3_000_000),
        (COUNT, "4K", 4_000),
        (COUNT, "200", 200),
        (BYTES, "64MiB", 67_108_864),
        (BYTES, "64KiB", 65_536),
        (BYTES, "1GiB", 1_073_741_824),
        (BYTES, "65536", 65_536),
    ],
)
def test_a_quantity_is_read_exactly(unit, text, value):
    """K, M and G of counts are decimal, KiB, MiB and GiB are binary, and durations are in milliseconds."""
    assert unit.read(text) == value


@pytest.mark.parametrize(
    ("unit", "text", "fix"),
    [
        (DURATION, "5", "Write the unit with it: `5ms` or `5s`."),
        (DURATION, "5sec", "Write `5s`."),
        (DURATION, "5S", "Write `5s`."),
        (DURATION, "5m", "Write `5min`."),
        (DURATION, "5 s", "Write `5s`."),
        (DURATION, "1d", "The units are ms, s, min, h."),
        (DURATION, "1.5s", "Take a smaller unit; write a duration such as `500ms`."),
        (DURATION, "soon", "Write a duration such as `500ms`."),
        (DURATION, "", "Write a duration such as `500ms`."),
        (BYTES, "64MB", "Write `64MiB`."),
        (BYTES, "64M", "Write `64MiB`."),
        (BYTES, "64kb", "Write `64KiB`."),
        (BYTES, "64B", "Write `64`."),
        (BYTES, "64TiB", "The units are KiB, MiB, GiB."),
        (COUNT, "2g", "Write `2G`."),
        (COUNT, "2GiB", "The units are K, M, G."),
        (COUNT, "012", "Write `12`."),
        (COUNT, "000", "Write a whole number such as `200`."),
        (COUNT, "1,000", "Write `1000`."),
        (COUNT, "1_000", "Write `1000`."),
        (COUNT, "+5", "Write a whole number such as `200`."),
        (COUNT, "0b11", "Write a whole number such as `200`."),
        (COUNT, "5\n", "Write `5`."),
        (COUNT, "٣", "Write a whole number such as `200`."),
        (COUNT, "1234567890123456", "Write a whole number such as `200`."),
    ],
)
def test_a_quantity_that_is_not_clear_is_refused_with_a_fix(unit, text, fix):
    """What could mean two things is not guessed: the fix says how to write it."""
    with pytest.raises(UnitError) as caught:
        unit.read(text)
    assert caught.value.fix == fix


@pytest.mark.parametrize(
    ("text", "rate"), [("600/min", (600, 60)), ("10/s", (10, 1)), ("1000/h", (1000, 3600)), ("1K/h", (1000, 3600))]
)
def test_a_rate_is_a_count_in_a_period(text, rate):
    """A rate is read as its count and its seconds, without turning one period into another."""
    assert read_rate(text) == rate


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("600", "Write a rate such as `600/min`, `10/s` or `1000/h`."),
        ("600/m", "Write a rate such as `600/min`."),
        ("600/minute", "Write a rate such as `600/min`."),
        ("600/hour", "Write a rate such as `600/h`."),
        ("600/", "Write a rate such as `600/min`."),
        ("600/day", "Write a rate such as `600/min`."),
        ("600 / min", "Write `600/min`."),
        ("1.5/s", "Take a smaller unit; write a whole number such as `200`."),
        ("/s", "Write a whole number such as `200`."),
    ],
)
def test_a_rate_that_is_not_clear_is_refused_with_a_fix(text, fix):
    """Each slip in a rate is answered with a rate that can be written."""
    with pytest.raises(UnitError) as caught:
        read_rate(text)
    assert caught.value.fix == fix


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        (DURATION, 0, "0ms"),
        (DURATION, 5_000, "5s"),
        (DURATION, 90_000, "90s"),
        (BYTES, 65_535, "65535"),
        (BYTES, 64 << 20, "64MiB"),
        (COUNT, 10_000_000_000, "10G"),
        (COUNT, 0, "0"),
    ],
)
def test_a_value_is_shown_in_the_largest_unit_that_keeps_it_whole(unit, value, text):
    """What is shown reads back as the same value."""
    assert unit.show(value) == text
    assert unit.read(text) == value


def test_a_rate_is_shown_in_its_period():
    """Named periods are shown by name, others in seconds."""
    assert [show_rate(600, 60), show_rate(3, 20)] == ["600/min", "3/20s"]
