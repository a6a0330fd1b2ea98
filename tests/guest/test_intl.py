"""`Intl` and the toLocale methods: what the machine's own node answers, for random options and values."""

import functools
import random
from collections.abc import Callable

import pytest

from tests.guest.node import needs_node, node_result
from tests.harness import Guests

LOCALES = ("en-US", "en-GB", "zh-CN", "ja-JP", "de-DE", "fr-FR", "en", "zh", "ja", "de", "fr")
COUNT = 700
TELL = "const tell = (call) => { try { return call() } catch (error) { return [error.name, error.message] } };"


@functools.cache
def _node_versions() -> dict[str, str]:
    return node_result("return { cldr: process.versions.cldr, node: process.versions.node.split('.')[0] }", None)


@pytest.fixture
def same_data() -> None:
    """Only a node with the same CLDR writes the same characters."""
    found = _node_versions()
    if found["cldr"] != "48.0" or found["node"] != "20":
        pytest.skip(
            f"node {found['node']} with CLDR {found['cldr']} is not the one that Intl is compared with: 20, 48.0"
        )


def _differences(guests: Guests, body: str, given: list) -> list:
    """What the guest answers otherwise than node, with what was asked."""
    code = TELL + "return input.map((given) => tell(() => { " + body + " }))"
    got, expected = guests.result(code, given), node_result(code, given)
    return [row for row in zip(given, got, expected, strict=True) if row[1] != row[2]]


class Cases:
    """Random options."""

    def __init__(self, seed: int) -> None:
        self.source = random.Random(seed)
        self.pick = self.source.choice

    def options(self, **choices: tuple) -> dict[str, object]:
        """Some of the options, each with one of its values."""
        return {name: self.pick(values) for name, values in choices.items() if self.source.random() < 0.35}


def _number_options(cases: Cases) -> dict[str, object]:
    options = cases.options(
        notation=("compact", "scientific", "engineering"),
        compactDisplay=("short", "long"),
        signDisplay=("auto", "never", "always", "exceptZero", "negative"),
        useGrouping=(True, False, "min2", "auto", "always"),
        roundingMode=(
            "ceil",
            "floor",
            "expand",
            "trunc",
            "halfCeil",
            "halfFloor",
            "halfExpand",
            "halfTrunc",
            "halfEven",
        ),
        maximumFractionDigits=(3, 4, 6),
        minimumIntegerDigits=(1, 2, 5),
    )
    style = cases.pick(("decimal", "percent", "currency", "unit"))
    options["style"] = style
    if style == "currency":
        options["currency"] = cases.pick(("USD", "EUR", "JPY", "CNY", "GBP", "KWD", "CHF", "XYZ", "INR", "KRW"))
        options |= cases.options(
            currencyDisplay=("code", "symbol", "narrowSymbol", "name"), currencySign=("accounting", "standard")
        )
    if style == "unit":
        options["unit"] = cases.pick(
            ("kilometer", "celsius", "byte", "hour", "liter", "kilometer-per-hour", "day", "mile")
        )
        options |= cases.options(unitDisplay=("long", "short", "narrow"))
    if cases.source.random() < 0.2:
        options |= cases.options(minimumSignificantDigits=(1, 2, 3), maximumSignificantDigits=(3, 4, 5))
    return options


def _number(cases: Cases) -> float:
    special = (0, 1, -1, 2, 1.5, 999.5, 1000, -1234.5, 999999, 1234567.891, 0.005, 1.005, 1e15, 1.23e21, -1e-7, 15000)
    return cases.pick((*special, cases.source.random() * 10 ** cases.source.randrange(-6, 16)))


@needs_node
@pytest.mark.usefixtures("same_data")
def test_numbers_are_written_as_node_writes_them(guests: Guests) -> None:
    """Decimal, percent, currency and unit, in every notation, as text and in parts."""
    cases = Cases(1)
    given = [[cases.pick(LOCALES), _number_options(cases), _number(cases)] for _ in range(COUNT)]
    body = """const made = new Intl.NumberFormat(given[0], given[1]);
    return [made.format(given[2]), made.formatToParts(given[2])]"""
    assert _differences(guests, body, given) == []


@needs_node
@pytest.mark.usefixtures("same_data")
def test_a_range_of_numbers_is_written_as_node_writes_it(guests: Guests) -> None:
    """What both ends share is told once."""
    cases = Cases(2)
    given = []
    for _ in range(COUNT):
        options = {"style": cases.pick(("decimal", "currency", "unit")), "currency": "EUR", "unit": "kilometer"}
        begin = round(cases.source.random() * 1e5)
        given.append([cases.pick(LOCALES), options, begin, begin + cases.source.randrange(1, 10**6)])
    body = "return new Intl.NumberFormat(given[0], given[1]).formatRange(given[2], given[3])"
    assert _differences(guests, body, given) == []


