"""TextEncoder, TextDecoder, atob and btoa: published vectors, Python's and node's answers."""

import base64
import random

import pytest

from tests.abuse.test_requirement_08_poisoned_builtins import POISON_ALL
from tests.guest.node import needs_node, node_result
from tests.guest.values import Source
from tests.harness import Guests

DECODE = """
const units = (text) => [...Array(text.length).keys()].map((at) => text.charCodeAt(at)).join();
return input.map(([label, options, pieces]) => {
  try {
    const decoder = new TextDecoder(label, options);
    return [decoder.encoding, ...pieces.map((piece, at) => {
      try { return units(decoder.decode(Uint8Array.from(piece), {
        stream: at < pieces.length - 1 })) } catch (error) { return error.name }
    })];
  } catch (error) { return [error.name, error.code] }
})"""


def pieces_of(source: Source, content: list[int]) -> list[list[int]]:
    """A content cut anywhere, or not."""
    pieces = []
    while content:
        size = source.random.choice((1, 1, 2, 3, 5, 60))
        pieces.append(content[:size])
        content = content[size:]
    return pieces or [[]]


@needs_node
def test_utf8_and_utf16_are_decoded_as_node_decodes_them(guests: Guests) -> None:
    """Good and broken text, marks at the beginning, in pieces and whole; errors where `fatal`."""
    source, cases = Source(9), []
    alphabets = {
        "utf-8": [0xEF, 0xBB, 0xBF, 0xE2, 0x82, 0xAC, 65, 0xF0, 0x9F, 0x98, 0xC3, 0xED, 0xA0],
        "utf-16le": [0, 0xD8, 0xDC, 0xDF, 0xFE, 0xFF, 65],
    }
    for label, alphabet in alphabets.items():
        for _ in range(400):
            content = [source.random.choice(alphabet) for _ in range(source.random.randrange(24))]
            fatal, keeps = source.random.random() < 0.3, source.random.random() < 0.5
            pieces = [content] if fatal else pieces_of(source, content)
            cases.append([label, {"fatal": fatal, "ignoreBOM": keeps}, pieces])
    got, expected = guests.result(DECODE, cases), node_result(DECODE, cases)
    assert [each for each in zip(cases, got, expected, strict=True) if each[1] != each[2]][:3] == []


#: Encodings of the Encoding Standard whose characters Python's codec of that name has at the same places.
SAME_IN_PYTHON = {
    "gb18030": "漢字€ﾊﾛ한\U0001f600\u0100", "gbk": "你好世界", "big5": "漢字中文",
    "shift_jis": "日本語ｱｲｳ、", "euc-kr": "한국어가힣", "euc-jp": "日本語ｱ丂",
    "iso-2022-jp": "日本語abc", "windows-1251": "Привет", "koi8-r": "Привет",
    "iso-8859-2": "łódź", "windows-1252": "é€ß", "iso-8859-7": "αβγ",
    "macintosh": "é∂", "ibm866": "Привет", "windows-1258": "ăơ",
    "iso-8859-15": "€ŠŒ",
}  # fmt: skip
_PYTHON_NAMES = {"macintosh": "mac_roman", "ibm866": "cp866", "euc-kr": "cp949", "windows-1258": "cp1258"}


def test_older_encodings_are_decoded_whole_and_in_pieces(guests: Guests) -> None:
    """Text that Python encoded; every way to cut it gives the same."""
    source, cases, texts = Source(10), [], []
    for label, text in SAME_IN_PYTHON.items():
        content = list((text + " a " + text).encode(_PYTHON_NAMES.get(label, label)))
        for pieces in ([content], [[byte] for byte in content], *(pieces_of(source, content) for _ in range(6))):
            cases.append([label, {"fatal": True}, pieces])
            texts.append(text + " a " + text)
    for case, got, text in zip(cases, guests.result(DECODE, cases), texts, strict=True):
        units = ",".join(got[1:]).split(",")
        raw = text.encode("utf-16-le")
        expected = [str(int.from_bytes(raw[at : at + 2], "little")) for at in range(0, len(raw), 2)]
        assert [got[0], *(unit for unit in units if unit)] == [case[0], *expected], case


