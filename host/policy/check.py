"""Everything that is wrong or unwise about a folder of policies, or about some files of it."""

from collections.abc import Collection, Mapping
from datetime import date

import msgspec
from msgspec import Struct

from host.policy.access import parse_access
from host.policy.ceilings import over_ceilings
from host.policy.diagnose import Diagnostic
from host.policy.lint import lint_dates
from host.policy.model import Limits
from host.policy.parse import ParsedPolicy, parse_policy
from host.policy.resolve import ACCESS_FILES, PolicyFolderError, is_policy_file, resolve_files


class Checked(Struct, frozen=True):
    """What was found, in the order of the files, and the text of each file."""

    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]
    files: tuple[str, ...]

    def count(self, severity: str) -> int:
        return sum(each.severity == severity for each in self.diagnostics)


def check_files(
    files: Mapping[str, bytes], today: date, ceilings: Limits, only: Collection[str] | None = None
) -> Checked:
    """Checks `files` as one folder. With `only`, what is told is about these and the policies that they build on:
    a child is as good as its parents."""
    try:
        found = resolve_files(files)
        diagnostics = [*found.warnings, *lint_dates(found, today), *over_ceilings(found, ceilings)]
        sources = found.sources
    except PolicyFolderError as error:
        diagnostics, sources = list(error.diagnostics), error.sources
    names = {name for name in files if is_policy_file(name)}
    if only is not None:
        names = with_ancestors(files, only)
        diagnostics = [each for each in diagnostics if each.file in names or each.file == "."]
    ordered = sorted(diagnostics, key=lambda each: (each.file, each.line, each.column))
    return Checked(tuple(ordered), sources, tuple(sorted(names)))


def with_ancestors(files: Mapping[str, bytes], only: Collection[str]) -> set[str]:
    """`only`, and the files of the policies that those extend, and so on."""
    if not any(b"extends" in files[name] for name in only):
        return set(only)
    parsed = _parse_all(files)
    by_name = {each.name: file for file, each in reversed(parsed.items())}
    found, waiting = set(only), [name for name in only if name in parsed]
    while waiting:
        policy = parsed[waiting.pop()].policy
        parent = by_name.get(policy.extends) if policy is not None and policy.extends is not None else None
        if parent is not None and parent not in found:
            found.add(parent)
            waiting.append(parent)
    return found


def put_into(files: Mapping[str, bytes], name: str, data: bytes) -> dict[str, bytes]:
    """`files` with one more: in place of the file of the same name, and of the one that has its policy under another.

    So a draft can be checked as if it had been saved already.
    """
    policy = parse_policy(name, data).name
    kept = {
        file: each
        for file, each in files.items()
        if file != name and (policy is None or file in ACCESS_FILES or parse_policy(file, each).name != policy)
    }
    return kept | {name: data}


def looks_like_access(data: bytes) -> bool:
    """Whether a text without a file name is access rules rather than a policy."""
    access = parse_access("", data)
    return all(each.code != "unknown-key" for each in access.diagnostics)


def in_folder(diagnostics: Collection[Diagnostic], shown: Mapping[str, str]) -> list[Diagnostic]:
    """The diagnostics with the paths that a person can open in place of the names of files."""
    return [msgspec.structs.replace(each, file=shown.get(each.file, each.file)) for each in diagnostics]


def _parse_all(files: Mapping[str, bytes]) -> dict[str, ParsedPolicy]:
    return {
        name: parse_policy(name, data)
        for name, data in files.items()
        if is_policy_file(name) and name not in ACCESS_FILES
    }
