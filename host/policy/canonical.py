"""A flattened policy as plain data in the shape of a file, and as YAML that reads back to the same policy.

What is as made is left out, except for limits, which `explain` shows in full where it is asked to.
"""

import json
import re
from typing import Any

from host.policy.algorithms import ALGORITHMS
from host.policy.cover import XLSX_NUMBERS, as_key
from host.policy.fields import is_plain
from host.policy.grants.model import (
    ANY,
    CryptoGrant,
    Denials,
    FetchDenial,
    FetchGrant,
    Grants,
    RequestRules,
    ResponseRules,
    TasksGrant,
    XlsxLimits,
)
from host.policy.limits import LIMIT_KEYS
from host.policy.model import FORMAT_VERSION, Clock, Language, Limits, Policy
from host.policy.pattern.addresses import PUBLIC
from host.policy.units import BYTES, DURATION, show_rate

_PLAIN = re.compile(r"[A-Za-z0-9_/$(][A-Za-z0-9_./$@()+=;~-]*( [A-Za-z0-9_./$@()+=;~-]+)*")
_INLINE_CHARS_MAX = 100


def policy_document(policy: Policy, full: bool = False) -> dict[str, Any]:
    """The policy in the shape of a file; with `full`, with every limit and language key."""
    document: dict[str, Any] = {"version": FORMAT_VERSION, "policy": policy.name}
    if policy.description:
        document["description"] = policy.description
    parts = {
        "limits": _limits(policy.limits, full),
        "language": _language(policy.language, full),
        "modules": "all" if policy.modules.all else sorted(policy.modules.names),
        "grants": _grants(policy.grants),
        "deny": _denials(policy.deny),
        "flows": [{"after": flow.after, "only": list(flow.only)} for flow in sorted(policy.flows)],
    }
    document |= {key: value for key, value in parts.items() if value}
    if policy.mode.until is not None:
        document |= {"mode": policy.mode.kind, "until": policy.mode.until.isoformat()}
    return document


def policy_yaml(policy: Policy, full: bool = False) -> str:
    """The policy as YAML. Reading it gives a policy with the same digest."""
    return "".join(_block(policy_document(policy, full), 0))


def as_lines(value: dict[str, Any] | list[Any], depth: int) -> list[str]:
    """A map or a list of a policy's document as lines of YAML, `depth` steps to the right, without line breaks."""
    return [line.rstrip("\n") for line in _block(value, depth)]


def entry_lines(key: str, value: Any, depth: int) -> list[str]:
    """One `key: value` as lines of YAML, `depth` steps to the right, without line breaks."""
    return [line.rstrip("\n") for line in _entry(f"{'  ' * depth}{_scalar(key)}:", value, depth)]


def _number(shown: str) -> str | int:
    """A quantity as a file has it: one without a unit is a plain number."""
    return int(shown) if shown.isdigit() else shown


def _limits(limits: Limits, full: bool) -> dict[str, Any]:
    made = Limits()
    shown: dict[str, Any] = {
        key: _number(unit.show(getattr(limits, field)))
        for key, (field, unit) in LIMIT_KEYS.items()
        if full or getattr(limits, field) != getattr(made, field)
    }
    rate = limits.rate
    return shown | ({"rate": show_rate(rate.count, rate.per_s)} if rate is not None else {})


def _language(language: Language, full: bool) -> dict[str, Any]:
    made = Language()
    shown = {key: getattr(language, key) for key in Language.__struct_fields__}
    return {
        key: _clock(value) if key == "clock" else value
        for key, value in shown.items()
        if full or value != getattr(made, key)
    }


def _clock(clock: Clock) -> str:
    if clock.kind == "coarse":
        return f"coarse:{DURATION.show(clock.coarse_ms)}"
    if clock.kind == "fixed":
        return f"fixed:{clock.instant}"
    return clock.kind


def _grants(grants: Grants) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if grants.fetch:
        shown["fetch"] = [_fetch(grant) for grant in sorted(grants.fetch, key=lambda grant: grant.name)]
    if grants.crypto is not None:
        shown["crypto"] = _crypto(grants.crypto)
    if grants.xlsx is not None:
        operations = {"read": grants.xlsx.read, "write": grants.xlsx.write}
        shown["xlsx"] = {name: _xlsx(limits) for name, limits in operations.items() if limits is not None}
    if grants.tasks is not None:
        shown["tasks"] = _tasks(grants.tasks)
    return shown


def _fetch(grant: FetchGrant) -> dict[str, Any]:
    shown = {"name": grant.name, "hosts": [host.text for host in grant.hosts]} | _where(grant)
    shown |= {"request": _request(grant.request), "response": _response(grant.response)}
    made = FetchGrant(name="", hosts=())
    for field in ("timeout_ms", "headers_timeout_ms", "idle_timeout_ms"):
        if getattr(grant, field) != getattr(made, field):
            shown[as_key(field)] = DURATION.show(getattr(grant, field))
    for field in ("max_redirects", "max_calls", "max_connections"):
        if getattr(grant, field) != getattr(made, field):
            shown[field] = getattr(grant, field)
    if grant.addresses != (PUBLIC,):
        shown["addresses"] = list(grant.addresses)
    return {key: value for key, value in shown.items() if value not in ({}, None)}


