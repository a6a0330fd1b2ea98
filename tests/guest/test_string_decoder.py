"""`string_decoder`: node's own answers for pieces of every size, and that none of them cuts a character."""

from tests.guest.node import needs_node, node_result
from tests.guest.values import REVIVE, Source
from tests.harness import Guests

DECODE = (
    REVIVE
    + """
const { StringDecoder } = require('string_decoder');
return input.map(([encoding, pieces, last]) => tell(() => {
  const decoder = new StringDecoder(revive(encoding));
  const out = pieces.map((piece) => tell(() => [decoder.write(revive(piece)), decoder.lastNeed, decoder.lastTotal]));
  return [decoder.encoding, ...out, tell(() => decoder.end(...revive(last))), decoder.lastNeed,
    decoder.write(Buffer.from('c3a9', 'hex'))];
}))"""
)


@needs_node
def test_pieces_become_the_text_that_node_makes_of_them(guests: Guests) -> None:
    """Random bytes and whole characters, in every encoding, cut anywhere."""
    source, cases = Source(7), []
    for _ in range(700):
        content = source.one_of(
            source.content(), list("aé漢\U0001f600".encode()) * 2, list("a\U0001f600é".encode("utf-16-le")) * 2
        )
        pieces = []
        while content:
            size = source.random.choice((1, 1, 2, 3, 7))
            pieces.append({source.one_of("buffer", "bytes", "view"): content[:size]})
            content = content[size:]
        if source.random.random() < 0.1:
            pieces.append(source.one_of(source.value(), source.text()))
        cases.append([source.encoding(), pieces, source.one_of([], [{"buffer": source.content(5)}])])
    got, expected = guests.result(DECODE, cases), node_result(DECODE, cases)
    assert [each for each in zip(cases, got, expected, strict=True) if each[1] != each[2]][:3] == []


@needs_node
def test_the_class_looks_like_node_s(guests: Guests) -> None:
    """Names and descriptors, and that it can be called on an object of another class."""
    body = """
    const { StringDecoder } = require('node:string_decoder');
    const look = (object) => Object.fromEntries(Object.entries(Object.getOwnPropertyDescriptors(object)).map(([key,
      own]) =>
      [key, [typeof own.value, typeof own.get, own.writable, own.enumerable, own.configurable]]));
    function Mine() { StringDecoder.call(this, 'hex') }
    Object.setPrototypeOf(Mine.prototype, StringDecoder.prototype);
    const fresh = new StringDecoder();
    fresh.write(Buffer.from('e18b', 'hex'));
    return [look(StringDecoder.prototype), Object.keys(fresh), new Mine().write(Buffer.from('ab')), [...fresh.lastChar],
      StringDecoder.length, Object.keys(require('string_decoder'))]"""
    assert guests.result(body, {}) == node_result(body, {})


def test_odd_receivers_and_buffers_are_errors(guests: Guests) -> None:
    """No state, a proxy, a detached buffer: an error, and the decoder works on."""
    body = """
    const { StringDecoder } = require('string_decoder');
    const gone = Buffer.from('ab');
    const kept = new Uint8Array(4);
    kept.buffer.transfer();
    const decoder = new StringDecoder('utf8');
    const told = (call) => { try { return [call()] } catch (error) { return error.name } };
    return [told(() => StringDecoder.prototype.write.call({}, gone)), told(() => decoder.write(new Proxy(gone, {}))),
      told(() => decoder.write(null)), told(() => StringDecoder()), told(() => decoder.write(gone)),
        typeof told(() => decoder.write(kept))]"""
    assert guests.result(body) == ["TypeError", "TypeError", "TypeError", "TypeError", ["ab"], "object"]
