"""Rules of fetch from requests that were seen."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import count

import msgspec
from msgspec import Struct

from host.policy.bounded import bounds
from host.policy.decide.fetch import FetchRequest
from host.policy.decide.outcome import Allow
from host.policy.decide.rulebook import Rulebook
from host.policy.fields import ITEMS_MAX
from host.policy.grants.fetch import METHODS
from host.policy.grants.model import FetchGrant, Flow, RequestRules
from host.policy.learn.boxes import Box, boxes
from host.policy.learn.paths import Segments, generalise, pattern_of, without_covered
from host.policy.pattern.fault import PatternError
from host.policy.pattern.hosts import HostPattern, parse_host
from host.policy.pattern.names import name_matches
from host.policy.pattern.paths import PathPattern

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
_NAME_CHARS_MAX = 56
_BODY_BYTES_MAX = bounds(RequestRules)["max_body_bytes"][1]


class LearnedRules(Struct, frozen=True):
    """The rules, in the order of their names, the flows between them, how often each was used, and the requests that no
    rule could be written for, each with the reason."""

    grants: tuple[FetchGrant, ...]
    flows: tuple[Flow, ...]
    evidence: Mapping[str, int]
    left_out: list[tuple[str, str]]


class _Place(Struct, frozen=True):
    """What one rule is about as a whole: the terms that it takes from the base, and where it connects to."""

    terms: FetchGrant | None
    scheme: str
    port: int


class _Seen(Struct):
    """The requests to one place with one method, host and path."""

    terms: FetchGrant | None = None
    times: int = 0
    body_bytes: int = 0
    header_names: frozenset[str] = frozenset()


def learn_fetch(seen: Mapping[FetchRequest, int], base: Rulebook, generalise_paths: bool) -> LearnedRules:
    """Rules that let through these requests, and no request to another host, port or path or with another method."""
    left_out: list[tuple[str, str]] = []
    by_target: dict[tuple, _Seen] = defaultdict(_Seen)
    for request, times in seen.items():
        reason = _why_not(request, base)
        if reason is not None:
            left_out.append((request.target[:200], reason))
            continue
        url = request.url
        _add(by_target[url.scheme, url.port, url.host, request.method, url.segments], request, times, base)
    places: dict[_Place, dict[tuple[str, str, Segments], _Seen]] = defaultdict(dict)
    for (scheme, port, *triple), each in by_target.items():
        places[_Place(each.terms, scheme, port)][tuple(triple)] = each
    names = _Names(base)
    grants, evidence = [], {}
    for place in sorted(places, key=_order):
        for grant, times in _rules(place, places[place], names, generalise_paths):
            grants.append(grant)
            evidence[grant.name] = times
    grants.sort(key=lambda grant: grant.name)
    return LearnedRules(tuple(grants), names.flows(), evidence, left_out)


def _why_not(request: FetchRequest, base: Rulebook) -> str | None:
    """Why no rule can be written for a request, if so."""
    decision = base.decide(request)
    if not isinstance(decision, Allow) and decision.final:
        return decision.reason
    if request.method not in METHODS:
        return "no policy knows that method"
    if (request.body_bytes or 0) > _BODY_BYTES_MAX:
        return "its body is larger than any policy can allow"
    if request.url.doubt is not None:
        return f"the path {request.url.doubt}, so no rule about paths can be sure of it"
    if pattern_of(request.url.segments) is None:
        return "its path cannot be written in a policy"
    try:
        spelled = parse_host(request.url.host)
    except PatternError:
        spelled = None
    return None if spelled == HostPattern("exact", request.url.host) else "its host cannot be written in a policy"


def _add(each: _Seen, request: FetchRequest, times: int, base: Rulebook) -> None:
    decision = base.decide(request)
    if isinstance(decision, Allow):
        # Of several rules that have allowed requests to the same target, the one whose name comes first.
        each.terms = min((each.terms or decision.terms, decision.terms), key=lambda grant: grant.name)
    each.times += times
    each.body_bytes = max(each.body_bytes, request.body_bytes or 0)
    each.header_names |= frozenset(request.header_names)


def _rules(
    place: _Place, seen: Mapping[tuple[str, str, Segments], _Seen], names: "_Names", generalise_paths: bool
) -> Iterator[tuple[FetchGrant, int]]:
    """The rules of one place, each with how often it was used."""
    became = _generalised(seen) if generalise_paths else {triple: triple for triple in seen}
    parts = [part for whole in boxes(set(became.values())) for part in _parts(whole)]
    for box in sorted(parts, key=_sorted_box):
        hosts, methods, paths = box
        within = [seen[triple] for triple, (host, method, path) in became.items()
                  if host in hosts and method in methods and path in paths]  # fmt: skip
        yield _grant(place, box, within, names), sum(each.times for each in within)


def _generalised(seen: Mapping[tuple[str, str, Segments], _Seen]) -> dict[tuple, tuple]:
    """What each request becomes. Paths are compared with those of the same host and method alone."""
    paths: dict[tuple[str, str], list[Segments]] = defaultdict(list)
    for host, method, path in seen:
        paths[host, method].append(path)
    found = {}
    for (host, method), each in paths.items():
        patterns = generalise(each)
        holds = without_covered(patterns.values())
        found |= {(host, method, path): (host, method, holds[patterns[path]]) for path in each}
    return found


def _parts(box: Box) -> Iterator[Box]:
    """A box in as many as it takes for no list to be longer than a file may have it."""
    hosts, methods, paths = (sorted(side) for side in box)
    for first_host in range(0, len(hosts), ITEMS_MAX):
        for first_path in range(0, len(paths), ITEMS_MAX):
            part = hosts[first_host : first_host + ITEMS_MAX], methods, paths[first_path : first_path + ITEMS_MAX]
            yield tuple(map(frozenset, part))


def _grant(place: _Place, box: Box, within: list[_Seen], names: "_Names") -> FetchGrant:
    hosts, methods, paths = (sorted(side) for side in box)
    made = place.terms or FetchGrant(name="", hosts=())
    headers = frozenset().union(*(each.header_names for each in within))
    request = msgspec.structs.replace(
        made.request,
        max_body_bytes=max(made.request.max_body_bytes, *(each.body_bytes for each in within)),
        deny_headers=tuple(name for name in made.request.deny_headers if name not in headers),
    )
    return msgspec.structs.replace(
        made,
        name=names.of(place.terms, hosts),
        hosts=tuple(HostPattern("exact", host) for host in hosts),
        ports=(place.port,),
        schemes=(place.scheme,),
        methods=tuple(methods),
        paths=tuple(PathPattern(path) for path in paths),
        request=request,
    )


class _Names:
    """Names of rules: the base's for what was its rule, else after the host; numbered from the second on."""

    def __init__(self, base: Rulebook) -> None:
        self._flows = base.policy.flows
        self._taken: set[str] = set()
        self._from: dict[str, str] = {}

    def of(self, terms: FetchGrant | None, hosts: list[str]) -> str:
        stem = terms.name if terms is not None else self._stem(hosts[0])
        numbered = (stem if number == 1 else f"{stem[:_NAME_CHARS_MAX]}-{number}" for number in count(1))
        name = next(each for each in numbered if each not in self._taken)
        self._taken.add(name)
        if terms is not None:
            self._from[name] = terms.name
        return name

    def _stem(self, host: str) -> str:
        stem = _NOT_IN_A_NAME.sub("-", host.removeprefix("www.")).strip("-")[:_NAME_CHARS_MAX].strip("-")
        # Flows go by names, and what is new is to be part of none.
        return f"learned-{stem}"[:_NAME_CHARS_MAX] if self._flows else stem

    def flows(self) -> tuple[Flow, ...]:
        """The base's, with the rules that have new names beside those that they came from."""
        found = set(self._flows)
        for flow in self._flows:
            only = [*flow.only, *(name for name, old in self._from.items()
                                  if name != old and any(name_matches(each, old) for each in flow.only))]  # fmt: skip
            afters = [flow.after, *(name for name, old in self._from.items() if name_matches(flow.after, old))]
            found.discard(flow)
            found |= {Flow(after, tuple(dict.fromkeys(only))) for after in afters
                      if after == flow.after or not name_matches(flow.after, after)}  # fmt: skip
        return tuple(sorted(found))


def _order(place: _Place) -> tuple:
    return (place.terms.name if place.terms is not None else "", place.scheme, place.port)


def _sorted_box(box: Box) -> tuple:
    return tuple(tuple(sorted(side)) for side in box)
