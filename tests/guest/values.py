"""Arguments for differential tests: JSON that becomes values of every kind, the same in the guest and in node."""

import random

#: `revive(tagged)` makes a value; `tell(call)` gives what a call returned or threw, as JSON can hold it.
REVIVE = """
const revive = (tagged) => {
  if (tagged === null || typeof tagged !== 'object') return tagged;
  if (Array.isArray(tagged)) return tagged.map(revive);
  const [[kind, value]] = Object.entries(tagged);
  switch (kind) {
    case 'undefined': return undefined;
    case 'number': return Number(value);
    case 'bigint': return BigInt(value);
    case 'text': return String.fromCharCode(...value);
    case 'buffer': return Buffer.from(value);
    case 'bytes': return Uint8Array.from(value);
    case 'words': return Uint16Array.from(value);
    case 'view': return new DataView(Uint8Array.from(value).buffer);
    case 'raw': return Uint8Array.from(value).buffer;
    case 'symbol': return Symbol('s');
    case 'object': return value;
    case 'boxed': return Object(value);
    default: throw new Error(kind);
  }
};
const show = (value) => {
  if (value === undefined) return { undefined: 1 };
  if (typeof value === 'bigint') return { bigint: String(value) };
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : Number.isFinite(value) ? value : {
    number: String(value) };
  if (typeof value === 'string') return [...Array(value.length).keys()].map((at) => value.charCodeAt(at)).join();
  if (value instanceof ArrayBuffer) return ['ArrayBuffer', ...new Uint8Array(value)];
  if (ArrayBuffer.isView(value)) return [value.constructor.name, ...new Uint8Array(value.buffer, value.byteOffset,
    value.byteLength)];
  if (Array.isArray(value)) return value.map(show);
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key,
    each]) => [key, show(each)]));
  return value;
};
// Errors of the engines themselves have words of their own; those with a code are Node's.
const tell = (call) => {
  try { return show(call()) } catch (error) {
    return error.code && typeof error.code === 'string' ? [error.name, error.code, error.message] : [error.name];
  }
};
"""


class Source:
    """Random values of a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def one_of(self, *choices: object) -> object:
        return self.random.choice(choices)

    def content(self, most: int = 40) -> list[int]:
        """Bytes, of a small alphabet for half of the time so that things repeat."""
        length = self.random.randrange(most + 1)
        if self.random.random() < 0.5:
            return [self.random.choice((0, 97, 98, 0xC3, 0xA9, 255)) for _ in range(length)]
        return list(self.random.randbytes(length))

    def text(self) -> dict:
        """A string of any kind: ASCII, base64, hexadecimal, wide, with lone surrogates."""
        alphabet = self.one_of(
            "ab", "abcdef0189AF", "aGVsbG8=-_+/ \n", "é\xff\x80a", "漢a\u0100", "\ud800\udc00\udfffa", "a"
        )
        units = [ord(self.random.choice(alphabet)) for _ in range(self.random.randrange(14))]
        return {"text": units}

    def encoding(self) -> object:
        names = ("utf8", "utf-8", "ucs2", "UCS-2", "utf16le", "utf-16le", "latin1", "binary", "ascii", "base64")
        return self.one_of(*names, "base64url", "hex", "HEX", "Base64", "utf8", {"undefined": 1}, "nope", "", None, 5)

    def number(self) -> object:
        """Offsets and numbers, most of them sensible."""
        if self.random.random() < 0.6:
            return self.random.randrange(-3, 45)
        return self.one_of(
            {"number": "NaN"}, {"number": "Infinity"}, {"number": "-Infinity"}, 1.5, -0.5, 2**31, -(2**31) - 1,
              2**32, 2**53,
            {"undefined": 1}, None, "3", "x", True, {"symbol": 1}, {"object": {}}, {"bigint": "5"}, -1,
              {"number": "-0"}, [],
        )  # fmt: skip

    def value(self) -> object:
        """Anything."""
        kind = self.one_of("text", "buffer", "bytes", "words", "view", "raw", "number", "number", "other")
        if kind == "text":
            return self.text()
        if kind == "number":
            return self.number()
        if kind == "other":
            return self.one_of(
                None, {"undefined": 1}, [1, 2, 300, -1, "4"], {"object": {"length": 3, "0": 7, "2": 9}},
                  {"boxed": "abc"},
                {"object": {"type": "Buffer", "data": [1, 2]}}, {"object": {}}, True, {"bigint": "7"}, {"boxed": 5},
            )  # fmt: skip
        size = 20 if kind != "words" else 10
        return {kind: self.content(size)}
