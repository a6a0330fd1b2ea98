"""`path`: Node's own answers, for hand-picked and for random paths."""

import random

import pytest

from tests.guest.node import needs_node, node_result
from tests.harness import Guests

ANSWERS = """
const path = require('path').posix, out = [];
const tell = (call) => { try { return call() } catch (error) { return [error.code, error.message, String(error)] } };
for (const [one, other] of input) {
  out.push(...[
    () => path.normalize(one), () => path.isAbsolute(one), () => path.join(one, other),
    () => path.join(other, '..', one),
    () => path.resolve('/base', one, other), () => path.relative('/' + one, '/' + other), () => path.dirname(one),
    () => path.basename(one), () => path.basename(one, other), () => path.extname(one), () => path.parse(one),
    () => path.format(path.parse(one)), () => path.toNamespacedPath(one),
    () => path.format({ dir: one, name: other, ext: 'x' }), () => path.format({ root: one, base: other }),
  ].map(tell));
}
return out"""


def random_paths() -> list[list[str]]:
    source = random.Random(5)
    parts = ["/", "//", ".", "..", "a", "b.c", ".d", "e.", "é", "..f", "g.h.i", " ", "/a", "...", ".j.k"]
    many, few = [(parts, 6)] * 1400, [(["/", "a", "."], 5)] * 600

    def one(alphabet: list[str], parts_max: int) -> str:
        return "".join(source.choice(alphabet) for _ in range(source.randrange(parts_max)))

    return [[one(*kind), one(*kind)] for kind in many + few]


@needs_node
def test_paths_are_those_of_node(guests: Guests) -> None:
    """Fifteen questions about each of 2,000 random pairs."""
    given = random_paths()
    got, expected = guests.result(ANSWERS, given), node_result(ANSWERS, given)
    wrong = [(given[at // 15], at % 15, got[at], expected[at]) for at in range(len(got)) if got[at] != expected[at]]
    assert wrong == []


WINDOWS = """
const path = require('path').win32, out = [];
const tell = (call) => { try { return call() } catch (error) { return [error.code, error.message, String(error)] } };
tell(() => process.chdir('/'));
for (const [one, other] of input) {
  out.push(...[
    () => path.normalize(one), () => path.isAbsolute(one), () => path.join(one, other),
    () => path.join(other, '..', one), () => path.resolve(one, other), () => path.resolve('C:\\\\base', one),
    () => path.dirname(one), () => path.basename(one),
    () => path.basename(one, other), () => path.extname(one), () => path.parse(one), () => path.format(path.parse(one)),
    () => path.toNamespacedPath(one), () => path.relative('C:\\\\' + one, 'c:/' + other),
    () => path.relative('\\\\\\\\srv\\\\share\\\\' + one, 'D:' + other),
  ].map(tell));
}
return out"""


@needs_node
def test_paths_of_windows_are_those_of_node(guests: Guests) -> None:
    """Fifteen questions about each of 700 random pairs, from the root as the working directory."""
    source = random.Random(7)
    parts = ["\\", "/", "\\\\", "//", "C:", "c:", "D:", "a", "b.c", "..", ".", "...", ".d", "srv", "é", " ", ":"]
    given = [["".join(source.choices(parts, k=source.randrange(7))) for _ in range(2)] for _ in range(700)]
    got, expected = guests.result(WINDOWS, given), node_result(WINDOWS, given)
    wrong = [(given[at // 15], at % 15, got[at], expected[at]) for at in range(len(got)) if got[at] != expected[at]]
    assert wrong == []


def test_both_kinds_of_paths_know_each_other(guests: Guests) -> None:
    """As properties, and under names of their own."""
    code = """
    const path = require('path'), { win32, posix } = path;
    return [win32.posix === path, win32.win32 === win32, posix === path, require('path/win32') === win32,
      win32.sep + win32.delimiter + posix.sep + posix.delimiter, Object.keys(path).sort().join()]"""
    names = (
        "_makeLong,basename,delimiter,dirname,extname,format,isAbsolute,join,normalize,parse,posix,relative,resolve,"
        "sep,toNamespacedPath,win32"
    )
    assert guests.result(code) == [True, True, True, True, "\\;/:", names]


@needs_node
@pytest.mark.parametrize("value", ["1", "null", "undefined", "{}", "[]", "true", "1n", "() => 1", "Symbol('s')"])
def test_what_is_no_path_is_refused_in_nodes_words(guests: Guests, value: str) -> None:
    """By each function, with Node's code, message and text."""
    functions = "['normalize', 'isAbsolute', 'join', 'resolve', 'dirname', 'basename', 'extname', 'parse', 'format']"
    code = f"""const path = require('path');
    return {functions}.map((name) => {{
      try {{ return path[name]({value}) }} catch (error) {{
        return [error.name, error.code, error.message, `${{error}}`]
      }}
    }})"""
    assert guests.result(code) == node_result(code, None)


def test_a_path_resolves_from_the_root(guests: Guests) -> None:
    """There is no directory that the code is in, so it is `/`."""
    assert guests.result("const p = require('path'); return [p.resolve(), p.resolve('a'), p.sep, p.delimiter]") == [
        "/", "/a", "/", ":",
    ]  # fmt: skip
