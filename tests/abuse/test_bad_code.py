"""Code that cannot be compiled, or that returns nothing, is refused with its place in the caller's own source."""

import pytest

from host.errors import TooLargeError, ValidationError
from host.execution.outcome import Failure
from tests.harness import Guests

NO_RETURN_HINT = "End the code with `return value`, or return null."
INCOMPLETE = "Unexpected end of the code: a bracket or an operand is missing, or a bracket too many"


def test_code_without_the_word_return_does_not_run(guests: Guests) -> None:
    """No `return` at all: refused before an instance is made."""
    with pytest.raises(ValidationError) as refused:
        guests.run("1 + 1")
    assert (refused.value.message, refused.value.hint) == (
        "The code has no `return`",
        "End the code with `return value`.",
    )


@pytest.mark.parametrize("code", ["return", "if (false) return 1", "// return", "return undefined", "return void 0"])
def test_code_that_returns_undefined_is_invalid(guests: Guests, code: str) -> None:
    """Where the word is there and no value comes, the failure is a ValidationError with a hint."""
    assert guests.failure(code) == Failure(
        "ValidationError", "The code returned no value (undefined)", hint=NO_RETURN_HINT
    )


@pytest.mark.parametrize("code", ["1 + 1", "return", "return undefined", ""])
def test_undefined_is_null_where_the_policy_asks_for_no_return(guests: Guests, code: str) -> None:
    """`require_return: false` makes `undefined` the result null."""
    assert guests.result(code, require_return=False) is None


def test_code_and_input_over_their_limits_do_not_run(guests: Guests) -> None:
    """Both are measured in bytes before anything else happens."""
    with pytest.raises(TooLargeError, match="The code has 11 bytes; the limit is 10"):
        guests.run("return 'é'", code_bytes=10)
    with pytest.raises(TooLargeError, match="The input has 6 bytes; the limit is 5"):
        guests.run("return 1", b'"abcd"', input_bytes=5)
    assert guests.result("return 1234", code_bytes=11) == 1234


SYNTAX_ERRORS = {
    "on the first line": ("return )", 1, 8, "unexpected token in expression: ')'"),
    "in the middle": ("let a = 1;\nlet b = ;\nreturn a", 2, 9, "unexpected token in expression: ';'"),
    "on the last line": ("let a = 1;\n\nreturn a b", 3, 10, "expecting ';'"),
    "after a template of many lines": ("let x = `a\nb\n`; return ]", 3, 11, "unexpected token in expression: ']'"),
    "after CR LF": ("let a;\r\nlet b = ;\r\nreturn a", 2, 9, "unexpected token in expression: ';'"),
    "after U+2028": ("let a;\u2028let b = ; return a", 2, 9, "unexpected token in expression: ';'"),
    "after letters of two bytes": ("/* ünïcödé */ return )", 1, 22, "unexpected token in expression: ')'"),
    "after letters of three bytes": ("/* 漢字 */ return )", 1, 17, "unexpected token in expression: ')'"),
    "after a letter of two UTF-16 units": ("/* 😀 */ return )", 1, 17, "unexpected token in expression: ')'"),
    "unclosed string": ('return "abc', 1, 8, "unexpected end of string"),
    "unclosed template": ("return `abc", 1, 8, "unexpected end of string"),
    "unclosed comment": ("return 1 /*", 1, 10, "unexpected end of comment"),
    "unclosed regular expression": ("return /a", 1, 8, "unexpected line terminator in regexp"),
    "redefinition": ("let a; let a; return 1", 1, 13, "invalid redefinition of lexical identifier"),
    "redefinition at the very end": ("return 1; let a; let a", 1, 23, "invalid redefinition of lexical identifier"),
    "reserved word with an escape": ("retu\\u0072n 1; return 2", 1, 1, "'return' is a reserved identifier"),
    "import declaration": ('import x from "y"; return 1', 1, 8, "Unexpected identifier 'x'"),
    "export": ("export default 1; return 1", 1, 1, "unsupported keyword: export"),
    "missing operand at the end": ("return 1 +", 1, 11, INCOMPLETE),
    "missing operand at the end of line 4": ("\n\n\nreturn (((", 4, 11, INCOMPLETE),
    "missing bracket at the end": ("{ return 1", 1, 11, INCOMPLETE),
    "bracket too many at the end": ("return 1 }", 1, 11, INCOMPLETE),
    "missing operand before trailing lines": ("return 1 +\n\n", 3, 1, INCOMPLETE),
}


