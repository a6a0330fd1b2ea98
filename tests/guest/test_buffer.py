"""`Buffer`: node's own answers, for random arguments of every kind and for hand-picked ones."""

import pytest

from tests.guest.node import needs_node, node_result
from tests.guest.values import REVIVE, Source
from tests.harness import Guests

CALLS = (
    REVIVE
    + """
return input.map(([on, method, given]) => {
  const target = on === null ? Buffer : revive(on);
  const call = tell(() => target[method](...revive(given)));
  return on === null ? call : [call, show(target)];
})"""
)


def compare(guests: Guests, calls: list, body: str = CALLS) -> None:
    """Asks both, and tells of the calls that were answered differently."""
    got, expected = guests.result(body, calls), node_result(body, calls)
    wrong = [(calls[at], got[at], expected[at]) for at in range(len(calls)) if got[at] != expected[at]]
    # What a message shows of an odd value is util.inspect's.
    assert [each for each in wrong if "ERR_INVALID_ARG_VALUE" not in str(each)][:6] == []
    assert len(got) == len(expected) == len(calls)


WIDTHS = ("Int8", "UInt8", "Uint8", *(f"{kind}{bits}{order}" for order in ("LE", "BE") for kind, bits in (
    ("Int", 16), ("UInt", 16), ("Uint", 16), ("Int", 32), ("UInt", 32), ("Uint", 32), ("BigInt", 64), ("BigUInt", 64),
    ("BigUint", 64), ("Float", ""), ("Double", ""), ("Int", ""), ("UInt", ""), ("Uint", ""),
)))  # fmt: skip


@needs_node
def test_numbers_are_read_as_node_reads_them(guests: Guests) -> None:
    """Every width, at every kind of offset."""
    source, calls = Source(1), []
    for name in WIDTHS:
        for _ in range(25):
            calls.append([{"buffer": source.content(12)}, f"read{name}", [source.number(), source.random.randrange(8)]])
        calls.append([{"buffer": [1, 2, 3, 4, 5, 6, 7, 8, 9]}, f"read{name}", []])
        calls.append([{"buffer": [1, 2, 3]}, f"read{name}", [1, source.number()]])
    compare(guests, calls)


@needs_node
def test_numbers_are_written_as_node_writes_them(guests: Guests) -> None:
    """Every width: values at and beyond its limits, fractions, and what is no number."""
    source, calls = Source(2), []
    for name in WIDTHS:
        for _ in range(30):
            power = 2 ** source.random.choice((7, 8, 15, 16, 31, 32, 39, 40, 47, 48, 63, 64))
            value = source.one_of(power, power - 1, -power, -power - 1, 5, -5, 0.5, -0.5, 1e300, source.number())
            if name.startswith("Big") and isinstance(value, int) and not isinstance(value, bool):
                value = {"bigint": str(value)}
            offset = source.one_of(0, 1, 2, source.number())
            calls.append([{"buffer": source.content(12)}, f"write{name}", [value, offset, source.random.randrange(8)]])
    compare(guests, calls)


@needs_node
def test_buffers_are_made_as_node_makes_them(guests: Guests) -> None:
    """from, alloc, concat, byteLength, compare, of, isEncoding, copyBytesFrom."""
    source, calls = Source(3), []
    for _ in range(500):
        calls += [
            [None, "from", [source.value(), source.one_of(source.encoding(), source.number()), source.number()]],
            [None, "from", [source.text(), source.encoding()]],
            [None, "byteLength", [source.value(), source.encoding()]],
            [None, "byteLength", [source.text(), source.encoding()]],
            [None, "compare", [source.value(), source.value()]],
            [None, "copyBytesFrom", [source.value(), source.number(), source.number()]],
            [None, "isEncoding", [source.one_of(source.encoding(), source.value())]],
        ]
        size = source.one_of(3, 9, source.random.randrange(20), *([source.number()] * 2))
        if size not in (2**31, 2**32):
            calls.append([None, "alloc", [size, source.value(), source.encoding()]])
        pieces = [{"buffer": source.content(9)}, {"bytes": source.content(9)}]
        calls.append([None, "concat", [pieces, source.one_of({"undefined": 1}, 3, 12, 40)]])
    calls += [[None, "of", [1, 2, "3", 300]], [None, "concat", [[]]], [None, "concat", [{"object": {}}]]]
    calls += [
        [None, "concat", [[1]]],
        [None, "concat", [[{"words": [1]}]]],
        [None, "alloc", [-1]],
        [None, "alloc", ["5"]],
    ]
    compare(guests, calls)


