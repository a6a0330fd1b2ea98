"""What a policy is once it has been read: frozen values that everything behind the loader trusts.

Each number has its unit in its name, and its minimum and ceiling in its type. A value outside of them cannot be
made: the constructors raise ValueError. What a field's default is, an absent key of a file is too.
"""

import hashlib
import hmac
from collections.abc import Mapping
from functools import cache, cached_property
from types import MappingProxyType
from typing import Annotated, Literal, get_args, get_type_hints

from msgspec import Meta, Struct, to_builtins

from host.policy.diagnose import Diagnostic, Mark
from host.policy.digest import digest_of
from host.policy.vocabulary import owner_of

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
FORMAT_VERSION = 1


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


class Rate(Bounded, frozen=True):
    """At most `count` executions at once after a pause, and `count` in `per_s` seconds in the long run."""

    count: Annotated[int, Meta(ge=1, le=1_000_000)]
    per_s: Annotated[int, Meta(ge=1, le=86_400)]


class Limits(Bounded, frozen=True, kw_only=True):
    """What one execution may use, and how many there may be under the policy."""

    wall_time_ms: Annotated[int, Meta(ge=1, le=3_600_000)] = 5_000
    fuel: Annotated[int, Meta(ge=1_000, le=10_000_000_000_000)] = 10_000_000_000
    memory_bytes: Annotated[int, Meta(ge=MIB, le=2 * GIB)] = 64 * MIB
    code_bytes: Annotated[int, Meta(ge=1, le=16 * MIB)] = 65_535
    input_bytes: Annotated[int, Meta(ge=2, le=256 * MIB)] = 2 * MIB
    result_bytes: Annotated[int, Meta(ge=4, le=256 * MIB)] = 5 * MIB
    log_bytes: Annotated[int, Meta(ge=0, le=64 * MIB)] = 64 * KIB
    host_calls: Annotated[int, Meta(ge=0, le=1_000_000)] = 200
    concurrency: Annotated[int, Meta(ge=1, le=10_000)] = 200
    weight: Annotated[int, Meta(ge=1, le=100)] = 10
    """How much an execution under the policy counts when cores are shared out among principals."""

    rate: Rate | None = None
    """None: no rate of the policy's own; a principal's quota and the server's settings hold all the same."""


WIDEST = Limits(**{name: most for name, (_, most) in bounds(Limits).items()})
"""Every limit at its ceiling: what a server that sets no ceilings of its own allows."""


class Clock(Bounded, frozen=True):
    """What guest code is told the time is. `coarse_ms` is the step of a coarse clock, `fixed_epoch_ms` where a fixed
    one stands, in milliseconds since 1970 UTC; each is None for the other kinds."""

    kind: Literal["real", "coarse", "fixed"] = "real"
    coarse_ms: Annotated[int, Meta(ge=1, le=60_000)] | None = None
    fixed_epoch_ms: Annotated[int, Meta(ge=0, le=253_402_300_799_999)] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.coarse_ms is not None) != (self.kind == "coarse"):
            raise ValueError("coarse_ms belongs to a coarse clock, and to no other")
        if (self.fixed_epoch_ms is not None) != (self.kind == "fixed"):
            raise ValueError("fixed_epoch_ms belongs to a fixed clock, and to no other")


