"""`grants.fetch` and `deny.fetch`: where requests may go, as a file says it."""

import re
from typing import Any

from msgspec import UNSET, UnsetType

from host.policy.bounded import bounds
from host.policy.diagnose import Findings, quote, suggest
from host.policy.document import Node, Scalar
from host.policy.fields import (
    Reader,
    matching,
    quantity,
    read_boolean,
    read_list,
    read_map,
    read_name,
    read_set,
    read_whole,
)
from host.policy.grants.headers import (
    read_basic_auth,
    read_header_name,
    read_set_headers,
    read_set_query,
)
from host.policy.grants.model import ANY, SCHEMES, FetchDenial, FetchGrant, RequestRules, ResponseRules
from host.policy.pattern.addresses import PUBLIC, parse_range
from host.policy.pattern.hosts import lookalike, parse_host
from host.policy.pattern.paths import parse_path
from host.policy.units import BYTES, DURATION
from host.policy.url import DEFAULT_PORTS

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_METHOD = re.compile(r"[A-Z][A-Z-]{0,31}")
#: Methods that open a tunnel or show a request's headers to the guest.
_REFUSED_METHODS = {
    "CONNECT": "opens a tunnel",
    "TRACE": "shows what the host has added",
    "TRACK": "shows what the host has added",
}
_PORT_RANGE = re.compile(r"[0-9]+\s*[-:]\s*[0-9]+")
_whole_port = read_whole(1, 65_535)
_HOSTS = matching(parse_host, "bad-host")
_PATHS = matching(parse_path, "bad-path")
_RANGES = matching(parse_range, "bad-address")


def read_fetch(found: Findings, node: Node, path: str) -> tuple[FetchGrant, ...] | UnsetType:
    """A list of rules with names of their own."""
    rules = read_list(found, node, path, _read_grant)
    if rules is UNSET:
        return UNSET
    _refuse_same_names(found, rules, path)
    return tuple(rules)


def read_fetch_denials(found: Findings, node: Node, path: str) -> tuple[FetchDenial, ...] | UnsetType:
    denials = read_list(found, node, path, _read_denial)
    return UNSET if denials is UNSET else tuple(denials)


def _read_grant(found: Findings, node: Node, path: str) -> FetchGrant | UnsetType:
    values = read_map(found, node, path, _GRANT_READERS, required=("hosts",))
    if values is UNSET or "hosts" not in values:
        return UNSET
    if "name" not in values:
        if f"{path}.name" in found.marks:
            return UNSET
        values["name"] = _default_name(path)
        message = f"this rule has no name, and errors will call it `{values['name']}`"
        found.warning("no-name", node.mark, message, "Add `name: …`.")
    values = {_FIELDS.get(key, key): value for key, value in values.items()}
    if values.get("ports", ()) is not ANY and len(values.get("schemes", ("https",))) == 1:
        # One meaning has one form: a scheme's own port written out is the same as left out.
        values.setdefault("ports", (443,) if values.get("schemes", ("https",)) == ("https",) else (80,))
    return FetchGrant(**values)


def _default_name(path: str) -> str:
    return f"fetch-{int(path.rpartition('[')[2].rstrip(']')) + 1}"


def _read_denial(found: Findings, node: Node, path: str) -> FetchDenial | UnsetType:
    values = read_map(found, node, path, _DENIAL_READERS)
    if values is UNSET or any(f"{path}.{key}" in found.marks and key not in values for key in _DENIAL_READERS):
        return UNSET
    if not values and not found.failed:
        fix = 'Name what is denied, such as `hosts: ["**.internal.example"]`.'
        found.error("missing-key", node.mark, f"`{path}` says nothing about what is denied", fix)
    if not values:
        return UNSET
    values.setdefault("name", f"deny-{int(path.rpartition('[')[2].rstrip(']')) + 1}")
    return FetchDenial(**values)


