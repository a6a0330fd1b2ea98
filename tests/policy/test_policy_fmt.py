"""The usual form of a policy file: nothing that it says is lost, and writing it again changes nothing."""

import random
import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from host.policy.fmt.format import format_file
from host.policy.fmt.tree import comments_of
from host.policy.parse import parse_policy
from tests.policy.test_policy_properties import body, policies

UNTIDY = """\
# head

policy:   p   # name
version: 1
tests:
- {fetch: "GET https://a.example/", expect: allow}   # first
# second
- crypto: hash sha256
  expect: deny
  # end of second

# about limits
limits:
    # inner
    wall_time: 1000ms   # one second


    fuel: 10000M
    # rate: 1/s
modules: [ lodash,   # why
  'qs',
  # last
 ]
description: >-
  some folded
  text
grants:
  fetch:
    -
      # the api
      hosts: ["a.example"]
      name: 'api'
      request: {max_body: 1048576, set_headers: {x-a: "b: c"}}
      timeout:
        # half
        500ms
# the end
"""
TIDY = """\
# head

version: 1
policy: p     # name
description: >-
  some folded
  text

# about limits
limits:
  # inner
  wall_time: 1s         # one second

  fuel: 10G
  # rate: 1/s
modules:
  - lodash           # why
  - qs
  # last
grants:
  fetch:
    # the api
    - name: api
      hosts: [a.example]
      request: {max_body: 1MiB, set_headers: {x-a: "b: c"}}
      # half
      timeout: 500ms
tests:
  - {fetch: "GET https://a.example/", expect: allow}  # first
  # second
  - crypto: hash sha256
    expect: deny
    # end of second
# the end
"""


def formatted(text: str, file: str = "p.yaml") -> str:
    done = format_file(file, text.encode())
    assert done.text is not None, (done.refused, done.diagnostics, text)
    return done.text


def test_an_untidy_file_is_tidied() -> None:
    """Order, indentation, quotes and units are the usual ones, and each comment stays with what it is about."""
    assert formatted(UNTIDY) == TIDY
    assert formatted(TIDY) == TIDY


def test_text_in_blocks_is_kept() -> None:
    """Code of a test in a block keeps its lines, also blank ones and those that are further in."""
    text = """\
version: 1
policy: p
tests:
  - run: |  # why
      const a = 1

        // further in # no comment
      return a
    expect: success
"""
    assert formatted(text) == text


@pytest.mark.parametrize("head", ["|+", "|2", ">2-"])
def test_unusual_blocks_become_plain_text_or_quotes(head: str) -> None:
    """A block whose head says more than the usual is no block any more, and means the same."""
    text = f"version: 1\npolicy: p\ndescription: {head}\n  one\n  two\n\nmodules: []\n"
    assert head not in formatted(text)


def test_a_file_with_an_error_is_left_alone() -> None:
    """Nothing is written for it, and the errors are told."""
    done = format_file("p.yaml", b"version: 1\npolicy: p\nlimit: {}\n")
    assert (done.text, [each.code for each in done.diagnostics]) == (None, ["unknown-key"])


def test_access_rules_have_a_usual_form_too() -> None:
    """Names and policies stay, and quantities are spelt in the usual way."""
    text = f"anonymous: none\nprincipals:\n- quota: {{fuel_per_day: 1000G}}\n  name: a # who\n" \
           f"  policies: []\n  token_sha256: {'0' * 63}1\n"  # fmt: skip
    assert formatted(text, "access.yaml") == (
        f"principals:\n  - name: a # who\n    token_sha256: {'0' * 63}1\n    policies: []\n"
        "    quota: {fuel_per_day: 1000G}\nanonymous: none\n"
    ).replace("a # who", "a  # who")


def untidy(data: dict, chance: random.Random) -> str:
    """A document as some program might have written it, with comments and blank lines wherever they can stand."""
    items = list(data.items())
    chance.shuffle(items)
    text = yaml.dump(
        dict(items), sort_keys=False, indent=chance.choice([2, 4, 6]), width=chance.choice([20, 80]),
        default_flow_style=chance.choice([False, None]), default_style=chance.choice([None, '"', "'"])
        if chance.random() < 0.2 else None,
    )  # fmt: skip
    text = re.sub(r"""^(\s*['"]?version['"]?: ).*$""", r"\g<1>1", text, flags=re.MULTILINE)
    text = re.sub(r"""!!int ['"](\d+)['"]""", r"\1", text)
    lines = []
    for number, line in enumerate(text.splitlines()):
        indent = len(line) - len(line.lstrip())
        if chance.random() < 0.2:
            lines += [""] * chance.randint(0, 2) + [" " * chance.choice([0, indent, indent + 2]) + f"# own {number}"]
        if chance.random() < 0.2 and _may_end_in_comment(line):
            line += " " * chance.randint(1, 9) + f"# beside {number}"
        lines.append(line)
    return "\n".join([*lines, *["# the end"] * chance.randint(0, 1)]) + "\n"


def _may_end_in_comment(line: str) -> bool:
    return line.count('"') % 2 == 0 and line.count("'") % 2 == 0


@settings(max_examples=200, deadline=None)
@given(policies(3), st.integers(0, 1 << 32))
def test_the_usual_form_is_reached_at_once_and_keeps_everything(policy, seed) -> None:
    """For any policy, written in any way, with comments anywhere: the meaning and the comments stay, and the form of
    the form is itself."""
    chance = random.Random(seed)
    data = yaml.safe_load("version: 1\npolicy: p\n" + body(*policy))
    data |= {"description": "x # y: 'z'", "limits": {"wall_time": "1000ms", "memory": 1 << 26}, "modules": ["qs"]}
    data["tests"] = [{"fetch": "GET https://a.example/", "expect": "allow"}, {"run": "a\n\n  b # c\n", "expect":
                     {"result": [1, "1", None, {"a b": True}]}}]  # fmt: skip
    text = untidy(data, chance)
    parsed = parse_policy("p.yaml", text.encode())
    if parsed.policy is None:
        return  # a comment inside of text over several lines makes it another text, or no YAML
    once = formatted(text)
    assert formatted(once) == once
    assert comments_of(once) == comments_of(text)
    again = parse_policy("p.yaml", once.encode())
    assert again.policy == parsed.policy
    assert [case.subject for case in again.tests] == [case.subject for case in parsed.tests]
