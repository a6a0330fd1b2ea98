"""`structuredClone`: the HTML standard's, as node has it where it does."""

import random

import pytest

from tests.guest.node import needs_node, node_result
from tests.harness import Guests

#: What a value is, with its identities: `tell` writes it down, `build` makes one from a description.
TELL = """
const tell = (value, seen = new Map()) => {
  if (typeof value === 'bigint') return ['bigint', String(value)];
  if (typeof value === 'number') return ['number', Object.is(value, -0) ? '-0' : String(value)];
  if (value === undefined) return ['undefined'];
  if (value === null || typeof value !== 'object') return value;
  if (seen.has(value)) return ['seen', seen.get(value)];
  seen.set(value, seen.size);
  const own = Object.keys(value).filter((key) => !ArrayBuffer.isView(value) && !(value instanceof String))
    .map((key) => [key, tell(value[key], seen)]);
  const named = Object.getPrototypeOf(value)?.constructor?.name;
  const inner = value instanceof Date ? value.getTime() : value instanceof RegExp ? [String(value), value.lastIndex]
    : value instanceof Map ? [...value].map((pair) => pair.map((item) => tell(item, seen)))
    : value instanceof Set ? [...value].map((item) => tell(item, seen))
    : value instanceof Error ? [value.message, Object.hasOwn(value, 'message'), tell(value.cause, seen),
      typeof value.stack]
    : value instanceof ArrayBuffer ? [...new Uint8Array(value), value.resizable, value.maxByteLength]
    : ArrayBuffer.isView(value) ? [value.byteOffset, value.byteLength, tell(value.buffer, seen)]
    : [Number, String, Boolean, BigInt].some((Class) => value instanceof Class) ? tell(value.valueOf(), seen)
    : Array.isArray(value) ? value.length : null;
  return [named, inner, own];
};
"""

BUILD = """
const buffers = [new ArrayBuffer(8), new ArrayBuffer(4, { maxByteLength: 16 })];
new Uint8Array(buffers[0]).set([1, 2, 3]);
const makers = {
  plain: (v) => v, undefined: () => undefined, nan: () => NaN, negative: () => -0, big: (v) => BigInt(v),
  date: (v) => new Date(v), invalid: () => new Date(NaN), regexp: (v) => Object.assign(/a.b/gimsuy, { lastIndex: v }),
  boxed: (v) => Object(v), boxedBig: (v) => Object(BigInt(v)), own: (v) => Object.assign(new Date(v), { extra: v }),
  buffer: (v) => buffers[v % 2], bytes: (v) => new Uint8Array(buffers[0], v % 4, 2),
    shorts: () => new Int16Array(buffers[0]),
  tracking: () => new Uint8Array(buffers[1]), view: () => new DataView(buffers[0], 3),
    floats: () => new Float64Array(2),
  error: (v) => new RangeError(String(v), { cause: v }), named: (v) => Object.assign(new Error('x'),
    { name: 'TypeError', v }),
  mine: () => new (class Mine extends SyntaxError {})('m'), bare: () => Object.assign(Object.create(null), { b: 1 }),
  instance: () => new (class A { x = 1; get y() { return 2 } })(), sparse: (v) => { const a = [1, , 3]; a.k = v;
    a.length = 9; return a },
  getter: () => ({ get a() { delete this.b; return 1 }, b: 2, get c() { this.d = 3; return 4 } }),
  hidden: () => Object.defineProperty({ a: 1 }, 'h', { value: 2 }), symbolic: () => ({ [Symbol('s')]: 1, a: 2 }),
};
const build = ([kind, ...rest], known = []) => {
  if (kind === 'array') { const made = []; known.push(made); for (const r of rest) made.push(build(r, known));
    return made }
  if (kind === 'object') { const made = {}; known.push(made); rest.forEach((r, i) => made['k' + i] = build(r,
    known)); return made }
  if (kind === 'map') { const made = new Map(); known.push(made); for (const r of rest) made.set(build(r, known),
    build(r, known)); return made }
  if (kind === 'set') { const made = new Set(); known.push(made); for (const r of rest) made.add(build(r, known));
    return made }
  if (kind === 'again') return known[rest[0] % known.length] ?? null;
  return makers[kind](...rest);
};
"""

LEAVES = [
    *("plain", "undefined", "nan", "negative", "big", "date", "invalid", "regexp", "boxed", "boxedBig", "own"),
    *("buffer", "bytes", "shorts", "tracking", "view", "floats", "error", "named", "mine", "bare", "instance"),
    *("sparse", "getter", "hidden", "symbolic", "again"),
]


def random_values() -> list:
    source = random.Random(21)

    def value(depth: int) -> list:
        if depth == 0 or source.random() < 0.4:
            kind = source.choice(LEAVES)
            given = source.choice([1, "text", True, None, 2.5, "\ud800"]) if kind == "plain" else source.randrange(9)
            return [kind, given]
        branch = source.choice(["array", "object", "map", "set"])
        return [branch, *(value(depth - 1) for _ in range(source.randrange(4)))]

    return [value(3) for _ in range(500)]


@needs_node
def test_clones_are_those_of_node(guests: Guests) -> None:
    """500 random values with cycles and shared parts, every class that can be cloned among them."""
    code = f"{TELL}{BUILD} return input.map((one) => tell(structuredClone(build(one))))"
    given = random_values()
    got, expected = guests.result(code, given), node_result(code, given)
    assert [one for one in zip(given, got, expected, strict=True) if one[1] != one[2]] == []


