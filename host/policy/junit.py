"""The results of tests as JUnit XML, which every CI shows."""

import re
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import quoteattr

from host.policy.suite import Tested, expected

# What XML 1.0 cannot hold, not even as a reference.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(done: Sequence[Tested], files: Mapping[str, str]) -> str:
    """One suite for each policy; `files` is the path of each policy's file, by the policy's name."""
    failed = sum(not each.passed for each in done)
    seconds = sum(each.seconds for each in done)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuites name="cellblock policy test" tests="{len(done)}" failures="{failed}" '
                 f'time="{seconds:.3f}">')  # fmt: skip
    for policy in dict.fromkeys(each.policy for each in done):
        lines += _suite(policy, [each for each in done if each.policy == policy], files.get(policy, ""))
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _suite(policy: str, done: Sequence[Tested], file: str) -> list[str]:
    failed = sum(not each.passed for each in done)
    seconds = sum(each.seconds for each in done)
    head = f'  <testsuite name={_quote(policy)} tests="{len(done)}" failures="{failed}" time="{seconds:.3f}">'
    return [head, *(line for each in done for line in _case(each, file)), "  </testsuite>"]


def _case(each: Tested, file: str) -> list[str]:
    where = f'file={_quote(file)} line="{each.case.mark.line}"'
    head = f"    <testcase name={_quote(each.case.title)} classname={_quote(each.policy)} {where} "
    head += f'time="{each.seconds:.3f}"'
    if each.passed:
        return [head + "/>"]
    message = f"expected {expected(each.case.expect)}, got {each.got}"
    return [head + ">", f"      <failure message={_quote(message)}/>", "    </testcase>"]


def _quote(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
