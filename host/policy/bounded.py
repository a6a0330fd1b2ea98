"""Integers with a ceiling in their type: what every number of a policy is held in."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import get_args, get_type_hints

from msgspec import Struct

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


@cache
def bounds(struct: type[Struct]) -> Mapping[str, tuple[int, int]]:
    """The minimum and the ceiling of each integer field of `struct`, as its annotations give them."""
    found = {}
    for name, hint in get_type_hints(struct, include_extras=True).items():
        for part in (hint, *get_args(hint)):
            for meta in getattr(part, "__metadata__", ()):
                found[name] = (meta.ge, meta.le)
    return MappingProxyType(found)


class Bounded(Struct, frozen=True, forbid_unknown_fields=True):
    """A struct whose integers are checked against their annotations when it is made, and not only when decoded."""

    def __post_init__(self) -> None:
        for name, (least, most) in bounds(type(self)).items():
            value = getattr(self, name)
            if value is not None and not (type(value) is int and least <= value <= most):
                raise ValueError(f"{name} must be an integer from {least} to {most}, not {value!r}")
