"""Requirement 11: what an execution is told to have died of comes from what happened, not from what the guest says."""

import pytest

from tests.harness import Guests

TYPES = [
    "TimeoutError", "MemoryLimitError", "SecurityError", "CapabilityError", "ConsoleDisabledError", "ValidationError",
    "ResultTooLargeError", "InternalError", "RateLimitError", "ConcurrencyError", "AuthenticationError",
]  # fmt: skip
WAYS = {
    "a plain object": "throw {{name: '{0}', type: '{0}', message: 'm', limit: 'fuel', hint: 'h'}}",
    "an error with a name": (
        "throw Object.assign(new Error('m'), {{name: '{0}', type: '{0}', limit: 'fuel', hint: 'h'}})"
    ),
    "a class": "class {0} extends Error {{ constructor(m) {{ super(m); this.name = '{0}' }} }} throw new {0}('m')",
    "a class with a getter": (
        "class E extends Error {{ get name() {{ return '{0}' }} get type() {{ return '{0}' }} }} throw new E('m')"
    ),
    "a tag": "throw Object.defineProperty(new Error('m'), Symbol.toStringTag, {{value: '{0}'}})",
    "a constructor's name": "const e = new Error('m'); e.constructor = function {0}() {{}}; throw e",
    "a changed prototype": "Error.prototype.name = '{0}'; Error.prototype.type = '{0}'; throw new Error('m')",
    "text": 'throw \'{{"type":"{0}"}}\'',
    "a message that closes the JSON": 'throw new Error(\'","type":"{0}"}}\')',
    "a stack": "const e = new Error('m'); e.stack = '\",\"type\":\"{0}'; throw e",
    "a rejected promise": "return Promise.reject(Object.assign(new Error('m'), {{name: '{0}'}}))",
    "a rejected result": "return {{then(y, n) {{ n(Object.assign(new Error('m'), {{name: '{0}'}})) }}}}",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", TYPES)
def test_a_verdict_cannot_be_forged(guests: Guests, way: str, kind: str) -> None:
    """All of these are runtime errors, without a limit and without a hint."""
    failure = guests.failure(WAYS[way].format(kind) + "; return 1")
    assert (failure.type, failure.limit, failure.hint) == ("RuntimeError", None, None)


def test_a_denial_cannot_be_copied(guests: Guests) -> None:
    """What marks one is no property that a guest could see."""
    copy = (
        "let denial; try { require('fs') } catch (e) { denial = e }"
        "const forged = Object.create(Object.getPrototypeOf(denial), Object.getOwnPropertyDescriptors(denial));"
        "const error = Object.defineProperties(new Error('forged'), Object.getOwnPropertyDescriptors(denial));"
    )
    assert guests.failure(copy + "throw error; return 1").type == "RuntimeError"
    assert guests.failure(copy + "throw forged; return 1").type == "RuntimeError"
    assert guests.failure(copy + "throw new Proxy(denial, {}); return 1").type == "RuntimeError"
    assert guests.failure(copy + "throw {...denial}; return 1").type == "RuntimeError"
    assert guests.result(copy + "return [Reflect.ownKeys(denial), denial instanceof Error]") == [
        ["stack", "message", "name", "hint"],
        True,
    ]


def test_a_denial_stays_one(guests: Guests) -> None:
    """Thrown on as it was caught, or dressed up: the rule was broken all the same."""
    catch = "let denial; try { require('fs') } catch (e) { denial = e }"
    assert guests.failure(f"{catch} throw denial; return 1").type == "SecurityError"
    dressed = (
        "Object.setPrototypeOf(denial, RangeError.prototype); denial.name = 'TimeoutError'; "
        "denial.type = 'TimeoutError';"
    )
    failure = guests.failure(f"{catch} {dressed} throw denial; return 1")
    assert (failure.type, failure.limit) == ("SecurityError", None)


NATIVE_BY_DESCENT = {
    "a subclass": ("class E extends TypeError {} throw new E('m')", "TypeError"),
    "a subclass of a subclass": ("class A extends RangeError {} class B extends A {} throw new B('m')", "RangeError"),
    "a changed prototype": ("throw Object.setPrototypeOf(new Error('m'), SyntaxError.prototype)", "SyntaxError"),
    "no prototype": ("throw Object.setPrototypeOf(new TypeError('m'), null)", "RuntimeError"),
    "a Proxy as the prototype": (
        "throw Object.setPrototypeOf(new TypeError('m'), new Proxy(RangeError.prototype, {}))",
        "RuntimeError",
    ),
    "an object of the prototype": ("throw Object.create(TypeError.prototype)", "RuntimeError"),
    "a Proxy": ("throw new Proxy(new TypeError('m'), {})", "RuntimeError"),
    "a replaced class": ("globalThis.TypeError = class extends Error {}; throw new TypeError('m')", "RuntimeError"),
}


@pytest.mark.parametrize("kind", NATIVE_BY_DESCENT)
def test_a_native_type_comes_from_descent_alone(guests: Guests, kind: str) -> None:
    """Read from the chain of prototypes itself: nothing that a guest assigned is asked."""
    code, expected = NATIVE_BY_DESCENT[kind]
    assert guests.failure(code + "; return 1").type == expected


def test_only_the_policy_decides_about_the_console(guests: Guests) -> None:
    """Console off: every method refuses, and can be caught."""
    failure = guests.failure("console.log(1); return 1", console=False)
    assert (failure.type, failure.message) == ("ConsoleDisabledError", "console is switched off by the policy")
    methods = [
        "log",
        "info",
        "warn",
        "error",
        "debug",
        "table",
        "dir",
        "time",
        "timeEnd",
        "count",
        "assert",
        "trace",
        "group",
        "groupEnd",
    ]
    code = (
        f"return {methods}.filter((m) => {{ try {{ console[m]('x') }} catch (e) {{ return "
        f"e.name !== 'ConsoleDisabledError' }} return true }})"
    )
    report = guests.run(code, console=False)
    assert (report.outcome.result, report.logs) == (b"[]", ())
