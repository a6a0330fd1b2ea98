"""`grants:`, `deny:` and `flows:`, as a file says them: each capability by its own reader."""

from msgspec import UNSET, UnsetType

from host.policy.bounded import bounds
from host.policy.diagnose import Findings
from host.policy.document import Mapping, Node
from host.policy.fields import Reader, choice, matching, quantity, read_list, read_map, read_set, read_whole
from host.policy.grants.crypto import read_crypto, read_crypto_denials
from host.policy.grants.fetch import read_fetch, read_fetch_denials
from host.policy.grants.model import Denials, Flow, Grants, TasksGrant, XlsxGrant, XlsxLimits
from host.policy.modules import read_module
from host.policy.pattern.names import parse_name_pattern
from host.policy.units import BYTES, COUNT

XLSX_KEYS = {
    "max_size": ("max_size_bytes", BYTES),
    "max_cells": ("max_cells", COUNT),
    "max_rows": ("max_rows", COUNT),
    "max_sheets": ("max_sheets", COUNT),
    "max_uncompressed": ("max_uncompressed_bytes", BYTES),
}
_NAMES = matching(parse_name_pattern, "bad-name")


def read_grants(found: Findings, node: Node, path: str) -> Grants | UnsetType:
    """The powers of a policy, by capability."""
    values = read_map(found, node, path, _GRANTS)
    return UNSET if values is UNSET else Grants(**values)


def read_deny(found: Findings, node: Node, path: str) -> Denials | UnsetType:
    """What wins over every grant, by capability."""
    values = read_map(found, node, path, _DENY)
    return UNSET if values is UNSET else Denials(**values)


def read_flows(found: Findings, node: Node, path: str) -> tuple[Flow, ...] | UnsetType:
    """One flow rule as a map, or a list of them."""
    if isinstance(node, Mapping):
        flow = _read_flow(found, node, path)
        return UNSET if flow is UNSET else (flow,)
    flows = read_list(found, node, path, _read_flow)
    return UNSET if flows is UNSET else tuple(sorted(set(flows)))


def _read_flow(found: Findings, node: Node, path: str) -> Flow | UnsetType:
    readers: dict[str, Reader] = {"after": _NAMES, "only": _read_names}
    values = read_map(found, node, path, readers, required=("after", "only"))
    return UNSET if values is UNSET or len(values) < 2 else Flow(**values)


def _read_names(found: Findings, node: Node, path: str) -> tuple[str, ...] | UnsetType:
    names = read_set(found, node, path, _NAMES, least=0)
    return UNSET if names is UNSET else tuple(sorted(names))


def _read_xlsx(found: Findings, node: Node, path: str) -> XlsxGrant | UnsetType:
    values = read_map(found, node, path, {"read": _read_xlsx_limits, "write": _read_xlsx_limits})
    if values is UNSET:
        return UNSET
    if not values and not found.failed:
        fix = "Add `read: {}` or `write: {}`, or remove it."
        found.warning("grants-nothing", node.mark, f"`{path}` grants neither reading nor writing", fix)
    return XlsxGrant(**values)


def _read_xlsx_limits(found: Findings, node: Node, path: str) -> XlsxLimits | UnsetType:
    values = read_map(found, node, path, _XLSX_READERS)
    if values is UNSET:
        return UNSET
    return XlsxLimits(**{XLSX_KEYS[key][0] if key in XLSX_KEYS else key: value for key, value in values.items()})


def _read_tasks(found: Findings, node: Node, path: str) -> TasksGrant | UnsetType:
    values = read_map(found, node, path, {"add": _read_names, "get": _read_names})
    return UNSET if values is UNSET else TasksGrant(**values)


def _read_denied_operations(found: Findings, node: Node, path: str) -> tuple[str, ...] | UnsetType:
    operations = read_set(found, node, path, choice("read", "write"), any_word=True)
    if operations == "any":
        return ("read", "write")
    return UNSET if operations is UNSET else tuple(sorted(operations))


def _read_denied_modules(found: Findings, node: Node, path: str) -> tuple[str, ...] | UnsetType:
    names = read_set(found, node, path, read_module)
    return UNSET if names is UNSET else tuple(sorted(names))


_ranges = bounds(XlsxLimits)
_XLSX_READERS: dict[str, Reader] = {
    **{key: quantity(unit, *_ranges[field]) for key, (field, unit) in XLSX_KEYS.items()},
    "max_ratio": read_whole(*_ranges["max_ratio"]),
}
_GRANTS: dict[str, Reader] = {
    "fetch": read_fetch,
    "crypto": read_crypto,
    "xlsx": _read_xlsx,
    "tasks": _read_tasks,
}
_DENY: dict[str, Reader] = {
    "fetch": read_fetch_denials,
    "crypto": read_crypto_denials,
    "xlsx": _read_denied_operations,
    "tasks": _read_tasks,
    "modules": _read_denied_modules,
}
