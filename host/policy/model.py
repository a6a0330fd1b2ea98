"""What a policy is once it has been read: frozen values that everything behind the loader trusts.

Each number has its unit in its name, and its minimum and ceiling in its type. A value outside of them cannot be
made: the constructors raise ValueError. What a field's default is, an absent key of a file is too.
"""

import hashlib
import hmac
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, to_builtins

from host.policy.bounded import GIB, KIB, MIB, Bounded, bounds
from host.policy.diagnose import Diagnostic, Mark
from host.policy.digest import digest_of
from host.policy.grants.model import Denials, Flow, Grants
from host.policy.mode import Mode
from host.policy.testcase import Case
from host.policy.vocabulary import MODULES, owner_of

FORMAT_VERSION = 1


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

    @property
    def instant(self) -> str:
        """Where a fixed clock stands, as a file has it."""
        assert self.fixed_epoch_ms is not None
        stands_at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=self.fixed_epoch_ms)
        return stands_at.isoformat(timespec="milliseconds" if self.fixed_epoch_ms % 1000 else "seconds")[:-6] + "Z"


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

    def without(self, denied: Collection[str]) -> "Modules":
        """These without the ones in `denied`: what `deny` takes away is not there for anybody who asks."""
        if not denied:
            return self
        return Modules(names=(MODULES if self.all else self.names) - frozenset(denied))


class Policy(Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """One policy, flattened: what code that runs under it may do."""

    name: str
    description: str = ""
    limits: Limits = Limits()
    language: Language = Language()
    modules: Modules = Modules()
    grants: Grants = Grants()
    deny: Denials = Denials()
    flows: tuple[Flow, ...] = ()
    mode: Mode = Mode()
    extends: str | None = None
    """The policy that this one was narrowed from. It is flattened, so this is for people."""

    @cached_property
    def digest(self) -> str:
        """`sha256:…` of what the policy means. Order, spelling, comments, the description and whether something was
        inherited do not move it."""
        meaning = {
            "version": FORMAT_VERSION,
            "policy": self.name,
            "limits": to_builtins(self.limits),
            "language": to_builtins(self.language),
            "modules": "all" if self.modules.all else sorted(self.modules.names),
            "grants": _present(self.grants),
        }
        # What was added to the language later is left out where it is not used: that moves no older digest.
        later = {"deny": _present(self.deny), "flows": to_builtins(sorted(self.flows)), "mode": _present(self.mode)}
        return digest_of(meaning | {key: value for key, value in later.items() if value})


def _present(struct: Struct) -> dict[str, Any]:
    """The fields of `struct` that are not as made, with rules in the order of their names."""
    made = type(struct)()
    fields = {field: getattr(struct, field) for field in struct.__struct_fields__}
    present = {field: value for field, value in fields.items() if value != getattr(made, field)}
    rules = present.get("fetch")
    return to_builtins(present | ({"fetch": sorted(rules, key=lambda rule: rule.name)} if rules else {}))


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


class Place(Struct, frozen=True):
    """Where something stands, to jump to."""

    file: str
    line: int
    column: int


class Origin(Struct, frozen=True):
    """Where a policy was written: its file, and the place of each value by its path (`limits.wall_time`).

    `rules` has the place of each rule by its id (`grants.fetch.github-read`), also of those that were inherited.
    """

    file: str
    marks: Mapping[str, Mark]
    rules: Mapping[str, Place] = MappingProxyType({})


def token_sha256(token: str) -> str:
    """The hexadecimal SHA-256 of a bearer token, as access.yaml holds it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class PolicySet(Struct, frozen=True, dict=True):
    """A folder of policies that is valid as a whole. `access` is None where the folder has no access file.

    `warnings` are the diagnostics that did not stop it from loading, `sources` the text of each file for rendering
    them, `origins` the place of each policy by name. Neither these nor `tests` are part of the digest.
    """

    policies: Mapping[str, Policy]
    access: Access | None = None
    warnings: tuple[Diagnostic, ...] = ()
    origins: Mapping[str, Origin] = MappingProxyType({})
    sources: Mapping[str, str] = MappingProxyType({})
    tests: Mapping[str, tuple[Case, ...]] = MappingProxyType({})
    """What each policy's author expects of it, by the policy's name."""

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
