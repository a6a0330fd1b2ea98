"""`zlib`: what node compressed is decompressed and the other way round; bombs, deadlines and the event loop."""
# ruff: noqa: E501 - lines of JavaScript and of data

import asyncio
import gzip
import random
import time
import zlib

import pytest

from host.execution.outcome import Failure
from tests.guest.node import needs_node, node_result
from tests.harness import Guests, failure_of

TELL = """
const zlib = require('zlib');
const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const tell = (call) => {
  try { return call() } catch (error) { return [error.code ?? null, error.errno ?? null, error.name, error.message] }
};
const pairs = [['gzip', 'gunzip'], ['deflate', 'inflate'], ['deflateRaw', 'inflateRaw'], ['gzip', 'unzip'], ['deflate', 'unzip'],
  ['brotliCompress', 'brotliDecompress']];
"""


def samples() -> list[str]:
    source = random.Random(31)
    made = [b"", b"a", b"hello " * 400, source.randbytes(3000), bytes(20_000), "漢字".encode() * 500]
    return [each.hex() for each in made]


OPTIONS = [
    {}, {"level": 0}, {"level": 9, "memLevel": 9}, {"level": 1, "memLevel": 1, "windowBits": 9}, {"strategy": 2},
    {"strategy": 4}, {"finishFlush": 2},
]  # fmt: skip


@needs_node
def test_each_reads_what_the_other_wrote(guests: Guests) -> None:
    """With every codec, and with options."""
    pack = (
        TELL
        + """
    return input.flatMap(([text, options]) => pairs.map(([pack]) => hex(zlib[pack + 'Sync'](bytes(text), options))))"""
    )
    unpack = (
        TELL
        + """
    return input.map(([packed, options], at) => tell(() => hex(zlib[pairs[at % pairs.length][1] + 'Sync'](bytes(packed), options))))"""
    )
    given = [[text, options] for text in samples() for options in OPTIONS]
    flushes = [options for _, options in given for _ in range(6)]
    plain = [text for text, _ in given for _ in range(6)]
    ask = {"fuel": 100_000_000_000}
    reading = [{"finishFlush": options["finishFlush"]} if "finishFlush" in options else {} for options in flushes]
    mine = guests.result(pack, given, **ask)
    assert node_result(unpack, [list(row) for row in zip(mine, reading, strict=True)]) == plain
    theirs = node_result(pack, given)
    assert guests.result(unpack, [list(row) for row in zip(theirs, reading, strict=True)], **ask) == plain


BROKEN = """
return input.map(([text, options]) => ['gunzip', 'inflate', 'inflateRaw', 'unzip'].map((name) => {
  const out = tell(() => hex(zlib[name + 'Sync'](bytes(text), options)));
  return out;
}))"""


@needs_node
def test_broken_data_are_the_errors_of_node(guests: Guests) -> None:
    """Cut, changed and joined streams, garbage and zeros behind the end, dictionaries that are missing or wrong."""
    source = random.Random(32)
    text = b"some text that is worth compressing, some text " * 20
    packed = [gzip.compress(text), zlib.compress(text), zlib.compress(text)[2:-4]]
    with_dictionary = zlib.compressobj(zdict=b"some text")
    packed.append(with_dictionary.compress(text) + with_dictionary.flush())
    given = []
    for stream in packed:
        for _ in range(60):
            raw = bytearray(stream)
            if source.random() < 0.5:
                del raw[source.randrange(len(raw)) :]
            elif source.random() < 0.7:
                raw[source.randrange(min(len(raw), 40))] ^= 1 << source.randrange(8)
            raw += source.choice(
                [b"", b"", b"\\0\\0", b"garbage", b"\x1f\x8b\xff\xff", stream, b"\0" * 10 + b"x", b"\0"]
            )
            options = source.choice([{}, {}, {"finishFlush": 2}])
            given.append([bytes(raw).hex(), options])
    code = TELL + BROKEN
    got, expected = guests.result(code, given, fuel=100_000_000_000), node_result(code, given)
    wrong = [row for row in zip(given, got, expected, strict=True) if row[1] != row[2]]
    assert not wrong, [
        [(at, mine[at], theirs[at]) for at in range(4) if mine[at] != theirs[at]] + [case[0][-80:], case[1]]
        for case, mine, theirs in wrong
    ]