ZONES = (
    *(
        "UTC",
        "America/New_York",
        "America/Los_Angeles",
        "Europe/London",
        "Europe/Berlin",
        "Asia/Shanghai",
        "Asia/Tokyo",
    ),
    *("Asia/Kolkata", "Australia/Sydney", "Europe/Dublin", "Africa/Casablanca", "Pacific/Auckland", "Asia/Kathmandu"),
    *(
        "Etc/GMT+5",
        "America/St_Johns",
        "US/Pacific",
        "Europe/Moscow",
        "America/Sao_Paulo",
        "Africa/Cairo",
        "Asia/Tehran",
    ),
)


def _date_options(cases: Cases) -> dict[str, object]:
    zone = {"timeZone": cases.pick(ZONES)}
    if cases.source.random() < 0.4:
        styles = ("full", "long", "medium", "short")
        return zone | cases.options(dateStyle=styles, timeStyle=styles) | cases.options(hour12=(True, False))
    numbers, texts = ("numeric", "2-digit"), ("narrow", "short", "long")
    options = cases.options(weekday=texts, year=numbers, month=(*numbers, *texts), day=numbers, hour=numbers)
    if "hour" in options:
        options |= {"minute": cases.pick(numbers)} | cases.options(second=numbers, hour12=(True, False))
    return zone | options | cases.options(timeZoneName=("short", "long", "shortOffset", "longOffset"))


def _time(cases: Cases) -> int:
    """Since 1970, or long before or after."""
    wide = cases.source.random() < 0.2
    return cases.source.randrange(-(10**13), 10**13) if wide else cases.source.randrange(0, 2 * 10**12)


@needs_node
@pytest.mark.usefixtures("same_data")
def test_dates_are_written_as_node_writes_them(guests: Guests) -> None:
    """In styles and by components, in many zones, as text and in parts."""
    cases = Cases(3)
    given = [[cases.pick(LOCALES), _date_options(cases), _time(cases)] for _ in range(COUNT)]
    body = """const made = new Intl.DateTimeFormat(given[0], given[1]);
    return [made.format(given[2]), made.formatToParts(given[2])]"""
    assert _differences(guests, body, given) == []


@needs_node
@pytest.mark.usefixtures("same_data")
def test_every_zone_shows_the_clock_that_it_shows_in_node(guests: Guests) -> None:
    """Each of node's zones at fifteen moments from 1890 to 2100: date, time and offset."""
    source = random.Random(4)
    moments = [source.randrange(-2524521600000, 4102444800000) for _ in range(15)]
    zones = node_result("return Intl.supportedValuesOf('timeZone')", None)
    body = """const made = new Intl.DateTimeFormat('en-US', {
      timeZone: given[0], timeZoneName: 'longOffset', year: 'numeric', month: 'numeric', day: 'numeric',
      hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' });
    return given[1].map((time) => made.format(time))"""
    assert _differences(guests, body, [[zone, moments] for zone in zones]) == []


@needs_node
@pytest.mark.usefixtures("same_data")
def test_a_range_of_dates_is_written_as_node_writes_it(guests: Guests) -> None:
    """For a date, its styles, and a time of one day."""
    cases = Cases(5)
    kinds = (
        {}, {"dateStyle": "medium"}, {"dateStyle": "long"}, {"year": "numeric", "month": "short", "day": "numeric"},
        {"year": "numeric", "month": "long"}, {"month": "short", "day": "numeric"},
        {"hour": "numeric", "minute": "2-digit"},
    )  # fmt: skip
    given = []
    for _ in range(COUNT):
        begin = cases.source.randrange(0, 2 * 10**12)
        given.append([cases.pick(LOCALES), cases.pick(kinds), begin, begin + cases.source.randrange(10**4, 10**11)])
    body = "return new Intl.DateTimeFormat(given[0], given[1]).formatRange(given[2], given[3])"
    assert _differences(guests, body, given) == []


WORDS = (
    *(
        "a",
        "A",
        "b",
        "ä",
        "Ä",
        "z",
        "aB",
        "a b",
        "a-b",
        "a1",
        "a10",
        "a2",
        "é",
        "E",
        "ß",
        "ss",
        "ö",
        "_x",
        "$",
        "€",
        "1",
    ),
    *(
        "10",
        "2",
        "hello",
        "Hello",
        "héllo",
        "co-op",
        "coop",
        "Zebra",
        "Äpfel",
        "œuvre",
        "naïve",
        "x.y",
        "~",
        "#1",
        "(a)",
    ),
)


