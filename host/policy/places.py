"""Which rules a policy has, by their ids, and where each of them stands."""

from collections.abc import Mapping

from host.policy.diagnose import Mark
from host.policy.model import Place, Policy


def rule_places(policy: Policy, file: str, marks: Mapping[str, Mark]) -> dict[str, Place]:
    """The place of each rule of `policy` that stands in `file`, by its id: `grants.fetch.github-read`,
    `grants.crypto.hash`, `grants.crypto.keys.invoice`, `deny.fetch.deny-1`, `modules`, …"""
    named = {f"grants.fetch[{index}]": f"grants.fetch.{rule.name}" for index, rule in enumerate(policy.grants.fetch)}
    named |= {f"deny.fetch[{index}]": f"deny.fetch.{rule.name}" for index, rule in enumerate(policy.deny.fetch)}
    found = {}
    for path, mark in marks.items():
        rule = named.get(path, path)
        if path in named or _is_rule(path):
            found[rule] = Place(file, mark.line, mark.column)
    return found


def _is_rule(path: str) -> bool:
    if "[" in path:
        return False
    parts = path.split(".")
    if parts[0] in ("modules", "flows"):
        return len(parts) == 1
    if parts[0] not in ("grants", "deny"):
        return False
    return len(parts) <= 3 or (len(parts) == 4 and parts[2] == "keys")