@needs_node
def test_wrong_arguments_are_the_errors_of_node(guests: Guests) -> None:
    """For every option, and for what is no data."""
    values = ["1", "-2", "100", "NaN", "Infinity", "'x'", "null", "{}", "7.5", "1n", "true"]
    names = [
        "level",
        "windowBits",
        "memLevel",
        "strategy",
        "chunkSize",
        "flush",
        "finishFlush",
        "maxOutputLength",
        "dictionary",
    ]
    calls = [
        f"zlib.deflateSync('abc', {{ {name}: {value} }}).length > 0"
        for name in names
        for value in values
        if value != "1n"
    ]
    calls += [f"zlib.gunzipSync({value})" for value in ("1", "null", "undefined", "{}", "[1]", "true", "new Map()")]
    calls += [
        f"zlib.crc32({value})"
        for value in ("'hello'", "new Uint8Array(5)", "1", "'a', -1", "'a', 1.5", "'a', '1'", "'b', 4294967295")
    ]
    calls += ["zlib.gzip('a')", "zlib.gzip('a', {}, 1)", "zlib.brotliCompressSync('a', { params: { 99: 1 } })",
              "zlib.brotliCompressSync('a', { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 'x' } })",
              "zlib.brotliCompressSync('a', { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } }).length > 0",
              "zlib.gzipSync('a', { windowBits: 8 })", "zlib.inflateRawSync(zlib.deflateRawSync('abc', { windowBits: 8 })).length"]  # fmt: skip
    code = TELL + "return [" + ",".join(f"() => {call}" for call in calls) + "].map(tell)"
    got, expected = guests.result(code, fuel=100_000_000_000), node_result(code, None)
    wrong = [row for row in zip(calls, got, expected, strict=True) if row[1] != row[2]]
    assert not wrong, wrong


@needs_node
def test_names_and_numbers_are_those_of_node(guests: Guests) -> None:
    """But for the classes, which are streams."""
    code = """
    const zlib = require('zlib');
    const plain = Object.keys(zlib).filter((name) => !/^[A-Z]|^create/.test(name));
    return [plain.map((name) => [name, zlib[name].name, zlib[name].length]), Object.entries(zlib.constants), zlib.codes]"""
    assert guests.result(code) == node_result(code, None)


def test_callbacks_and_promises_get_what_the_others_return(guests: Guests) -> None:
    """In the order in which they were asked for, and never at once."""
    code = """
    const zlib = require('zlib');
    const ask = (name, ...given) => new Promise((done, fail) => zlib[name](...given, (error, out) => error ? fail(error) : done(out)));
    const order = [];
    const all = ['gzip', 'deflate', 'brotliCompress', 'deflateRaw'].map(async (name) => {
      const packed = await ask(name, 'text '.repeat(1000));
      order.push(name);
      return packed.length < 100;
    });
    order.push('asked');
    const failed = await ask('gunzip', 'abc').catch((error) => error.code);
    return [await Promise.all(all), order, failed];"""
    names = ["gzip", "deflate", "brotliCompress", "deflateRaw"]
    assert guests.result(code, fuel=20_000_000_000) == [[True] * 4, ["asked", *names], "Z_DATA_ERROR"]


def bomb(mebibytes: int) -> str:
    """Zeros, compressed so much that a few KiB are left of a GiB: twice."""
    codec = zlib.compressobj(9)
    once = b"".join(codec.compress(bytes(1 << 20)) for _ in range(mebibytes)) + codec.flush()
    return once.hex()


READ_HEX = (
    "const raw = Uint8Array.from(input.match(/../g), (pair) => parseInt(pair, 16)); const zlib = require('zlib');"
)


