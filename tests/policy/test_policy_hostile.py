"""Files made to hurt: each is answered with a diagnostic, in bounded time and memory."""

import pytest

from host.policy.document import FILE_BYTES_MAX


@pytest.mark.parametrize("bracket", ["[", "{", "[{a: ", "- ", "? "])
def test_deep_nesting_ends_at_the_depth_limit(parse_body, places, bracket):
    """Ten thousand levels are refused at the thirty-third, without recursion into them."""
    assert places(parse_body("limits: " if bracket[0] in "[{" else "").diagnostics) != [("too-deep", 3, 1)]
    lead = "limits: " if bracket[0] in "[{" else "limits:\n "
    codes = [each.code for each in parse_body(lead + bracket * 10_000).diagnostics]
    assert codes == ["too-deep"]


def test_deep_indentation_ends_at_the_depth_limit(parse_body):
    """Nesting by indentation is counted as nesting by brackets is."""
    text = "".join(f"{' ' * level}a:\n" for level in range(500))
    assert [each.code for each in parse_body(text).diagnostics] == ["too-deep"]


def test_thirty_two_levels_are_read(parse_body):
    """The limit is thirty-two levels, and not one fewer."""
    assert [each.code for each in parse_body("x: " + "[" * 31 + "]" * 31).diagnostics] == ["unknown-key"]
    assert [each.code for each in parse_body("x: " + "[" * 32 + "]" * 32).diagnostics] == ["too-deep"]


@pytest.mark.parametrize("digits", [16, 5_000, 500_000])
def test_a_huge_number_is_refused_before_it_is_one(parse_body, places, digits):
    """A number of any length is an error at its place, and never an integer."""
    assert places(parse_body(f"limits: {{fuel: {'9' * digits}}}").diagnostics) == [("bad-unit", 3, 16)]


def test_a_billion_laughs_expand_to_nothing(parse_body):
    """Anchors and aliases are refused one by one, and an alias never becomes a copy."""
    lines = ["a0: &a0 [lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    codes = {each.code for each in parse_body("\n".join(lines)).diagnostics}
    assert codes == {"anchor", "alias", "unknown-key"}


def test_a_map_that_holds_itself_is_refused(parse_body):
    """A cycle cannot be built, because no alias can."""
    assert "alias" in [each.code for each in parse_body("limits: &x {fuel: *x}").diagnostics]


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        (b"\x00", "control-character"),
        (b"\x00\n", "control-character"),
        (b"\t", "tab"),
        (b"\n", "empty"),
        (b"[", "too-deep"),
        (b"&a ", "yaml-syntax"),
        (b"*a ", "yaml-syntax"),
        (b"a: ", "yaml-syntax"),
        (b"- \n", "too-large"),
        (b"a\n", "wrong-type"),
        (b"a", "wrong-type"),
        (b"'", "wrong-type"),
        (b"'a", "yaml-syntax"),
        (b"? ", "too-deep"),
        (b"!a", "yaml-syntax"),
        (b"%", "yaml-syntax"),
        (b"\xff", "not-utf8"),
        (b"\xf0\x9f\x98\x80", "wrong-type"),
        (b"k: v\n", "duplicate-key"),
        (b"---\n", "many-documents"),
    ],
)
def test_a_mebibyte_of_garbage_is_refused(parse, unit, code):
    """A file as large as may be, of any one thing, is answered with a short list of errors."""
    parsed = parse((unit * FILE_BYTES_MAX)[:FILE_BYTES_MAX])
    assert parsed.policy is None
    assert code in [each.code for each in parsed.diagnostics]
    assert len(parsed.diagnostics) <= 101


def test_a_file_over_a_mebibyte_is_not_looked_at(parse, places):
    """One byte more than may be, and nothing of the file is decoded."""
    assert places(parse(b"\xff" * (FILE_BYTES_MAX + 1)).diagnostics) == [("too-large", 1, 1)]


def test_random_bytes_never_raise(parse):
    """Whatever the bytes, the answer is diagnostics."""
    state = 1
    for _ in range(2_000):
        data = bytearray()
        for _ in range(40):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            data += [
                b"version",
                b": ",
                b"1",
                b"\n",
                b"policy",
                b"- ",
                b"[",
                b"]",
                b"{",
                b"}",
                b"'",
                b'"',
                b"\\",
                b"&",
                b"*",
                b"!",
                b"|",
                b">",
                b"#",
                b"?",
                b"%",
                b"\xc3",
                b"\xff",
                b"\x00",
                b" ",
                b"  ",
                b",",
                b"~",
                b"limits",
                b"5s",
                b"a",
                b"<<",
            ][state >> 59]
        parse(bytes(data))
