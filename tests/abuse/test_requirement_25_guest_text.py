"""Requirement 25, the guest's side: no path, traceback, module or class name of the host in anything that a guest sees
or that an answer carries."""

import pytest

from host.capabilities.echo import Echo
from tests.harness import Guests

HOST_WORDS = (
    "/work",
    "/root",
    "/home",
    "/usr",
    ".py",
    "python",
    "wasmtime",
    "wasm function",
    "Traceback",
    "ctypes",
    "host/",
    "quickjs.c",
)

TELLING = [
    "return null.x",
    "require('fs'); return 1",
    "require('nope'); return 1",
    "eval('1'); return 1",
    "await import('fs'); return 1",
    "await import('/etc/passwd'); return 1",
    "(function f() { f() })(); return 1",
    "require('cellblock:echo').reply('x'); return 1",
    "await require('cellblock:echo').replyLater('x'); return 1",
    "crypto.getRandomValues(new Float32Array(1)); return 1",
    "crypto.getRandomValues(new Uint8Array(65537)); return 1",
    "new Uint8Array(1e9); return 1",
    "for (;;); return 1",
    "return 1n",
    "return )",
    "console.log(new Error('x').stack); return require('fs')",
]


@pytest.mark.parametrize("code", TELLING)
def test_a_failure_tells_nothing_of_the_host(guests: Guests, code: str) -> None:
    """Message, hint, stack and logs."""
    report = guests.run(code, fuel=30_000_000)
    failure = report.outcome
    told = "\n".join(
        [failure.message, failure.hint or "", failure.stack or "", *(record.text for record in report.logs)]
    )
    assert [word for word in HOST_WORDS if word in told] == []
    assert "bootstrap" not in (failure.stack or "")


def test_what_code_can_read_tells_nothing_of_the_host(guests: Guests) -> None:
    """Stacks, sources, names of globals, and the errors of every function of ours."""
    code = """
    const told = [];
    for (const act of [() => require('fs'), () => require('nope'), () => eval('1'),
      () => require('cellblock:echo').reply('x'), () => crypto.getRandomValues([])])
      try { act() } catch (e) { told.push(e.name, e.message, e.stack, String(e.hint)) }
    for (const f of [require, console.log, setTimeout, crypto.randomUUID]) told.push(f.name, f.toString());
    told.push(...Object.getOwnPropertyNames(globalThis));
    return told.join('\\n');
    """
    told = guests.result(code)
    assert [word for word in HOST_WORDS if word in told] == []


def test_log_texts_are_text(guests: Guests) -> None:
    """Whatever is logged comes out as valid Unicode, control characters and all: escaping is the log writer's part."""
    report = guests.run(
        "console.log('a\\nb\\x00\\x1b[31m\\u2028'); console.log('\\ud800'); console.error('\\udfff😀'); return 1",
        capabilities=(Echo(),),
    )
    assert report.logs[0].text == "a\nb\x00\x1b[31m\u2028"
    assert all(record.text.encode().decode() == record.text for record in report.logs)
    assert [record.level for record in report.logs] == ["info", "info", "error"]
