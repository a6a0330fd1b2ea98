"""`url` and `querystring`: node's own answers to random arguments, parsed, formatted and resolved."""
# ruff: noqa: E501 - lines of JavaScript and of data

import random

import pytest

from tests.guest.node import needs_node, node_result
from tests.guest.test_url import random_text, structured
from tests.harness import Guests

TELL = """
const tell = (call) => {
  try { const value = call(); return value === undefined ? 'undefined' : value }
  catch (error) { return [error.code ?? null, error.name, error.message, error.input ?? null] }
};
"""

LEGACY = [
    *("http:", "https:", "HTTP:", "file:", "a:", "mailto:", "javascript:", "javascript:", "x+y.z-1:", "//", "///", "/"),
    *("user", "user:pass@", "u@v@", "@", "host", "HOST.com", "[::1]", "[", "]", "[fe80::%1]", ":80", ":", ":x", ":8a"),
    *("?", "?a=b&c", "#", "#h?x", "..", ".", "/../", "/./", "a/b", "\\", " ", "\t", "\n", "'", '"', "<", "{", "|", "^", "`"),
    *(";", "%", "%41", "%zz", "é", "\ufeff", "\u00a0", "a" * 40, "x.y", "*", "-", "_", "~", "$", "&", "=", "+", ",", "!"),
]  # fmt: skip


def legacy_text(source: random.Random, parts_max: int = 7) -> str:
    return "".join(source.choice(LEGACY) for _ in range(source.randrange(parts_max)))


def differences(wrong: list) -> str:
    """The first few, and of lists the places where they differ."""
    shown = []
    for case, mine, theirs in wrong[:5]:
        places = (
            [at for at, (one, other) in enumerate(zip(mine, theirs, strict=True)) if one != other]
            if isinstance(theirs, list)
            else []
        )
        shown.append((case, [(at, mine[at], theirs[at]) for at in places[:2]] or (mine, theirs)))
    return f"{len(wrong)} differ: " + "\n".join(map(repr, shown))


def compared(guests: Guests, code: str, given: list, skips=lambda expected: False) -> None:
    """The same answer for each of `given` from guest and node, but for those that `skips`."""
    got, expected = guests.result(code, given, fuel=50_000_000_000), node_result(code, given)
    pairs = zip(given, got, expected, strict=True)
    wrong = [(case, mine, theirs) for case, mine, theirs in pairs if mine != theirs and not skips(theirs)]
    assert not wrong, differences(wrong)


@needs_node
def test_legacy_urls_are_parsed_formatted_and_resolved_as_in_node(guests: Guests) -> None:
    """Each of 1,500 random texts by itself, with its query parsed, and seen from another."""
    source = random.Random(21)
    given = [
        [legacy_text(source), structured(source).encode("utf-8", "replace").decode() if source.random() < 0.3 else legacy_text(source)]
        for _ in range(1500)
    ]  # fmt: skip
    code = (
        TELL
        + """
    const url = require('url');
    return input.map(([one, other]) => [() => url.parse(one), () => url.parse(one, true, true), () => url.parse(other, true),
      () => url.resolve(one, other), () => url.resolveObject(other, one), () => url.format(url.parse(one, false, true)),
      () => url.resolve(other, one)].map(tell));"""
    )
    # Of punycode that is not right, the standard lets more pass now than that node did.
    compared(guests, code, [case for case in given if "xn--a" not in case[1]])


@needs_node
def test_objects_are_formatted_as_in_node(guests: Guests) -> None:
    """Fields of every kind that the older `format` reads, and the options of the other one."""
    source = random.Random(22)
    fields = ("protocol", "auth", "host", "hostname", "port", "pathname", "search", "query", "hash", "slashes")
    given = []
    for _ in range(600):
        made = {name: legacy_text(source, 3) for name in fields if source.random() < 0.5}
        if source.random() < 0.3:
            made["query"] = {"a": "b c", "d": ["1", 2, True]}
        if "slashes" in made:
            made["slashes"] = source.random() < 0.5
        given.append(made)
    compared(guests, TELL + "const url = require('url'); return input.map((it) => tell(() => url.format(it)))", given)


