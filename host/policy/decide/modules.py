"""Whether guest code may require a module."""

from collections.abc import Callable

from msgspec import Struct

from host.policy.decide.outcome import Allow, Decision, Deny, Rule
from host.policy.grants.model import Denials
from host.policy.model import Modules
from host.policy.vocabulary import FORBIDDEN, owner_of


class ModuleRequest(Struct, frozen=True):
    """`module` as `require` takes it, without `node:`."""

    module: str

    @property
    def target(self) -> str:
        return self.module


class ModuleRules:
    """The rules of one policy about modules."""

    def __init__(self, policy: str, modules: Modules, denials: Denials, rule: Callable[[str, str], Rule]) -> None:
        self.policy = policy
        self.modules = modules
        self.denied = frozenset(denials.modules)
        self.rule = rule


def decide(rules: ModuleRules, request: ModuleRequest) -> Decision:
    name = request.module
    owner = owner_of(name)
    if owner is None:
        package = name.split("/")[0]
        reason = FORBIDDEN[package][0] if package in FORBIDDEN else "the guest has no such module"
        return Deny("modules", name, rules.policy, reason, None, final=True)
    if owner in rules.denied:
        rule = rules.rule("deny.modules", "modules")
        return Deny("modules", name, rules.policy, "`modules` under `deny` forbids it", rule, final=True)
    rule = rules.rule("modules", "modules")
    if rules.modules.allows(name):
        return Allow(rule, rules.modules)
    listed = sorted({*rules.modules.names, owner})
    return Deny(
        "modules", name, rules.policy, "it does not list that module", rule, False, f"modules: [{', '.join(listed)}]"
    )
