"""The JSON Schema (2020-12) of policies and of access.yaml, for completion in editors.

The keys come from the tables that the readers use, the ranges from the types of the values, the words from the
vocabulary: a key without a description here is an error when the schema is made. It takes less apart than the readers
do (what a host is, say), so a file that fits it can still be wrong; one that is right fits it.
"""

from collections.abc import Mapping
from typing import Any

from host.policy import access, parse, testcase
from host.policy.algorithms import ALGORITHMS, KEY_USES
from host.policy.bounded import bounds
from host.policy.describe import DESCRIPTIONS
from host.policy.fields import DESCRIPTION_CHARS_MAX, ITEMS_MAX
from host.policy.grants import crypto, fetch, read
from host.policy.grants.crypto import KEY_ALGORITHMS
from host.policy.grants.model import ANY, SCHEMES, FetchGrant, XlsxLimits
from host.policy.limits import LIMIT_KEYS, QUOTA_KEYS
from host.policy.model import FORMAT_VERSION
from host.policy.secrets import SECRET_NAME
from host.policy.units import BYTES, COUNT, DURATION, Unit
from host.policy.vocabulary import ERROR_TYPES, MODULES, NAME

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_METHODS = list(fetch.METHODS)


def schema() -> Schema:
    """Both kinds of files in one schema: whichever begins with `principals` or `anonymous` is access rules."""
    return {
        "$schema": _DIALECT,
        "title": "Cellblock: a policy, or access.yaml",
        "type": "object",
        "if": {"anyOf": [{"required": ["principals"]}, {"required": ["anonymous"]}]},
        "then": {"$ref": "#/$defs/access"},
        "else": {"$ref": "#/$defs/policy"},
        "$defs": {"policy": _policy(), "access": _access(), **_shared()},
    }


