"""bindings('bytes'), which Buffer and the text codecs are made of, against Python's codecs and node's odd cases."""

import base64
import random
from functools import cache

import pytest

from tests.guest.bindings import Bindings

UTF8, UCS2, LATIN1, ASCII, BASE64, BASE64URL, HEX = range(7)

#: Lengths around every step of 8 and 16 bytes.
LENGTHS = [*range(40), 63, 64, 65, 255, 1000]
BEFORE = """
const b = bindings('bytes');
const bytes = (list) => Uint8Array.from(list);
const list = (buffer) => [...new Uint8Array(buffer)];
const units = (string) => [...Array(string.length).keys()].map((i) => string.charCodeAt(i));
const text = (units) => units.map((unit) => String.fromCharCode(unit)).join('');
"""


@cache
def bindings() -> Bindings:
    return Bindings()


def run(script: str, given: object = None) -> object:
    return bindings().run(BEFORE + script, given)


def random_bytes(length: int, seed: int) -> list[int]:
    return list(random.Random(length * 1000 + seed).randbytes(length))


def utf16(text: str) -> list[int]:
    raw = text.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(raw[at : at + 2], "little") for at in range(0, len(raw), 2)]


def texts() -> list[str]:
    """Random texts of each width, with runs of ASCII and lone surrogates in them."""
    source = random.Random(1)
    alphabets = ["az09", "aé\xff\x80", "a\u07ff\u0800漢", "ab\U0001f600\U0010ffff", "a\ud800\udc00\udfff é漢"]
    made = []
    for alphabet in alphabets:
        for length in LENGTHS:
            ascii_run = "x" * source.randrange(0, 40)
            made.append(ascii_run + "".join(source.choice(alphabet) for _ in range(length)))
    # The pairs that join by chance are one character for JavaScript, and so for Python below.
    return [text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass") for text in made]


def well_formed(text: str) -> bytes:
    return "".join("\ufffd" if 0xD800 <= ord(char) < 0xE000 else char for char in text).encode()


def test_utf8_is_written_as_python_writes_it() -> None:
    """With U+FFFD for a lone surrogate, and its length is known beforehand."""
    given = [utf16(text) for text in texts()]
    got = run("return given.map(text).map((s) => [b.byteLength(s, 0), list(b.encode(s, 0))])", given)
    assert got == [[len(well_formed(text)), list(well_formed(text))] for text in texts()]


def broken_utf8() -> list[list[int]]:
    """Good text with bytes of it changed, cut off and put in, and every first byte with few behind it."""
    source = random.Random(2)
    made = [[lead, *rest] for lead in range(0x80, 0x100) for rest in ([], [0x80], [0x9F, 0xBF], [0xBF, 0x80, 0x80])]
    for text in texts():
        raw = bytearray(well_formed(text))
        for _ in range(source.randrange(0, 3)):
            if raw:
                raw[source.randrange(len(raw))] = source.randrange(0x70, 0x100)
        made.append(list(raw[: source.randrange(len(raw) + 1)] if source.random() < 0.5 else raw))
    return made


def test_utf8_is_read_as_python_reads_it() -> None:
    """One U+FFFD for each maximal part of what is not UTF-8; `fatal` and isUtf8 say whether there was any."""
    given = broken_utf8()
    got = run(
        "return given.map(bytes).map((v) => [units(b.decode(v, 0, undefined, 0)),"
        " b.decode(v, 0, undefined, 0, true) !== undefined, b.isUtf8(v), b.isAscii(v)])",
        given,
    )
    for raw, (decoded, fatal_passes, is_utf8, is_ascii) in zip(given, got, strict=True):
        content = bytes(raw)
        good = content == content.decode(errors="replace").encode() and _is_utf8(content)
        assert decoded == utf16(content.decode(errors="replace")), raw
        assert (fatal_passes, is_utf8, is_ascii) == (good, good, content.isascii()), raw


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        (HEX, bytes.hex),
        (BASE64, lambda raw: base64.b64encode(raw).decode()),
        (BASE64URL, lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("=")),
        (LATIN1, lambda raw: raw.decode("latin-1")),
        (ASCII, lambda raw: bytes(byte & 0x7F for byte in raw).decode()),
        (UCS2, lambda raw: raw[: len(raw) // 2 * 2].decode("utf-16-le", "surrogatepass")),
    ],
)
def test_bytes_become_text_as_python_makes_it_and_back(encoding: int, encode) -> None:
    """For every length around the steps, from narrow and from wide strings."""
    given = [random_bytes(length, encoding) for length in LENGTHS]
    script = f"""return given.map(bytes).map((v) => {{
      const s = b.decode(v, 0, undefined, {encoding});
      const wide = ('\\u6f22' + s).slice(1);
      return [units(s), list(b.encode(s, {encoding})), list(b.encode(wide, {encoding}))];
    }})"""
    for raw, (decoded, back, from_wide) in zip(given, run(script, given), strict=True):
        assert decoded == utf16(encode(bytes(raw)))
        kept = raw if encoding not in (UCS2, ASCII) else raw[: len(raw) // 2 * 2] if encoding == UCS2 else [
            byte & 0x7F for byte in raw
        ]  # fmt: skip
        assert back == from_wide == kept


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("YWJj=ZGVm", "abc"), ("YQ==YWJj", "a"), ("YW Jj", "abc"), ("YWJ", "ab"), ("YWJjZ", "abc"), ("Y", ""),
        ("-_-_", "\xfb\xff\xbf"), ("YW=JjZGVm", "a"), ("====", ""), ("YWJjZGVmZ2hpamtsbW5v=cHFyc3Q", "abcdefghijklmno"),
        ("YQ=Q", "a"), ("YWJjZGVmZ2hp\r\namtsbW5v", "abcdefghijklmno"), ("\u6f22YWJj", "abc"), ("", ""),
        ("YWJjZGVmZ2hpamts_-8-YWJjZGVmZ2hpamts", "abcdefghijkl\xff\xef>abcdefghijkl"),
    ],
)  # fmt: skip
def test_base64_is_read_as_leniently_as_node_reads_it(written: str, meant: str) -> None:
    """Both alphabets, anything else passed over, nothing behind `=`: what node 20 gives."""
    assert run("return units(b.decode(b.encode(given, 4), 0, undefined, 2))", written) == utf16(meant)


