"""The strict part of YAML that a policy is written in: what is refused, where, and what plain text means."""

import pytest

from host.policy.diagnose import Findings
from host.policy.document import Scalar, decode, read_document
from host.policy.parse import parse_policy

REFUSED = [
    ("a: 1\nb: 2\na: 3", [("duplicate-key", 3, 1)]),
    ('a: 1\n"a": 3', [("duplicate-key", 2, 1)]),
    ("x: {a: 1, a: 2}", [("duplicate-key", 1, 11)]),
    ("a: &x 1\nb: *x", [("anchor", 1, 4), ("alias", 2, 4)]),
    ("a: &x\n  b: 1", [("anchor", 1, 4)]),
    ("&k a: 1", [("anchor", 1, 1)]),
    ("a: 1\n*a : 2", [("alias", 2, 1)]),
    ("a: !!str 1", [("tag", 1, 4)]),
    ("a: !!python/object/apply:os.system [id]", [("tag", 1, 4)]),
    ("a: !secret x", [("tag", 1, 4)]),
    ("a: ! x", [("tag", 1, 4)]),
    ("<<: {a: 1}", [("merge-key", 1, 1)]),
    ("a: 1\n---\nb: 2", [("many-documents", 2, 1)]),
    ("a: 1\n...\n---\nb: 2", [("many-documents", 3, 1)]),
    ("%YAML 1.1\n---\na: 1", [("directive", 1, 1)]),
    ("%TAG ! tag:x,2026:\n---\na: 1", [("directive", 1, 1)]),
    ("1: a", [("key-type", 1, 1)]),
    ("1.5: a", [("key-type", 1, 1)]),
    ("true: a", [("key-type", 1, 1)]),
    ("~: a", [("key-type", 1, 1)]),
    ("a: {null: b}", [("key-type", 1, 5)]),
    ("? [a, b]\n: c", [("key-type", 1, 3)]),
    ("? {a: b}\n: c", [("key-type", 1, 3)]),
    ("a:\n\tb: 1", [("tab", 2, 1)]),
    ("a: 1\t# x", [("tab", 1, 5)]),
    ("a: x\x00y", [("control-character", 1, 5)]),
    ("a: 1\nb: \x1b[31m", [("control-character", 2, 4)]),
    ("a: x\u202ey", [("control-character", 1, 5)]),
    ("a: x\u200by", [("control-character", 1, 5)]),
    ("a: x\u2028y: 2", [("control-character", 1, 5)]),
    ("a: x\x85y: 2", [("control-character", 1, 5)]),
    ("a: \ufeffx", [("control-character", 1, 4)]),
    ('a: "\\0"', [("control-character", 1, 4)]),
    ('a: "\\u202e"', [("control-character", 1, 4)]),
    ("a: b: c", [("yaml-syntax", 1, 5)]),
    ('a: "\\ud800"', [("control-character", 1, 4)]),
    ('a: "\\U00110000"', [("yaml-syntax", 1, 7)]),
    ('a: "\\UFFFFFFFF"', [("yaml-syntax", 1, 7)]),
    ("a: 'x", [("yaml-syntax", 1, 4)]),
    ('b: 1\na: "x\n', [("yaml-syntax", 2, 4)]),
    ("a: [1, 2\nb: 3", [("yaml-syntax", 2, 2)]),
    ("a: @x", [("yaml-syntax", 1, 4)]),
    ("a: %x", [("yaml-syntax", 1, 4)]),
    (" a: 1\nb: 2", [("yaml-syntax", 2, 1)]),
    ("a: -", [("yaml-syntax", 1, 4)]),
    ('a: "\\q"', [("yaml-syntax", 1, 4)]),
    ("a: [b]c", [("yaml-syntax", 1, 7)]),
    ("a: 1\nb", [("yaml-syntax", 2, 1)]),
    ("a: 1\nb\nc: 2", [("yaml-syntax", 2, 1)]),
    ("a: [", [("yaml-syntax", 1, 5)]),
    ("a: {b: c, d\n", [("yaml-syntax", 1, 12)]),
    ("a: |x\n", [("yaml-syntax", 1, 5)]),
    ("a: ]", [("yaml-syntax", 1, 4)]),
    ("a: *\n", [("yaml-syntax", 1, 5)]),
    ("- a\nb: c", [("yaml-syntax", 2, 1)]),
    ("策略: @", [("yaml-syntax", 1, 5)]),
    # Several at once.
    (
        "a: &x 1\n1: b\na: !t c\n<<: d",
        [("anchor", 1, 4), ("key-type", 2, 1), ("duplicate-key", 3, 1), ("tag", 3, 4), ("merge-key", 4, 1)],
    ),
]


def read(text: str):
    found = Findings("p.yaml")
    return found, read_document(found, text)


