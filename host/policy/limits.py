"""`limits:` and `quota:`: how much, as a file says it."""

from typing import TypeVar

from msgspec import UNSET, UnsetType

from host.policy.diagnose import Findings
from host.policy.document import Node, Scalar
from host.policy.fields import Reader, bad_unit, quantity, read_map, wrong_type
from host.policy.model import Limits, Quota, Rate, bounds
from host.policy.units import BYTES, COUNT, DURATION, Unit, UnitError, read_rate, show_rate

T = TypeVar("T", Limits, Quota)

LIMIT_KEYS: dict[str, tuple[str, Unit]] = {
    "wall_time": ("wall_time_ms", DURATION),
    "fuel": ("fuel", COUNT),
    "memory": ("memory_bytes", BYTES),
    "code": ("code_bytes", BYTES),
    "input": ("input_bytes", BYTES),
    "result": ("result_bytes", BYTES),
    "logs": ("log_bytes", BYTES),
    "host_calls": ("host_calls", COUNT),
    "concurrency": ("concurrency", COUNT),
    "weight": ("weight", COUNT),
}
"""Each key of `limits:` but `rate`, with the field of Limits that it sets and its unit."""

QUOTA_KEYS: dict[str, tuple[str, Unit]] = {
    "concurrency": ("concurrency", COUNT),
    "fuel_per_day": ("fuel_per_day", COUNT),
}


def read_limits(found: Findings, node: Node, path: str) -> Limits | UnsetType:
    return _read_struct(found, node, path, Limits, LIMIT_KEYS)


def read_quota(found: Findings, node: Node, path: str) -> Quota | UnsetType:
    return _read_struct(found, node, path, Quota, QUOTA_KEYS)


def read_rate_limit(found: Findings, node: Node, path: str) -> Rate | UnsetType:
    """`600/min` as a Rate."""
    if not isinstance(node, Scalar):
        return wrong_type(found, node, path, "a rate such as `600/min`")
    try:
        count, per_s = read_rate(node.text)
    except UnitError as fault:
        return bad_unit(found, node, path, fault)
    least, most = bounds(Rate)["count"]
    if least <= count <= most:
        return Rate(count, per_s)
    message = f"`{path}` must be from {show_rate(least, per_s)} to {show_rate(most, per_s)}"
    found.error("out-of-range", node.mark, message)
    return UNSET


def _read_struct(
    found: Findings, node: Node, path: str, struct: type[T], keys: dict[str, tuple[str, Unit]]
) -> T | UnsetType:
    ranges = bounds(struct)
    readers: dict[str, Reader] = {key: quantity(unit, *ranges[field]) for key, (field, unit) in keys.items()}
    values = read_map(found, node, path, {**readers, "rate": read_rate_limit})
    if values is UNSET:
        return UNSET
    return struct(**{keys[key][0] if key in keys else key: value for key, value in values.items()})
