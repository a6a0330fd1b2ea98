"""Requirement 9: a module's name is an own property of a list, read once as a string."""

import pytest

from tests.harness import Guests

NOT_FOUND = [
    "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "../lodash", "./lodash",
    "/lodash",
    "lodash/", "lodash//get", "lodash/../fs", "lodash/./get", "lodash/__proto__", "lodash/constructor",
    "lodash\\u0000", "\\u0000lodash", "lodash\\n", " lodash", "lodash ", "LODASH", "lod\\u0430sh",
    "\\uff4codash", "lodash\\u200b", "\\ufefflodash", "lodash\\u0301", "node:", "node:node:lodash", "NODE:lodash", "file:///etc/passwd",
    "https://example.com/x.js", "data:text/javascript,1", "\\ud800", "", ".", "..", "*", "qs/lib",
    "cellblock:", "cellblock:bridge",
    "bridge", "main", "codeblock.js", "F\\u017f", "lodash?x", "lodash#x", "lodash%2fget", "lodash\\\\get",
]  # fmt: skip


@pytest.mark.parametrize("name", NOT_FOUND)
def test_what_is_not_exactly_a_name_is_not_a_module(guests: Guests, name: str) -> None:
    """Not by the prototype chain, not by climbing, not by looking alike, and not by case."""
    assert (
        guests.result(f"try {{ require('{name}') }} catch (e) {{ return e.code }} return 'found'") == "MODULE_NOT_FOUND"
    )


FORBIDDEN = [
    "fs", "child_process", "net", "http", "https", "os", "vm", "worker_threads", "cluster", "dgram", "dns",
    "tls", "module", "repl", "v8",
]  # fmt: skip


@pytest.mark.parametrize("name", FORBIDDEN)
@pytest.mark.parametrize("spelling", ["{}", "node:{}", "{}/promises"])
def test_a_forbidden_module_is_a_security_error_with_a_hint(guests: Guests, name: str, spelling: str) -> None:
    """However it is spelled, and whatever the policy lists."""
    failure = guests.failure(f"return require('{spelling.format(name)}')")
    spelled = spelling.format(name).removeprefix("node:")
    assert (failure.type, failure.message) == ("SecurityError", f"Module '{spelled}' is not available to code blocks")
    assert failure.hint


NOT_STRINGS = {
    "toString": "{toString() { return 'lodash' }}",
    "a getter": "{get toString() { return () => 'lodash' }}",
    "toString that changes its answer": "{n: 0, toString() { return this.n++ ? 'fs' : 'lodash' }}",
    "Symbol.toPrimitive": "{[Symbol.toPrimitive]: () => 'lodash'}",
    "an array": "['lodash']",
    "a String object": "new String('lodash')",
    "a Proxy": "new Proxy(new String('lodash'), {})",
    "a symbol": "Symbol.for('lodash')",
    "nothing": "",
    "undefined": "undefined",
    "null": "null",
    "a number": "1",
    "a function": "() => 'lodash'",
}


@pytest.mark.parametrize("kind", NOT_STRINGS)
def test_a_name_that_is_no_string_is_not_asked_for_one(guests: Guests, kind: str) -> None:
    """So it cannot answer differently the second time."""
    failure = guests.failure(f"return require({NOT_STRINGS[kind]})")
    assert (failure.type, failure.message) == ("TypeError", 'The "id" argument must be of type string')


@pytest.mark.parametrize("name", ["qs", "node:qs", "uuid", "dayjs/plugin/utc", "crypto-js/aes", "date-fns/locale"])
def test_a_module_that_the_policy_does_not_list_is_a_capability_error(guests: Guests, name: str) -> None:
    """Which names it, can be caught, and says how to grant it."""
    package = name.removeprefix("node:").split("/")[0]
    failure = guests.failure(f"return require('{name}')", modules=("lodash",))
    assert (failure.type, failure.message, failure.hint) == (
        "CapabilityError",
        f"The policy does not list the module '{package}'",
        f"A policy grants it with modules: [{package}].",
    )
    assert (
        guests.result(f"try {{ require('{name}') }} catch (e) {{ return e.name }}", modules=("lodash",))
        == "CapabilityError"
    )


def test_a_listed_package_brings_its_parts_and_nothing_else(guests: Guests) -> None:
    """Dynamic names included, which no scan of the source can see."""
    assert guests.result("return require('lod' + 'ash/get')({a: 1}, 'a')", modules=("lodash",)) == 1
    assert guests.failure("return require(['q', 's'].join(''))", modules=("lodash",)).type == "CapabilityError"


def test_a_replaced_list_of_modules_replaces_nothing(guests: Guests) -> None:
    """What a guest does to require or to a module's exports is its own business."""
    code = (
        "const _ = require('lodash'); _.get = () => 'mine'; _['../fs'] = 1; require.cache = "
        "{fs: 1}; require.resolve = () => 1;"
        "return [require('lodash/get')({a: 1}, 'a'), require('lodash') === _]"
    )
    assert guests.result(code) == ["mine", True]


def test_a_misspelled_name_gets_a_suggestion(guests: Guests) -> None:
    """The nearest name, and a very long one is cut."""
    assert guests.failure("return require('lodahs')").message == "Cannot find module 'lodahs'. Did you mean 'lodash'?"
    assert guests.failure("return require('x'.repeat(1e5))").message == f"Cannot find module '{'x' * 200}'"