def test_hex_stops_at_the_first_pair_that_is_none() -> None:
    """And at half a pair."""
    given = ["abxx00", "abc", "zz", "0" * 20 + "g1" + "0" * 20, "ABCDEFabcdef0123456789", "\u01306a"]
    got = run("return given.map((s) => list(b.encode(s, 6)))", given)
    assert got == [[0xAB], [0xAB], [], [0] * 10, list(bytes.fromhex(given[4])), []]


def test_whole_characters_are_written_where_there_is_room() -> None:
    """Never a part of one; encodeInto counts units and bytes."""
    script = """
    const to = new Uint8Array(8), out = [];
    for (const s of ['aé漢', 'abcdefghijk', 'é', '漢\\u{1f600}', '\\u{1f600}']) {
      for (let room = 0; room < 9; room++) {
        to.fill(0);
        const into = b.encodeInto(to.subarray(0, room), s);
        const written = b.write(to, s, 0, room, 0);
        out.push([room, into[0], into[1], written]);
      }
    }
    return out"""
    expected = []
    for text in ("aé漢", "abcdefghijk", "é", "漢\U0001f600", "\U0001f600"):
        for room in range(9):
            taken = next(n for n in range(len(text), -1, -1) if len(text[:n].encode()) <= min(room, 8))
            size = len(text[:taken].encode())
            expected.append([room, len(utf16(text[:taken])), size, size])
    assert run(script) == expected


def test_finding_comparing_filling_and_copying_are_those_of_python() -> None:
    """Random parts of random bytes of a small alphabet, so that there is something to find."""
    source = random.Random(3)
    cases = []
    for _ in range(400):
        hay = [source.randrange(2) for _ in range(source.randrange(80))]
        what = [source.randrange(2) for _ in range(source.randrange(1, 20))]
        cases.append([hay, what, source.randrange(90), source.randrange(90)])
    script = """return given.map(([hay, what, from, to]) => {
      const h = bytes(hay), w = bytes(what), filled = bytes(hay), copied = bytes(hay);
      b.fill(filled, w, from, to);
      const count = b.copy(copied, h, from, to % 7, to);
      return [b.indexOf(h, w, from, false, 1), b.indexOf(h, w, from, true, 1), b.compare(h, w), list(filled), count,
        list(copied)];
    })"""
    for (hay, what, start, end), got in zip(cases, run(script, cases), strict=True):
        h, w = bytes(hay), bytes(what)
        filled, copied = list(h), list(h)
        for at in range(start, min(end, len(h))):
            filled[at] = w[(at - start) % len(w)]
        part = list(h[end % 7 : end])[: max(len(h) - start, 0)]
        copied[start : start + len(part)] = part
        order = (h > w) - (h < w)
        assert got == [h.find(w, start), h.rfind(w, 0, start + len(w)), order, filled, len(part), copied]


def test_a_search_in_uniform_bytes_takes_no_time_with_the_product_of_the_lengths() -> None:
    """An attack on indexOf: 4 MB of one letter, and half as many with another at the front."""
    script = """const h = new Uint8Array(4 << 20).fill(97), w = new Uint8Array(2 << 20).fill(97); w[1] = 98;
    return [b.indexOf(h, w, 0, false, 1)]"""
    assert run(script) == [-1]


@pytest.mark.parametrize(
    "view", ["new Uint8Array(buffer)", "new DataView(buffer, 4)", "buffer", "new Float64Array(buffer, 8)"]
)
def test_a_detached_or_shrunk_buffer_is_an_error_and_nothing_is_read(view: str) -> None:
    """Whichever kind of view, and also one that went out of its buffer's bounds."""
    script = f"""
    const out = [];
    for (const spoil of [(buffer) => buffer.transfer(), (buffer) => buffer.resize(0)]) {{
      const buffer = new ArrayBuffer(64, {{ maxByteLength: 128 }});
      const view = {view};
      spoil(buffer);
      for (const call of [() => b.decode(view, 0, 64, 2), () => b.fill(view, 1, 0, 64),
          () => b.write(view, 'x', 0, 9, 0), () => b.indexOf(view, new Uint8Array(1), 0),
          () => b.compare(view, view), () => b.swap(view, 2)]) {{
        try {{ call(); out.push('read') }} catch (error) {{ out.push(error.name) }}
      }}
    }}
    return [...new Set(out)]"""
    # Views that track their buffer, and the buffer itself, are empty once it is.
    assert set(run(script)) <= {"TypeError", "read"}
    assert "TypeError" in run(script)


def test_what_is_no_buffer_or_no_string_is_a_type_error() -> None:
    """Whatever is handed in: nothing is converted, so no code of a guest runs."""
    script = """
    const hostile = [undefined, null, 1, 'x', {}, [], new Proxy(new Uint8Array(2), {}), { valueOf() { throw 1 } }];
    const out = hostile.flatMap((value) => [() => b.decode(value, 0, 1, 2), () => b.encode(value, 0),
        () => b.fill(value, value, value, value), () => b.compare(value, value)].map((call) => {
      try { call(); return typeof value } catch (error) { return error.name }
    }));
    return [...new Set(out)].sort()"""
    assert run(script) == ["TypeError", "string"]