def _refuse_same_names(found: Findings, rules: list[FetchGrant], path: str) -> None:
    seen: set[str] = set()
    for index, rule in enumerate(rules):
        if rule.name in seen:
            mark = found.marks.get(f"{path}[{index}].name") or found.marks[f"{path}[{index}]"]
            message = f"two rules under `{path}` are called {quote(rule.name)}"
            found.error("duplicate-name", mark, message, "Errors and receipts name a rule: rename one of them.")
        seen.add(rule.name)


def _read_hosts(found: Findings, node: Node, path: str) -> Any:
    if isinstance(node, Scalar) and node.text in ("any", "all", "*"):
        message = f"`{path}` must be a list, and is {quote(node.text)}"
        found.error("wrong-type", node.mark, message, 'Write `["*"]` if every host is meant.')
        return UNSET
    for item in getattr(node, "items", ()):
        if isinstance(item, Scalar) and item.text != item.text.lower() and "://" not in item.text:
            message = f"{quote(item.text)} has capital letters, and hosts are compared without"
            found.warning("host-case", item.mark, message, f"Write `{item.text.lower()[:80]}`.")
    hosts = read_set(found, node, path, _HOSTS)
    for host in hosts if hosts is not UNSET else ():
        seen = lookalike(host.name)
        if seen is not None:
            message = f"{quote(host.text)} looks like `{seen}` to people, and is another host"
            found.warning("lookalike-host", node.mark, message, "Make sure that it is the one that is meant.")
    return _sorted(hosts)


def _read_ports(found: Findings, node: Node, path: str) -> Any:
    return _sorted(read_set(found, node, path, _read_port, any_word=True))


def _read_port(found: Findings, node: Node, path: str) -> int | UnsetType:
    text = node.text if isinstance(node, Scalar) else ""
    if text in ("*", "any", "all"):
        return _bad_port(found, node, text, "Write `ports: any`, without brackets.")
    if text in DEFAULT_PORTS:
        return _bad_port(found, node, text, f"Write `{DEFAULT_PORTS[text]}`.")
    if _PORT_RANGE.fullmatch(text):
        return _bad_port(found, node, text, "Write each port, or `ports: any`.")
    return _whole_port(found, node, path)


def _bad_port(found: Findings, node: Node, text: str, fix: str) -> UnsetType:
    found.error("bad-value", node.mark, f"{quote(text)} is not the number of a port", fix)
    return UNSET


def _read_schemes(found: Findings, node: Node, path: str) -> Any:
    schemes = read_set(found, node, path, _read_scheme, any_word=True)
    return SCHEMES if schemes == ANY else _sorted(schemes)


def _read_scheme(found: Findings, node: Node, path: str) -> str | UnsetType:
    text = node.text if isinstance(node, Scalar) else ""
    if text in SCHEMES:
        return text
    meant = text.lower().split(":")[0]
    fix = f"Write `{meant}`." if meant in SCHEMES else suggest(text, SCHEMES)
    shown = quote(text) if isinstance(node, Scalar) else node.kind
    found.error("bad-value", node.mark, f"{shown} is no scheme that guest code can use", fix)
    return UNSET


def _read_methods(found: Findings, node: Node, path: str) -> Any:
    return _sorted(read_set(found, node, path, _read_method, any_word=True))


def _read_method(found: Findings, node: Node, path: str) -> str | UnsetType:
    if not isinstance(node, Scalar):
        return wrong_method(found, node, node.kind, None)
    text = node.text
    if text.upper() in _REFUSED_METHODS:
        return wrong_method(
            found, node, f"{quote(text)} {_REFUSED_METHODS[text.upper()]}, and can never be granted", "Remove it."
        )
    if text != text.upper() and _METHOD.fullmatch(text.upper()):
        return wrong_method(
            found, node, f"{quote(text)} is not in capitals, and methods are", f"Write `{text.upper()}`."
        )
    if text in METHODS:
        return text
    if text in ("*", "ANY", "ALL"):
        return wrong_method(found, node, f"{quote(text)} is no method", "Write `methods: any`, without brackets.")
    return wrong_method(found, node, f"{quote(text)} is no method", suggest(text, METHODS))


