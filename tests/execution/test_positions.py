"""Errors point at the caller's own line and column, and their stacks show the caller's frames alone."""

import pytest

from tests.harness import Guests

PLACES = {
    "return null.x": ("TypeError", 1, 1),
    "const x = null;\nreturn x.y": ("TypeError", 2, 8),
    "const a = {};\n\nreturn a.b.c.d": ("TypeError", 3, 8),
    "\n\nfoo(); return 1": ("ReferenceError", 3, 1),
    "throw new Error('x'); return 1": ("RuntimeError", 1, 11),
    "const o = { f() { return this.q.r } };\nreturn o.f()": ("TypeError", 1, 19),
    "return [1].map((x) => {\n  throw new RangeError('z') })": ("RangeError", 2, 13),
    "const f = async () => {\n  await 1;\n  null.foo };\nreturn await f()": ("TypeError", 3, 3),
    "setTimeout(() => {\n  null.x }, 1); await new Promise(() => {}); return 1": ("TypeError", 2, 3),
    "const s = '中文';\nreturn s.x.y": ("TypeError", 2, 8),
    "return (\n": ("SyntaxError", 2, 1),
    "const a = 1;\nconst a = 2;\nreturn a": ("SyntaxError", 2, 9),
}


@pytest.mark.parametrize("code", PLACES)
def test_an_error_points_at_the_callers_own_line(guests: Guests, code: str) -> None:
    """Neither the wrapper's lines nor the bootstrap's are counted."""
    failure = guests.failure(code)
    assert (failure.type, failure.line, failure.column) == PLACES[code]
    assert failure.stack is not None
    assert all("codeblock.js:" in frame for frame in failure.stack.splitlines())


def test_a_stack_has_no_frame_of_the_bootstrap(guests: Guests) -> None:
    """An error from inside `require` shows where the caller required, and nothing of what is beneath."""
    failure = guests.failure("function load() {\n  return require('fs');\n}\nreturn load()")
    assert failure.stack == "    at load (codeblock.js:2:10)\n    at <anonymous> (codeblock.js:4:8)"
    assert (failure.line, failure.column) == (2, 10)
