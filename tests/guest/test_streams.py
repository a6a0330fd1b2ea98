"""Web streams: what node's do."""

import modules

from tests.guest.node import needs_node, node_result
from tests.harness import Guests

PLAY = """
const out = [];
const fail = (error) => [error?.constructor?.name ?? error, error?.name];
const collect = async (stream) => { const all = []; for await (const chunk of stream) all.push(chunk); return all };
const count = (n) => new ReadableStream({ start(c) { for (let i = 0; i < n; i++) c.enqueue(i); c.close() } });
out.push(await collect(count(5)), await collect(ReadableStream.from(['a', Promise.resolve('b')])));
const doubled = new TransformStream({ transform(chunk, c) { c.enqueue(chunk); c.enqueue(-chunk) },
  flush(c) { c.enqueue('end') } });
out.push(await collect(count(3).pipeThrough(doubled)));
const written = [];
await count(3).pipeTo(new WritableStream({ write(chunk) { written.push(chunk) },
  close() { written.push('closed') } }));
out.push(written);
const [one, two] = count(2).tee();
out.push(await collect(one), await collect(two));
const bytes = new ReadableStream({ type: 'bytes', autoAllocateChunkSize: 4, pull(c) {
  const view = c.byobRequest.view; view[0] = view.byteLength; c.byobRequest.respond(1);
} });
const reader = bytes.getReader({ mode: 'byob' });
const { value, done } = await reader.read(new Uint8Array(9));
out.push([...value], done, value.buffer.byteLength);
out.push(await reader.read(new Uint8Array(0)).catch(fail), await reader.cancel('x'));
const control = new AbortController(), events = [];
const piping = new ReadableStream({ cancel: (r) => events.push(['cancel', r]) })
  .pipeTo(new WritableStream({ abort: (r) => events.push(['abort', r]) }), { signal: control.signal });
control.abort('stop');
out.push(await piping.catch((error) => error), events);
const locked = count(1); locked.getReader();
for (const wrong of [() => locked.getReader(), () => new ReadableStream({ type: 'x' }),
  () => new ReadableStream({ size: 1 }, { highWaterMark: -1 }),
  () => new WritableStream({ type: 'bytes' }), () => new ReadableStreamDefaultReader(5), () => ReadableStream(),
    () => locked.pipeTo(5),
  () => ReadableStream.prototype.tee.call({}), () => new ReadableStreamDefaultController(),
    () => new CountQueuingStrategy(),
  () => count(1).pipeTo(new WritableStream(), { signal: 1 }), () => ReadableStream.from(5), () => locked.cancel()]) {
  try { await wrong(); out.push('none') } catch (error) { out.push(fail(error)) }
}
const sized = new WritableStream({}, new ByteLengthQueuingStrategy({ highWaterMark: 10 })).getWriter();
out.push(sized.desiredSize); sized.write(new Uint8Array(4)); out.push(sized.desiredSize);
const errored = new ReadableStream({ pull(c) { c.error(new RangeError('bad')) } });
out.push(await collect(errored).catch((error) => error.message));
const stop = count(9)[Symbol.asyncIterator]();
out.push(await stop.next(), await stop.return('r'), await stop.next());
const backpressure = [];
const slow = new ReadableStream({ pull(c) { backpressure.push(c.desiredSize); c.enqueue(1) } }, { highWaterMark: 3 });
await new Promise((resolve) => setTimeout(resolve, 5));
out.push(backpressure);
return out"""


@needs_node
def test_streams_do_what_nodes_do(guests: Guests) -> None:
    """Reading, writing, transforming, teeing, piping, bytes, signals, strategies, and what each refuses."""
    got, expected = guests.result(PLAY), node_result(PLAY, None)
    assert [(at, one) for at, one in enumerate(zip(got, expected, strict=True)) if one[0] != one[1]] == []


SURFACE = """
return input.map((name) => {
  const Class = globalThis[name], { prototype } = Class;
  return [name, Class.name, Class.length, prototype[Symbol.toStringTag], Object.getOwnPropertyNames(Class).length,
    Object.getOwnPropertyNames(prototype).sort().map((key) => {
      const own = Object.getOwnPropertyDescriptor(prototype, key);
      return [key, own.enumerable, own.configurable, typeof own.get, typeof own.set, own.value?.length,
        own.value?.name];
    })];
});"""


