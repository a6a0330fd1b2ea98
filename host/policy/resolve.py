"""Many files to one set of policies: all of it valid, or none of it taken."""

from collections.abc import Mapping
from types import MappingProxyType

from host.policy.access import ParsedAccess, parse_access
from host.policy.diagnose import START, Diagnostic, Findings, quote, render, suggest
from host.policy.inherit import Flattened, flatten_all
from host.policy.lint import check_tests, lint
from host.policy.model import PolicySet
from host.policy.parse import ParsedPolicy, parse_policy

ACCESS_FILES = ("access.yaml", "access.yml")
FILES_MAX = 1_000


class PolicyFolderError(Exception):
    """A folder that cannot be used. `diagnostics` is everything found in it, warnings too, in the order of the files;
    `sources` the text of the files, by name."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...], sources: Mapping[str, str]) -> None:
        errors = [diagnostic for diagnostic in diagnostics if diagnostic.severity == "error"]
        noun = "error" if len(errors) == 1 else "errors"
        super().__init__(f"{len(errors)} {noun} in the policies, the first: {render(errors[0])}")
        self.diagnostics = diagnostics
        self.sources = sources


def is_policy_file(name: str) -> bool:
    """Whether a file of a policy folder is read at all. Hidden files are left alone: editors and mounts make them."""
    return not name.startswith(".") and name.endswith((".yaml", ".yml"))


def resolve_files(files: Mapping[str, bytes]) -> PolicySet:
    """The policies and access rules of files by name. Raises PolicyFolderError where any of them has an error."""
    names = sorted(name for name in files if is_policy_file(name))
    if len(names) > FILES_MAX:
        message = f"the folder holds {len(names):,} policy files, and {FILES_MAX:,} is the most"
        raise PolicyFolderError((folder_error("too-large", message),), {})
    parsed = {name: parse_policy(name, files[name]) for name in names if name not in ACCESS_FILES}
    rules = {name: parse_access(name, files[name]) for name in names if name in ACCESS_FILES}
    sources = MappingProxyType({name: each.source for name, each in {**parsed, **rules}.items()})
    flat = flatten_all(parsed)
    diagnostics = _check(parsed, rules, flat)
    if any(diagnostic.severity == "error" for diagnostic in diagnostics):
        raise PolicyFolderError(diagnostics, sources)
    valid = list(flat.policies.values())
    assert len(valid) == len(parsed), "a file without a policy has an error"
    return PolicySet(
        policies=MappingProxyType({policy.name: policy for policy, _ in valid}),
        access=next((each.access for each in rules.values()), None),
        warnings=diagnostics,
        origins=MappingProxyType({policy.name: origin for policy, origin in valid}),
        sources=sources,
        tests=MappingProxyType({each.name: each.tests for each in parsed.values() if each.name is not None}),
    )


def folder_error(code: str, message: str, file: str = ".", fix: str | None = None) -> Diagnostic:
    """An error about a file as a whole, or (`.`) about the folder."""
    return Diagnostic(code, "error", message, file, START.line, START.column, fix)


def _check(parsed: dict[str, ParsedPolicy], rules: dict[str, ParsedAccess], flat: Flattened) -> tuple[Diagnostic, ...]:
    found = [diagnostic for each in (*parsed.values(), *rules.values()) for diagnostic in each.diagnostics]
    found += flat.diagnostics
    for file, (policy, origin) in flat.policies.items():
        found += lint(policy, origin)
        found += check_tests(policy, file, parsed[file])
    found += _duplicate_names(parsed)
    if not parsed:
        fix = "Add one, such as sandbox.yaml, or name another folder."
        found.append(folder_error("no-policies", "the folder holds no policy", fix=fix))
    if len(rules) > 1:
        message = f"{' and '.join(rules)} are both there"
        found.append(folder_error("two-access-files", message, list(rules)[-1], "Keep one of them."))
    for file, each in rules.items():
        found += _unknown_policies(parsed, file, each)
    return tuple(sorted(found, key=lambda each: (each.file, each.line, each.column)))


def _duplicate_names(parsed: dict[str, ParsedPolicy]) -> list[Diagnostic]:
    first_file: dict[str, str] = {}
    diagnostics: list[Diagnostic] = []
    for file, each in parsed.items():
        if each.name is None:
            continue
        first = first_file.setdefault(each.name, file)
        if first != file:
            found = Findings(file)
            message = f"the policy {quote(each.name)} is in {quote(first)} already"
            found.error("duplicate-name", each.origin.marks["policy"], message, "Rename one of them.")
            diagnostics += found.sorted()
    return diagnostics


def _unknown_policies(parsed: dict[str, ParsedPolicy], file: str, rules: ParsedAccess) -> tuple[Diagnostic, ...]:
    """Uses of policies that do not exist; nothing while some file's name is not known, since it could be that one."""
    found = Findings(file)
    known = {each.name for each in parsed.values() if each.name is not None}
    if any(each.name is None for each in parsed.values()):
        return ()
    for use in rules.uses:
        if use.policy not in known and not found.full:
            message = f"there is no policy {quote(use.policy)}"
            found.error("unknown-policy", use.mark, message, suggest(use.policy, known))
    return found.sorted()
