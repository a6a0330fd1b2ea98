"""`console`: what it writes, by level, is what Node writes."""

import json
import re
import subprocess

import pytest

from tests.guest.node import expressions, needs_node
from tests.harness import Guests


@needs_node
def test_the_console_writes_what_node_writes(guests: Guests) -> None:
    """Formats, groups, tables, counters, assertions, each as a record of its own."""
    for script in expressions("console"):
        # Node's console, writing records instead of lines.
        node = (
            "const records = [], { Console } = require('console'), { Writable } = require('stream');"
            "const out = new Writable({ write(chunk, _, done) { records.push(String(chunk).slice(0, -1)); done() } });"
            f"const console = new Console(out, out); {script}"
            "process.stdout.write(JSON.stringify(records));"
        )
        done = subprocess.run(["node", "-e", node], capture_output=True, text=True, check=True)
        report = guests.run(script + " return 1")
        assert [record.text for record in report.logs] == json.loads(done.stdout), script


def test_time_is_told_by_the_clock_of_the_policy(guests: Guests) -> None:
    """In Node's words; labels that are not there, or there already, are warned of."""
    report = guests.run(
        "console.time(); console.timeLog('default', 'a', { b: 1 }); console.timeEnd(); "
        "console.timeEnd(); console.time('x');"
        "console.time('x'); console.timeLog('y'); console.countReset('z'); return 1",
    )
    texts = [record.text for record in report.logs]
    assert re.fullmatch(r"default: [\d.]+ms a \{ b: 1 \}", texts[0])
    assert re.fullmatch(r"default: [\d.]+ms", texts[1])
    assert texts[2:] == [
        "Warning: No such label 'default' for console.timeEnd()",
        "Warning: Label 'x' already exists for console.time()",
        "Warning: No such label 'y' for console.timeLog()", "Warning: Count for 'z' does not exist",
    ]  # fmt: skip


def test_the_console_is_a_namespace(guests: Guests) -> None:
    """As the console standard has it: labels are strings, the prototype is an empty object."""
    code = """const tell = (name) => { try { console[name](Symbol()) } catch (error) { return error.name } };
    const proto = Object.getPrototypeOf(console);
    return [String(console), Object.keys(proto), Object.getPrototypeOf(proto) === Object.prototype,
      ['count', 'countReset', 'time', 'timeLog', 'timeEnd'].map(tell), console.log.name, console.log.length,
      'timeline' in console,
      Object.getOwnPropertyDescriptor(globalThis, 'console').enumerable]"""
    assert guests.result(code) == [
        "[object console]", [], True, ["TypeError"] * 5, "log", 0, False, False,
    ]  # fmt: skip


METHODS = (
    "log warn dir time timeEnd timeLog trace assert clear count countReset group groupEnd table debug info dirxml "
    "error groupCollapsed"
)


@pytest.mark.parametrize("method", METHODS.split())
def test_a_console_that_is_off_refuses_every_method(guests: Guests, method: str) -> None:
    """And writes nothing."""
    report = guests.run(f"console.{method}('x'); return 1", console=False)
    assert report.outcome.type == "ConsoleDisabledError"
    assert list(report.logs) == []


def test_a_trace_has_the_callers_lines(guests: Guests) -> None:
    """And none of ours."""
    report = guests.run("function mine() { console.trace('at %s', 'x') } mine(); return 1")
    [record] = report.logs
    assert record.text.startswith("Trace: at x\n    at mine (codeblock.js:1:")
