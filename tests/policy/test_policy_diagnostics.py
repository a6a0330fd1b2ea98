"""Every mistake of a policy file is told with its code, line and column, all of a file at once."""

import pytest

from host.policy import CODES, Diagnostic, render
from host.policy.diagnose import DIAGNOSTICS_MAX

# What stands in a file below `version: 1` and `policy: p` (so from line 3 on), and what is found.
WRONG_BODIES = [
    ("limit: {}", [("unknown-key", 3, 1)]),
    ("extends: a_b", [("bad-name", 3, 10)]),
    ("mode: audit", [("missing-key", 3, 7)]),
    ("limits:\n  wal_time: 5s", [("unknown-key", 4, 3)]),
    ("limits: 5s", [("wrong-type", 3, 9)]),
    ("limits: []", [("wrong-type", 3, 9)]),
    ("limits:", [("no-value", 3, 1)]),
    ("limits: ~", [("no-value", 3, 1)]),
    ("limits: {fuel: }", [("no-value", 3, 10)]),
    ("limits: {fuel: true}", [("wrong-type", 3, 16)]),
    ("limits: {fuel: [1]}", [("wrong-type", 3, 16)]),
    ("limits: {fuel: 999}", [("out-of-range", 3, 16)]),
    ("limits: {fuel: 10001G}", [("out-of-range", 3, 16)]),
    ("limits: {wall_time: 0s}", [("out-of-range", 3, 21)]),
    ("limits: {wall_time: 5}", [("bad-unit", 3, 21)]),
    ("limits: {wall_time: 61min}", [("out-of-range", 3, 21)]),
    ("limits: {memory: 64MB}", [("bad-unit", 3, 18)]),
    ("limits: {memory: 0}", [("out-of-range", 3, 18)]),
    ("limits: {concurrency: 0}", [("out-of-range", 3, 23)]),
    ("limits: {rate: 600}", [("bad-unit", 3, 16)]),
    ("limits: {rate: 0/s}", [("out-of-range", 3, 16)]),
    ("limits: {rate: {count: 1}}", [("wrong-type", 3, 16)]),
    ("language: {eval: no}", [("wrong-type", 3, 18)]),
    ("language: {eval: 'true'}", [("wrong-type", 3, 18)]),
    ("language: {eval: 1}", [("wrong-type", 3, 18)]),
    ("language: {console: [true]}", [("wrong-type", 3, 21)]),
    ("language: {clock: cuckoo}", [("bad-value", 3, 19)]),
    ("language: {clock: coarse}", [("bad-value", 3, 19)]),
    ("language: {clock: real:1s}", [("bad-value", 3, 19)]),
    ("language: {clock: coarse:100}", [("bad-unit", 3, 19)]),
    ("language: {clock: coarse:2min}", [("out-of-range", 3, 19)]),
    ("language: {clock: fixed:2026-01-01}", [("bad-value", 3, 19)]),
    ("language: {clock: fixed:2026-02-30T00:00:00Z}", [("bad-value", 3, 19)]),
    ("language: {clock: fixed:1969-12-31T23:59:59Z}", [("bad-value", 3, 19)]),
    ("language: {clock: [real]}", [("wrong-type", 3, 19)]),
    ("language: {random: secured}", [("bad-value", 3, 20)]),
    ("language: {random: [secure]}", [("wrong-type", 3, 20)]),
    ("modules: lodash", [("wrong-type", 3, 10)]),
    ("modules: {lodash: true}", [("wrong-type", 3, 10)]),
    ("modules: [fs]", [("forbidden-module", 3, 11)]),
    ("modules: [fs/promises]", [("forbidden-module", 3, 11)]),
    ("modules: [node:fs]", [("forbidden-module", 3, 11)]),
    ("modules: [lodahs]", [("unknown-module", 3, 11)]),
    ("modules: [lodash/fp]", [("unknown-module", 3, 11)]),
    ("modules: [node:url]", [("unknown-module", 3, 11)]),
    ("modules: [all]", [("unknown-module", 3, 11)]),
    ("modules: [qs, 1, ~]", [("wrong-type", 3, 15), ("no-value", 3, 18)]),
    ("modules:\n  - qs\n  - uuid\n  - qs", [("duplicate-item", 6, 5)]),
    ("grants:", [("no-value", 3, 1)]),
    ("grants: []", [("wrong-type", 3, 9)]),
    ("grants:\n  fetch: {}\n  crypt: {}", [("wrong-type", 4, 10), ("unknown-key", 5, 3)]),
    ("deny:\n  fetch: {}", [("wrong-type", 4, 10)]),
    ("tests: {}", [("wrong-type", 3, 8)]),
    ("tests:\n  - run: return 1", [("missing-key", 4, 5)]),
    ("description: 7", [("wrong-type", 3, 14)]),
    ("description: [a]", [("wrong-type", 3, 14)]),
    ("description: '" + "x" * 2001 + "'", [("out-of-range", 3, 14)]),
    # Several in one file, in its order, and none hidden by another.
    (
        "limits:\n  wal_time: 5s\n  fuel: 2g\nlanguage: {eval: off, clok: real}\n"
        "modules: [vm, qss]\ngrants: {fetch: {}}",
        [
            ("unknown-key", 4, 3),
            ("bad-unit", 5, 9),
            ("wrong-type", 6, 18),
            ("unknown-key", 6, 23),
            ("forbidden-module", 7, 11),
            ("unknown-module", 7, 15),
            ("wrong-type", 8, 17),
        ],
    ),
]

