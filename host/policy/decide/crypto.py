"""Whether an algorithm, randomness or a named key may be used."""

from collections.abc import Callable

from msgspec import Struct

from host.policy.decide.outcome import Allow, Decision, Deny, Rule
from host.policy.grants.model import ANY, CryptoGrant, Denials


class CryptoRequest(Struct, frozen=True):
    """`operation` is one of those of `grants.crypto` with an `algorithm`, or `random`; with a `key`, it is a use of
    that named key (`sign`, `decrypt`, …), and the algorithm is the key's own."""

    operation: str
    algorithm: str | None = None
    key: str | None = None

    @property
    def target(self) -> str:
        if self.key is not None:
            return f"{self.operation} with the key {self.key}"
        return f"{self.operation} {self.algorithm}" if self.algorithm else self.operation


class CryptoRules:
    """The rules of one policy about crypto."""

    def __init__(
        self, policy: str, grant: CryptoGrant | None, denials: Denials, rule: Callable[[str, str], Rule]
    ) -> None:
        self.policy = policy
        self.grant = grant if grant is not None else CryptoGrant()
        self.granted = {field: value for field, value in _operations(self.grant).items() if value}
        self.keys = {key.name: key for key in self.grant.keys}
        self.denied = dict(denials.crypto)
        self.rule = rule


def _operations(grant: CryptoGrant) -> dict[str, object]:
    return {field: getattr(grant, field) for field in grant.__struct_fields__ if field not in ("keys", "budget_ms")}


def decide(rules: CryptoRules, request: CryptoRequest) -> Decision:
    if request.key is not None:
        return _decide_key(rules, request)
    operation, algorithm = request.operation, request.algorithm
    denied = _denied(rules, operation, algorithm)
    if denied is not None:
        return _forbidden(rules, request, denied)
    granted = rules.granted.get(operation, ())
    if granted is True or granted == ANY or (granted and algorithm in granted):
        return Allow(rules.rule(f"grants.crypto.{operation}", f"crypto.{operation}"), rules.grant)
    if not granted:
        reason = f"it grants no `{operation}`"
        return Deny("crypto", request.target, rules.policy, reason, None, False, _suggestion(request))
    nearest = rules.rule(f"grants.crypto.{operation}", f"crypto.{operation}")
    reason = f"`{operation}` is granted for {', '.join(granted)} alone"
    return Deny("crypto", request.target, rules.policy, reason, nearest, False, _suggestion(request))


def _decide_key(rules: CryptoRules, request: CryptoRequest) -> Decision:
    key = rules.keys.get(request.key)
    if key is None:
        # Also under an audit: there is no key behind a name that no policy gives.
        return Deny("crypto", request.target, rules.policy, "it has no key of that name", None, final=True)
    denied = _denied(rules, _as_operation(request.operation), key.algorithm)
    if denied is not None:
        return _forbidden(rules, request, denied)
    rule = rules.rule(f"grants.crypto.keys.{key.name}", key.name)
    if request.operation in key.use:
        return Allow(rule, key)
    reason = f"the key is for {', '.join(key.use)} alone"
    suggestion = f"use: [{', '.join(sorted({*key.use, request.operation}))}]"
    # A key's use is part of the key: no audit lends it out for another.
    return Deny("crypto", request.target, rules.policy, reason, rule, True, suggestion)


def _denied(rules: CryptoRules, operation: str, algorithm: str | None) -> Rule | None:
    denied = rules.denied.get(operation, ())
    if denied == ANY or algorithm in denied:
        return rules.rule(f"deny.crypto.{operation}", f"crypto.{operation}")
    return None


def _forbidden(rules: CryptoRules, request: CryptoRequest, rule: Rule) -> Deny:
    return Deny("crypto", request.target, rules.policy, f"`{rule.name}` under `deny` forbids it", rule, final=True)


def _as_operation(use: str) -> str:
    return "cipher" if use in ("encrypt", "decrypt") else use


def _suggestion(request: CryptoRequest) -> str:
    value = "true" if request.algorithm is None else f"[{request.algorithm}]"
    return f"grants:\n  crypto:\n    {request.operation}: {value}"