@pytest.mark.parametrize(
    ("label", "content", "text"),
    [
        # What the Encoding Standard says of errors: ASCII behind a broken beginning is read again.
        ("gbk", "81 20 80 ff", "\ufffd \u20ac\ufffd"),
        ("gb18030", "81 30 81 30 84 31 a4 37 90 30 81 30 fe", "\u0080\ufffd\U00010000\ufffd"),
        ("gb18030", "81 35 f4 37 a6 d9 a8 bc", "\ue7c7\ufe10\u1e3f"),
        (
            "big5",
            "88 62 88 64 88 a3 88 a5 87 40 a1 20",
            "\u00ca\u0304\u00ca\u030c\u00ea\u0304\u00ea\u030c\u43f0\ufffd ",
        ),
        ("shift_jis", "f0 40 fc fc 81 20 a0 80", "\ue000\ufffd\ufffd \ufffd\u0080"),
        ("euc-jp", "8f a2 af 8e b1 8f a2 41 a1 41", "\u02d8\uff71\ufffdA\ufffdA"),
        ("euc-kr", "81 41 b0 a1 a1 20", "\uac02\uac00\ufffd "),
        ("iso-2022-jp", "1b 24 42 30 21 1b 28 42 61", "\u4e9ca"),
        ("iso-2022-jp", "1b 28 4a 5c 7e 1b 28 49 31 1b 24 40 1b 28 42", "\u00a5\u203e\uff71\ufffd"),
        ("iso-2022-jp", "1b 24", "\ufffd$"),
        ("x-user-defined", "41 80 ff", "A\uf780\uf7ff"),
        ("windows-1252", "80 81 9f", "\u20ac\u0081\u0178"),
        ("windows-1255", "ca d9 fd", "\u05ba\ufffd\u200e"),
        ("windows-874", "db ff", "\ufffd\ufffd"),
        ("koi8-u", "ae be", "\u045e\u040e"),
        ("utf-16be", "fe ff d8 3d de 00 d8", "\U0001f600\ufffd"),
    ],
)
def test_vectors_of_the_encoding_standard(guests: Guests, label: str, content: str, text: str) -> None:
    """By its algorithms and indexes; where `fatal`, an error where U+FFFD would be."""
    body = """
    const bytes = Uint8Array.from(input.content);
    let fatal = false;
    try { new TextDecoder(input.label, { fatal: true }).decode(bytes) } catch (error) {
      fatal = error instanceof TypeError }
    const pieces = new TextDecoder(input.label);
    let cut = '';
    for (const byte of bytes) cut += pieces.decode(Uint8Array.of(byte), { stream: true });
    return [new TextDecoder(input.label).decode(bytes), cut + pieces.decode(), fatal]"""
    got = guests.result(body, {"label": label, "content": list(bytes.fromhex(content))})
    assert got == [text, text, "\ufffd" in text]


def test_labels(guests: Guests) -> None:
    """As the standard's table has them, whatever their case, with white space around; `replacement` has no decoder."""
    body = """
    return input.map((label) => { try { return new TextDecoder(label).encoding } catch (error) { return [error.name,
      error.code] } })"""
    labels = {
        " UTF8\n": "utf-8", "latin1": "windows-1252", "ascii": "windows-1252", "l1": "windows-1252",
          "gb2312": "gbk", "sjis": "shift_jis",
        "ks_c_5601-1987": "euc-kr", "csisolatin9": "iso-8859-15", "utf-16": "utf-16le", "unicodefffe": "utf-16be",
          "logical": "iso-8859-8-i",
        "Big5-HKSCS": "big5", "866": "ibm866", "dos-874": "windows-874", "X-USER-DEFINED": "x-user-defined",
          "gb18030": "gb18030",
    }  # fmt: skip
    refused = ["", "utf-9", "replacement", "iso-2022-cn", "utf-8\u00a0", "hasOwnProperty", "__proto__", "\x0butf-8"]
    expected = [*labels.values(), *[["RangeError", "ERR_ENCODING_NOT_SUPPORTED"]] * len(refused)]
    assert guests.result(body, [*labels, *refused]) == expected


def test_the_interfaces_are_those_of_the_standard(guests: Guests) -> None:
    """Names, defaults, brands, what is taken for bytes, and encodeInto's counts."""
    body = """
    const refused = (call) => { try { return [call()] } catch (error) { return error.name } };
    const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];
    const gone = new Uint8Array(4); gone.buffer.transfer();
    const into = encoder.encodeInto('aé\\u{1f600}', new Uint8Array(5));
    return [encoder.encoding, decoder.encoding, decoder.fatal, decoder.ignoreBOM, [...encoder.encode()],
      [...encoder.encode(undefined)],
      [...encoder.encode('\\ud800')], into, encoder.encodeInto('x', gone), decoder.decode(),
        decoder.decode(undefined), decoder.decode(gone),
      decoder.decode(new DataView(Uint8Array.of(65, 66, 67).buffer, 1)), decoder.decode(Uint8Array.of(65).buffer),
      ...[null, 1, 'x', {}, []].map((input) => refused(() => decoder.decode(input))),
        refused(() => new TextDecoder('utf-8', 1)),
      refused(() => encoder.encodeInto('a', new Uint16Array(2))), refused(() => encoder.encodeInto('a')),
        refused(() => TextDecoder()),
      refused(() => TextDecoder.prototype.decode.call({})), refused(() => TextEncoder.prototype.encoding),
        refused(() => encoder.encode(Symbol())),
      String(encoder), String(decoder), Object.keys(TextEncoder.prototype), Object.keys(TextDecoder.prototype),
        TextDecoder.length,
      encoder.encodeInto.length, decoder.decode.length]"""
    assert guests.result(body) == [
        "utf-8", "utf-8", False, False, [], [], [239, 191, 189], {"read": 2, "written": 3}, {"read": 0,
          "written": 0}, "", "", "", "BC", "A",
        *["TypeError"] * 12,
        "[object TextEncoder]", "[object TextDecoder]", ["encoding", "encode", "encodeInto"],
        ["encoding", "fatal", "ignoreBOM", "decode"], 0, 2, 0,
    ]  # fmt: skip