def wrong_method(found: Findings, node: Node, message: str, fix: str | None) -> UnsetType:
    found.error("bad-method", node.mark, message, fix)
    return UNSET


def _read_paths(found: Findings, node: Node, path: str) -> Any:
    return _sorted(read_set(found, node, path, _PATHS, any_word=True))


def _read_addresses(found: Findings, node: Node, path: str) -> Any:
    if isinstance(node, Scalar) and node.text == PUBLIC:
        return (PUBLIC,)
    if isinstance(node, Scalar):
        fix = f"Write `{PUBLIC}`, or a list such as `[{PUBLIC}, 10.1.0.0/16]`."
        found.error("wrong-type", node.mark, f"`{path}` must be `{PUBLIC}` or a list of ranges", fix)
        return UNSET
    return _sorted(read_set(found, node, path, _RANGES))


def _read_denied_ranges(found: Findings, node: Node, path: str) -> Any:
    return _sorted(read_set(found, node, path, _RANGES))


def _sorted(values: Any) -> Any:
    return tuple(sorted(values)) if isinstance(values, tuple) else values


def _read_request(found: Findings, node: Node, path: str) -> RequestRules | UnsetType:
    values = read_map(found, node, path, _REQUEST_READERS)
    if values is UNSET:
        return UNSET
    return RequestRules(**{_FIELDS.get(key, key): value for key, value in values.items()})


def _read_response(found: Findings, node: Node, path: str) -> ResponseRules | UnsetType:
    values = read_map(found, node, path, _RESPONSE_READERS)
    if values is UNSET:
        return UNSET
    return ResponseRules(**{_FIELDS[key]: value for key, value in values.items()})


_FIELDS = {
    "max_body": "max_body_bytes",
    "max_headers": "max_header_bytes",
    "max_ratio": "max_ratio",
    "timeout": "timeout_ms",
    "headers_timeout": "headers_timeout_ms",
    "idle_timeout": "idle_timeout_ms",
}
_of_grant, _of_request, _of_response = bounds(FetchGrant), bounds(RequestRules), bounds(ResponseRules)
_REQUEST_READERS: dict[str, Reader] = {
    "max_body": quantity(BYTES, *_of_request["max_body_bytes"]),
    "deny_headers": lambda found, node, path: _sorted(read_set(found, node, path, read_header_name)),
    "set_headers": read_set_headers,
    "set_query": read_set_query,
    "basic_auth": read_basic_auth,
    "secrets_over_http": read_boolean,
}
_RESPONSE_READERS: dict[str, Reader] = {
    "max_body": quantity(BYTES, *_of_response["max_body_bytes"]),
    "max_headers": quantity(BYTES, *_of_response["max_header_bytes"]),
    "max_ratio": read_whole(*_of_response["max_ratio"]),
}
_WHERE: dict[str, Reader] = {
    "name": read_name,
    "hosts": _read_hosts,
    "ports": _read_ports,
    "schemes": _read_schemes,
    "methods": _read_methods,
    "paths": _read_paths,
}
_DENIAL_READERS: dict[str, Reader] = {**_WHERE, "addresses": _read_denied_ranges}
_GRANT_READERS: dict[str, Reader] = {
    **_WHERE,
    "request": _read_request,
    "response": _read_response,
    "timeout": quantity(DURATION, *_of_grant["timeout_ms"]),
    "headers_timeout": quantity(DURATION, *_of_grant["headers_timeout_ms"]),
    "idle_timeout": quantity(DURATION, *_of_grant["idle_timeout_ms"]),
    "max_redirects": read_whole(*_of_grant["max_redirects"]),
    "max_calls": read_whole(*_of_grant["max_calls"]),
    "max_connections": read_whole(*_of_grant["max_connections"]),
    "addresses": _read_addresses,
}
