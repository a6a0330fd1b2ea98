"""The trace that a request names: W3C Trace Context, read to the letter."""

import pytest

from host.api.trace import TraceParent, parent_of, read_traceparent, read_tracestate

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{SPAN}-01".encode()


@pytest.mark.parametrize(
    ("value", "sampled", "random"),
    [
        (f"00-{TRACE}-{SPAN}-00", False, False),
        (f"00-{TRACE}-{SPAN}-01", True, False),
        (f"00-{TRACE}-{SPAN}-02", False, True),
        (f"00-{TRACE}-{SPAN}-03", True, True),
        (f"00-{TRACE}-{SPAN}-fd", True, False),
        (f"cc-{TRACE}-{SPAN}-01", True, False),
        (f"cc-{TRACE}-{SPAN}-03", True, False),
        (f"cc-{TRACE}-{SPAN}-01-what-the-future-brings", True, False),
        (f"01-{TRACE}-{SPAN}-00-", False, False),
    ],
)
def test_valid_traceparent(value: str, sampled: bool, random: bool) -> None:
    """Version 00 in its one form, later versions with what they may add; of the flags, those that are known."""
    assert read_traceparent(value.encode()) == TraceParent(TRACE, SPAN, sampled, random)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "00",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN.upper()}-01",
        f"0A-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-0A",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}0-{SPAN}-01",
        f"00-{TRACE}-{SPAN[:-1]}-01",
        f"00-{TRACE}-{SPAN}0-01",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-001",
        f"0-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-",
        f"00-{TRACE}-{SPAN}-01-more",
        f"cc-{TRACE}-{SPAN}-01.more",
        f"cc-{TRACE}-{SPAN}-012",
        f"00_{TRACE}_{SPAN}_01",
        f"00-{TRACE}-{SPAN}",
        f" 00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00-{TRACE[:-1]}g-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01,00-{TRACE}-{SPAN}-01",
    ],
)
def test_invalid_traceparent(value: str) -> None:
    """Version ff, ids of zeros, capitals, wrong lengths, more fields than version 00 has: as if it were not there."""
    assert read_traceparent(value.encode()) is None


def test_traceparent_that_stands_twice_names_no_parent() -> None:
    """Which of two callers is the parent is not guessed, not even where both say the same."""
    assert parent_of([(b"traceparent", GOOD)], False) == TraceParent(TRACE, SPAN, True)
    assert parent_of([(b"traceparent", GOOD), (b"traceparent", GOOD)], False) is None


@pytest.mark.parametrize(
    ("values", "members"),
    [
        ([b"a=1"], (("a", "1"),)),
        ([b"a=1 , b=2\t,c=x y"], (("a", "1"), ("b", "2"), ("c", "x y"))),
        ([b"a=1", b"b=2"], (("a", "1"), ("b", "2"))),
        ([b"a=1,,b=2,"], (("a", "1"), ("b", "2"))),
        ([b"1t@sys-tem=v", b"a_-*/0=!~"], (("1t@sys-tem", "v"), ("a_-*/0", "!~"))),
        ([b"a=" + b"v" * 256], (("a", "v" * 256),)),
        ([b""], ()),
    ],
)
def test_valid_tracestate(values: list[bytes], members: tuple) -> None:
    """Members keep their order, over several headers, without the blanks around them and without empty ones."""
    assert read_tracestate(values) == members


@pytest.mark.parametrize(
    "value",
    [
        b"a", b"a=", b"=1", b"A=1", b"1=1", b"a=1=2", b"a=\x01", b"a=\xe9", b"a b=1", b"a=1,a=2", b"a=1;b=2,c",
        b"k" * 257 + b"=1", b"a=" + b"v" * 257, b"t@=1", b"t@1=1", b"a=1\nb=2",
        b",".join(b"k%d=1" % i for i in range(33)),
    ],
)  # fmt: skip
def test_invalid_tracestate(value: bytes) -> None:
    """One member that is not valid, a key that stands twice or more than 32 members: none of it is passed on."""
    assert read_tracestate([value]) == ()


def test_tracestate_of_an_invalid_traceparent_is_not_read() -> None:
    """Without a parent there is nothing that the state could be of."""
    state = (b"tracestate", b"a=1")
    assert parent_of([(b"traceparent", b"00-x"), state], True) is None
    assert parent_of([(b"traceparent", GOOD), state], True).state == (("a", "1"),)