@pytest.mark.usefixtures("unharmed")
def test_a_bomb_ends_at_the_bound_that_code_gave(guests: Guests) -> None:
    """With Node's error, before more than that was decompressed."""
    code = (
        READ_HEX
        + """
    try { zlib.inflateSync(raw, { maxOutputLength: 1 << 20 }) } catch (error) { return [error.code, error.message] }"""
    )
    report = guests.run(code, bomb(200), input_bytes=4 << 20)
    assert report.outcome.result == b'["ERR_BUFFER_TOO_LARGE","Cannot create a Buffer larger than 1048576 bytes"]'
    assert report.usage.memory_peak_bytes < 32 << 20


@pytest.mark.usefixtures("unharmed")
def test_a_bomb_ends_at_the_memory_of_the_execution(guests: Guests) -> None:
    """What was decompressed is the guest's, under its cap."""
    failure = guests.failure(READ_HEX + "return zlib.inflateSync(raw).length", bomb(200), input_bytes=4 << 20)
    assert failure.type == "MemoryLimitError"


@pytest.mark.usefixtures("unharmed")
def test_compressing_ends_with_the_fuel_and_at_the_deadline(guests: Guests) -> None:
    """It is charged, and stopped between two steps; meanwhile the event loop is free."""
    endless = "const zlib = require('zlib'); const data = new Uint8Array(8 << 20); for (;;) zlib.deflateSync(data, { level: 9 })"
    failure = guests.failure(endless + "; return 1", fuel=1_000_000_000)
    assert (failure.type, failure.limit) == ("TimeoutError", "fuel")

    async def run() -> tuple[Failure, float, float]:
        late = 0.0

        async def watch() -> None:
            nonlocal late
            while True:
                began = time.perf_counter()
                await asyncio.sleep(0.001)
                late = max(late, time.perf_counter() - began)

        watcher = asyncio.create_task(watch())
        began = time.monotonic()
        report = await guests.start(endless + "; return 1", fuel=10**13, wall_time_ms=700)
        took = time.monotonic() - began
        watcher.cancel()
        return failure_of(report), took, late

    failure, took, late = guests.wait(run())
    assert (failure.type, failure.limit) == ("TimeoutError", "wall_time")
    assert took < 3
    # A machine that does other things too adds to it; a block of 8 MiB in one go takes seconds.
    assert late < 0.5


def test_without_the_module_there_are_no_operations(guests: Guests) -> None:
    """A policy that does not list `zlib` has none of it."""
    failure = guests.failure("return require('zlib')", modules=("url",))
    assert failure.type == "CapabilityError"


def test_steps_do_not_count_as_host_calls_of_the_policy(guests: Guests) -> None:
    """They are bounded by fuel."""
    code = "const zlib = require('zlib'); for (let i = 0; i < 50; i++) zlib.gunzipSync(zlib.gzipSync('a')); return 1"
    assert guests.result(code, host_calls=1) == 1


def test_hostile_data_and_options_are_no_danger(guests: Guests) -> None:
    """Detached and resized buffers, proxies, getters that throw."""
    code = (
        TELL
        + """
    const detached = new Uint8Array(8); detached.buffer.transfer();
    const hostile = [detached, new DataView(new ArrayBuffer(4)), new Proxy(new Uint8Array(2), {}), { length: 1e9 }, Symbol()];
    const options = [{ get level() { throw new Error('mine') } }, new Proxy({}, { get: () => 1e9 }), 5, 'x', { dictionary: detached }];
    let count = 0;
    for (const value of hostile) for (const name of ['gzipSync', 'gunzipSync', 'brotliDecompressSync', 'crc32']) {
      tell(() => zlib[name](value)); count++;
    }
    for (const value of options) for (const name of ['gzipSync', 'inflateSync', 'brotliCompressSync']) {
      tell(() => zlib[name]('abc', value)); count++;
    }
    return count"""
    )
    assert guests.result(code) == 35
