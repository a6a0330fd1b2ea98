"""One policy file: its bytes in, the policy and everything that is wrong with it out."""

from types import MappingProxyType
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from host.policy.diagnose import Diagnostic, Findings, quote
from host.policy.document import Broken, Node, Scalar, decode, read_document
from host.policy.fields import Reader, choice, read_description, read_map, read_name
from host.policy.grants.read import read_deny, read_flows, read_grants
from host.policy.language import read_language
from host.policy.limits import read_limits
from host.policy.mode import Mode, mode_of, read_until
from host.policy.model import FORMAT_VERSION, Origin, Policy
from host.policy.modules import read_modules
from host.policy.places import rule_places
from host.policy.testcase import Case, read_tests
from host.policy.vocabulary import NO_POLICY


class ParsedPolicy(Struct, frozen=True):
    """What one file gave. `policy` is None where it has an error; `name` is known even then, if it could be read."""

    policy: Policy | None
    name: str | None
    diagnostics: tuple[Diagnostic, ...]
    origin: Origin
    source: str
    tests: tuple[Case, ...] = ()


def parse_policy(file: str, data: bytes) -> ParsedPolicy:
    """Reads the policy in `data`. Never raises for what the file holds; `file` is only named in diagnostics."""
    found = Findings(file)
    source, root = read_root(found, data)
    values = UNSET if root is None else read_map(found, root, "", _READERS, required=("version", "policy"))
    values = {} if values is UNSET else values
    name = values.get("policy")
    mode = mode_of(found, values.get("mode"), values.get("until"))
    policy = None if found.failed else _policy(values, mode)
    rules = {} if policy is None else rule_places(policy, file, found.marks)
    origin = Origin(file, MappingProxyType(found.marks), MappingProxyType(rules))
    return ParsedPolicy(policy, name, found.sorted(), origin, source, values.get("tests", ()))


def read_root(found: Findings, data: bytes) -> tuple[str, Node | None]:
    """The text of a file and its document; None for a document that could not be read (reported)."""
    source = decode(found, data)
    root = None if source is None else read_document(found, source)
    if isinstance(root, Scalar) and root.value is None:
        found.error("empty", root.mark, "the file holds nothing", "Begin with the first key.")
        root = None
    return source or "", None if isinstance(root, Broken) else root


def _policy(values: dict[str, Any], mode: Mode) -> Policy:
    """The policy as this file alone has it. What a file says about itself, and its tests, are left behind."""
    kept = ("description", "limits", "language", "modules", "grants", "deny", "flows", "extends")
    return Policy(name=values["policy"], mode=mode, **{key: values[key] for key in kept if key in values})


def _read_version(found: Findings, node: Node, path: str) -> int | UnsetType:
    if isinstance(node, Scalar) and node.plain and node.text == str(FORMAT_VERSION):
        return FORMAT_VERSION
    shown = quote(node.text) if isinstance(node, Scalar) else node.kind
    message = f"the version of the format must be the number {FORMAT_VERSION}, and is {shown}"
    found.error("bad-version", node.mark, message, f"Write `{path}: {FORMAT_VERSION}`.")
    return UNSET


def _read_policy_name(found: Findings, node: Node, path: str) -> str | UnsetType:
    name = read_name(found, node, path)
    if name == NO_POLICY:
        message = f"`{NO_POLICY}` cannot name a policy: under `anonymous` it means that there is none"
        found.error("bad-name", node.mark, message, "Choose another name.")
        return UNSET
    return name


_READERS: dict[str, Reader] = {
    "version": _read_version,
    "policy": _read_policy_name,
    "description": read_description,
    "limits": read_limits,
    "language": read_language,
    "modules": read_modules,
    "grants": read_grants,
    "deny": read_deny,
    "flows": read_flows,
    "tests": read_tests,
    "extends": read_name,
    "mode": choice("enforce", "audit"),
    "until": read_until,
}