def _where(rule: FetchGrant) -> dict[str, Any]:
    """Where requests may go, beside the hosts, written out: nobody should need to know the defaults to review it."""
    shown: dict[str, Any] = {}
    if rule.ports is not None:
        shown["ports"] = rule.ports if rule.ports == ANY else list(rule.ports)
    shown["schemes"] = list(rule.schemes)
    shown["methods"] = rule.methods if rule.methods == ANY else list(rule.methods)
    shown["paths"] = rule.paths if rule.paths == ANY else [path.text for path in rule.paths]
    return shown


def _request(rules: RequestRules) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if rules.max_body_bytes != RequestRules().max_body_bytes:
        shown["max_body"] = _number(BYTES.show(rules.max_body_bytes))
    if rules.deny_headers:
        shown["deny_headers"] = list(rules.deny_headers)
    for field in ("set_headers", "set_query"):
        if pairs := getattr(rules, field):
            shown[field] = {name: template.text for name, template in pairs}
    if rules.basic_auth is not None:
        auth = rules.basic_auth
        shown["basic_auth"] = {"username": auth.username.text, "password": auth.password.text}
    if rules.secrets_over_http:
        shown["secrets_over_http"] = True
    return shown


def _response(rules: ResponseRules) -> dict[str, Any]:
    made, shown = ResponseRules(), {}
    if rules.max_body_bytes != made.max_body_bytes:
        shown["max_body"] = _number(BYTES.show(rules.max_body_bytes))
    if rules.max_header_bytes != made.max_header_bytes:
        shown["max_headers"] = BYTES.show(rules.max_header_bytes)
    if rules.max_ratio != made.max_ratio:
        shown["max_ratio"] = rules.max_ratio
    return shown


def _crypto(grant: CryptoGrant) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for operation in ALGORITHMS:
        if algorithms := getattr(grant, operation):
            shown[operation] = algorithms if algorithms == ANY else list(algorithms)
    if grant.random:
        shown["random"] = True
    if grant.keys:
        shown["keys"] = {
            key.name: {"secret": key.secret, "algorithm": key.algorithm, "use": list(key.use)} for key in grant.keys
        }
    if grant.budget_ms != CryptoGrant().budget_ms:
        shown["budget"] = DURATION.show(grant.budget_ms)
    return shown


def _xlsx(limits: XlsxLimits) -> dict[str, Any]:
    return {
        as_key(field): _number(unit.show(getattr(limits, field)))
        for field, unit in XLSX_NUMBERS.items()
        if getattr(limits, field) != getattr(XlsxLimits(), field)
    }


def _tasks(grant: TasksGrant) -> dict[str, list[str]]:
    return {name: list(getattr(grant, name)) for name in ("add", "get") if getattr(grant, name)}


def _denials(deny: Denials) -> dict[str, Any]:
    crypto = {operation: each if each == ANY else list(each) for operation, each in deny.crypto}
    if "random" in crypto:
        crypto["random"] = True
    shown = {
        "fetch": [_denial(denial) for denial in deny.fetch],
        "crypto": crypto,
        "xlsx": list(deny.xlsx),
        "tasks": _tasks(deny.tasks),
        "modules": list(deny.modules),
    }
    return {key: value for key, value in shown.items() if value}


def _denial(denial: FetchDenial) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": denial.name}
    if denial.hosts != ANY:
        shown["hosts"] = [host.text for host in denial.hosts]
    for field in ("ports", "schemes", "methods"):
        if getattr(denial, field) != ANY:
            shown[field] = list(getattr(denial, field))
    if denial.paths != ANY:
        shown["paths"] = [path.text for path in denial.paths]
    if denial.addresses:
        shown["addresses"] = list(denial.addresses)
    return shown


def _block(value: Any, depth: int) -> list[str]:
    """A map or a list as lines; what fits on one line is written on it."""
    pad, lines = "  " * depth, []
    if isinstance(value, dict):
        for key, inner in value.items():
            lines += _entry(f"{pad}{_scalar(key)}:", inner, depth)
        return lines
    for inner in value:
        if isinstance(inner, dict) and inner:
            first, *rest = _block(inner, depth + 1)
            lines += [f"{pad}- {first.lstrip(' ')}", *rest]
        else:
            lines.append(f"{pad}- {_inline(inner)}\n")
    return lines


def _entry(head: str, value: Any, depth: int) -> list[str]:
    inline = _inline(value)
    simple = not isinstance(value, dict | list) or not value or (depth > 0 and not _holds_maps(value))
    if simple and (len(head) + len(inline) < _INLINE_CHARS_MAX or not isinstance(value, dict | list)):
        return [f"{head} {inline}\n"]
    return [f"{head}\n", *_block(value, depth + 1)]


def _holds_maps(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value
    return (
        any(isinstance(each, dict | list) for each in inner)
        if isinstance(value, dict)
        else any(isinstance(each, dict) for each in inner)
    )


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_inline(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(inner) for inner in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """Text in quotes unless every YAML reader takes it for that text without."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if _PLAIN.fullmatch(value) and is_plain(value):
        return value
    return json.dumps(value, ensure_ascii=False)
