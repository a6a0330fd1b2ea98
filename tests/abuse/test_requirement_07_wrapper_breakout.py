"""Requirement 7: no text leaves the function that it is the body of."""

import pytest

from tests.harness import Guests

BREAKOUTS = [
    "return 1 })(); (async () => { return 2",
    "return 1 }; return 2; {",
    "return 1 } async function g() { return 2",
    "return 1 }, async m() { return 2",
    "return 1 }, async ''() { return 2",
    "return 1 }, get x() { return 2",
    "return 1 }}); ({async x() { return 2",
    "return 1 }})['']; ({async ''() { return 2",
    "return 1 }})['']() || ({async ''() { return 2",
    "return 1 } f(); async function h() { return 2",
    "return 1 } /* }, */ , async m() { return 2",
    "return 1 } // }\n, async m() { return 2",
    "return 1 }\n/1/\n; async function h() { return 2",
    "return 1 }\n`${0}`\n; async function h() { return 2",
    "return 1 } [0] ; async function h() { return 2",
    "return 1 } (0) ; async function h() { return 2",
    "return 1 }\n<!--\n, async m() {\nreturn 2",
    "return 1 }\n-->\n, async m() {\nreturn 2",
    "return 1 \u2028}, async m() { return 2",
    "return 1 \u2029} async function g() { return 2",
    "return 1 }\ufeff, async m() { return 2",
    "return 1 }\0, async m() { return 2",
    "return 1 \\u007d, async m() \\u007b return 2",
    "return `${1}` }, async m() { return `${2}`",
    "} return 1 {",
    "}{ return 1",
    "} ; { return 1",
    "}, ...{ async x() { return 1 }",
    "return 1 }; class A { static { f } m() { return 2",
    "return 1 } export default async function () { return 2",
    "return 1 } import 'fs'; async function g() { return 2",
    "return super.x }",
    "super(); return 1",
    "return (",
    "return 1)",
    "return [}",
    "return '\n'",
    "return `",
    "return /*",
    "return `${",
    "return 1;;;}",
    "{ return 1",
    "{{{{ return 1 }}}",
    "#!/bin/sh\nreturn 1",
    "yield 1; return 1",
    "return import.meta",
    "import x from 'fs'; return 1",
    "export const a = 1; return 1",
]


@pytest.mark.parametrize("code", BREAKOUTS)
def test_a_text_that_would_leave_its_function_is_a_syntax_error(guests: Guests, code: str) -> None:
    """Whatever fits one wrapper does not fit the other; nothing of it runs."""
    report = guests.run(f"console.log('ran');{code}")
    assert (report.outcome.type, report.logs) == ("SyntaxError", ())


@pytest.mark.parametrize("code", BREAKOUTS)
def test_the_same_text_is_refused_behind_a_line_of_its_own(guests: Guests, code: str) -> None:
    """The position in the text does not matter."""
    assert guests.failure(f"let x = {{}};\n{code}\n").type == "SyntaxError"


@pytest.mark.parametrize("at", [0, 6, 8, 9])
def test_a_nul_ends_nothing(guests: Guests, at: int) -> None:
    """The engine reads the whole text, as the checks did, and not up to a NUL."""
    code = b"return 1;"
    assert guests.failure(code[:at] + b"\0" + code[at:]).type == "SyntaxError"
    assert guests.failure(b"return 1;\0 }, async m() { return 2").type == "SyntaxError"
    assert guests.result(b'return "a\0b".length') == 3


SAME_MEANING = {
    "BOM": ("\ufeffreturn 1", 1),
    "BOM in the middle": ("return\ufeff 1", 1),
    "U+2028 in a string": ('return "a\u2028b"', "a\u2028b"),
    "U+2028 ends a comment": ("// x\u2028return 1", 1),
    "U+2028 ends a return": ("return\u20281", None),
    "HTML comment": ("<!-- x\nreturn 1", 1),
    "HTML closing comment": ("--> x\nreturn 1", 1),
    "HTML comment behind": ("return 1 <!-- }", 1),
    "line comment at the end": ("return 1 //", 1),
    "line comment with a brace": ("return 1 // }, async m() { return 2", 1),
    "brace in a string": ('return "}, async m() {"', "}, async m() {"),
    "brace in a regular expression": ("return /}, m() {/.source", "}, m() {"),
    "brace in a template": ("return `}, {${'}'}`", "}, {}"),
    "brace in a comment": ("return 1 /* } */", 1),
    "escape in a name": ("let \\u0061 = 1; return a", 1),
    "directive": ("'use strict'; return (function () { return this })() === undefined", True),
    "labels and blocks": ("a: { break a } return 1", 1),
    "declarations": (
        "function f() { return g() } async function g() {} class A {} return typeof f + typeof A",
        "functionfunction",
    ),
    "await": ("return await (async () => 1)()", 1),
    "for await": ("let n = 0; for await (const x of [1, Promise.resolve(2)]) n += x; return n", 3),
}


@pytest.mark.parametrize("kind", SAME_MEANING)
def test_text_means_what_the_engine_reads(guests: Guests, kind: str) -> None:
    """Nothing here breaks out, and none of it is refused by mistake."""
    code, expected = SAME_MEANING[kind]
    assert guests.result(code, require_return=False) == expected


def test_the_wrapper_gives_the_code_nothing(guests: Guests) -> None:
    """No name, no argument, no `this` of ours."""
    code = "return [typeof f, arguments.length, this === globalThis, new.target === undefined, arguments.callee.name]"
    assert guests.result(code) == ["undefined", 0, True, True, ""]
    assert guests.result("'use strict'; return this === undefined") is True
