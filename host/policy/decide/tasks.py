"""Whether a task may be handed to a pool, or looked at."""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from host.policy.decide.outcome import Allow, Decision, Deny, Rule
from host.policy.grants.model import Denials, TasksGrant
from host.policy.pattern.names import name_matches


class TasksRequest(Struct, frozen=True):
    operation: Literal["add", "get"]
    pool: str

    @property
    def target(self) -> str:
        return f"{self.operation} {self.pool}"


class TasksRules:
    """The rules of one policy about tasks."""

    def __init__(
        self, policy: str, grant: TasksGrant | None, denials: Denials, rule: Callable[[str, str], Rule]
    ) -> None:
        self.policy = policy
        self.grant = grant if grant is not None else TasksGrant()
        self.denied = denials.tasks
        self.rule = rule


def decide(rules: TasksRules, request: TasksRequest) -> Decision:
    name = f"tasks.{request.operation}"
    if _any_matches(getattr(rules.denied, request.operation), request.pool):
        rule = rules.rule(f"deny.{name}", name)
        return Deny("tasks", request.target, rules.policy, f"`{name}` under `deny` forbids it", rule, final=True)
    patterns = getattr(rules.grant, request.operation)
    rule = rules.rule(f"grants.{name}", name) if patterns else None
    if _any_matches(patterns, request.pool):
        return Allow(rule, rules.grant)
    suggestion = f"grants:\n  tasks:\n    {request.operation}: [{request.pool}]"
    reason = (
        f"`{request.operation}` is granted for {', '.join(patterns)} alone" if patterns else f"it grants no `{name}`"
    )
    return Deny("tasks", request.target, rules.policy, reason, rule, False, suggestion)


def _any_matches(patterns: tuple[str, ...], pool: str) -> bool:
    return any(name_matches(pattern, pool) for pattern in patterns)