def _map(path: str, readers: Mapping[str, Any], values: Mapping[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """A map with exactly the keys of `readers`, each with its schema and its description."""
    assert set(readers) == set(values), set(readers) ^ set(values)
    properties = {key: values[key] | {"description": DESCRIPTIONS[f"{path}.{key}".lstrip(".")]} for key in readers}
    shown: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return shown | ({"required": list(required)} if required else {})


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _list(items: Schema, least: int = 1, most: int | None = ITEMS_MAX) -> Schema:
    return {"type": "array", "items": items, "minItems": least} | ({"maxItems": most} if most else {})


def _or_any(listed: Schema) -> Schema:
    return {"oneOf": [{"const": ANY}, listed]}


def _quantity(unit: Unit) -> Schema:
    """A number with one of its units as text; where it needs none, also a plain number."""
    suffixes = "|".join(suffix for suffix in unit.factors if suffix)
    optional = "?" if "" in unit.factors else ""
    pattern = f"^(0|[1-9][0-9]{{0,14}})({suffixes}){optional}$" if suffixes else "^(0|[1-9][0-9]{0,14})$"
    text = {"type": "string", "pattern": pattern, "examples": [unit.example]}
    return {"oneOf": [{"type": "integer", "minimum": 0}, text]} if "" in unit.factors else text


def _whole(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _quantities(keys: Mapping[str, tuple[str, Unit]]) -> dict[str, Schema]:
    names = {id(DURATION): "duration", id(BYTES): "size", id(COUNT): "count"}
    return {key: _ref(names[id(unit)]) for key, (_, unit) in keys.items()}


def _shared() -> dict[str, Schema]:
    name = {"type": "string", "pattern": f"^{NAME.pattern}$"}
    return {
        "name": name,
        "duration": _quantity(DURATION),
        "size": _quantity(BYTES),
        "count": _quantity(COUNT),
        "rate": {"type": "string", "pattern": "^[1-9][0-9]*(K|M|G)?/(s|min|h)$", "examples": ["600/min"]},
        "host": {"type": "string", "pattern": r"^(\*|(\*\.|\*\*\.)?[^*/:@?#\s]+|\[[0-9A-Fa-f:.]+\])$",
                 "examples": ["api.example.com", "*.example.com", "**.example.com"]},
        "path": {"type": "string", "pattern": r"^/[^?#\s]*$", "examples": ["/users/*", "/files/**"]},
        "address": {"type": "string", "pattern": "^(public|[0-9A-Fa-f.:]+(/[0-9]{1,3})?)$",
                    "examples": ["public", "10.1.0.0/16"]},
        "header": {"type": "string", "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$"},
        "pool": {"type": "string", "pattern": r"^([a-z0-9][a-z0-9_-]{0,63}\*?|\*)$", "examples": ["reports-*"]},
        "template": {"type": ["string", "number"], "examples": ["Bearer ${secret:name}"]},
        "module": {"enum": sorted(MODULES)},
        **{f"{operation}-algorithm": {"enum": sorted(known)} for operation, known in ALGORITHMS.items()},
        "fetch-grant": _fetch_grant(),
        "fetch-denial": _fetch_denial(),
        "crypto-key": _crypto_key(),
        "xlsx-limits": _xlsx_limits(),
        "flow": _flow(),
        "test": _test(),
    }  # fmt: skip


def _policy() -> Schema:
    language = {
        **{key: {"type": "boolean"} for key in ("eval", "console", "require_return")},
        "clock": {"type": "string", "pattern": r"^(real|coarse:[1-9][0-9]*(ms|s|min)|fixed:[0-9-]{10}T[0-9:.]+Z)$",
                  "examples": ["real", "coarse:100ms", "fixed:2026-01-01T00:00:00Z"]},
        "random": {"enum": ["secure", "seeded"]},
    }  # fmt: skip
    values = {
        "version": {"const": FORMAT_VERSION},
        "policy": _ref("name"),
        "description": {"type": "string", "maxLength": DESCRIPTION_CHARS_MAX},
        "extends": _ref("name"),
        "mode": {"enum": ["enforce", "audit"]},
        "until": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "examples": ["2026-12-31"]},
        "limits": _map("limits", {**LIMIT_KEYS, "rate": None}, {**_quantities(LIMIT_KEYS), "rate": _ref("rate")}),
        "language": _map("language", language, language),
        "modules": {"oneOf": [{"const": "all"}, _list(_ref("module"), 0, None)]},
        "grants": _grants(),
        "deny": _deny(),
        "flows": {"oneOf": [_ref("flow"), _list(_ref("flow"), 0, None)]},
        "tests": _list(_ref("test"), 0, None),
    }
    shown = _map("", parse._READERS, values, required=("version", "policy"))
    # An audit has an end, and nothing else has one.
    return shown | {"if": {"properties": {"mode": {"const": "audit"}}, "required": ["mode"]},
                    "then": {"required": ["until"]}, "else": {"properties": {"until": False}}}  # fmt: skip


def _access() -> Schema:
    quota = _map("quota", {**QUOTA_KEYS, "rate": None}, {**_quantities(QUOTA_KEYS), "rate": _ref("rate")})
    keys = ("name", "token_sha256", "policies", "quota", "operator")
    values = {
        "name": _ref("name"),
        # YAML takes 64 digits without quotes for a number.
        "token_sha256": {"type": ["string", "integer"], "pattern": "^[0-9a-fA-F]{64}$"},
        "policies": _list(_ref("name"), 0, None),
        "quota": quota,
        "operator": {"type": "boolean"},
    }
    principal = _map("principals", dict.fromkeys(keys), values, required=("name", "token_sha256", "policies"))
    roots = {"principals": _list(principal, 0, None), "anonymous": _ref("name")}
    assert tuple(roots) == access.Access.__struct_fields__
    return _map("access", roots, roots)


def _grants() -> Schema:
    return _map("grants", read._GRANTS, {
        "fetch": _list(_ref("fetch-grant"), 0, None),
        "crypto": _map("crypto", crypto._READERS, {
            **{operation: _or_any(_list(_ref(f"{operation}-algorithm"), 0)) for operation in ALGORITHMS},
            "random": {"type": "boolean"},
            "keys": {"type": "object", "propertyNames": _ref("name"), "additionalProperties": _ref("crypto-key")},
            "budget": _ref("duration"),
        }),
        "xlsx": _map("xlsx", dict.fromkeys(("read", "write")), dict.fromkeys(("read", "write"), _ref("xlsx-limits"))),
        "tasks": _tasks(),
    })  # fmt: skip


def _deny() -> Schema:
    return _map("deny", read._DENY, {
        "fetch": _list(_ref("fetch-denial"), 0, None),
        "crypto": _map("deny.crypto", [*ALGORITHMS, "random"], {
            **{operation: _or_any(_list(_ref(f"{operation}-algorithm"), 0)) for operation in ALGORITHMS},
            "random": {"type": "boolean"},
        }),
        "xlsx": _or_any(_list({"enum": ["read", "write"]})),
        "tasks": _tasks(),
        "modules": _list(_ref("module")),
    })  # fmt: skip


def _tasks() -> Schema:
    return _map("tasks", dict.fromkeys(("add", "get")), dict.fromkeys(("add", "get"), _list(_ref("pool"), 0)))


def _where() -> dict[str, Schema]:
    return {
        "name": _ref("name"),
        "hosts": _list(_ref("host")),
        "ports": _or_any(_list(_whole(1, 65_535))),
        "schemes": _or_any(_list({"enum": list(SCHEMES)})),
        "methods": _or_any(_list({"enum": _METHODS})),
        "paths": _or_any(_list(_ref("path"))),
    }


def _fetch_grant() -> Schema:
    ranges = bounds(FetchGrant)
    pairs = {"type": "object", "additionalProperties": _ref("template"), "maxProperties": ITEMS_MAX}
    auth = {key: _ref("template") for key in ("username", "password")}
    request = {
        "max_body": _ref("size"),
        "deny_headers": _list(_ref("header")),
        "set_headers": pairs | {"propertyNames": _ref("header")},
        "set_query": pairs,
        "basic_auth": _map("basic_auth", auth, auth, required=("username", "password")),
        "secrets_over_http": {"type": "boolean"},
    }
    response = {"max_body": _ref("size"), "max_headers": _ref("size"), "max_ratio": _whole(1, 1_000)}
    values = {
        **_where(),
        "addresses": {"oneOf": [{"const": "public"}, _list(_ref("address"))]},
        "request": _map("request", fetch._REQUEST_READERS, request),
        "response": _map("response", fetch._RESPONSE_READERS, response),
        **{key: _ref("duration") for key in ("timeout", "headers_timeout", "idle_timeout")},
        **{key: _whole(*ranges[key]) for key in ("max_redirects", "max_calls", "max_connections")},
    }
    return _map("fetch", fetch._GRANT_READERS, values, required=("hosts",))


def _fetch_denial() -> Schema:
    values = {**_where(), "addresses": _list(_ref("address"))}
    return _map("deny.fetch", fetch._DENIAL_READERS, values) | {"minProperties": 1}


def _crypto_key() -> Schema:
    values = {
        "secret": {"type": "string", "pattern": f"^{SECRET_NAME.pattern}$"},
        "algorithm": {"enum": sorted(KEY_ALGORITHMS)},
        "use": _list({"enum": list(KEY_USES)}),
    }
    return _map("key", values, values, required=tuple(values))


def _xlsx_limits() -> Schema:
    values = _quantities(read.XLSX_KEYS) | {"max_ratio": _whole(*bounds(XlsxLimits)["max_ratio"])}
    return _map("xlsx-limits", read._XLSX_READERS, values)


def _flow() -> Schema:
    values = {"after": _ref("pool"), "only": _list(_ref("pool"), 0)}
    return _map("flow", values, values, required=("after", "only"))


def _test() -> Schema:
    operations = "|".join(ALGORITHMS)
    run = {"error": {"enum": list(ERROR_TYPES)}, "message": {"type": ["string", "number", "boolean"]}, "result": {}}
    values: dict[str, Schema] = {
        "name": {"type": ["string", "number", "boolean"]},
        "fetch": {"type": "string", "pattern": r"^\s*[A-Z-]+\s+\S+\s*$", "examples": ["GET https://api.example.com/"]},
        "crypto": {"type": "string", "pattern": rf"^\s*(random|key\s+\S+\s+\S+|({operations})\s+\S+)\s*$",
                   "examples": ["hash sha256", "key invoice sign", "random"]},
        "module": {"type": "string"},
        "xlsx": {"type": "string", "pattern": r"^\s*(read|write)(\s+[0-9]+(KiB|MiB|GiB)?)?\s*$",
                 "examples": ["read 10MiB"]},
        "tasks": {"type": "string", "pattern": r"^\s*(add|get)\s+\S+\s*$", "examples": ["add reports-daily"]},
        "run": {"type": ["string", "number", "boolean"]},
        "resolves": _list({"type": "string"}),
        "input": {},
        "seed": {"type": "integer"},
        "expect": {"oneOf": [
            {"type": "string", "pattern": r"^\s*((allow|deny)(\s+\S+)?|success)\s*$",
             "examples": ["allow", "deny", "success"]},
            _map("expect", run, run) | {"minProperties": 1},
        ]},
    }  # fmt: skip
    one = [{"required": [kind]} for kind in testcase.SUBJECTS]
    return _map("test", testcase._READERS, values, required=("expect",)) | {"oneOf": one}