class Language(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which parts of the language guest code has. `eval` stands for `eval`, `Function` and their kin."""

    eval: bool = False
    console: bool = True
    clock: Clock = Clock()
    random: Literal["secure", "seeded"] = "secure"
    require_return: bool = True


class Modules(Struct, frozen=True, forbid_unknown_fields=True):
    """What `require` may give: every module of the guest (`all`), or those in `names`. As made, nothing."""

    all: bool = False
    names: frozenset[str] = frozenset()

    def allows(self, name: str) -> bool:
        """Whether guest code may require `name`, a module or a subpath of one (`lodash/fp`)."""
        owner = owner_of(name)
        return owner is not None and (self.all or owner in self.names)


class Grants(Struct, frozen=True, forbid_unknown_fields=True):
    """The capabilities of a policy. There is no capability that could be granted yet."""


class Policy(Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """One policy, flattened: what code that runs under it may do."""

    name: str
    description: str = ""
    limits: Limits = Limits()
    language: Language = Language()
    modules: Modules = Modules()
    grants: Grants = Grants()

    @cached_property
    def digest(self) -> str:
        """`sha256:…` of what the policy means. Order, spelling, comments and the description do not move it."""
        return digest_of(
            {
                "version": FORMAT_VERSION,
                "policy": self.name,
                "limits": to_builtins(self.limits),
                "language": to_builtins(self.language),
                "modules": "all" if self.modules.all else sorted(self.modules.names),
                "grants": to_builtins(self.grants),
            }
        )


class Quota(Bounded, frozen=True, kw_only=True):
    """A principal's share over time, beside the limits of its policies. None: no share of its own is set."""

    rate: Rate | None = None
    concurrency: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    fuel_per_day: Annotated[int, Meta(ge=1_000, le=1_000_000_000_000_000)] | None = None


class Principal(Struct, frozen=True, forbid_unknown_fields=True):
    """Who calls. `policies` are the names it may use, its default first; `token_sha256` is lower-case hexadecimal. An
    `operator` sees and ends the executions of all principals, and no more than that."""

    name: str
    token_sha256: str
    policies: tuple[str, ...] = ()
    quota: Quota = Quota()
    operator: bool = False


class Access(Struct, frozen=True, forbid_unknown_fields=True):
    """Who may use what. `anonymous` names the policy of callers without a token; None: they are turned away."""

    principals: tuple[Principal, ...] = ()
    anonymous: str | None = None


class Origin(Struct, frozen=True):
    """Where a policy was written: its file, and the place of each value by its path (`limits.wall_time`)."""

    file: str
    marks: Mapping[str, Mark]


def token_sha256(token: str) -> str:
    """The hexadecimal SHA-256 of a bearer token, as access.yaml holds it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class PolicySet(Struct, frozen=True, dict=True):
    """A folder of policies that is valid as a whole. `access` is None where the folder has no access file.

    `warnings` are the diagnostics that did not stop it from loading, `sources` the text of each file for rendering
    them, `origins` the place of each policy by name. None of the three is part of the digest.
    """

    policies: Mapping[str, Policy]
    access: Access | None = None
    warnings: tuple[Diagnostic, ...] = ()
    origins: Mapping[str, Origin] = MappingProxyType({})
    sources: Mapping[str, str] = MappingProxyType({})

    @cached_property
    def digest(self) -> str:
        """`sha256:…` of every policy and of the access rules: it moves when what anybody may do moves."""
        return digest_of(
            {
                "version": FORMAT_VERSION,
                "policies": {name: policy.digest for name, policy in self.policies.items()},
                "access": to_builtins(self.access),
            }
        )

    def principal_by_token_sha256(self, digest_hex: str) -> Principal | None:
        """The principal with this token, by the token's hexadecimal SHA-256; None where there is none.

        Every principal is compared, each in constant time, so that the time taken tells nothing about the tokens.
        """
        asked = digest_hex.lower().encode("utf-8", "surrogatepass")
        found = None
        for principal in self.access.principals if self.access is not None else ():
            if hmac.compare_digest(principal.token_sha256.encode("ascii"), asked):
                found = principal
        return found

    def policies_for(self, principal: Principal | None) -> tuple[Policy, ...]:
        """The policies that `principal` (None: a caller without a token) may use, the default first.

        Empty means that the caller may do nothing; so does the absence of access rules.
        """
        if principal is not None:
            names = principal.policies
        elif self.access is not None and self.access.anonymous is not None:
            names = (self.access.anonymous,)
        else:
            names = ()
        return tuple(self.policies[name] for name in names)

    def select(self, principal: Principal | None, name: str | None = None) -> Policy | None:
        """The policy `name`, or the default without a name, if `principal` may use it; else None."""
        for policy in self.policies_for(principal):
            if name is None or policy.name == name:
                return policy
        return None
