"""`grants:`, `deny:` and `tests:`: the powers of a policy, none of which exists yet.

All three may be there and be empty, so that a file can say that it grants nothing. What stands inside is an error
and not ignored: a policy whose author believes in a grant, or worse in a denial, that nobody reads is a trap.
"""

from msgspec import UNSET, UnsetType

from host.policy.diagnose import Findings, quote
from host.policy.document import Mapping, Node, Sequence
from host.policy.fields import wrong_type
from host.policy.model import Grants
from host.policy.vocabulary import UNAVAILABLE_KEYS


def read_grants(found: Findings, node: Node, path: str) -> Grants | UnsetType:
    """The grants of a policy: an empty map."""
    return Grants() if _read_empty_map(found, node, path, "no capability can be granted yet") else UNSET


def read_deny(found: Findings, node: Node, path: str) -> tuple[()] | UnsetType:
    """The denials of a policy: an empty map."""
    return () if _read_empty_map(found, node, path, "no capability can be granted yet, so none denied") else UNSET


def read_tests(found: Findings, node: Node, path: str) -> tuple[()] | UnsetType:
    """The tests of a policy: an empty list."""
    if not isinstance(node, Sequence):
        return wrong_type(found, node, path, "an empty list (`[]`)")
    for item in node.items:
        message = f"a test under `{path}`: no capability can be granted yet, so none tested"
        found.error("no-capability", item.mark, message, "Remove it.")
    return UNSET if node.items else ()


def read_unavailable(found: Findings, node: Node, path: str) -> UnsetType:
    """A key that the language keeps for later."""
    message = f"`{path}` cannot be used: {UNAVAILABLE_KEYS[path]}"
    found.error("unavailable", node.mark, message, "Remove it.")
    return UNSET


def _read_empty_map(found: Findings, node: Node, path: str, why: str) -> bool:
    if not isinstance(node, Mapping):
        wrong_type(found, node, path, "an empty map (`{}`)")
        return False
    for entry in node.entries:
        message = f"{quote(entry.key.text)} under `{path}`: {why}"
        found.error("no-capability", entry.key.mark, message, f"Remove it; `{path}: {{}}` is what can stand here.")
    return not node.entries
