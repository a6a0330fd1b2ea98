"""What holds for every policy and every request about crypto, xlsx, tasks and modules, whatever they are. The oracle
reads the text of a policy in the plainest way; the properties of fetch are in test_policy_properties.py."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.policy import PolicyFolderError
from host.policy.decide.crypto import CryptoRequest
from host.policy.decide.modules import ModuleRequest
from host.policy.decide.outcome import Allow, Deny
from host.policy.decide.rulebook import Rulebook
from host.policy.decide.tasks import TasksRequest
from host.policy.decide.xlsx import XlsxRequest
from tests.policy.folders import folder

QUICK = settings(max_examples=150, deadline=None, derandomize=True)

# Small alphabets, so that rules and requests meet.
OPERATIONS = {"hash": ["sha256", "md5", "sha1"], "hmac": ["sha256", "md5"], "cipher": ["aes-256-gcm", "aes-128-ctr"],
              "sign": ["ed25519", "rsa-sha256"]}  # fmt: skip
#: Each key with what it can be used for.
KEYS = {"invoice": ("ed25519", ["sign", "verify"]), "session": ("aes-256-gcm", ["encrypt", "decrypt"])}
SIZES = [1, 1000, 1 << 20, 60 << 20]
POOLS = ["reports", "reports-a", "reports-b", "mail"]
PATTERNS = ["*", "reports*", "reports-*", "reports-a", "mail"]
MODULES = ["lodash", "qs", "timers", "timers/promises", "path"]
REQUIRED = [*MODULES, "lodash/get", "path/posix", "uuid", "fs", "lodash/../fs", "nothing"]


def subsets(values: list, least: int = 1) -> st.SearchStrategy:
    return st.lists(st.sampled_from(values), min_size=least, unique=True)


def some(**fields: st.SearchStrategy) -> st.SearchStrategy:
    """A map with some of these keys."""
    return st.fixed_dictionaries({}, optional=fields)


algorithms = {operation: st.just("any") | subsets(names) for operation, names in OPERATIONS.items()}
secrets = st.sampled_from(["one", "other"])
keys = some(
    **{
        name: st.fixed_dictionaries({"secret": secrets, "algorithm": st.just(algorithm), "use": subsets(uses)})
        for name, (algorithm, uses) in KEYS.items()
    }
)
limits = some(max_size=st.sampled_from(SIZES), max_cells=st.sampled_from([10, 5_000_000]))
modules = st.just("all") | subsets(MODULES, 0)
GRANTS = {
    "crypto": some(**algorithms, random=st.booleans(), keys=keys),
    "xlsx": some(read=limits, write=limits),
    "tasks": some(add=subsets(PATTERNS), get=subsets(PATTERNS)),
}
policies = some(
    modules=modules,
    grants=some(**GRANTS),
    deny=some(
        crypto=some(**algorithms, random=st.booleans()),
        xlsx=subsets(["read", "write"]),
        tasks=some(add=subsets(PATTERNS), get=subsets(PATTERNS)),
        modules=subsets(MODULES),
    ),
)
REQUESTS = {
    "crypto": st.one_of(
        st.sampled_from([CryptoRequest(operation, name) for operation, names in OPERATIONS.items() for name in names]),
        st.just(CryptoRequest("random")),
        st.builds(CryptoRequest, st.sampled_from(["sign", "verify", "encrypt"]), st.none(),
                  st.sampled_from([*KEYS, "none"])),
    ),
    "xlsx": st.builds(XlsxRequest, st.sampled_from(["read", "write"]), st.sampled_from([None, *SIZES]),
                      st.sampled_from([None, 5, 11, 4_000_000, 9_000_000])),
    "tasks": st.builds(TasksRequest, st.sampled_from(["add", "get"]), st.sampled_from(POOLS)),
    "modules": st.sampled_from(list(map(ModuleRequest, REQUIRED))),
}  # fmt: skip
asked = st.lists(st.one_of(*REQUESTS.values()), min_size=1, max_size=25)


def body(policy: dict) -> str:
    """Each of its keys on a line; what is written as JSON is YAML, too."""
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in policy.items())


def names_it(rules: dict, request) -> bool:
    """Whether `grants` or `deny` names what a request is about."""
    match request:
        case CryptoRequest(operation, algorithm, None):
            listed = rules.get("crypto", {}).get(operation, [])
            return listed is True or listed == "any" or algorithm in listed if listed else False
        case TasksRequest(operation, pool):
            patterns = rules.get("tasks", {}).get(operation, [])
            return any(pool == each or (each.endswith("*") and pool.startswith(each[:-1])) for each in patterns)
        case XlsxRequest(operation):
            return operation in rules.get("xlsx", {})
    raise AssertionError(request)


def is_allowed(policy: dict, request) -> bool:
    """By the text alone."""
    grants, deny = policy.get("grants", {}), policy.get("deny", {})
    match request:
        case ModuleRequest(module):
            owner = module if module in MODULES else module.split("/")[0]
            listed = policy.get("modules", [])
            known = owner in [*MODULES, "uuid"] and ".." not in module
            return known and (listed == "all" or owner in listed) and owner not in deny.get("modules", [])
        case CryptoRequest(use, key=name) if name is not None:
            key = grants.get("crypto", {}).get("keys", {}).get(name)
            operation = "cipher" if use in ("encrypt", "decrypt") else use
            return (key is not None and use in key["use"]
                    and not names_it(deny, CryptoRequest(operation, key["algorithm"])))  # fmt: skip
        case XlsxRequest(operation, size, cells) if names_it(grants, request):
            limits = {"max_size": 50 << 20, "max_cells": 5_000_000} | grants["xlsx"][operation]
            fits = (size or 0) <= limits["max_size"] and (cells or 0) <= limits["max_cells"]
            return fits and not names_it(deny, request)
    return names_it(grants, request) and not names_it(deny, request)


def allows(rules: Rulebook, request) -> bool:
    return isinstance(rules.decide(request), Allow)


@QUICK
@given(policies, asked)
def test_a_request_is_allowed_if_a_grant_names_it_and_no_denial_does(policy, asked):
    """Never more and never less; and what a denial names stays denied under an audit."""
    rules = Rulebook(folder(p=body(policy)).policies["p"])
    for request in asked:
        assert allows(rules, request) is is_allowed(policy, request), request
        decision = rules.decide(request)
        by_name = isinstance(request, ModuleRequest) or getattr(request, "key", None) is not None
        if isinstance(decision, Deny) and not by_name:
            assert decision.final or not names_it(policy.get("deny", {}), request), request


@pytest.mark.parametrize("part", REQUESTS)
@QUICK
@given(policies, st.data())
def test_a_child_never_allows_what_its_parent_does_not(part, parent, data):
    """Whatever a child writes, either it is refused, or everything it allows its parent allows too. Of one part at a
    time: a child that writes all at random is as good as always refused."""
    own = data.draw(GRANTS.get(part, modules))
    child = {"modules": own, "grants": {}} if part == "modules" else {"modules": [], "grants": {part: own}}
    try:
        found = folder(parent=body(parent), child=body(child) + "extends: parent\n")
    except PolicyFolderError:
        return
    books = {name: Rulebook(policy) for name, policy in found.policies.items()}
    for request in data.draw(st.lists(REQUESTS[part], min_size=5, max_size=25)):
        assert allows(books["parent"], request) or not allows(books["child"], request), request


@QUICK
@given(policies, asked, st.data())
def test_a_narrowed_child_is_taken_and_allows_no_more(parent, asked, data):
    """A child that drops parts of its parent's grants is valid, so the property above is not empty; and it allows just
    what both texts allow."""
    child = _narrowed(parent, data.draw)
    found = folder(parent=body(parent), child=body(child) + "extends: parent\n")
    books = {name: Rulebook(policy) for name, policy in found.policies.items()}
    for request in asked:
        assert allows(books["parent"], request) or not allows(books["child"], request), request
        deny = {"deny": parent.get("deny", {})}
        assert allows(books["child"], request) is is_allowed(child | deny, request), request


def _narrowed(parent: dict, draw) -> dict:
    """The parent's modules and grants with some of their parts left out."""

    def fewer(value):
        if isinstance(value, list):
            return [each for each in value if draw(st.booleans())] or value[:1]
        if isinstance(value, dict):
            kept = [key for key in value if key in ("secret", "algorithm", "use") or draw(st.booleans())]
            return {key: fewer(value[key]) for key in kept}
        return value

    grants = fewer(parent.get("grants", {}))
    for operation, limits in grants.get("xlsx", {}).items():
        # Without a limit, a child would have the default, which may be more.
        limits.update(parent["grants"]["xlsx"][operation])
    return {"modules": fewer(parent.get("modules", [])), "grants": grants}
