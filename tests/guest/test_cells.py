"""bindings('cells'): batches of rows made into values and back, and what is no batch refused without harm."""

import random

import pytest

from host.capabilities.xlsx.batch import (
    DATE,
    EMPTY,
    ERROR,
    FALSE,
    FORMAT,
    FORMULA,
    NUMBER,
    SKIP,
    STRING,
    TRUE,
    Batch,
    last,
)
from tests.capabilities.workbooks import unbatched
from tests.guest.bindings import Bindings

TOOLS = """
const { rows, numbers, trailer, sheet, encode } = bindings('cells');
const { encode: bytesOf, decode } = bindings('bytes');
const bytes = (hex) => new Uint8Array(bytesOf(hex, 6));
const hex = (buffer) => decode(new Uint8Array(buffer), 0, buffer.byteLength, 6);
const tried = (work) => { try { return work() } catch (error) { return `${error.name}: ${error.message}` } };
"""


@pytest.fixture(scope="module")
def run():
    """Runs a script with the tools above."""
    bindings = Bindings()
    return lambda script, given=None: bindings.run(TOOLS + script, given)


def example() -> Batch:
    """A batch with every tag."""
    made = Batch()
    made.begin_row(0)
    made.tags += [STRING, SKIP, 1, 0, STRING, EMPTY, STRING]
    made.strings += ["id", "名 😀", "id"]
    made.begin_row(4)
    made.tags += [NUMBER, NUMBER, TRUE, FALSE, ERROR, DATE, FORMAT, 1, 0, FORMULA, NUMBER]
    made.numbers += [1, -0.0, 45351.5, 0.25]
    made.strings += ["#N/A", "A1+1"]
    return made


def test_rows_are_arrays_or_objects(run) -> None:
    """With holes filled or left out, and dates as Date or as numbers."""
    script = """
    const batch = bytes(given);
    const keys = ['a', undefined, 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
    return [rows(batch, undefined, null, true), rows(batch, keys, undefined, false), rows(batch, ['a', 'b'], 0, false),
      numbers(batch), trailer(batch), Object.is(rows(batch)[1][1], -0)];
    """
    date = "2024-02-29T12:00:00.000Z"
    assert run(script, last(example().encode(), b'{"rows":2}').hex()) == [
        [["id", None, "名 😀", None, "id"], [1, 0, True, False, "#N/A", date, 0.25]],
        [
            {"a": "id", "c": "名 😀", "e": "id"},
            {"a": 1, "c": True, "d": False, "e": "#N/A", "f": 45351.5, "g": 0.25},
        ],
        [{"a": "id", "b": 0}, {"a": 1, "b": 0}],
        [0, 4],
        {"rows": 2},
        True,
    ]


def test_rows_become_batches(run) -> None:
    """Every kind of value, described cells, and what no sheet can hold made into something that it can."""
    script = """
    const days = [new Date(Date.UTC(2024, 1, 29, 12)), new Date(Date.UTC(1900, 0, 1)), new Date(Date.UTC(1900, 1, 28))];
    const table = [['id', null, '名 😀\\ud800\\0!', undefined, ...days, 12n, NaN], [], [, undefined],
      [true, false, -0, 1e300, { v: 1, style: 2, f: '=A1' }, { v: '#N/A', error: true }, { v: 45351, date: true }, {},
        ''],
    ];
    const all = encode(table, 0, 10, bytes('7b7d'));
    return [hex(all[0]), all[1], encode(table, 3, 0)[1], encode([], 0, 0)[1], encode(table, 9, 0)[1]];
    """
    batch, taken, rest, none, beyond = run(script)
    assert (taken, rest, none, beyond) == (4, 1, 0, 0)
    rows = unbatched(bytes.fromhex(batch))
    assert list(rows) == [10, 13]
    assert list(rows[10].values())[:7] == [
        ("s", "id"), ("s", "名 😀\ufffd\ufffd!"), ("d", 45351.5), ("d", 1), ("d", 59), ("s", "12"), rows[10][8],
    ]  # fmt: skip
    assert rows[10][8][0] == "n"
    assert list(rows[13].values()) == [
        ("b", True), ("b", False), ("n", 0), ("n", 1e300), ("n", 1, {"z": 2, "f": "=A1"}), ("e", "#N/A"), ("d", 45351),
        ("z", None), ("s", ""),
    ]  # fmt: skip


def test_a_batch_ends_where_it_is_large_enough(run) -> None:
    """The rest of the rows is for the next; wide rows and rows that are none are errors."""
    script = """
    const table = Array.from({ length: 5000 }, (_, i) => ['x'.repeat(1000), i]);
    const counts = [];
    for (let at = 0; at < table.length; ) { const [, taken] = encode(table, at, at); counts.push(taken); at += taken; }
    return [counts, tried(() => encode([new Array(20000)], 0, 0)), tried(() => encode([null], 0, 0)),
      tried(() => encode([[Symbol()]], 0, 0)), tried(() => encode([[{ get v() { throw new Error('mine') } }]], 0, 0)),
      tried(() => encode([[{ toString() { throw new Error('no') } }]], 0, 0)[1])];
    """
    counts, wide, none, symbol, getter, plain = run(script)
    assert sum(counts) == 5000
    assert len(counts) > 3
    assert wide == "RangeError: a row has 16384 cells at the most"
    assert none.startswith("TypeError")
    assert symbol.startswith("TypeError")
    assert getter == "Error: mine"
    assert plain == 1


def test_what_is_no_batch_is_an_error_and_no_harm(run) -> None:
    """Cut anywhere, with any byte changed, with counts that lie: an answer or an error, and no read outside of it."""
    good = last(example().encode(), b"{}")
    rng = random.Random(17)
    bad = [good[:at] for at in range(0, len(good), 3)]
    for _ in range(400):
        changed = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            changed[rng.randrange(len(changed))] = rng.choice((0, 1, 7, 8, 9, 127, 128, 255))
        bad.append(bytes(changed))
    script = """
    const said = new Set();
    const note = (work) => { const what = tried(work); if (typeof what === 'string') said.add(what) };
    for (const each of given) {
      const batch = bytes(each);
      note(() => rows(batch, undefined, null, true).length);
      note(() => rows(batch, ['a', 'b'], 0, false).length);
      note(() => { numbers(batch) });
      note(() => { sheet(batch, {}, [], 8) });
      note(() => { sheet(batch, [], [], 3) });
      note(() => { trailer(batch) });
    }
    const values = [undefined, null, 1, 'text', {}, []];
    for (const value of values) note(() => rows(value));
    note(() => sheet(bytes(given[0]), undefined, [], 0));
    return [...said].map((text) => text.replace(/<trailer>.*/, '').slice(0, 40)).sort();
    """
    said = run(script, [each.hex() for each in bad])
    assert "InternalError: a batch of rows is damage" in said
    assert all(text.startswith(("InternalError: a ", "TypeError", "SyntaxError")) for text in said), said


def test_batches_of_host_and_guest_are_the_same(run) -> None:
    """What the guest reads of the host's and writes again is the same batch."""
    made = Batch()
    for number in range(50):
        made.begin_row(number)
        made.tags += [NUMBER, STRING, TRUE]
        made.numbers.append(number / 8)
        made.strings.append(f"名{number}")
    script = "return hex(encode(rows(bytes(given), undefined, null, true), 0, 0)[0])"
    assert bytes.fromhex(run(script, made.encode().hex())) == made.encode()