@needs_node
def test_bytes_and_text_are_node_s(guests: Guests) -> None:
    """toString, write, fill, the slices and writes of each encoding."""
    source, calls = Source(4), []
    encodings = ("ascii", "base64", "base64url", "latin1", "hex", "ucs2", "utf8")
    for _ in range(400):
        on = {"buffer": source.content()}
        encoding = source.one_of(*encodings)
        calls += [
            [on, "toString", [source.encoding(), source.number(), source.random.randrange(-3, 50)]],
            [on, "toString", [source.encoding()]],
            [on, "write", [source.text(), source.number(), source.number(), source.encoding()]],
            [on, "write", [source.text(), source.one_of(source.encoding(), 2), source.encoding()]],
            [on, "fill", [source.text(), source.number(), source.number(), source.encoding()]],
            [on, "fill", [source.one_of(source.text(), source.value()), source.encoding(), source.encoding()]],
            [on, "fill", [source.value(), source.number(), source.number()]],
            [on, f"{encoding}Slice", [source.number(), source.number()]],
            [on, f"{encoding}Write", [source.one_of(source.text(), source.value()), source.number(), source.number()]],
            [on, source.one_of("swap16", "swap32", "swap64"), []],
        ]
    calls += [[{"buffer": [1, 2]}, name, []] for name in ("toString", "toLocaleString", "toJSON", "inspect")]
    calls += [
        [{"buffer": list(range(60))}, "inspect", []],
        [{"buffer": []}, "inspect", []],
        [{"buffer": []}, "toJSON", []],
    ]
    compare(guests, calls)


@needs_node
def test_parts_and_places_are_node_s(guests: Guests) -> None:
    """indexOf, lastIndexOf, includes, compare, equals, copy, slice and subarray."""
    source, calls = Source(5), []
    for _ in range(500):
        # In an odd number of bytes node finds what is not there when it looks for two at a time.
        on = {"buffer": source.content(20) * 2}
        inside = on["buffer"][source.random.randrange(9) :][: source.random.randrange(4)]
        sought = source.one_of(source.value(), source.text(), {"buffer": inside}, {"text": inside})
        for method in ("indexOf", "lastIndexOf", "includes"):
            calls.append([on, method, [sought, source.number(), source.encoding()]])
            calls.append([on, method, [sought, source.one_of("ucs2", "latin1", "hex", -5, 0, 7, {"undefined": 1})]])
            calls.append([on, method, [sought]])
        calls += [
            [on, "compare", [source.value(), *(source.number() for _ in range(4))]],
            [on, "compare", [{"buffer": inside}, source.random.randrange(3)]],
            [on, "equals", [source.one_of(source.value(), on)]],
            [on, "slice", [source.number(), source.number()]],
            [on, "subarray", [source.number()]],
            [on, "copy", [source.value(), source.number(), source.number(), source.number()]],
        ]
    compare(guests, calls)


@needs_node
def test_the_class_looks_like_node_s(guests: Guests) -> None:
    """Names, lengths and descriptors of everything on Buffer, its prototype, and the module."""
    body = """
    const look = (object) => Object.fromEntries(Reflect.ownKeys(object).map((key) => {
      const own = Object.getOwnPropertyDescriptor(object, key);
      const value = typeof own.value === 'function' ? ['function', own.value.length] : own.value === undefined ?
        typeof own.get
        : typeof own.value === 'object' ? 'object' : own.value;
      return [String(key), [value, own.writable, own.enumerable, own.configurable]];
    }));
    const { poolSize, ...all } = require('buffer');
    return [look(Buffer), look(Buffer.prototype), Object.getOwnPropertyNames(all).sort(),
      Buffer.prototype.constructor === Buffer,
      Object.getPrototypeOf(Buffer) === Uint8Array, Buffer.prototype.readUint8 === Buffer.prototype.readUInt8]"""
    got, expected = guests.result(body, {}), node_result(body, {})
    expected[0].pop("Symbol(kIsEncodingSymbol)")
    for name in ("length", "name"):
        got[0].pop(name), expected[0].pop(name)
    expected[2].remove("resolveObjectURL")
    assert got == expected


@needs_node
def test_transcode_is_node_s(guests: Guests) -> None:
    """Between the four encodings that it knows, with what has no place in the target."""
    source = Source(6)
    body = (
        REVIVE + "const b = require('buffer'); return input.map((given) => tell(() => b.transcode(...revive(given))))"
    )
    names = ("utf8", "ucs2", "latin1", "ascii", "binary", "utf16le", "hex", "nope")
    texts = [list("těst ☕ é\U0001f600".encode()), list("hé€".encode("utf-16-le")), [104, 105], []]
    calls = [[{"buffer": text}, one, other] for text in texts[:1] for one in ("utf8",) for other in names]
    calls += [[{"buffer": text}, "ucs2", other] for text in texts[1:2] for other in names]
    calls += [[{"bytes": [104, 105, 233]}, "latin1", other] for other in names]
    calls += [[source.value(), "utf8", "nope"] for _ in range(20)]
    compare(guests, calls, body)