WRONG_FILES = [
    ("", [("empty", 1, 1)]),
    ("# nothing\n", [("empty", 1, 1)]),
    ("---\n", [("empty", 2, 1)]),
    ("just text", [("wrong-type", 1, 1)]),
    ("- version: 1", [("wrong-type", 1, 1)]),
    ("{}", [("missing-key", 1, 1), ("missing-key", 1, 1)]),
    ("policy: p", [("missing-key", 1, 1)]),
    ("\n\nversion: 1", [("missing-key", 3, 1)]),
    ("version: 2\npolicy: p", [("bad-version", 1, 10)]),
    ("version: '1'\npolicy: p", [("bad-version", 1, 10)]),
    ("version: 1.0\npolicy: p", [("bad-version", 1, 10)]),
    ("version: 01\npolicy: p", [("bad-version", 1, 10)]),
    ("version: [1]\npolicy: p", [("bad-version", 1, 10)]),
    ("version: 1\npolicy: P", [("bad-name", 2, 9)]),
    ("version: 1\npolicy: a_b", [("bad-name", 2, 9)]),
    ("version: 1\npolicy: -a", [("bad-name", 2, 9)]),
    ("version: 1\npolicy: none", [("bad-name", 2, 9)]),
    ("version: 1\npolicy: ''", [("bad-name", 2, 9)]),
    ("version: 1\npolicy: " + "a" * 65, [("bad-name", 2, 9)]),
    ("version: 1\npolicy: 123", [("wrong-type", 2, 9)]),
    ("version: 1\npolicy: true", [("wrong-type", 2, 9)]),
    ("version: 1\npolicy:", [("no-value", 2, 1)]),
]


@pytest.mark.parametrize(("body", "expected"), WRONG_BODIES)
def test_a_wrong_value_is_told_with_its_place(parse_body, places, body, expected):
    """Each mistake below the head of a policy has the code, line and column of the table, and nothing else is told."""
    assert places(parse_body(body).diagnostics) == expected


@pytest.mark.parametrize(("text", "expected"), WRONG_FILES)
def test_a_wrong_file_is_told_with_its_place(parse, places, text, expected):
    """Each mistake in the head of a policy has the code, line and column of the table."""
    parsed = parse(text)
    assert places(parsed.diagnostics) == expected
    assert parsed.policy is None


def test_a_policy_with_an_error_is_no_policy(parse_body):
    """One error anywhere, and there is no policy; its name is still known for checks across files."""
    parsed = parse_body("modules: [fs]")
    assert (parsed.policy, parsed.name) == (None, "p")


def test_a_warning_does_not_stop_a_policy(parse_body):
    """What is legal and unwise is told, and the policy is there."""
    parsed = parse_body("modules: [qs, qs]")
    assert [each.severity for each in parsed.diagnostics] == ["warning"]
    assert parsed.policy.modules.names == {"qs"}