@needs_node
def test_urls_become_paths_options_and_other_texts_as_in_node(guests: Guests) -> None:
    """`urlToHttpOptions`, `format` with options, `fileURLToPath` and `pathToFileURL`, and their errors."""
    urls = [
        *("http://u:p%40@h:81/a?b#c", "https://xn--fa-hia.de/x", "http://u@xn--fa-hia.de:1/", "file:///a%20b/c", "a:b"),
        *("file:///a%2fb", "file://h/x", "file:///%zz", "http://[::1]:1/", "file:///", "ftp://x/%41"),
    ]
    options = [{}, {"auth": False}, {"unicode": True}, {"search": 0, "fragment": None}, {"fragment": False}]
    code = (
        TELL
        + """
    const url = require('url');
    return input.map(([text, options]) => [() => url.urlToHttpOptions(new URL(text)), () => url.format(new URL(text), options),
      () => url.fileURLToPath(text), () => url.fileURLToPath(new URL(text)), () => url.pathToFileURL('/' + text).href,
      () => url.format(text), () => url.fileURLToPath(options), () => url.pathToFileURL(options), () => url.parse(options),
      () => url.format(new URL(text), text), () => url.format(options === undefined ? 1 : true),
      () => url.domainToUnicode('xn--fa-hia.DE'), () => url.domainToASCII('FAß.de'), () => url.domainToASCII('a b'),
      ].map(tell));"""
    )
    compared(guests, code, [[text, each] for text in urls for each in options])


QUERY = [
    "a",
    "b",
    "&",
    "&",
    "=",
    "=",
    "+",
    "%",
    "%41",
    "%zz",
    "%e9",
    "%C3%A9",
    "é",
    "\ud800",
    "\U0001f600",
    ";",
    ":",
    "&&",
    "==",
]


@needs_node
def test_query_strings_are_parsed_as_in_node(guests: Guests) -> None:
    """With other marks, fewer keys, and decoders of the program's own."""
    source = random.Random(23)
    given = [
        ["".join(source.choice(QUERY) for _ in range(source.randrange(12))), source.choice(["&", ";", "&&", None, ""]),
         source.choice(["=", ":", "==", None]), source.choice([None, 0, 1, 2, -1])] for _ in range(1200)
    ]  # fmt: skip
    code = (
        TELL
        + """
    const qs = require('querystring');
    const shown = (value) => Object.entries(value);
    return input.map(([text, sep, eq, maxKeys]) => [() => shown(qs.parse(text)), () => shown(qs.parse(text, sep, eq)),
      () => shown(qs.decode(text, sep, eq, maxKeys === null ? undefined : { maxKeys })), () => qs.unescape(text),
      () => shown(qs.parse(text, null, null, { decodeURIComponent: (part) => '<' + part + '>' })),
      () => shown(qs.parse(text, null, null, { decodeURIComponent() { throw new Error('no') } })),
      () => [...qs.unescapeBuffer(text)], () => [...qs.unescapeBuffer(text, true)], () => qs.escape(text),
      () => Object.getPrototypeOf(qs.parse(text))].map(tell));"""
    )
    compared(guests, code, given)


@needs_node
def test_query_strings_are_made_as_in_node(guests: Guests) -> None:
    """Of values of every type, and with an encoder of the program's own."""
    source = random.Random(24)
    values = [
        "a b",
        "é&=",
        "",
        0,
        1.5,
        -1e300,
        1e21,
        True,
        False,
        None,
        {},
        ["x", 1, None],
        [],
        [[]],
        "'()*~!-._",
        "\ud83d\ude00",
    ]
    given = [{source.choice(["a", "b c", "é", "", "&"]): source.choice(values) for _ in range(4)} for _ in range(300)]
    code = (
        TELL
        + """
    const qs = require('querystring');
    return input.map((it) => [() => qs.stringify(it), () => qs.encode(it, ';', ':'), () => qs.stringify({ ...it, x: 10n, y() {} }),
      () => qs.stringify(it, null, null, { encodeURIComponent: (part) => '<' + part + '>' }),
      () => qs.stringify(it, '&&', '=='), () => qs.stringify([it, 1]), () => qs.stringify('x'), () => qs.escape(it)].map(tell));"""
    )
    compared(guests, code, given)


