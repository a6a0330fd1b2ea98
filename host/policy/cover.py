"""Whether one grant lets through everything that another does: for `extends`, for lint and for diff.

Each function gives the reasons why not, as ends of a sentence that begins with the grant; none means that it covers.
"""

from collections.abc import Iterator

from host.policy.algorithms import ALGORITHMS
from host.policy.grants.model import (
    ANY,
    Algorithms,
    CryptoGrant,
    FetchGrant,
    Grants,
    KeyGrant,
    TasksGrant,
    XlsxGrant,
    XlsxLimits,
)
from host.policy.model import Clock, Language, Modules
from host.policy.pattern.addresses import range_covers
from host.policy.pattern.names import name_covers
from host.policy.pattern.paths import ANY_PATH, PathPattern
from host.policy.units import BYTES, COUNT, DURATION, PLAIN, Unit
from host.policy.vocabulary import MODULES

_GRANT_NUMBERS: dict[str, Unit] = {
    "timeout_ms": DURATION,
    "headers_timeout_ms": DURATION,
    "idle_timeout_ms": DURATION,
    "max_redirects": PLAIN,
    "max_calls": PLAIN,
    "max_connections": PLAIN,
}
_RESPONSE_NUMBERS: dict[str, Unit] = {"max_body_bytes": BYTES, "max_header_bytes": BYTES, "max_ratio": PLAIN}
XLSX_NUMBERS: dict[str, Unit] = {
    "max_size_bytes": BYTES,
    "max_cells": COUNT,
    "max_rows": COUNT,
    "max_sheets": COUNT,
    "max_uncompressed_bytes": BYTES,
    "max_ratio": PLAIN,
}


def fetch_excess(wide: FetchGrant, narrow: FetchGrant) -> Iterator[str]:
    """Why `wide` does not cover `narrow`."""
    yield from where_excess(wide, narrow)
    for each in narrow.addresses:
        if not range_covers(wide.addresses, each):
            yield f"reaches addresses in {each}"
    yield from _more(wide, narrow, _GRANT_NUMBERS)
    yield from _more(wide.request, narrow.request, {"max_body_bytes": BYTES}, "request.")
    yield from _more(wide.response, narrow.response, _RESPONSE_NUMBERS, "response.")
    kept = set(narrow.request.deny_headers)
    missing = [name for name in wide.request.deny_headers if name not in kept]
    if missing:
        yield f"does not deny the header {missing[0]}"
    for field in ("set_headers", "set_query", "basic_auth"):
        if getattr(wide.request, field) != getattr(narrow.request, field):
            yield f"has another `request.{field}`"
    if narrow.request.secrets_over_http and not wide.request.secrets_over_http:
        yield "sends secrets over http"


def where_excess(wide: FetchGrant, narrow: FetchGrant) -> Iterator[str]:
    """Where `narrow` lets requests go that `wide` does not, whatever the requests may carry."""
    for host in narrow.hosts:
        if not any(each.covers(host) for each in wide.hosts):
            yield f"is about the host {host.text}"
    endpoints = wide.endpoints
    for scheme, port in sorted(narrow.endpoints, key=str):
        if (scheme, port) not in endpoints and (scheme, None) not in endpoints:
            yield f"is about {scheme} with {'any port' if port is None else f'port {port}'}"
    if wide.methods != ANY:
        extra = (
            ["any method"] if narrow.methods == ANY else [each for each in narrow.methods if each not in wide.methods]
        )
        if extra:
            yield f"has the method {extra[0]}" if extra[0] != "any method" else "has any method"
    ours = paths_of(wide)
    for path in paths_of(narrow):
        if not any(each.covers(path) for each in ours):
            yield f"is about the path {path.text}"


def paths_of(grant: FetchGrant) -> tuple[PathPattern, ...]:
    return (ANY_PATH,) if grant.paths == ANY else grant.paths


def algorithms_excess(operation: str, wide: Algorithms, narrow: Algorithms) -> Iterator[str]:
    ours = ALGORITHMS[operation] if wide == ANY else set(wide)
    if narrow == ANY and wide != ANY:
        yield f"has any algorithm of `{operation}`"
    elif narrow != ANY:
        yield from (f"has {each} for `{operation}`" for each in narrow if each not in ours)


