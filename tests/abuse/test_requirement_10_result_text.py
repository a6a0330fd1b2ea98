"""Requirement 10: the result is written once, by the guest's engine, and is JSON whatever it holds."""

import json

import msgspec
import pytest

from host.execution.outcome import Success
from tests.harness import Guests

TEXTS = {
    "NaN and infinities": ("return [NaN, Infinity, -Infinity]", b"[null,null,null]"),
    "negative zero": ("return -0", b"0"),
    "a large integer": ("return 2 ** 53", b"9007199254740992"),
    "a number near the largest": ("return 1.7e308", b"1.7e+308"),
    "a small number": ("return 5e-324", b"5e-324"),
    "a lone high surrogate": ("return '\\ud800'", b'"\\ud800"'),
    "a lone low surrogate": ("return ['a\\udfffb']", b'["a\\udfffb"]'),
    "surrogates the wrong way round": ("return '\\udc00\\ud800'", b'"\\udc00\\ud800"'),
    "a lone surrogate as a key": ("return {'\\ud83d': 1}", b'{"\\ud83d":1}'),
    "an escaped backslash before u": ("return '\\\\ud800'", b'"\\\\ud800"'),
    "a surrogate behind a backslash": ("return '\\\\\\ud800'", b'"\\\\\\ud800"'),
    "a pair": ("return '\\ud83d\\ude00'", '"😀"'.encode()),
    "control characters": ("return '\\x00\\x1f\\b\\n\\x7f'", b'"\\u0000\\u001f\\b\\n\x7f"'),
    "line separators": ("return '\\u2028\\u2029'", '"\u2028\u2029"'.encode()),
    "quotation marks as a key": ("return {'\"}, {\"': 1}", b'{"\\"}, {\\"":1}'),
    "__proto__ as a key": ("return JSON.parse('{\"__proto__\": 1}')", b'{"__proto__":1}'),
    "an empty key": ("return {'': 1}", b'{"":1}'),
    "keys in their order": ("return {b: 1, a: 2, 1: 3, 0: 4}", b'{"0":4,"1":3,"b":1,"a":2}'),
    "toJSON that returns text": ("return {toJSON() { return '{\"a\":1}' }}", b'"{\\"a\\":1}"'),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_result_is_exactly_this_text(guests: Guests, kind: str) -> None:
    """The bytes come from the guest as they are, and any parser takes them."""
    code, expected = TEXTS[kind]
    outcome = guests.run(code).outcome
    assert outcome == Success(expected)
    json.loads(outcome.result)
    assert msgspec.json.encode({"result": msgspec.Raw(outcome.result)}) == b'{"result":' + expected + b"}"


INPUTS = {
    "a large integer": (b"123456789012345678901234567890", b"1.2345678901234568e+29"),
    "an integer beyond the doubles": (b"1" * 400, b"null"),
    "a number beyond the doubles": (b"[1e999,-1e999]", b"[null,null]"),
    "a number below the doubles": (b"1e-999", b"0"),
    "negative zero": (b"-0", b"0"),
    "100,000 digits": (b"0." + b"1" * 100_000, b"0.1111111111111111"),
    "a lone surrogate": (b'"\\ud800"', b'"\\ud800"'),
    "a lone surrogate as a key": (b'{"\\udfff":1}', b'{"\\udfff":1}'),
    "__proto__": (b'{"__proto__":{"polluted":1}}', b'{"__proto__":{"polluted":1}}'),
    "constructor": (b'{"constructor":{"prototype":1}}', b'{"constructor":{"prototype":1}}'),
    "white space": (b" \t\r\n[ 1 , 2 ] ", b"[1,2]"),
    "escapes": (b'"\\u0041\\/\\n"', b'"A/\\n"'),
    "text of all planes": ('"aé漢😀"'.encode(), '"aé漢😀"'.encode()),
}


@pytest.mark.parametrize("kind", INPUTS)
def test_an_input_comes_back_as_javascript_reads_it(guests: Guests, kind: str) -> None:
    """The host never turns it into numbers or objects of its own."""
    data, expected = INPUTS[kind]
    assert guests.run("return input", data).outcome == Success(expected)


def test_an_input_pollutes_no_prototype(guests: Guests) -> None:
    """`__proto__` is a key like any other."""
    assert guests.result(
        "return [{}.polluted === undefined, Object.hasOwn(input, '__proto__')]", b'{"__proto__":{"polluted":1}}'
    ) == [True, True]


SMUGGLED = ["1e999999", "9" * 5000, '"\\ud800"', "1,2", "{}", "1}", "]"]


@pytest.mark.parametrize("token", SMUGGLED)
def test_raw_json_smuggles_nothing(guests: Guests, token: str) -> None:
    """There is no JSON.rawJSON, and an object that looks like its result is an object."""
    assert guests.result("return [typeof JSON.rawJSON, typeof JSON.isRawJSON]") == ["undefined", "undefined"]
    code = "return Object.freeze(Object.assign(Object.create(null), {rawJSON: input}))"
    assert guests.result(code, token) == {"rawJSON": token}


def test_a_result_is_read_once(guests: Guests) -> None:
    """A getter or toJSON that answers differently the second time is asked a single time."""
    code = "let n = 0; return {get a() { return ++n }, b: {toJSON() { return ++n }}, c: [{get d() { return ++n }}]}"
    assert guests.result(code) == {"a": 1, "b": 2, "c": [{"d": 3}]}


def test_writing_the_result_is_metered(guests: Guests) -> None:
    """A small object that becomes a very long text uses fuel or meets the cap, and never the host's memory."""
    code = "let a = ['x'.repeat(1000)]; for (let i = 0; i < 30; i++) a = [a, a]; return a"
    assert guests.failure(code, fuel=200_000_000).limit == "fuel"
    assert guests.failure(code, fuel=10**12, memory_bytes=32 << 20).type == "MemoryLimitError"