@needs_node
def test_search_params_are_those_of_node(guests: Guests) -> None:
    """Random sequences of every method, on parameters of their own and on those of a URL."""
    source = random.Random(25)
    words = ["a", "b", "a b", "é", "", "&=+%", "\ud800", "\U0001f600", "z", "c"]
    steps = [
        ("append", 2),
        ("set", 2),
        ("delete", 1),
        ("delete", 2),
        ("get", 1),
        ("getAll", 1),
        ("has", 1),
        ("has", 2),
        ("sort", 0),
    ]
    given = []
    for _ in range(500):
        calls = []
        for _ in range(source.randrange(10)):
            name, count = source.choice(steps)
            calls.append([name, [source.choice(words) for _ in range(count)]])
        # What that node makes of other text beside a bad escape is wrong.
        parts = [source.choice(QUERY) for _ in range(source.randrange(10))]
        given.append(["".join(filter(str.isascii, parts)), calls])
    code = (
        TELL
        + """
    return input.map(([text, calls]) => {
      const url = new URL('http://h/?' + text), own = new URLSearchParams(text), out = [];
      for (const [name, values] of calls) {
        out.push(tell(() => own[name](...values)), tell(() => url.searchParams[name](...values)), url.href, own.size);
      }
      url.search = '?x=1&' + text;
      return [out, String(own), [...own], [...own.keys()], [...own.values()], url.searchParams.toString(),
        new URLSearchParams([...own]).toString(), new URLSearchParams(Object.fromEntries(own)).toString()];
    })"""
    )
    compared(guests, code, given)


SHAPES = """
const shape = (value) => Reflect.ownKeys(value).map((key) => {
  const { get, set, value: held, ...flags } = Object.getOwnPropertyDescriptor(value, key);
  return [String(key), get?.name, get?.length, set?.name, set?.length, typeof held, held?.name, held?.length, flags];
}).sort();
const absent = ['createObjectURL', 'revokeObjectURL'];
"""


@needs_node
@pytest.mark.parametrize(
    "what",
    [
        "URL.prototype", "URLSearchParams", "URLSearchParams.prototype", "require('url')", "require('querystring')",
        "Object.getPrototypeOf(new URLSearchParams().keys())", "require('url').Url.prototype", "new (require('url').Url)()",
        "Object.fromEntries(Object.entries(Object.getOwnPropertyDescriptors(URL)).filter(([key]) => !absent.includes(key)))",
    ],
)  # fmt: skip
def test_names_lengths_and_descriptors_are_those_of_node(guests: Guests, what: str) -> None:
    """Of everything that the group gives."""
    code = f"{SHAPES} return shape({what})"
    assert guests.result(code) == node_result(code, None)


@needs_node
def test_wrong_arguments_are_the_errors_of_node(guests: Guests) -> None:
    """Missing ones, symbols, things that are no pairs, and a `this` that is none."""
    calls = [
        *("new URL()", "URL.canParse()", "URL.parse()", "new URL('')", "new URL('x', 'y')", "new URL(Symbol())", "URL.parse('x')"),
        *("new URL('/', Symbol())", "new URLSearchParams(Symbol())", "new URLSearchParams([1])", "new URLSearchParams([[1]])"),
        *("new URLSearchParams([[1,2,3]])", "new URLSearchParams(['ab'])", "new URLSearchParams([null])", "String(new URLSearchParams(null))"),
        *("new URLSearchParams({[Symbol.iterator]: 1})", "new URLSearchParams({a: Symbol()})", "new URLSearchParams([{}])"),
        *("String(new URLSearchParams([new Set(['a', 'b'])]))", "String(new URLSearchParams({'\\ud800': 1, '\\udfff': 2}))"),
        *("new URLSearchParams().append('a')", "new URLSearchParams().set()", "new URLSearchParams().get()", "new URLSearchParams().has()"),
        *("new URLSearchParams().forEach(1)", "new URLSearchParams().forEach()", "new URLSearchParams().delete()", "String(new URLSearchParams(12))"),
        *(f"URLSearchParams.prototype.{name}.call({{}})" for name in ("get", "keys", "toString", "sort", "forEach")),
        *("new URLSearchParams().keys().next.call({})", "URLSearchParams.prototype.size", "new URLSearchParams().keys().next.call(1)"),
        *(f"Reflect.get(URL.prototype, '{name}', {{}})" for name in ("href", "origin", "protocol", "host", "search", "searchParams", "hash")),
        *(f"Reflect.set(URL.prototype, '{name}', 'x', {{}})" for name in ("href", "protocol", "host", "search", "hash")),
        *("URL.prototype.toString.call({})", "URL.prototype.toJSON.call({})", "new URL('a:b').href = 'x'", "new URL('a:b').href = Symbol()"),
        *("new URL('http://a').port = Symbol()", "JSON.stringify({u: new URL('http://a')})", "Object.prototype.toString.call(new URL('a:b'))"),
        *("Object.keys(new URL('a:b'))", "new URL({toString() { return 'http://x' }}).href", "new URL('http://a/', undefined).href"),
        *("require('url').resolve(1)", "require('url').parse(null)", "require('url').domainToASCII()", "require('url').format(null)"),
        *("require('querystring').escape(Symbol())", "require('querystring').escape('\\ud800')", "require('querystring').escape({})"),
    ]  # fmt: skip
    code = TELL + "return [" + ",".join(f"() => {call}" for call in calls) + "].map(tell)"
    got, expected = guests.result(code), node_result(code, None)
    wrong = [row for row in zip(calls, got, expected, strict=True) if row[1] != row[2]]
    assert not wrong, wrong