@pytest.mark.parametrize(("text", "expected"), REFUSED)
def test_what_yaml_readers_differ_on_is_refused_with_its_place(places, text, expected):
    """Everything beyond plain maps, lists and text is an error with its line and column."""
    found, _ = read(text)
    assert places(found.sorted()) == expected


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "NO",
        "on",
        "yes",
        "off",
        "y",
        "012",
        "0o17",
        "0x1F",
        "1:30",
        "1_000",
        "2026-01-01",
        "2026-01-01T00:00:00Z",
        ".inf",
        "+.nan",
        "<<",
        "=",
    ],
)
def test_plain_text_stays_text(text):
    """What older YAML turns into booleans, octal or base 60 numbers and dates is the text that stands there."""
    _, root = read(f"a: {text}")
    assert root.entries[0].value.value == text
    assert root.entries[0].value.kind == "text"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("true", "a boolean"),
        ("False", "a boolean"),
        ("~", "nothing"),
        ("", "nothing"),
        ("Null", "nothing"),
        ("0", "a number"),
        ("-7", "a number"),
        ("1.5", "a number"),
        ("1e3", "a number"),
    ],
)
def test_the_core_of_yaml_1_2_is_told_apart(text, kind):
    """Booleans, nothing and numbers are what YAML 1.2 says they are, and only where they are plain."""
    _, root = read(f"a: {text}")
    assert root.entries[0].value.kind == kind
    _, root = read(f"a: '{text}'")
    assert root.entries[0].value.kind == "text"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("language: {eval: no}", "`no` is text in YAML 1.2, and no boolean; `language.eval` takes `true` or `false`"),
        ("language: {eval: ON}", "`ON` is text in YAML 1.2, and no boolean; `language.eval` takes `true` or `false`"),
        ("language: {eval: 'true'}", "`true` in quotes is text; `language.eval` takes `true` or `false`"),
        ("language: {eval: 0}", "`language.eval` must be `true` or `false`, and is `0`"),
        (
            "limits: {fuel: 012345}",
            "`012345` for `limits.fuel` has a leading zero, which some YAML readers take for octal",
        ),
        (
            "limits: {wall_time: 1:30}",
            "`1:30` for `limits.wall_time` has a `:` inside, which some YAML readers take for base 60",
        ),
        ("limits: {fuel: 0xFFFF}", "`0xFFFF` for `limits.fuel` is not a decimal number"),
        ("limits: {fuel: 1_000_000}", "`1_000_000` for `limits.fuel` has a space, `_` or `,` inside"),
        ("limits: {fuel: 1e9}", "`1e9` for `limits.fuel` is not a whole number"),
        ("limits: {wall_time: 1.5s}", "`1.5s` for `limits.wall_time` is not a whole number"),
        ("limits: {host_calls: -1}", "`-1` for `limits.host_calls` has a sign"),
        ("limits: {wall_time: 2026-01-01}", "`2026-01-01` for `limits.wall_time` is not a duration"),
        ("limits: {wall_time: yes}", "`yes` for `limits.wall_time` is not a duration"),
        ("description: 2026", "`description` must be text, and `2026` is a number"),
        ("description: true", "`description` must be text, and `true` is a boolean"),
        ("modules: no", "`modules` must be a list of modules, or `all`, and is `no`"),
    ],
)
def test_each_trap_of_yaml_has_its_own_message(parse_body, body, message):
    """Whoever steps into one of YAML's traps is told which one it is."""
    [diagnostic] = parse_body(body).diagnostics
    assert diagnostic.message == message


@pytest.mark.parametrize(
    ("written", "fix"),
    [("no", "false"), ("Off", "false"), ("n", "false"), ("yes", "true"), ("on", "true"), ("'false'", "false")],
)
def test_a_boolean_of_older_yaml_is_answered_with_the_one_to_write(parse_body, written, fix):
    """Where a boolean is expected and `no` or `on` stands, the fix is `false` or `true`."""
    [diagnostic] = parse_body(f"language: {{console: {written}}}").diagnostics
    assert diagnostic.fix == f"Write `{fix}`, without quotes."


def test_a_policy_can_have_a_name_that_older_yaml_takes_for_a_boolean(parse):
    """`policy: no` names a policy `no`."""
    assert parse("version: 1\npolicy: no").policy.name == "no"


def test_a_byte_order_mark_at_the_start_changes_nothing():
    """A file that an editor saved with a mark reads as the same one without, with the same columns."""
    text = b"version: 2\npolicy: p\n"
    assert parse_policy("p.yaml", b"\xef\xbb\xbf" + text).diagnostics == parse_policy("p.yaml", text).diagnostics


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"\xff\xfev\x00", (1, 1)),
        (b"a: 1\nb: \xff", (2, 4)),
        ("策: ".encode() + b"\x80", (1, 4)),
        (b"a: \xed\xa0\x80", (1, 4)),
        (b"a: \xc0\xaf", (1, 4)),
        (b"\xef\xbb\xbfa: \xff", (1, 4)),
    ],
)
def test_bytes_that_are_not_utf8_are_refused_with_their_place(data, place):
    """Another encoding, a surrogate or an overlong form is an error at its line and column in characters."""
    found = Findings("p.yaml")
    assert decode(found, data) is None
    [diagnostic] = found.sorted()
    assert (diagnostic.code, diagnostic.line, diagnostic.column) == ("not-utf8", *place)


def test_windows_and_old_mac_line_breaks_count_as_one(places):
    """Lines are counted alike whatever ends them."""
    for line_break in ("\n", "\r\n", "\r"):
        found, _ = read(line_break.join(["a: 1", "b: 2", "a: 3"]))
        assert places(found.sorted()) == [("duplicate-key", 3, 1)]


def test_text_in_quotes_and_blocks_is_taken_as_it_stands():
    """Quoted and block text is text, whatever it looks like, and keeps its line breaks."""
    _, root = read("a: 'true'\nb: |\n  1\n  2\n")
    assert [entry.value.value for entry in root.entries] == ["true", "1\n2\n"]
    assert all(isinstance(entry.value, Scalar) and not entry.value.plain for entry in root.entries)
