"""Requirement 12: that memory ran out is known from what the host refused, however the guest hides it."""

import pytest

from tests.harness import Guests

CAP = 16 << 20
EAT = "const a = []; for (;;) a.push(new Uint8Array(100000));"
EAT_SMALL = "const a = []; for (;;) a.push({});"

HIDDEN = {
    "not at all": f"{EAT} return 1",
    "as null": f"try {{ {EAT} }} catch {{ throw null }} return 1",
    "as itself": f"try {{ {EAT} }} catch (e) {{ throw e }} return 1",
    "in a promise job": f"Promise.resolve().then(() => {{ {EAT} }}); await new Promise(() => {{}}); return 1",
    "in a promise job, and caught there": (
        f"Promise.resolve().then(() => {{ {EAT} }}).catch(() => {{}}); await new Promise(() => {{}}); return 1"
    ),
    "in an async function left alone": f"(async () => {{ {EAT_SMALL} }})(); await new Promise(() => {{}}); return 1",
    "in a timer": f"setTimeout(() => {{ {EAT} }}, 1); await new Promise(() => {{}}); return 1",
    "in toJSON": f"return {{toJSON() {{ {EAT} }}}}",
    "in a getter of the result": f"return {{get a() {{ {EAT_SMALL} }}}}",
    "in a getter of an error": (
        f"throw Object.defineProperty(new Error('x'), 'message', {{get() {{ {EAT_SMALL} }}}}); return 1"
    ),
    "where there is no memory for the error": "for (;;) queueMicrotask(() => {}); return 1",
    "in the parser": (
        "let a; return JSON.parse('[' + '{},'.repeat(300000) + '1]').length + JSON.parse('[' "
        "+ '[1],'.repeat(300000) + '1]').length"
    ),
    "in the result's text": "const s = 'x'.repeat(1e6); return Array(30).fill(s)",
}


@pytest.mark.parametrize("way", HIDDEN)
def test_memory_that_ran_out_is_reported_as_that(guests: Guests, way: str) -> None:
    """MemoryLimitError, also where the engine had no memory left for an error of its own."""
    failure = guests.failure(HIDDEN[way], memory_bytes=CAP, result_bytes=100 << 20)
    if way == "in a getter of an error":
        assert failure.type in {"MemoryLimitError", "RuntimeError"}
    else:
        assert (failure.type, failure.message) == (
            "MemoryLimitError",
            f"The execution reached its memory limit of {CAP} bytes",
        )


def test_survived_and_failed_of_something_else_is_that(guests: Guests) -> None:
    """An error of the guest's own stays its own."""
    failure = guests.failure(f"try {{ {EAT} }} catch {{ throw new TypeError('mine') }} return 1", memory_bytes=CAP)
    assert (failure.type, failure.message) == ("TypeError", "mine")


def test_null_without_a_refusal_is_null(guests: Guests) -> None:
    """The guest's word alone makes no memory limit."""
    assert guests.failure("throw null; return 1").type == "RuntimeError"
    assert guests.failure("throw new Error('out of memory'); return 1").type == "RuntimeError"
    assert guests.failure("throw new InternalError('out of memory'); return 1").type == "RangeError"
