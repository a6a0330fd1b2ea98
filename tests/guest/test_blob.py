"""`Blob` and `File`, by the File API."""

from tests.guest.node import needs_node, node_result
from tests.guest.values import REVIVE, Source
from tests.harness import Guests

MADE = (
    REVIVE
    + """
const all = input.map(async ([parts, options, start, end, type]) => {
  const given = revive(parts).map((part, at) => (at % 3 === 2 ? new Blob([part]) : part));
  const blob = new Blob(given, revive(options));
  const part = blob.slice(revive(start), revive(end), revive(type));
  return [blob.size, blob.type, part.size, part.type, await part.text(), show(await part.arrayBuffer()),
    show(await blob.bytes())];
});
return Promise.all(all.map((each) => each.catch((error) => error.name)))"""
)


@needs_node
def test_blobs_are_node_s(guests: Guests) -> None:
    """Parts of every kind, types, endings, and parts of parts."""
    source, cases = Source(8), []
    for _ in range(150):
        parts = [source.one_of(source.text(), source.value()) for _ in range(source.random.randrange(5))]
        parts = [part for part in parts if part not in ({"symbol": 1}, {"number": "-0"})]
        options = source.one_of(
            {"undefined": 1}, {"object": {"type": "Text/PLAIN", "endings": "native"}}, {"object": {}}
        )
        offset = (-3, 2, 100, {"undefined": 1}, -100, 0)  # on others node 20 ends with an assertion
        cases.append(
            [parts, options, source.one_of(*offset), source.one_of(*offset), source.one_of("A/b", "\u00e9", "")]
        )
    got, expected = guests.result(MADE, cases), node_result(MADE, cases)
    assert [each for each in zip(cases, got, expected, strict=True) if each[1] != each[2]][:3] == []


def test_the_standard_s_own_cases(guests: Guests) -> None:
    """Sequences, conversions and their order, types with letters beyond ASCII, clamped offsets."""
    body = """
    const seen = [];
    const part = (name) => ({ toString() { seen.push(name); return name } });
    const options = { get type() { seen.push('type'); return 'a/B' }, get endings() { seen.push('endings');
    return 'transparent' } };
    const refused = (call) => { try { call(); return 'made' } catch (error) { return error.name } };
    const made = new Blob([part('one'), part('two')], options);
    const sliced = new Blob(['0123456789']);
    return [seen, await made.text(), made.type, new Blob([], { type: '\\u00e9' }).type, await new Blob(new Set(['a',
      'b'])).text(),
      await new Blob(['a\\r\\nb\\rc\\n'], { endings: 'native' }).text(), await new Blob(['\\ufeffa']).text(),
        await new Blob(['\\ud800']).text(),
      ...[null, 1, 'x', {}, true].map((parts) => refused(() => new Blob(parts))), refused(() => new Blob([], 1)),
        refused(() => Blob()),
      refused(() => new Blob([], { endings: 'x' })), refused(() => new Blob([Symbol()])),
        refused(() => Blob.prototype.size),
      await sliced.slice(-3).text(), await sliced.slice(2, -2).text(), await sliced.slice(5, 2).text(),
        sliced.slice(NaN, Infinity).size,
      await Blob.prototype.text.call({}).catch((error) => error.name), String(made), Blob.length,
        Object.keys(Blob.prototype)]"""
    assert guests.result(body) == [
        ["one", "two", "endings", "type"], "onetwo", "a/b", "", "ab", "a\nb\nc\n", "a", "\ufffd",
        *["TypeError"] * 10,
        "789", "234567", "", 10, "TypeError", "[object Blob]", 0,
        ["type", "size", "slice", "arrayBuffer", "bytes", "text", "stream"],
    ]  # fmt: skip


def test_a_file_is_a_blob_with_a_name_and_a_time(guests: Guests) -> None:
    """By the File API; `slice` gives a plain blob."""
    body = """
    const file = new File(['abc'], 'n\\ud800.txt', { type: 'text/plain', lastModified: 12.9 });
    const refused = (call) => { try { call(); return 'made' } catch (error) { return error.name } };
    return [file.name, file.lastModified, file.type, file.size, file instanceof Blob, file.slice(1) instanceof File,
      String(file),
      Math.abs(new File([], 'x').lastModified - Date.now()) < 1000, refused(() => new File(['a'])),
        refused(() => new File()),
      refused(() => new File(undefined, 'x')), new File([], '', { lastModified: NaN }).lastModified, File.length,
        Object.keys(File.prototype),
      require('buffer').Blob === Blob, require('buffer').File === File]"""
    assert guests.result(body) == [
        "n\ufffd.txt", 12, "text/plain", 3, True, False, "[object File]", True, *["TypeError"] * 3, 0, 2,
        ["name", "lastModified"], True, True,
    ]  # fmt: skip


def test_a_blob_keeps_what_it_was_made_of(guests: Guests, unharmed: None) -> None:
    """Neither a part that changes later, nor one that is detached while the parts are read, nor its own answers."""
    body = """
    const bytes = new Uint8Array([1, 2, 3]);
    const blob = new Blob([bytes]);
    bytes.fill(9);
    (await blob.bytes()).fill(7);
    new Uint8Array(await blob.arrayBuffer()).fill(8);
    const gone = new Uint8Array(8);
    const odd = new Blob([{ toString() { gone.buffer.transfer(); return 'x' } }, gone]);
    const shared = new Blob({ [Symbol.iterator]: function* () { yield 'a'; yield 'b' } });
    return [[...await blob.bytes()], odd.size, await shared.text().then((text) => text.length)]"""
    assert guests.result(body) == [[1, 2, 3], 1, 2]