def test_small_buffers_share_a_pool_and_large_ones_do_not(guests: Guests) -> None:
    """As Node has it: 8 KiB, in steps of eight bytes, none where poolSize is 0; a detached pool is replaced."""
    body = """
    const [one, two] = [Buffer.from('abc'), Buffer.allocUnsafe(5)];
    const out = [one.buffer === two.buffer, one.buffer.byteLength, two.byteOffset - one.byteOffset,
      Buffer.alloc(3).buffer.byteLength,
      Buffer.allocUnsafe(4096).buffer.byteLength, Buffer.allocUnsafeSlow(3).buffer.byteLength];
    one.buffer.transfer();
    const three = Buffer.from('xyz');
    Buffer.poolSize = 0;
    const four = Buffer.from('abc');
    for (const odd of [NaN, -1, 1e300, '8', {}, null, 3, 7.5]) { Buffer.poolSize = odd; Buffer.from('ab');
    Buffer.allocUnsafe(1) }
    return [...out, one.length, String(three), four.buffer.byteLength]"""
    assert guests.result(body) == [True, 8192, 8, 3, 4096, 3, 0, "xyz", 3]


HOSTILE = """
const grow = (n) => new ArrayBuffer(n, { maxByteLength: 64 });
const evil = (spoil, value) => ({ valueOf() { spoil(); return value }, toString() { spoil(); return 'utf8' } });
const out = new Set();
const methods = Reflect.ownKeys(Buffer.prototype).filter((key) => typeof key === 'string'
  && key !== 'parent' && key !== 'offset'
  && key !== 'constructor');
for (const method of methods) {
  for (const spoilWith of [(buffer) => buffer.resize(3), (buffer) => buffer.resize(0), (buffer) => buffer.transfer()]) {
    for (let at = 0; at < 4; at++) {
      const memory = grow(32), target = Buffer.from(memory), given = ['ab', 1, 2, 'hex'];
      given[at] = evil(() => { try { spoilWith(memory) } catch {} }, at === 0 ? 1 : 20);
      try { target[method](...given); out.add('done') } catch (error) { out.add(error.name) }
      try { spoilWith(memory); target[method](...['ab', 1, 2, 'hex']); out.add('done') } catch (error) {
        out.add(error.name) }
    }
  }
  for (const self of [undefined, null, 1, 'x', {}, [], new Proxy(Buffer.alloc(4), {}),
    Object.create(Buffer.prototype), grow(4)]) {
    try { Buffer.prototype[method].call(self, 1, 2, 3); out.add('done') } catch (error) { out.add(error.name) }
  }
}
return [...out].sort()"""


def test_buffers_that_change_under_a_method_harm_nothing(guests: Guests, unharmed: None) -> None:
    """Shrunk, emptied and detached by an argument's conversion, and every kind of `this`: an error or an answer."""
    assert set(guests.result(HOSTILE)) <= {"done", "TypeError", "RangeError", "InternalError"}


def test_a_search_takes_no_time_with_the_product_of_the_lengths(guests: Guests) -> None:
    """An attack on lastIndexOf and on two-byte text: uniform bytes, and matches at odd places only."""
    body = """
    const size = 1 << 20, hay = Buffer.alloc(size, 97), what = Buffer.alloc(size / 2, 97);
    what[1] = 98;
    const pairs = Buffer.alloc(size, 'ab'), odd = Buffer.alloc(size / 2, 'ba');
    return [hay.lastIndexOf(what), hay.indexOf(what), hay.lastIndexOf(what, 'ucs2'), pairs.indexOf(odd, 0, 'ucs2'),
      pairs.indexOf(odd)]"""
    assert guests.result(body) == [-1, -1, -1, -1, 1]


@pytest.mark.parametrize("size", ["2 ** 32", "2 ** 31", "2 ** 40", "1e9"])
def test_huge_sizes_are_errors(guests: Guests, size: str) -> None:
    """Of the code, or of the memory that the policy gives."""
    report = guests.run(f"try {{ Buffer.alloc({size}); return 1 }} catch (error) {{ return error instanceof Error }}")
    failure = getattr(report.outcome, "type", None)
    assert failure == "MemoryLimitError" or report.outcome.result == b"true"


def test_a_prototype_that_a_guest_changes_is_its_own_world(guests: Guests) -> None:
    """The methods go on, and subclasses and species are what they are in Node."""
    body = """
    Uint8Array.prototype.__proto__.set = Uint8Array.prototype.__proto__.fill = String.prototype.slice = () => {
      throw 1 };
    Object.defineProperty(Object.prototype, 'value', { get() { throw 2 }, configurable: true });
    const made = [Buffer.from([1, 2]), Buffer.alloc(2, 7), Buffer.concat([Buffer.from('a'), Buffer.from('b')])];
    delete Object.prototype.value;
    class Mine extends Buffer[Symbol.species] {}
    return [...made.map((each) => each.toString('hex')), Buffer.isBuffer(new Mine(2)), Buffer(2).length,
      new Buffer('hi').toString()]"""
    assert guests.result(body) == ["0102", "0707", "6162", True, 2, "hi"]