@pytest.mark.parametrize("name", SYNTAX_ERRORS)
def test_a_syntax_error_has_line_and_column_of_the_callers_source(guests: Guests, name: str) -> None:
    """Never of a wrapper: each place lies in the source or directly behind its last character."""
    code, line, column, message = SYNTAX_ERRORS[name]
    assert guests.failure(code) == Failure("SyntaxError", message, line, column, f"    at codeblock.js:{line}:{column}")


RUNTIME_ERRORS = {
    "reference": ("\nnope; return 1", "ReferenceError", "nope is not defined", 2, 1),
    "property of null": ("let a = null;\nreturn a.b", "TypeError", "cannot read property 'b' of null", 2, 8),
    "call": ("let x = 1; x(); return 1", "TypeError", "not a function", 1, 12),
    "after letters of two bytes": ('let é = "ü"; nope; return 1', "ReferenceError", "nope is not defined", 1, 14),
    "after a pair": ('let a = "😀"; nope; return 1', "ReferenceError", "nope is not defined", 1, 15),
    "range": ("return [1].concat(new Array(-1))", "RangeError", "invalid array length", 1, 23),
    "regular expression": ("return new RegExp('(')", "SyntaxError", "expecting ')'", 1, 12),
    "after an await": ("await null;\n\nnope; return 1", "ReferenceError", "nope is not defined", 3, 1),
}


@pytest.mark.parametrize("name", RUNTIME_ERRORS)
def test_an_error_has_line_and_column_of_the_callers_source(guests: Guests, name: str) -> None:
    """Lines and columns count as an editor does: from 1, and in UTF-16 units."""
    code, kind, message, line, column = RUNTIME_ERRORS[name]
    failure = guests.failure(code)
    assert (failure.type, failure.message, failure.line, failure.column) == (kind, message, line, column)


def test_a_stack_shows_the_callers_frames_alone(guests: Guests) -> None:
    """Neither the wrapper nor the bootstrap, through which the call went, is in it."""
    failure = guests.failure(
        "function inner() {\n  require('nope');\n}\nfunction outer() { inner(); }\nouter();\nreturn 1"
    )
    assert failure.stack == (
        "    at inner (codeblock.js:2:3)\n    at outer (codeblock.js:4:20)\n    at <anonymous> (codeblock.js:5:1)"
    )


@pytest.mark.parametrize("before", ["", "\n\n", "let z = 1;\n", "{\n\n", "\t"])
@pytest.mark.parametrize(
    "statement", ["return null.foo", "const {a} = null", "for (const x of 5);", "class A extends 5 {}", "[...5]"]
)
def test_an_instruction_without_a_place_has_its_statements(guests: Guests, before: str, statement: str) -> None:
    """The engine gives no place to some instructions; the wrapper's line is never passed off as the caller's."""
    code = before + statement + ";return 1" + ("}" if "{" in before else "")
    failure = guests.failure(code)
    line = before.count("\n") + 1
    assert (failure.type, failure.line, failure.column) == ("TypeError", line, len(before.rsplit("\n", 1)[-1]) + 1)


def test_a_syntax_error_that_the_code_throws_itself_is_one(guests: Guests) -> None:
    """Parsers that the code calls throw errors that can be caught, with the place of the call."""
    assert guests.result("try { JSON.parse('{'); return 0 } catch (e) { return e.name }") == "SyntaxError"
    failure = guests.failure("return JSON.parse('[1,]')")
    assert (failure.type, failure.line, failure.column) == ("SyntaxError", 1, 13)
