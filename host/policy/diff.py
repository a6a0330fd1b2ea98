"""What a change of policies lets in and what it shuts out, in sentences. By meaning, not by text: rules are compared by
what they cover, so a renamed, moved or respelled rule is no change."""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec
from msgspec import Struct

from host.policy.algorithms import ALGORITHMS
from host.policy.ceilings import narrow_rate
from host.policy.cover import (
    capability_excess,
    fetch_excess,
    language_excess,
    modules_excess,
    paths_of,
)
from host.policy.covering import Covering
from host.policy.grants.model import ANY, Denials, FetchDenial, FetchGrant, Flow
from host.policy.limits import LIMIT_KEYS
from host.policy.model import Access, Policy, PolicySet
from host.policy.pattern.addresses import range_covers
from host.policy.pattern.hosts import ANY_HOST
from host.policy.pattern.names import name_covers
from host.policy.units import show_rate


class Difference(Struct, frozen=True):
    """`widened` is what is let in that was not, `narrowed` what is shut out that was let in."""

    widened: tuple[str, ...]
    narrowed: tuple[str, ...]


def diff_sets(old: PolicySet, new: PolicySet) -> Difference:
    """The difference between two folders: policies that come and go, each that changed, and who may use them."""
    widened, narrowed = [], []
    for name in sorted({*old.policies, *new.policies}):
        before, after = old.policies.get(name), new.policies.get(name)
        if before is None:
            widened.append(f"`{name}` is a new policy")
        elif after is None:
            narrowed.append(f"`{name}` is no longer a policy")
        else:
            one = diff_policies(before, after)
            widened += one.widened
            narrowed += one.narrowed
    access = diff_access(old.access, new.access)
    return Difference((*widened, *access.widened), (*narrowed, *access.narrowed))


def diff_access(old: Access | None, new: Access | None) -> Difference:
    """The difference between two versions of the access rules."""
    return Difference(
        tuple(_access_excess(old, new, "may now use", "now has")),
        tuple(_access_excess(new, old, "may no longer use", "no longer has")),
    )


def diff_policies(old: Policy, new: Policy) -> Difference:
    """The difference between two versions of a policy."""
    if old.digest == new.digest:
        return Difference((), ())
    widened = [f"`{new.name}`: {what}" for what in _excess(old, new, "now")]
    narrowed = [f"`{new.name}`: {what}" for what in _excess(new, old, "no longer")]
    return Difference(tuple(widened), tuple(narrowed))


def _excess(less: Policy, more: Policy, word: Literal["now", "no longer"]) -> Iterator[str]:
    """Everything that `more` lets through and `less` does not."""
    yield from _limits_excess(less, more, word)
    for key, value in language_excess(less.language, more.language).items():
        yield f"`language.{key}` is {word} {value}"
    for name in modules_excess(less.modules, more.modules):
        yield f"the module {name} can {word} be required"
    yield from _fetch_excess(less.grants.fetch, more.grants.fetch, word)
    for capability, reasons in capability_excess(less.grants, more.grants).items():
        yield from (f"{capability} {word} {reason}" for reason in reasons)
    yield from _denials_excess(less.deny, more.deny, word)
    for flow in less.flows:
        if not any(_flow_covers(each, flow) for each in more.flows):
            yield f"after {flow.after}, rules other than {', '.join(flow.only) or 'none'} can {word} be used"
    if not less.mode.covers(more.mode):
        yield f"what is not granted is {word} let through until {more.mode.until} (audit)"


def _limits_excess(less: Policy, more: Policy, word: str) -> Iterator[str]:
    for key, (field, unit) in LIMIT_KEYS.items():
        low, high = getattr(less.limits, field), getattr(more.limits, field)
        if high > low:
            yield f"{key} is {word} {unit.show(high)}, {'up from' if word == 'now' else 'but'} {unit.show(low)}"
    low, high = less.limits.rate, more.limits.rate
    if low is not None and (high is None or narrow_rate(high, low) != high):
        shown = "unlimited" if high is None else show_rate(high.count, high.per_s)
        yield f"the rate is {word} {shown}, {'up from' if word == 'now' else 'but'} {show_rate(low.count, low.per_s)}"


def _fetch_excess(less: tuple[FetchGrant, ...], more: tuple[FetchGrant, ...], word: str) -> Iterator[str]:
    covering = Covering(less)
    for grant in more:
        if covering.of(grant) is not None:
            continue
        for piece in _pieces(grant):
            if covering.of(piece) is None:
                yield f"{word} allows {_describe(piece)} (`{grant.name}`){_why(less, piece)}"


def _why(less: tuple[FetchGrant, ...], piece: FetchGrant) -> str:
    """What is more about a piece of a rule, where a rule of the same name has the same place already."""
    near = next((each for each in less if each.name == piece.name), None)
    if near is None:
        return ""
    reasons = list(fetch_excess(near, piece))
    return f": it {reasons[0]}" if reasons else ""


