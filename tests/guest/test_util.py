"""`util`: each function with Node's answers, and the page that lists them."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.guest.node import expressions, needs_node, node_result, thunks
from tests.guest.test_inspect import SETUP
from tests.harness import Guests

TELL = """
const util = require('util');
const tell = (call) => { try { const value = call(); return value === undefined ? 'undefined' : value }
  catch (e) { return ['threw', e.name, e.code ?? null, e.message] } };
"""


@needs_node
def test_types_are_told_as_node_tells_them(guests: Guests) -> None:
    """Every predicate, and the old ones of util, of every kind of value."""
    values = [one for one in expressions("inspect") if one != "revoked()"]
    code = f"""{SETUP} const types = Object.keys(util.types).sort();
    const old = Object.keys(util).filter((name) => /^is[A-Z]/.test(name) && name !== 'isDeepStrictEqual').sort();
    const told = {thunks(values)}.map((make) =>
      [types.map((name) => util.types[name](make())), old.map((name) => util[name](make()))]);
    return [types, old, told]"""
    got, expected = guests.result(code), node_result(code, None)
    assert got[:2] == expected[:2]
    assert [one for one in zip(values, got[2], expected[2], strict=True) if one[1] != one[2]] == []
    assert guests.result("return require('util/types') === require('util').types") is True


ARGUMENT = st.sampled_from(
    [
        "-f",
        "-b",
        "--foo",
        "--bar",
        "--no-foo",
        "--bar=x",
        "--foo=1",
        "-fb",
        "-bf",
        "-bval",
        "-fbx",
        "-x",
        "--",
        "--x=1",
        "a",
        "-",
        "",
        "--no-bar",
        "-ff",
        "--bar=",
        "--multi",
        "-m",
        "v",
        "-mv",
        "--__proto__",
    ]
)
TYPE = st.sampled_from(["string", "boolean", "string", "boolean", "wrong"])
OPTION = st.fixed_dictionaries({"type": TYPE}, optional={
    "short": st.sampled_from(["f", "b", "m", "fo", "", 5]), "multiple": st.booleans(),
    "default": st.sampled_from(["d", True, ["d"], [True], 5]),
})  # fmt: skip
CONFIG = st.fixed_dictionaries({"args": st.lists(ARGUMENT, max_size=6)}, optional={
    "options": st.dictionaries(st.sampled_from(["foo", "bar", "multi"]), OPTION, max_size=3),
    "strict": st.booleans(), "allowPositionals": st.booleans(), "tokens": st.booleans(), "allowNegative": st.booleans(),
})  # fmt: skip
GOOD = {
    "foo": {"type": "boolean", "short": "f"},
    "bar": {"type": "string", "short": "b"},
    "multi": {"type": "string", "short": "m", "multiple": True},
}


@needs_node
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(CONFIG, min_size=150, max_size=300))
def test_arguments_are_parsed_as_node_parses_them(guests: Guests, configs: list) -> None:
    """Options, groups, values, positionals, tokens, and every error."""
    cases = configs + [{**config, "options": GOOD} for config in configs]
    code = TELL + "return input.map((config) => tell(() => util.parseArgs(config)))"
    got, expected = guests.result(code, cases), node_result(code, cases)
    assert [(cases[i], got[i], expected[i]) for i in range(len(got)) if got[i] != expected[i]] == []


MIME = st.lists(
    st.sampled_from(
        [
            "text",
            "/",
            "html",
            ";",
            "charset",
            "=",
            "utf-8",
            '"',
            "\\",
            " ",
            "\t",
            "\n",
            "é",
            "a b",
            "X",
            "é",
            "q=1",
            ";;",
            "\x7f",
            "中",
        ]
    ),
    max_size=12,
)


@needs_node
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(MIME, min_size=200, max_size=400))
def test_mime_types_are_parsed_as_node_parses_them(guests: Guests, cases: list) -> None:
    """Types, parameters, quotes, and every error."""
    texts = (
        ["".join(case) for case in cases]
        + ["text/html" + "".join(case) for case in cases]
        + ["a/b;" + "".join(case) for case in cases]
    )
    code = (
        TELL
        + """const read = (text) => { const type = new util.MIMEType(text);
      return [type.type, type.subtype, type.essence, String(type), JSON.stringify(type), [...type.params],
        [...type.params.keys()], type.params.get('charset'), type.params.has('q')] };
    const write = (text) => { const type = new util.MIMEType('a/b');
      type.type = text; type.subtype = text; type.params.set(text, text); return String(type) };
    const put = (text) => { const { params } = new util.MIMEType('a/b;x=y');
      params.set('x', text); params.delete('z'); return String(params) };
    return input.map((text) => [read, write, put].map((f) => tell(() => f(text))))"""
    )
    got, expected = guests.result(code, texts), node_result(code, texts)
    assert [(texts[i], got[i], expected[i]) for i in range(len(got)) if got[i] != expected[i]] == []


@needs_node
def test_functions_answer_as_nodes_do(guests: Guests) -> None:
    """Right arguments and wrong ones."""
    calls = expressions("util_calls")
    code = TELL + f"return {thunks(calls)}.map(tell)"
    got, expected = guests.result(code), node_result(code, None)
    assert [(calls[i], got[i], expected[i]) for i in range(len(got)) if got[i] != expected[i]] == []


def test_callbacks_become_promises_and_back(guests: Guests) -> None:
    """With the receiver, values, errors, falsy reasons, custom functions."""
    code = """const util = require('util'), out = [];
    const object = { factor: 2, twice(n, done) { n < 0 ? done(new Error('negative')) : done(null, n * this.factor) } };
    object.promised = util.promisify(object.twice);
    out.push(await object.promised(4), await object.promised(-1).catch((error) => error.message));
    const own = async () => 'own';
    object.twice[util.promisify.custom] = own;
    out.push(util.promisify(object.twice) === own, await util.promisify((done) => done(null, 1, 2))());
    const back = (fn, ...args) => new Promise((done) => util.callbackify(fn)(...args, (...all) => done(all)));
    out.push(await back(async (n) => n + 1, 1));
    out.push((await back(async () => { throw null })).map((error) => [error.code, error.message, error.reason]));
    out.push((await back(async () => { throw new Error('e') })).map((error) => error.message));
    class Old {} class New {} util.inherits(New, Old);
    out.push(New.super_ === Old, new New() instanceof Old);
    return out"""
    assert guests.result(code) == [
        8, "negative", True, 1, [None, 2],
        [["ERR_FALSY_VALUE_REJECTION", "Promise was rejected with falsy value", None]], ["e"], True, True,
    ]  # fmt: skip


def test_what_is_deprecated_is_told_once(guests: Guests) -> None:
    """In the logs, unless the console is off."""
    code = "const util = require('util'); const f = util.deprecate(() => 5, 'use g', 'DEP1'); f(); return f()"
    report = guests.run(code)
    assert [(record.level, record.text) for record in report.logs] == [("warn", "[DEP1] DeprecationWarning: use g")]
    assert guests.run(code, console=False).outcome.result == b"5"


@pytest.mark.parametrize("module", ["util", "util/types", "assert", "assert/strict", "console"])
def test_the_page_lists_what_the_module_has(guests: Guests, request: pytest.FixtureRequest, module: str) -> None:
    """Each name that is in, and no other."""
    page = (request.config.rootpath / "docs" / "modules" / "util.md").read_text()
    section = re.search(rf"^## `{re.escape(module)}`\n(.*?)(?=^## |\Z)", page, re.M | re.S)[1]
    rows = re.findall(r"^\| (`.*?) \| (in|not) ", section, re.M)
    listed = {name for names, where in rows if where == "in" for name in re.findall(r"`([^`]+)`", names)}
    source = "console" if module == "console" else f"require('{module}')"
    assert listed == set(guests.result(f"return Object.keys({source})"))
    absent = {name for names, where in rows if where == "not" for name in re.findall(r"`([^`]+)`", names)}
    assert not absent & set(guests.result(f"return Object.getOwnPropertyNames({source})"))


SYSTEM = """
const util = require('util');
const tell = (call) => { try { return call() } catch (error) { return [error.name, error.code, error.message] } };
const shown = (error) => [error.message, Object.entries(error), error instanceof Error];
return [[...util.getSystemErrorMap()].sort((one, other) => one[0] - other[0]),
  [-1, -2, -4095, -99999, 0, 1, -1.5, NaN, 'x', undefined, null].map((one) => tell(() => util.getSystemErrorName(one))),
  shown(util._errnoException(-2, 'open', 'x')), shown(util._errnoException(-9, 'read')),
  shown(util._exceptionWithHostPort(-111, 'connect', '::1', 80, 'more')),
  shown(util._exceptionWithHostPort(-111, 'connect', 'a'))]"""


@needs_node
def test_errors_of_the_system_have_nodes_names(guests: Guests) -> None:
    """Linux's numbers, names and texts, and the errors that are made of them."""
    assert guests.result(SYSTEM) == node_result(SYSTEM, None)
