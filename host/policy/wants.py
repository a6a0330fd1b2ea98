"""Which secrets policies want, and where they say so."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from host.policy.diagnose import START, Diagnostic
from host.policy.model import Origin, Place, Policy, PolicySet


class Want(Struct, frozen=True):
    """A policy's use of a secret. `as_text` says that it is put into a header, a query or a password."""

    secret: str
    policy: str
    place: Place
    as_text: bool


def usable(policies: PolicySet) -> tuple[Policy, ...]:
    """The policies that somebody may use: without access rules, all of them."""
    access = policies.access
    if access is None:
        return tuple(policies.policies.values())
    names = {name for principal in access.principals for name in principal.policies} | {access.anonymous}
    return tuple(policy for name, policy in policies.policies.items() if name in names)


def wants(policies: PolicySet) -> list[Want]:
    """Every use of a secret by a policy that somebody may use. What nobody may use wants nothing."""
    found: dict[tuple[str, Place, bool], Want] = {}
    for policy in usable(policies):
        for want in _wants_of(policy, policies.origins.get(policy.name, Origin(policy.name, {}))):
            # What several policies inherit is told once, where it is written.
            found.setdefault((want.secret, want.place, want.as_text), want)
    return list(found.values())


def secrets_of(policy: Policy) -> set[str]:
    """The names of the secrets that one policy uses."""
    return {want.secret for want in _wants_of(policy, Origin(policy.name, {}))}


def _wants_of(policy: Policy, origin: Origin) -> Iterator[Want]:
    for grant in policy.grants.fetch:
        place = _place(origin, f"grants.fetch.{grant.name}")
        for secret in grant.request.secrets:
            yield Want(secret, policy.name, place, True)
    for key in policy.grants.crypto.keys if policy.grants.crypto is not None else ():
        yield Want(key.secret, policy.name, _place(origin, f"grants.crypto.keys.{key.name}"), False)


def _place(origin: Origin, rule: str) -> Place:
    return origin.rules.get(rule) or Place(origin.file, START.line, START.column)


def missing(
    found: list[Want], why: Callable[[str, bool], tuple[str, str] | None], severity: str = "error"
) -> list[Diagnostic]:
    """A diagnostic for each want whose secret cannot be had: `why` gives the end of the sentence and the fix, by the
    secret's name and whether it is used as text, or None where it can."""
    told = []
    for want in found:
        fault = why(want.secret, want.as_text)
        if fault is not None:
            message = f"`{want.policy}` wants the secret `{want.secret}`, {fault[0]}"
            place = want.place
            told.append(Diagnostic("missing-secret", severity, message, place.file, place.line, place.column, fault[1]))
    return told