def crypto_excess(wide: CryptoGrant | None, narrow: CryptoGrant | None) -> Iterator[str]:
    if narrow is None:
        return
    wide = wide if wide is not None else CryptoGrant(budget_ms=narrow.budget_ms)
    for operation in ALGORITHMS:
        yield from algorithms_excess(operation, getattr(wide, operation), getattr(narrow, operation))
    if narrow.random and not wide.random:
        yield "has `random`"
    ours = {key.name: key for key in wide.keys}
    for key in narrow.keys:
        yield from _key_excess(ours.get(key.name), key)
    yield from _more(wide, narrow, {"budget_ms": DURATION})


def _key_excess(wide: KeyGrant | None, narrow: KeyGrant) -> Iterator[str]:
    if wide is None:
        yield f"has the key `{narrow.name}`"
        return
    if (wide.secret, wide.algorithm) != (narrow.secret, narrow.algorithm):
        yield f"has another key under the name `{narrow.name}`"
    yield from (f"may {use} with the key `{narrow.name}`" for use in narrow.use if use not in wide.use)


def xlsx_excess(wide: XlsxGrant | None, narrow: XlsxGrant | None) -> Iterator[str]:
    for operation in ("read", "write"):
        ours: XlsxLimits | None = getattr(wide, operation, None)
        theirs: XlsxLimits | None = getattr(narrow, operation, None)
        if theirs is not None and ours is None:
            yield f"has `{operation}`"
        elif theirs is not None:
            yield from _more(ours, theirs, XLSX_NUMBERS, f"{operation}.")


def tasks_excess(wide: TasksGrant | None, narrow: TasksGrant | None) -> Iterator[str]:
    for operation in ("add", "get"):
        ours = getattr(wide, operation, ())
        for pattern in getattr(narrow, operation, ()):
            if not any(name_covers(each, pattern) for each in ours):
                yield f"may {operation} tasks of {pattern}"


def modules_excess(wide: Modules, narrow: Modules) -> list[str]:
    """The modules of `narrow` that `wide` does not give."""
    if wide.all:
        return []
    return sorted((MODULES if narrow.all else narrow.names) - wide.names)


def language_excess(wide: Language, narrow: Language) -> dict[str, str]:
    """The keys of `language` in which `narrow` gives more than `wide`, with what it gives.

    A seeded generator is less than a secure one, and a clock is less the less it tells.
    """
    excess = {}
    for key in ("eval", "console"):
        if getattr(narrow, key) and not getattr(wide, key):
            excess[key] = "true"
    if _clock_step(narrow.clock) < _clock_step(wide.clock):
        excess["clock"] = narrow.clock.kind
    if narrow.random == "secure" and wide.random == "seeded":
        excess["random"] = "secure"
    return excess


def capability_excess(wide: Grants, narrow: Grants) -> dict[str, list[str]]:
    """Why the grants that are no rules of fetch are not covered, by capability."""
    found = {
        "crypto": list(crypto_excess(wide.crypto, narrow.crypto)),
        "xlsx": list(xlsx_excess(wide.xlsx, narrow.xlsx)),
        "tasks": list(tasks_excess(wide.tasks, narrow.tasks)),
    }
    return {capability: reasons for capability, reasons in found.items() if reasons}


def _clock_step(clock: Clock) -> float:
    if clock.kind == "real":
        return 0
    return clock.coarse_ms if clock.kind == "coarse" else float("inf")


def _more(wide: object, narrow: object, numbers: dict[str, Unit], prefix: str = "") -> Iterator[str]:
    for field, unit in numbers.items():
        ours, theirs = getattr(wide, field), getattr(narrow, field)
        if theirs > ours:
            yield f"has `{prefix}{as_key(field)}` {unit.show(theirs)}, and {unit.show(ours)} is the most"


def as_key(field: str) -> str:
    """A field as a file spells it."""
    return field.removesuffix("_bytes").removesuffix("_ms")