REFUSED = [
    *("() => {}", "Symbol('s')", "function named() {}", "new Proxy({}, {})", "new WeakMap()", "new WeakSet()"),
    *("Promise.resolve(1)", "new WeakRef({})", "[1, { a: [class A {}] }]", "new Map([[() => 1, 2]])"),
    *("{ get a() { throw new RangeError('mine') } }", "Object(Symbol('y'))", "(function* () {})()", "[].values()"),
    "(() => { const b = new ArrayBuffer(1); structuredClone(b, { transfer: [b] }); return b })()",
    "(() => { const b = new ArrayBuffer(8, { maxByteLength: 8 }), v = new Uint8Array(b, 4); b.resize(1); return v })()",
]


@needs_node
@pytest.mark.parametrize("value", REFUSED)
def test_what_cannot_be_cloned_is_a_data_clone_error(guests: Guests, value: str) -> None:
    """Of the same name and code as node's; what a getter throws comes through."""
    code = f"try {{ structuredClone({value}); return 'cloned' }} catch (error) {{ return [error.name, error.code] }}"
    assert guests.result(code) == node_result(code, None) != "cloned"


def test_a_transferred_buffer_moves(guests: Guests) -> None:
    """With the views on it; the original is detached, and only if everything went well."""
    code = """
    const out = [], tell = (call) => { try { return call() } catch (error) { return error.name } };
    const buffer = new ArrayBuffer(4, { maxByteLength: 8 }), view = new Uint8Array(buffer, 1, 2);
    view[0] = 7;
    out.push(tell(() => structuredClone([view, () => 1], { transfer: [buffer] })), buffer.detached);
    const moved = structuredClone({ view, buffer }, { transfer: [buffer] });
    out.push(moved.view[0], moved.view.buffer === moved.buffer, moved.buffer.resizable, buffer.detached, view.length);
    for (const options of [{ transfer: [buffer] }, { transfer: [{}] }, { transfer: [1] }, { transfer: 1 }, 1,
      { transfer: [moved.buffer, moved.buffer] }, { transfer: [new EventTarget()] },
        { transfer: { [Symbol.iterator]: 1 } }]) {
      out.push(tell(() => structuredClone(1, options)));
    }
    out.push(structuredClone(5, null), structuredClone(6, {}), structuredClone(7, { transfer: undefined }),
      moved.buffer.detached);
    out.push(tell(() => structuredClone()), structuredClone.length, structuredClone.name);
    return out"""
    assert guests.result(code) == [
        "DataCloneError", False, 7, True, True, True, 0,
        "DataCloneError", "DataCloneError", "TypeError", "TypeError", "TypeError", "DataCloneError", "DataCloneError",
        "TypeError", 5, 6, 7, False, "TypeError", 1, "structuredClone",
    ]  # fmt: skip


def test_objects_of_the_web_are_no_plain_objects(guests: Guests) -> None:
    """Those that the standards do not make serializable are refused, where node clones some as `{}`."""
    code = """
    const made = [new Event('x'), new EventTarget(), new AbortController(), AbortSignal.abort(), new FormData()];
    return made.map((one) => { try { structuredClone(one); return 'cloned' } catch (error) { return error.name } })"""
    assert guests.result(code) == ["DataCloneError"] * 5


def test_a_dom_exception_is_cloned_as_one(guests: Guests) -> None:
    """With its name, message and code."""
    code = """const made = structuredClone(new DOMException('m', 'AbortError'));
    return [made instanceof DOMException, made.name, made.message, made.code]"""
    assert guests.result(code) == [True, "AbortError", "m", 20]


def test_hostile_values_end_in_errors(guests: Guests) -> None:
    """Too deep, proxies inside, setters on prototypes, lengths that lie: nothing traps, nothing is called."""
    code = """
    const out = [], tell = (call) => { try { return call() } catch (error) { return error.name } };
    let deep = {}; for (let i = 0; i < 100000; i++) deep = { deep };
    out.push(tell(() => structuredClone(deep)));
    out.push(tell(() => structuredClone({ inner: new Proxy([], {}) })));
    Object.defineProperty(Object.prototype, 'trap', { set() { out.push('set') }, configurable: true });
    Object.defineProperty(Array.prototype, '0', { set() { out.push('set') }, configurable: true });
    const own = {}; Object.defineProperty(own, 'trap', { value: 1, enumerable: true });
    out.push(structuredClone(own).trap, structuredClone([, 2])[1]);
    Map.prototype.set = Set.prototype.add = () => { out.push('called') };
    out.push(structuredClone(new Map([])).size, structuredClone(new Array(4294967295)).length);
    delete Array.prototype[0];
    return out"""
    assert guests.result(code) == ["RangeError", "DataCloneError", 1, 2, 0, 4294967295]


def test_blobs_and_files_are_cloned(guests: Guests) -> None:
    """With bytes, type, name and time; a subclass of File becomes a File."""
    code = """
    class Mine extends File { own = 1 }
    const given = [new Blob(['ab'], { type: 't/x' }), new Mine(['c'], 'n', { lastModified: 7 })];
    const [blob, file] = structuredClone(given);
    return [blob.constructor.name, await blob.text(), blob.type, file.constructor.name, file.name, file.lastModified,
      await file.text(), file.own ?? null]"""
    assert guests.result(code) == ["Blob", "ab", "t/x", "File", "n", 7, "c", None]