@needs_node
def test_atob_and_btoa_are_node_s(guests: Guests) -> None:
    """Random strings, most of them nearly base64: the same text or the same error."""
    source = random.Random(11)
    given = [
        "",
        "ab=c",
        "abcd=",
        "ab==",
        "a",
        "ab",
        "abc=",
        " YQ ==\n",
        "YQ=",
        "YR==",
        "\u00e9",
        "null",
        "abcde",
        "ab\u00a0",
        "=",
    ]
    for _ in range(600):
        alphabet = source.choice(("aGVsbG8=", "aGVsbG8= \t\n\f\r", "ab+/=_-", "ab\x0b\x00\u0100é"))
        given.append("".join(source.choice(alphabet) for _ in range(source.randrange(12))))
    body = """
    const units = (text) => [...Array(text.length).keys()].map((at) => text.charCodeAt(at)).join();
    const told = (call) => { try { return units(call()) } catch (error) { return [error.name, error.code,
      error instanceof DOMException] } };
    return [...input.map((text) => [told(() => atob(text)), told(() => btoa(text))]), told(() => atob()),
      told(() => btoa()),
      told(() => atob(null)), told(() => btoa(undefined)), told(() => btoa({})), atob.length, btoa.name]"""
    got, expected = guests.result(body, given), node_result(body, given)
    assert [each for each in zip([*given, *"nnnnnnn"], got, expected, strict=True) if each[1] != each[2]][:5] == []


def test_a_megabyte_goes_both_ways(guests: Guests) -> None:
    """And nothing of it is lost on the way."""
    body = """
    const bytes = crypto.getRandomValues(new Uint8Array(60000));
    const text = 'aé漢\\u{1f600}'.repeat(100000);
    return [btoa(atob(Buffer.from(bytes).toString('base64'))), Buffer.from(bytes).toString('base64'),
      new TextDecoder().decode(new TextEncoder().encode(text)) === text]"""
    twice, once, same = guests.result(body)
    assert twice == once
    assert len(base64.b64decode(once)) == 60000
    assert same


HOSTILE = """
const out = new Set();
const odd = [undefined, null, 1, 'x', {}, new Proxy(new Uint8Array(2), {}), Symbol(), 1n, { toString() {
  throw 1 } }, () => {}];
for (const one of odd) for (const other of odd) {
  for (const call of [() => new TextDecoder(one, other), () => new TextDecoder().decode(one, other),
    () => new TextEncoder().encode(one),
      () => new TextEncoder().encodeInto(one, other), () => atob(one), () => btoa(one)]) {
    try { call(); out.add('done') } catch (error) { out.add(error?.name ?? 'thrown') }
  }
}
const memory = new ArrayBuffer(8, { maxByteLength: 8 });
const decoder = new TextDecoder('gbk');
decoder.decode(new Uint8Array(memory), { get stream() { memory.resize(0); return true } });
decoder.decode(Uint8Array.of(0x81), { get stream() { decoder.decode(Uint8Array.of(0x81), { stream: true });
return true } });
return [...out].sort()"""


def test_hostile_arguments(guests: Guests, unharmed: None) -> None:
    """Proxies, symbols, getters that shrink the input or enter the decoder again: errors or answers."""
    assert set(guests.result(HOSTILE)) <= {"TypeError", "RangeError", "InvalidCharacterError", "done", "thrown"}


def test_decoders_work_where_everything_was_replaced(guests: Guests) -> None:
    """None of the built-ins that a guest can replace is used, but for the iterator of a blob's parts."""
    body = """
    const bytes = new TextEncoder().encode('aé');
    const blob = new Blob({ __proto__: null, [Symbol.iterator]: () => ({ left: [bytes], next() {
      const value = this.left[0]; this.left = []; return { value, done: value === undefined } } }) });
    return new TextDecoder().decode(bytes) + new TextDecoder(' GB18030 ').decode(bytes) + blob.size"""
    assert guests.result(POISON_ALL + body) == "aéa茅3"