@pytest.mark.parametrize(
    ("body", "fix"),
    [
        ("limits: {wal_time: 5s}", "Did you mean `wall_time`?"),
        ("modules: [lodahs]", "Did you mean `lodash`?"),
        ("modules: [date_fns]", "Did you mean `date-fns`?"),
        ("modules: [LODASH]", "Did you mean `lodash`?"),
        ("modules: [lodash/fp]", "Write `lodash`."),
        ("modules: [node:url]", "Write `url`."),
        ("modules: [all]", "Write `modules: all`, without brackets."),
        ("modules: [http]", "Use `fetch` or `axios`, which reach the hosts that a policy grants."),
        ("language: {random: secured}", "Did you mean `secure`?"),
        ("language: {random: dice}", "Possible here: secure, seeded."),
        ("language: {clock: coarse}", "Write `coarse:100ms`."),
        ("language: {clock: coars:1s}", "Did you mean `coarse`?"),
        ("limits: {memory: 64MB}", "Write `64MiB`."),
        ("grants: {fech: []}", "Did you mean `fetch`?"),
    ],
)
def test_a_fix_says_what_to_write(parse_body, body, fix):
    """A near miss is answered with the word that was meant, and everything else with what is possible."""
    [diagnostic] = parse_body(body).diagnostics
    assert diagnostic.fix == fix


def test_garbage_gives_a_list_that_ends(parse_body):
    """A file with thousands of mistakes gives a hundred of them, and one that says so."""
    diagnostics = parse_body("\n".join(f"key{number}: 1" for number in range(5000))).diagnostics
    assert len(diagnostics) == DIAGNOSTICS_MAX + 1
    assert diagnostics[-1].code == "too-many"


def test_what_was_left_out_is_an_error(parse_body):
    """A file with more warnings than are kept is not valid: what was not looked at cannot be."""
    parsed = parse_body("modules: [" + "qs, " * 200 + "]")
    assert parsed.policy is None
    assert parsed.diagnostics[-1].severity == "error"


def test_every_code_has_a_meaning_and_a_use(request):
    """The list of codes is neither short of one nor has one that nothing gives."""
    sources = "".join(file.read_text() for file in (request.config.rootpath / "host" / "policy").rglob("*.py"))
    unused = [code for code in CODES if sources.count(f'"{code}"') < 2]
    assert unused == []


def test_render_shows_the_line_with_a_caret_and_the_fix():
    """A diagnostic is one line to jump to, the line itself, a caret under the place, and what to do."""
    diagnostic = Diagnostic("unknown-key", "error", "no such key", "p.yaml", 2, 3, "Did you mean `fuel`?")
    assert render(diagnostic, "limits:\n  feul: 2G\n") == (
        "p.yaml:2:3: error[unknown-key]: no such key\n    2 |   feul: 2G\n      |   ^\n  = fix: Did you mean `fuel`?"
    )


def test_render_without_the_text_is_place_message_and_fix():
    """Without the text of the file there is no excerpt, and nothing fails."""
    diagnostic = Diagnostic("unknown-key", "error", "no such key", "p.yaml", 9, 3)
    assert render(diagnostic) == render(diagnostic, "one line") == "p.yaml:9:3: error[unknown-key]: no such key"


def test_render_puts_the_caret_under_wide_characters():
    """Chinese text takes two columns of a terminal a character, and the caret still stands where it should."""
    diagnostic = Diagnostic("unknown-key", "error", "m", "p.yaml", 1, 3)
    assert render(diagnostic, "策略x").splitlines()[2] == "      | " + " " * 4 + "^"


def test_render_is_safe_for_a_terminal():
    """No control character of a file or of its name reaches the terminal."""
    diagnostic = Diagnostic("control-character", "error", "m", "p\x1b[2J.yaml", 1, 2)
    shown = render(diagnostic, "a\x1b[31m\u202eb")
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_render_cuts_a_long_line_around_the_place():
    """Of a line of a million characters, the part around the caret is shown."""
    diagnostic = Diagnostic("tab", "error", "m", "p.yaml", 1, 500_001)
    _, line, caret = render(diagnostic, "a" * 500_000 + "X" + "b" * 500_000).splitlines()
    assert len(line) < 130
    assert line[caret.index("^")] == "X"


def test_messages_quote_a_hostile_key_on_one_line(parse_body):
    """Text of the file stands in a message cut short and without line breaks, so that no log line can be forged."""
    [diagnostic] = parse_body('"a\\nb' + "c" * 1000 + '": 1').diagnostics
    assert "\n" not in diagnostic.message
    assert "`a\\nb" in diagnostic.message
    assert len(diagnostic.message) < 150
