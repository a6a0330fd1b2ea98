"""Modules of our own and globals that are made on first touch: how they look, and that no guest gets into them."""

import re

import modules
import pytest
import yaml

from host.policy.vocabulary import FORBIDDEN, MODULES, owner_of
from host.sandbox.image import ImageBundle
from tests.abuse.test_requirement_08_poisoned_builtins import POISON_ALL
from tests.guest.bindings import Bindings
from tests.harness import Guests

#: Words for policies whose modules the guest does not have yet. A module takes its name out of here when it comes.
NOT_THERE_YET = {"tasks"}


def test_a_policy_has_a_word_for_every_module() -> None:
    """And for no module that the guest lacks, but for those that are written down above."""
    public = {*modules.PACKAGES, *modules.PUBLIC}
    owners = {name if name in modules.OWN_RIGHT else name.split("/")[0] for name in public}
    assert owners == MODULES - NOT_THERE_YET
    assert {name: owner_of(name) for name in modules.OWN_RIGHT} == {name: name for name in modules.OWN_RIGHT}
    assert not public & FORBIDDEN.keys()


def test_the_shipped_sandbox_lists_what_only_computes(request: pytest.FixtureRequest) -> None:
    """Every module of the guest: none of them reaches outside."""
    text = (request.config.rootpath / "policies" / "sandbox.yaml").read_text()
    assert set(yaml.safe_load(text)["modules"]) == MODULES - NOT_THERE_YET


def test_internal_modules_have_names_that_no_code_can_require(guests: Guests, bundle: ImageBundle) -> None:
    """Neither as the host knows them, nor as they know each other."""
    internal = [name for name in bundle.manifest.modules if name.startswith("internal:")]
    assert {name.removeprefix("internal:") for name in internal} >= set(modules.own_modules())
    names = [spelled for name in internal for spelled in (name, name.removeprefix("internal:"), f"node:{name}")]
    code = "return input.map((name) => { try { require(name); return name } catch (error) { return error.code } })"
    found = guests.result(code, [*names, "path#posix", "node/path#posix"], fuel=10**11)
    assert set(found) == {"MODULE_NOT_FOUND"}


def test_a_module_of_ours_is_under_the_policy(guests: Guests) -> None:
    """By its public name, with and without `node:`, its parts with it."""
    for name in modules.PUBLIC:
        owner = name if name in modules.OWN_RIGHT else name.split("/")[0]
        for spelled in (name, f"node:{name}"):
            failure = guests.failure(f"return require('{spelled}')", modules=("lodash",))
            assert (failure.type, failure.message) == (
                "CapabilityError", f"The policy does not list the module '{owner}'",
            )  # fmt: skip
            assert guests.result(f"return typeof require('{spelled}')", modules=(owner,)) in ("object", "function")


GLOBAL = pytest.mark.parametrize("name", modules.GLOBALS)


@GLOBAL
def test_a_lazy_global_looks_like_any_other(guests: Guests, name: str) -> None:
    """To everything that reflects on it, before and after it was touched."""
    look = """
    const own = Object.getOwnPropertyDescriptor(globalThis, NAME);
    return [NAME in globalThis, Object.hasOwn(globalThis, NAME), Object.keys(globalThis).includes(NAME),
      Object.getOwnPropertyNames(globalThis).includes(NAME), Object.keys(own), typeof own.value, own.writable,
      own.enumerable, own.configurable, own.value === globalThis[NAME]]""".replace("NAME", f"'{name}'")
    kind = guests.result(f"return typeof {name}")
    assert kind in ("object", "function")
    shown = name in modules.ENUMERABLE
    expected = [
        True, True, shown, True, ["value", "writable", "enumerable", "configurable"], kind, True, shown, True, True,
    ]  # fmt: skip
    assert guests.result(look) == expected
    assert guests.result(f"{name}; {look}") == expected


@GLOBAL
def test_a_lazy_global_can_be_replaced_shadowed_and_deleted(guests: Guests, name: str) -> None:
    """Like a property of the guest's own."""
    assert guests.result(f"{name} = 5; return [{name}, globalThis['{name}']]") == [5, 5]
    assert guests.result(f"globalThis['{name}'] = 5; return {name}") == 5
    assert guests.result(f"const {name} = 6; return {name}") == 6
    assert guests.result(f"return [delete globalThis['{name}'], typeof {name}, '{name}' in globalThis]") == [
        True, "undefined", False,
    ]  # fmt: skip
    defined = f"Object.defineProperty(globalThis, '{name}', {{ get: () => 7, configurable: true }}); return {name}"
    assert guests.result(defined) == 7
    assert guests.result(f"Object.freeze(globalThis); return typeof {name}") in ("object", "function")


@GLOBAL
def test_a_global_is_made_in_a_world_where_everything_was_replaced(guests: Guests, name: str) -> None:
    """Every method of every built-in throws, and none of them is called."""
    assert guests.result(f"{POISON_ALL} return typeof {name}") in ("object", "function")


@pytest.mark.parametrize("name", modules.PUBLIC)
def test_a_module_is_made_in_a_world_where_everything_was_replaced(guests: Guests, name: str) -> None:
    """The same, by `require`."""
    assert guests.result(f"{POISON_ALL} return typeof require('{name}')") in ("object", "function")