@pytest.mark.parametrize("text", ["'http://' + 'a'.repeat(1e6)", "'http://a/' + '../'.repeat(1e6)", "'http://' + '漢'.repeat(1e5)",
                                  "'a:' + '\\ud800'.repeat(2e5)", "'http://' + '@'.repeat(1e6) + 'h'", "'http://1.' + '0'.repeat(1e6)"])  # fmt: skip
def test_huge_urls_end(guests: Guests, text: str) -> None:
    """Neither trap nor hang: there is an answer within the fuel of the default policy."""
    code = f"const text = {text}; const url = URL.parse(text); if (url) url.pathname = text; return url === null || url.href.length > 0"
    assert guests.result(code) is True


def test_random_text_is_no_danger(guests: Guests) -> None:
    """Every function of the group with texts that halves of pairs and controls are in."""
    source = random.Random(26)
    given = [random_text(source, 6) for _ in range(300)]
    code = (
        TELL
        + """
    const url = require('url'), qs = require('querystring');
    return input.map((text) => [() => url.parse(text, true), () => qs.parse(text), () => qs.escape(text), () => url.domainToASCII(text),
      () => url.domainToUnicode(text), () => url.resolve(text, text), () => new URLSearchParams(text).toString()].map(tell).length)"""
    )
    assert set(guests.result(code, given)) == {7}


@needs_node
def test_what_inspecting_shows_is_what_node_shows(guests: Guests) -> None:
    """The method that `util.inspect` calls, with a function in its place that shows values as JSON."""
    code = """
    const custom = Symbol.for('nodejs.util.inspect.custom');
    const shown = (value, options) => value[custom](options.depth, options, (part) => JSON.stringify(part));
    const options = { depth: 2, breakLength: 80, stylize: (text) => text };
    const params = new URLSearchParams('a=1&b=2&a=3');
    const entries = params.entries(); entries.next();
    return [shown(new URL('http://u:p@h:1/p?q=1#f'), options), shown(new (class Mine extends URL {})('a:b'), options)];"""
    assert guests.result(code)[0].startswith('URL {"href":"http://u:p@h:1/p?q=1#f","origin":"http://h:1","protocol":')
    assert guests.result(code)[1].startswith('Mine {"href":"a:b"')
    params = """
    const custom = Symbol.for('nodejs.util.inspect.custom');
    const shown = (value, options) => value[custom](options.depth, options, (part) => part === null ? 'null'
      : Array.isArray(part) ? '[ ' + part.map((each) => "'" + each + "'").join(', ') + ' ]' : "'" + part + "'");
    const base = { depth: 2, breakLength: 80, stylize: (text) => text };
    const params = new URLSearchParams('a=1&b=2&a=3'), entries = params.entries(); entries.next();
    return [base, { ...base, breakLength: 1 }, { ...base, depth: -1 }].flatMap((options) =>
      [params, params.keys(), params.values(), ...options.breakLength === 1 ? [] : [entries], new URLSearchParams(),
        new URLSearchParams().keys()].map((it) => shown(it, options)));"""
    assert guests.result(params) == node_result(params, None)
