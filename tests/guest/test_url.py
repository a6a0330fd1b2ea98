"""`URL` and `URLSearchParams`: the answers of the parser that policies decide with, and those of node."""
# ruff: noqa: E501 - lines of JavaScript and of data

import contextlib
import random

import ada_url

from tests.harness import Guests

PARTS = ("href", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash")
SETTERS = PARTS[1:]

ATOMS = [
    *("http:", "https:", "HTTP:", "file:", "ws:", "ftp:", "a:", "blob:", "data:", "non-special:", "javascript:"),
    *("/", "//", "\\", "\\\\", "///", "?", "#", "@", ":", "::", "%", "%2e", "%2E%2e", "..", ".", "%zz", "%00", "%41"),
    *("a", "b", "EXAMPLE", "example.com", "user", "pass:word", "x y", " ", "\t", "\n", "\x01", "\x7f", "|", "C|", "C:"),
    *("c:/", "é", "漢字", "faß.de", "xn--zca", "xn--a", "\U0001f600", "\ud800", "\udfff", "\u200d", "\u05d0", "Ａ", "。"),
    *("127.0.0.1", "1.2.3", "0x7f.1", "010.1", "256", "4294967295", "4294967296", "1.2.3.4.5", "09", "0x", "1e3", "."),
    *("[::1]", "[1:2::3]", "[::1.2.3.4]", "[1::2::3]", "[1:2:3:4:5:6:7:8]", "[::127.0.0.1.1]", "[", "]", "[v1.a]"),
    *(":80", ":443", ":8080", ":65535", ":65536", ":0080", ":", ":x", "localhost", "'", '"', "<", ">", "`", "^", "{", "}"),
    *("=", "&", "+", ";", ",", "~", "!", "$", "(", ")", "*", "[]", "/./", "/../", "/.//", "?a=b&c", "#frag", "web+demo:/"),
]  # fmt: skip
BASES = [
    None, None, None, "http://user:pw@example.com:81/a/b/c?q#f", "file:///C:/x/y", "file://host/p/q", "a:opaque?q#f",
    "a://h/p/q?x", "mailto:a", "http://h", "a:/p", "non-special://h:99/", "about:blank",
]  # fmt: skip

READ = """
const parts = ['href', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];
const read = (url) => parts.map((part) => url[part]);
"""


def random_text(source: random.Random, atoms_max: int) -> str:
    text = "".join(source.choice(ATOMS) for _ in range(source.randrange(atoms_max)))
    # Halves of a pair that meet by chance are one character.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def well_formed(text: str) -> str:
    return "".join("\ufffd" if 0xD800 <= ord(char) < 0xE000 else char for char in text)


def structured(source: random.Random) -> str:
    """A URL as they mostly look, with odd parts here and there."""
    scheme = source.choice(["http://", "https://", "a://", "file://", "ws:", "http:/", "ftp:\\\\"])
    user = source.choice(["", "", "u@", "u:p@", ":p@", "@", "a@b@", "é:%@"])
    host = random_text(source, 4)
    tail = "".join(source.choice(["", "/", "?", "#"]) + random_text(source, 3) for _ in range(3))
    return scheme + user + host + source.choice(["", "", ":80", ":99", ":"]) + tail


def expected_parts(text: str, base: str | None) -> list[str] | None:
    try:
        url = ada_url.URL(well_formed(text), None if base is None else base)
    except ValueError:
        return None
    return [getattr(url, part) for part in PARTS]


def test_urls_are_parsed_as_policies_parse_them(guests: Guests) -> None:
    """Three thousand random texts, most of them against a base: the same parts, or no URL for both."""
    source = random.Random(11)
    given = [
        [structured(source) if source.random() < 0.6 else random_text(source, 8), source.choice(BASES)]
        for _ in range(3000)
    ]
    code = (
        READ
        + """
    return input.map(([text, base]) => {
      const can = URL.canParse(text, base ?? undefined);
      try { return read(new URL(text, base ?? undefined)) } catch (error) { return can ? 'canParse was wrong' : null }
    })"""
    )
    got = guests.result(code, given, fuel=20_000_000_000)
    wrong = [
        (case, mine, theirs) for case, mine in zip(given, got, strict=True) if mine != (theirs := expected_parts(*case))
    ]
    assert not wrong, wrong[:8]


def expected_after(text: str, part: str, value: str) -> list[str] | None:
    try:
        url = ada_url.URL(text)
    except ValueError:
        return None
    with contextlib.suppress(ValueError):
        setattr(url, part, well_formed(value))
    return [getattr(url, each) for each in PARTS]


def test_setters_change_what_the_standard_says(guests: Guests) -> None:
    """Two thousand random values for random parts of URLs of every kind."""
    source = random.Random(12)
    urls = [
        *("http://u:p@example.com:81/a?b#c", "file:///C:/x", "file://h/x", "a:opaque  ?q#f", "a:opaque  #f", "a:/p"),
        *(
            "a://h:9/p",
            "a:///p",
            "http://h/",
            "https://h",
            "ws://h:80",
            "a:/.//p",
            "mailto:x",
            "javascript:x#y",
            "a://u@h",
        ),
    ]
    given = [[source.choice(urls), source.choice(SETTERS), random_text(source, 5)] for _ in range(2500)]
    code = (
        READ
        + """
    return input.map(([text, part, value]) => { const url = new URL(text); url[part] = value; return read(url) })"""
    )
    got = guests.result(code, given, fuel=20_000_000_000)
    wrong = [
        (case, mine, theirs) for case, mine in zip(given, got, strict=True) if mine != (theirs := expected_after(*case))
    ]
    assert not wrong, wrong[:8]