def test_path_and_performance_work_in_that_world(guests: Guests) -> None:
    """And their errors are still made in Node's words."""
    code = """
    const path = require('path');
    const out = [path.join('a', '..', 'b'), path.relative('/a/b', '/c'), typeof performance.now()];
    try { path.join(1) } catch (error) { out[3] = error.code; out[4] = error.message }
    return out"""
    assert guests.result(POISON_ALL + code) == [
        "b", "../../c", "number", "ERR_INVALID_ARG_TYPE",
        'The "path" argument must be of type string. Received type number (1)',
    ]  # fmt: skip


GETS_IN = """
const seen = [];
for (const key of ['exports', 'performance', 'Performance', 'value', 'name', 'now', 'internal:web/performance']) {
  Object.defineProperty(Object.prototype, key, {
    __proto__: null, configurable: true,
    get() { seen.push(key); return undefined },
    set(value) { seen.push(key); delete globalThis.performance; globalThis.later = 1 },
  });
}
"""


def test_accessors_on_object_prototype_do_not_get_in(guests: Guests) -> None:
    """A setter or getter that changes the globals while one is being made: nothing of ours calls it."""
    assert guests.result(GETS_IN + "const kind = typeof performance.now(); return [kind, seen]") == ["number", []]


def test_what_could_not_be_made_for_want_of_stack_is_made_later(guests: Guests) -> None:
    """At the end of the stack it is a RangeError that the code catches; afterwards the global is there, whole."""
    code = """
    let failed = 0;
    function touch() { try { performance } catch (error) { failed += error instanceof RangeError } }
    function deep() { try { deep() } catch { touch() } }
    deep();
    return [failed > 0, typeof performance.now(), require('path').join('a', 'b')]"""
    assert guests.result(code) == [True, "number", "a/b"]


def test_what_could_not_be_made_for_want_of_memory_is_made_later(guests: Guests) -> None:
    """Out of memory in the middle of it corrupts nothing: with memory free again it works."""
    code = """
    const hoard = [];
    let failed = 0;
    for (const size of [1 << 20, 1 << 16, 1 << 12, 1 << 8]) {
      try { for (;;) hoard.push(new Uint8Array(size)) } catch {}
    }
    try { performance } catch { failed++ }
    hoard.length = 0;
    return [typeof performance.now(), typeof require('path').join]"""
    report = guests.run(code, memory_bytes=16 << 20)
    # What the engine could not even tell is MemoryLimitError; a result is right.
    failure = getattr(report.outcome, "type", None)
    assert failure == "MemoryLimitError" or report.outcome.result == b'["number","function"]'


def test_no_stack_shows_our_frames(guests: Guests) -> None:
    """Neither as text nor as call sites; the caller's own are there."""
    code = """
    const { join } = require('path');
    function mine() { join(1) }
    const tell = () => { try { mine() } catch (error) { return error.stack } };
    const text = tell();
    Error.prepareStackTrace = (error, sites) => sites.map((site) => site.getFileName() ?? 'native');
    return [text, tell()]"""
    text, files = guests.result(code)
    assert "mine (codeblock.js:3:" in text
    assert "cellblock" not in text
    assert "join" not in text
    assert set(files) == {"codeblock.js"}


def test_performance_goes_by_the_clock_of_the_policy(guests: Guests) -> None:
    """Marks and measures are on it, and there is no other way to make one."""
    code = """
    performance.mark('a', { startTime: 5 });
    performance.mark('b', { startTime: 8.5, detail: 1 });
    const { name, duration, startTime } = performance.measure('c', 'a', 'b');
    const names = performance.getEntries().map((entry) => entry.name);
    let refused;
    try { new Performance() } catch (error) { refused = error.code }
    performance.clearMarks();
    return [name, duration, startTime, names, refused, performance.getEntriesByType('mark').length,
      Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 1, String(performance)]"""
    assert guests.result(code) == [
        "c", 3.5, 5, ["a", "c", "b"], "ERR_ILLEGAL_CONSTRUCTOR", 0, True, "[object Performance]",
    ]  # fmt: skip


def test_every_primordial_that_is_used_exists() -> None:
    """Those that modules take out of `primordials`, by the text of the modules."""
    taken = set()
    for source in modules.own_modules().values():
        for names in re.findall(rb"const \{([^}]*)\} = primordials;", source):
            taken |= {name.strip().split(b":")[0].decode() for name in names.split(b",") if name.strip()}
    plain = {"AggregateError", "BigInt", "DOMException", "RegExp", "queueMicrotask", "setImmediate", "clearImmediate"}
    plain |= {f"{verb}{kind}" for verb in ("set", "clear") for kind in ("Timeout", "Interval")}
    plain |= {
        "Array",
        "DataView",
        "Error",
        "FinalizationRegistry",
        "Map",
        "Object",
        "RangeError",
        "Set",
        "String",
        "TypeError",
        "URIError",
    }
    methods = sorted(name for name in taken if re.search(r"[a-z][A-Z]", name) and name not in plain)
    kinds = Bindings().run(
        "return given.map((name) => { try { return typeof primordials[name] } catch { return name } })", methods
    )
    symbols = ("ToStringTag", "Iterator", "AsyncIterator", "HasInstance", "Species", "ToPrimitive")
    own = {"JSONStringify", *(f"Symbol{name}" for name in symbols)}
    constructors = {name for name in methods if re.fullmatch(r"(Big)?[A-Z]\w*(Array|Buffer|Map|Set|Ref|Error)", name)}
    wrong = [name for name, kind in zip(methods, kinds, strict=True) if kind != "function"]
    assert set(wrong) - own - constructors == set()