@needs_node
def test_the_classes_look_like_nodes(guests: Guests) -> None:
    """Names, lengths, tags and descriptors of every class and member."""
    names = [name for name in modules.STREAMS if name != "ReadableStreamDefaultController"]
    got, expected = guests.result(SURFACE, names), node_result(SURFACE, names)
    assert [one for one in zip(got, expected, strict=True) if one[0] != one[1]] == []


def test_the_module_has_the_globals(guests: Guests) -> None:
    """require('stream/web') gives the same classes."""
    code = "const web = require('stream/web'); return Object.keys(web).filter((name) => web[name] === globalThis[name])"
    codecs = ["TextEncoderStream", "TextDecoderStream", "CompressionStream", "DecompressionStream"]
    assert guests.result(code) == [*modules.STREAMS, *codecs]


COMPRESSION = """
const whole = async (stream) => {
  const out = [];
  for await (const chunk of stream) for (const byte of chunk) out.push(byte);
  return out;
};
const through = (bytes, transform) => whole(new Blob([new Uint8Array(bytes)]).stream().pipeThrough(transform));
const told = async (bytes, format) => {
  try { return (await through(bytes, new DecompressionStream(format))).length } catch (error) { return error.name }
};
const text = new TextEncoder().encode('over and over '.repeat(9000)), results = [];
for (const format of ['gzip', 'deflate', 'deflate-raw']) {
  const packed = await through(text, new CompressionStream(format));
  const unpacked = await through(packed, new DecompressionStream(format));
  results.push(packed.length < 5000, unpacked.length === text.length && unpacked.every((byte, i) => byte === text[i]));
  results.push(await told(packed.slice(0, -1), format), await told([...packed, 1], format), await told([], format));
}
const stream = new CompressionStream('gzip'), writer = stream.writable.getWriter();
stream.readable.getReader().read().catch(() => {});
const { get } = Object.getOwnPropertyDescriptor(CompressionStream.prototype, 'readable');
for (const made of [() => new CompressionStream('zip'), () => new DecompressionStream(),
  () => CompressionStream('gzip'), () => get.call({}), () => writer.write('text')]) {
  try { await made(); results.push('none') } catch (error) { results.push(error.name) }
}
return results"""


def test_streams_of_compression_do_what_the_standard_says(guests: Guests) -> None:
    """There and back in each format; data that is cut off or goes on is a TypeError, as bad arguments are."""
    errors = ["TypeError"] * 3
    assert guests.result(COMPRESSION) == [True, True, *errors] * 3 + ["TypeError"] * 5


def test_text_is_encoded_over_the_borders_of_chunks(guests: Guests) -> None:
    """Halves of a pair that are in two chunks are one character; what is half at the end is U+FFFD."""
    code = """
    const out = [], stream = ReadableStream.from(['a\\ud83d', '\\ude00', '', 5,
      '\\ud800']).pipeThrough(new TextEncoderStream());
    for await (const chunk of stream) out.push([...chunk]);
    return [out, new TextEncoderStream().encoding, Object.keys(TextEncoderStream.prototype)]"""
    assert guests.result(code) == [
        [[97], [240, 159, 152, 128], [53], [239, 191, 189]], "utf-8", ["encoding", "readable", "writable"],
    ]  # fmt: skip


@needs_node
def test_bytes_are_decoded_over_the_borders_of_chunks(guests: Guests) -> None:
    """By label, with the errors and the accessors of node's."""
    code = """
    const out = [], split = (bytes) => ReadableStream.from(bytes.map((list) => Uint8Array.from(list)));
    for (const [bytes, ...given] of [[[[0xf0, 0x9f], [0x98, 0x80, 65]]], [[[0xef, 0xbb, 0xbf, 66]]], [[[0xff]]],
      [[[0xff]], 'utf-8', { fatal: true }], [[[0x41], [0, 0x42], [0]], 'utf-16le'], [[[0xf0]]]]) {
      const stream = new TextDecoderStream(...given);
      try { let text = ''; for await (const chunk of split(bytes).pipeThrough(stream)) text += chunk; out.push(text) }
      catch (error) { out.push(error.name) }
      out.push(stream.encoding, stream.fatal, stream.ignoreBOM);
    }
    try { new TextDecoderStream('no such') } catch (error) { out.push(error.name) }
    return out"""
    assert guests.result(code) == node_result(code, None)
