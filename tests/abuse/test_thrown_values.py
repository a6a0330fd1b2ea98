"""Whatever is thrown becomes a failure with a text: non-errors, errors that lie, errors that never end."""

import pytest

from host.execution.outcome import Failure
from tests.harness import Guests

NON_ERRORS = {
    "null": ("null", "thrown: null"),
    "undefined": ("undefined", "thrown: undefined"),
    "number": ("5", "thrown: 5"),
    "NaN": ("NaN", "thrown: null"),
    "string": ("'s'", "thrown: s"),
    "empty string": ("''", "thrown: "),
    "lone surrogate": ("'\\ud800!'", "thrown: \ufffd!"),
    "symbol": ("Symbol('y')", "thrown: a value without a text"),
    "BigInt": ("10n", "thrown: 10"),
    "function": ("() => 1", "thrown: a function"),
    "object": ("{a: 1}", 'thrown: {"a":1}'),
    "array": ("[1]", "thrown: [1]"),
    "cycle": ("(() => { const o = {}; o.o = o; return o })()", "thrown: a value without a text"),
    "object with a throwing getter": ("{get a() { throw 1 }}", "thrown: a value without a text"),
    "object with a throwing toJSON": ("{toJSON() { throw 1 }}", "thrown: a value without a text"),
    "object with a throwing toString": ("{toString() { throw 1 }}", "thrown: {}"),
    "object that looks like an error": (
        "{name: 'TypeError', message: 'm'}",
        'thrown: {"name":"TypeError","message":"m"}',
    ),
    "Proxy of an error": ("new Proxy(new Error('x'), {})", "thrown: {}"),
    "revoked Proxy": (
        "(() => { const r = Proxy.revocable({}, {}); r.revoke(); return r.proxy })()",
        "thrown: a value without a text",
    ),
}


@pytest.mark.parametrize("name", NON_ERRORS)
def test_a_thrown_value_that_is_no_error_is_a_runtime_error(guests: Guests, name: str) -> None:
    """Its text is JSON where it has one; where it has none, that is said."""
    value, message = NON_ERRORS[name]
    assert guests.failure(f"throw {value}; return 1") == Failure("RuntimeError", message)
    assert guests.failure(f"return Promise.reject({value})") == Failure("RuntimeError", message)


NATIVE = {
    "Error": "RuntimeError",
    "TypeError": "TypeError",
    "RangeError": "RangeError",
    "ReferenceError": "ReferenceError",
    "SyntaxError": "SyntaxError",
}


@pytest.mark.parametrize("name", NATIVE)
def test_a_native_error_keeps_its_type(guests: Guests, name: str) -> None:
    """Type, message and the place where it was made."""
    assert guests.failure(f"throw new {name}('m'); return 1") == Failure(
        NATIVE[name], "m", 1, 11, "    at <anonymous> (codeblock.js:1:11)"
    )


@pytest.mark.parametrize("name", ["EvalError", "URIError"])
def test_an_error_of_a_class_without_a_type_of_its_own_shows_its_name(guests: Guests, name: str) -> None:
    """RuntimeError, and the name goes into the message."""
    failure = guests.failure(f"throw new {name}('m'); return 1")
    assert (failure.type, failure.message) == ("RuntimeError", f"{name}: m")


def test_a_dom_exception_is_told_like_an_error(guests: Guests) -> None:
    """It is no Error to the engine, but it is one to whoever reads the answer."""
    failure = guests.failure("throw new DOMException('stopped', 'AbortError'); return 1")
    assert (failure.type, failure.message, failure.line) == ("RuntimeError", "AbortError: stopped", 1)


@pytest.mark.parametrize(
    "body", ["throw new Error('no')", "throw null", "return this.x", "return {toString() { throw 1 }}"]
)
def test_getters_of_an_error_that_throw_count_as_absent(guests: Guests, body: str) -> None:
    """Name, message and stack are each asked once, on the guest's own fuel."""
    failure = guests.failure(
        "const e = new Error('x');"
        "for (const key of ['name', 'message', 'stack'])"
        f"  Object.defineProperty(e, key, {{get() {{ {body} }}}});"
        "throw e; return 1"
    )
    assert failure == Failure("RuntimeError", "")


@pytest.mark.parametrize("key", ["name", "message", "stack"])
def test_a_getter_of_an_error_that_never_ends_is_stopped(guests: Guests, key: str) -> None:
    """Reading the error is metered like everything else."""
    code = f"throw Object.defineProperty(new Error('x'), '{key}', {{get() {{ for (;;); }}}}); return 1"
    assert guests.failure(code, fuel=50_000_000).limit == "fuel"
    assert guests.failure(code, timeout_ms=20, fuel=10**12).limit == "wall_time"


def test_a_getter_of_an_error_that_recurses_is_survived(guests: Guests) -> None:
    """The reader's own depth does not count on the host's stack."""
    code = (
        "const e = new Error('x');"
        "Object.defineProperty(e, 'message', {get() { return this.message }});"
        "throw e; return 1"
    )
    assert guests.failure(code).type == "RuntimeError"


def test_messages_names_and_stacks_are_cut(guests: Guests) -> None:
    """4,096 bytes for a message and a stack and 256 for a name, never in the middle of a character."""
    message = guests.failure("throw new Error('x' + 'é'.repeat(4000)); return 1").message
    assert message == "x" + "é" * 2047 + "…"
    name = guests.failure("throw Object.assign(new Error('m'), {name: 'x' + 'é'.repeat(300)}); return 1").message
    assert name == "x" + "é" * 127 + ": m"
    stack = guests.failure(
        "Error.stackTraceLimit = 1000; function f(n) { if (n) f(n - 1); else throw new Error('m') } f(900); return 1"
    ).stack
    assert len(stack.encode()) <= 4096 + len("…".encode())


def test_lone_surrogates_in_an_error_become_replacement_characters(guests: Guests) -> None:
    """They are not UTF-8, so no answer could carry them."""
    failure = guests.failure("throw Object.assign(new Error('a\\ud800b\\udfffc'), {name: '\\udc00'}); return 1")
    assert failure.message == "\ufffd: a\ufffdb\ufffdc"


def test_an_error_in_a_microtask_or_timer_ends_the_execution(guests: Guests) -> None:
    """As an uncaught error ends a process of Node."""
    failure = guests.failure("queueMicrotask(() => { throw new TypeError('mt') }); await null; await null; return 1")
    assert (failure.type, failure.message) == ("TypeError", "mt")
    failure = guests.failure(
        "setTimeout(() => { throw new TypeError('tm') }, 1); await new Promise(() => {}); return 1"
    )
    assert (failure.type, failure.message) == ("TypeError", "tm")


def test_a_made_up_stack_cannot_point_outside_of_the_code(guests: Guests) -> None:
    """A stack is a text that the guest can write: only frames of its own source are kept, and their places are cut."""
    failure = guests.failure(
        "const e = new Error('x');\n"
        "e.stack = 'at f (codeblock.js:99:7)\\n    at /etc/passwd\\n    at run (host/run.py:1:1)';\n"
        "throw e; return 1"
    )
    assert (failure.line, failure.column, failure.stack) == (3, 18, "at f (codeblock.js:3:18)")