def _pieces(grant: FetchGrant) -> Iterator[FetchGrant]:
    """A rule host by host and method by method, so that a sentence can say what of it is new."""
    for host in grant.hosts:
        for method in [grant.methods] if grant.methods == ANY else [(each,) for each in grant.methods]:
            yield msgspec.structs.replace(grant, hosts=(host,), methods=method)


def _describe(grant: FetchGrant) -> str:
    method = "any method" if grant.methods == ANY else ", ".join(grant.methods)
    paths = ", ".join(path.text for path in paths_of(grant))
    host = "any host" if grant.hosts[0] == ANY_HOST else grant.hosts[0].text
    ports = "" if grant.ports in (None, (443,)) else f" port {grant.ports if grant.ports == ANY else grant.ports[0]}"
    return f"{method} {'/'.join(grant.schemes)} {host}{ports} {paths}"


def _denials_excess(less: Denials, more: Denials, word: str) -> Iterator[str]:
    """What `less` denies and `more` does not."""
    forbids = "forbade" if word == "now" else "forbids"
    for denial in less.fetch:
        if not any(_denial_covers(each, denial) for each in more.fetch):
            yield f"fetch is {word} allowed what `{denial.name}` under `deny` {forbids}"
    theirs = dict(more.crypto)
    for operation, algorithms in less.crypto:
        known = ALGORITHMS.get(operation, frozenset({"any"}))
        freed = _expand(algorithms, known) - _expand(theirs.get(operation, ()), known)
        if freed:
            yield f"`deny` {_leaves(word)} {', '.join(sorted(freed))} for `{operation}`"
    freed = [f"xlsx {each}" for each in less.xlsx if each not in more.xlsx]
    freed += [f"module {each}" for each in less.modules if each not in more.modules]
    for operation in ("add", "get"):
        after = getattr(more.tasks, operation)
        freed += [f"tasks {operation} {each}" for each in getattr(less.tasks, operation)
                  if not any(name_covers(other, each) for other in after)]  # fmt: skip
    yield from (f"`deny` {_leaves(word)} {each}" for each in freed)


def _leaves(word: str) -> str:
    return "no longer forbids" if word == "now" else "now forbids"


def _expand(algorithms: tuple[str, ...] | str, known: frozenset[str]) -> set[str]:
    return set(known) if algorithms == ANY else set(algorithms)


def _denial_covers(wide: FetchDenial, narrow: FetchDenial) -> bool:
    """Whether all that `narrow` denies is denied by `wide` too."""
    if wide.addresses and not narrow.addresses:
        return False
    if wide.addresses and not all(range_covers(wide.addresses, each) for each in narrow.addresses):
        return False
    for field in ("ports", "schemes", "methods"):
        ours, theirs = getattr(wide, field), getattr(narrow, field)
        if ours != ANY and (theirs == ANY or not set(theirs) <= set(ours)):
            return False
    return _patterns_cover(wide.hosts, narrow.hosts) and _patterns_cover(wide.paths, narrow.paths)


def _patterns_cover(wide: Iterable | str, narrow: Iterable | str) -> bool:
    if wide == ANY:
        return True
    return narrow != ANY and all(any(each.covers(other) for each in wide) for other in narrow)


def _flow_covers(strict: Flow, flow: Flow) -> bool:
    """Whether whatever `flow` forbids is forbidden by `strict` too."""
    after = name_covers(strict.after, flow.after)
    return after and all(any(name_covers(each, other) for each in flow.only) for other in strict.only)


def _access_excess(less: Access | None, more: Access | None, use: str, has: str) -> Iterator[str]:
    """Who may use what in `more` and not in `less`. Without an access file only this machine may use anything."""
    if more is None:
        return
    before = {each.name: each for each in less.principals} if less is not None else {}
    for principal in more.principals:
        old = before.get(principal.name)
        for policy in principal.policies:
            if old is None or policy not in old.policies:
                yield f"the principal `{principal.name}` {use} `{policy}`"
        if old is not None and old.token_sha256 != principal.token_sha256 and use == "may now use":
            yield f"the principal `{principal.name}` has another token"
        for field in principal.quota.__struct_fields__ if old is not None else ():
            yield from _quota_excess(
                principal.name, field, getattr(old.quota, field), getattr(principal.quota, field), has
            )
    if more.anonymous is not None and (less is None or less.anonymous != more.anonymous):
        yield f"callers without a token {use} `{more.anonymous}`"


def _quota_excess(name: str, field: str, less: object, more: object, has: str) -> Iterator[str]:
    if less is None or less == more:
        return
    grown = more is None or (narrow_rate(more, less) != more if field == "rate" else more > less)
    if grown:
        yield f"the principal `{name}` {has} a larger quota of {field}"