def _plurals(cases: Cases) -> list:
    return [cases.pick(LOCALES), cases.options(type=("ordinal", "cardinal")), cases.source.randrange(0, 2000000) // 7]


def _relatives(cases: Cases) -> list:
    options = cases.options(style=("long", "short", "narrow"), numeric=("auto", "always"))
    unit = cases.pick(("second", "minutes", "hour", "days", "week", "month", "quarters", "year"))
    return [cases.pick(LOCALES), options, cases.pick((0, 1, -1, 2, -2, 1.5, -3, 12345.678)), unit]


def _lists(cases: Cases) -> list:
    options = cases.options(style=("long", "short", "narrow"), type=("conjunction", "disjunction", "unit"))
    return [cases.pick(LOCALES), options, [cases.pick(WORDS) for _ in range(cases.source.randrange(6))]]


def _comparisons(cases: Cases) -> list:
    options = cases.options(sensitivity=("base", "accent", "case", "variant"), numeric=(True, False))
    return [cases.pick(LOCALES), options, cases.pick(WORDS) + cases.pick(WORDS), cases.pick(WORDS) + cases.pick(WORDS)]


CLUSTERS = ("👨‍👩‍👧‍👦", "🇩🇪", "🇫🇷", "é", "각", "👍🏽", "\r\n", "a", "中", "🏳️‍🌈", "नि", "क्षि", "한", "\u0301")


def _clusters(cases: Cases) -> list:
    return [cases.pick(LOCALES), {}, "".join(cases.pick(CLUSTERS) for _ in range(cases.source.randrange(7)))]


OTHERS = {
    "plural rules": (_plurals, "return new Intl.PluralRules(given[0], given[1]).select(given[2])"),
    "relative times": (
        _relatives,
        """const made = new Intl.RelativeTimeFormat(given[0], given[1]);
        return [made.format(given[2], given[3]), made.formatToParts(given[2], given[3])]""",
    ),
    "lists": (
        _lists,
        """const made = new Intl.ListFormat(given[0], given[1]);
        return [made.format(given[2]), made.formatToParts(given[2])]""",
    ),
    "collation": (
        _comparisons,
        """return [new Intl.Collator(given[0], given[1]).compare(given[2], given[3]),
        given[2].localeCompare(given[3], given[0], given[1]), given[2].localeCompare(given[3])]""",
    ),
    "graphemes": (
        _clusters,
        "return [...new Intl.Segmenter(given[0]).segment(given[2])].map(({ segment, index }) => [segment, index])",
    ),
}


@needs_node
@pytest.mark.usefixtures("same_data")
@pytest.mark.parametrize("kind", OTHERS)
def test_the_other_classes_answer_as_nodes_do(guests: Guests, kind: str) -> None:
    """Plural rules, relative times, lists, the order of texts, and graphemes."""
    make: Callable[[Cases], list]
    make, body = OTHERS[kind]
    cases = Cases(6)
    assert _differences(guests, body, [make(cases) for _ in range(COUNT)]) == []


@needs_node
@pytest.mark.usefixtures("same_data")
def test_the_to_locale_methods_answer_as_nodes_do(guests: Guests) -> None:
    """Of numbers, big integers, dates and arrays, with and without arguments."""
    cases = Cases(7)
    given = []
    for _ in range(COUNT):
        arguments = cases.pick(([], [cases.pick(LOCALES)], [cases.pick(LOCALES), {"timeZone": cases.pick(ZONES)}]))
        given.append([_number(cases), _time(cases), arguments])
    body = """const [number, time, args] = given, date = new Date(time);
    return [number.toLocaleString(...args), BigInt(Math.trunc(time)).toLocaleString(...args),
      date.toLocaleString(...args), date.toLocaleDateString(...args), date.toLocaleTimeString(...args),
      [number, null, date].toLocaleString(...args), new Float64Array([number]).toLocaleString(...args)]"""
    assert _differences(guests, body, given) == []


MISTAKES = (
    "new Intl.NumberFormat('en', { style: 'currency' })", "new Intl.NumberFormat('en', { style: 'x' })",
    "new Intl.NumberFormat('en', { style: 'currency', currency: 'US1' })", "new Intl.NumberFormat('en', null)",
    "new Intl.NumberFormat('en', { style: 'unit', unit: 'foo' })", "new Intl.NumberFormat('x-foo_')",
    "new Intl.NumberFormat('en', { maximumFractionDigits: 101 })", "new Intl.NumberFormat([5])",
    "new Intl.NumberFormat(null)", "Intl.NumberFormat.prototype.formatToParts.call({})",
    "new Intl.NumberFormat().format(Symbol())", "new Intl.DateTimeFormat('en', { timeZone: 'X/Y' })",
    "new Intl.DateTimeFormat('en', { dateStyle: 'full', year: 'numeric' })",
    "new Intl.DateTimeFormat('en').format(NaN)",
    "new Date(0).toLocaleDateString('en', { timeStyle: 'full' })", "Intl.PluralRules()", "new Intl.Locale()",
    "new Intl.RelativeTimeFormat('en').format(1, 'foo')", "new Intl.RelativeTimeFormat('en').format(Infinity, 'day')",
    "new Intl.ListFormat('en').format([1])", "new Intl.DisplayNames('en')", "Intl.supportedValuesOf('x')",
    "Number.prototype.toLocaleString.call('1')", "new Number.prototype.toLocaleString()",
    "new Date(NaN).toLocaleString()",
)  # fmt: skip


@needs_node
@pytest.mark.usefixtures("same_data")
def test_mistakes_are_told_in_nodes_words(guests: Guests) -> None:
    """The class of the error, and but for the engine's own messages its text."""
    code = f"return [{','.join(f'() => {one}' for one in MISTAKES)}].map((call) => {{{TELL} return tell(call) }})"
    got, expected = guests.result(code), node_result(code, None)
    engines = {len(MISTAKES) - 2, len(MISTAKES) - 3, MISTAKES.index("new Intl.NumberFormat().format(Symbol())")}
    for at, one in enumerate(MISTAKES):
        assert (got[at][0] if at in engines else got[at]) == (expected[at][0] if at in engines else expected[at]), one


@needs_node
@pytest.mark.usefixtures("same_data")
def test_the_classes_look_as_nodes_do(guests: Guests) -> None:
    """Names, lengths and flags of what there is; Locale's accessors that few engines have are left out."""
    code = """
    const out = {}, look = (path, object) => {
      for (const key of Reflect.ownKeys(object)) {
        const { value, get, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(object, key);
        const made = typeof value === 'function' ? [value.name, value.length] : [typeof value, get?.name, get?.length];
        out[path + String(key)] = [...made, writable, enumerable, configurable].map(String);
      }
    };
    look('', Intl);
    for (const name of Object.getOwnPropertyNames(Intl)) {
      if (name[0] >= 'a') continue;
      look(name + '.', Intl[name]);
      look(name + '.prototype.', Intl[name].prototype);
    }
    for (const name of ['Number', 'BigInt', 'Date', 'Array', 'String']) {
      for (const key of Object.getOwnPropertyNames(globalThis[name].prototype)) {
        if (!/^toLocale|^localeCompare/.test(key)) continue;
        const { value, ...flags } = Object.getOwnPropertyDescriptor(globalThis[name].prototype, key);
        out[name + '#' + key] = [value.name, value.length, Object.hasOwn(value, 'prototype'), flags];
      }
    }
    return out"""
    missing = {"calendars", "collations", "hourCycles", "numberingSystems", "textInfo", "timeZones", "weekInfo"}
    expected = {key: told for key, told in node_result(code, None).items() if key.split(".")[-1] not in missing}
    assert guests.result(code) == expected


def test_hostile_arguments_are_refused_or_ignored(guests: Guests) -> None:
    """Getters that throw, proxies, huge sizes, a list that contains itself: an answer or an error, at once."""
    code = (
        TELL
        + """
    const self = [1]; self.push(self);
    const hostile = new Proxy({}, { get() { throw new RangeError('mine') } });
    return [
      tell(() => self.toLocaleString()), tell(() => (1).toLocaleString('en', hostile)),
      tell(() => new Intl.DateTimeFormat('en', hostile)),
      tell(() => new Intl.NumberFormat('en').format('1e999999999').length),
      tell(() => new Intl.NumberFormat('en').format('9'.repeat(10000)).length),
      tell(() => new Intl.ListFormat('en').format(Array(5000).fill('a')).length),
      tell(() => new Intl.Locale('a'.repeat(10000))), tell(() => '\\ud800'.localeCompare('\\udc00')),
      tell(() => [...new Intl.Segmenter().segment('\\ud800a')].length),
      tell(() => new Date(8.64e15).toLocaleString('de')),
    ]"""
    )
    got = guests.result(code)
    assert got[:3] == ["1,", ["RangeError", "mine"], ["RangeError", "mine"]]
    assert got[3][0] == "RangeError"
    assert got[4:6] == [13333, 15002]
    assert got[6][0] == "RangeError"
    assert got[7:] == [-1, 2, "13.9.275760, 00:00:00"]
