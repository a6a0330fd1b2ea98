"""Learning a policy from what was seen: that traffic passes, and nothing beside it."""

import itertools
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.policy import resolve_files
from host.policy.calls import CallError, FetchCall, call_of, request_of
from host.policy.decide.crypto import CryptoRequest
from host.policy.decide.fetch import FetchRequest
from host.policy.decide.modules import ModuleRequest
from host.policy.decide.outcome import Allow
from host.policy.decide.rulebook import Rulebook
from host.policy.decide.tasks import TasksRequest
from host.policy.decide.xlsx import XlsxRequest
from host.policy.fmt.format import format_file
from host.policy.learn.boxes import boxes
from host.policy.learn.learn import Learned, learn
from host.policy.learn.limits import Used, fitting
from host.policy.learn.write import learned_yaml
from host.policy.model import Limits, Modules, Policy
from host.policy.url import parse_url
from tests.policy.folders import policy

QUICK = settings(max_examples=60, deadline=None, derandomize=True)
NOTHING = Policy(name="nothing")

HOSTS = ["a.example", "b.example", "1.1.1.1", "[2606:4700::1]"]
METHODS = ["GET", "HEAD", "POST"]
ENDPOINTS = [("https", 443), ("https", 8443), ("http", 80)]
PATHS = ["/", "/x", "/x/", "/x/1", "/x/2", "/y/1", "/%20/z", "/x/abc"]


def fetch(method: str, url: str, body_bytes: int | None = None, headers: tuple[str, ...] = ()) -> FetchRequest:
    return FetchRequest(method, parse_url(url), headers, body_bytes)


fetches = st.builds(
    lambda method, host, endpoint, path, body: fetch(method, f"{endpoint[0]}://{host}:{endpoint[1]}{path}", body),
    st.sampled_from(METHODS), st.sampled_from(HOSTS), st.sampled_from(ENDPOINTS), st.sampled_from(PATHS),
    st.sampled_from([None, 0, 1000, 2 << 20]),
)  # fmt: skip
CRYPTO = [CryptoRequest("hash", "sha256"), CryptoRequest("hash", "md5"), CryptoRequest("hmac", "sha256"),
          CryptoRequest("random"), CryptoRequest("cipher", "aes-256-gcm")]  # fmt: skip
XLSX = [XlsxRequest("read", 1000), XlsxRequest("read", 100 << 20), XlsxRequest("write"), XlsxRequest("write", cells=9)]
TASKS = [TasksRequest("add", "reports"), TasksRequest("add", "mail"), TasksRequest("get", "mail")]
MODULES = [ModuleRequest(name) for name in ("lodash", "lodash/get", "qs", "path", "timers/promises")]
others = st.sampled_from([*CRYPTO, *XLSX, *TASKS, *MODULES])
traffic = st.lists(fetches | others, min_size=1, max_size=25)


def passes(learned: Policy, request) -> bool:
    return isinstance(Rulebook(learned).decide(request), Allow)


def learned_from(requests, base: Policy = NOTHING, generalise: bool = False) -> Learned:
    return learn([(request, 1) for request in requests], base, "learned", generalise)


def read_back(learned: Learned) -> Policy:
    """The policy that the file says; it has no error, and is in the usual form."""
    text = learned_yaml(learned, "Learned")
    found = resolve_files({"learned.yaml": text.encode()}).policies["learned"]
    assert found.digest == learned.policy.digest
    assert format_file("learned.yaml", text.encode()).text == text
    return found


@QUICK
@given(traffic, st.booleans())
def test_what_was_seen_passes(requests, generalise):
    """Under the policy as it is read from its file, every request that was seen is allowed, and none was left out."""
    learned = learned_from(requests, generalise=generalise)
    assert learned.left_out == ()
    found = read_back(learned)
    assert all(passes(found, request) for request in requests)


@QUICK
@given(traffic, st.lists(fetches | others, max_size=40))
def test_nothing_else_passes(requests, asked):
    """A request that was not seen is denied, in every part of it: method, scheme, host, port, path; algorithm; pool."""
    rules = Rulebook(learned_from(requests).policy)
    seen = {_what(request) for request in requests}
    changed = [other for request in requests for other in _changed(request)]
    for request in [*asked, *changed]:
        if _what(request) not in seen:
            assert not isinstance(rules.decide(request), Allow), request


def _what(request) -> tuple:
    """What learning goes by: the size of a body or a workbook is a limit, and no place."""
    match request:
        case FetchRequest(method, url):
            return method, url.scheme, url.host, url.port, url.segments
        case XlsxRequest(operation):
            return "xlsx", operation
        case ModuleRequest(module):
            return "module", module.split("/")[0] if module != "timers/promises" else module
    return type(request).__name__, *msgspec.structs.astuple(request)


def _changed(request) -> list:
    """The request with one part of it changed, for every part."""
    if not isinstance(request, FetchRequest):
        return []
    url = request.url
    base = f"{url.scheme}://{{}}:{url.port}/{'/'.join(url.segments)}".replace(" ", "%20")
    urls = [base.format(f"sub.{url.host}") if url.host[0].isalpha() else base.format("2.2.2.2"), base.format("example")]
    here = base.format(url.host)
    urls += [f"{here}/more", f"{here}1", here.replace(f":{url.port}/", ":444/"), here.replace("://", "s://", 1)]
    known = [each for each in urls if not each.startswith("httpss")]
    return [*(fetch(request.method, each) for each in known), *(fetch(each, here) for each in METHODS)]


@QUICK
@given(traffic)
def test_each_part_of_the_policy_is_needed(requests):
    """Without any one rule, host, method, path, algorithm, operation, pool or module, something that was seen fails."""
    learned = learned_from(requests).policy
    for less in _less(learned):
        assert not all(passes(less, request) for request in requests)


def _less(learned: Policy):
    replace, grants = msgspec.structs.replace, learned.grants
    for name in learned.modules.names:
        yield replace(learned, modules=Modules(names=learned.modules.names - {name}))
    for index, grant in enumerate(grants.fetch):
        rest = (*grants.fetch[:index], *grants.fetch[index + 1 :])
        yield replace(learned, grants=replace(grants, fetch=rest))
        for field in ("hosts", "methods", "paths", "schemes", "ports"):
            # The last of a list takes the whole rule with it.
            for part in getattr(grant, field) if len(getattr(grant, field)) > 1 else ():
                fewer = replace(grant, **{field: tuple(each for each in getattr(grant, field) if each != part)})
                yield replace(learned, grants=replace(grants, fetch=(*rest, fewer)))
    for capability in ("crypto", "xlsx", "tasks"):
        grant = getattr(grants, capability)
        for field in grant.__struct_fields__ if grant is not None else ():
            value = getattr(grant, field)
            for part in value if isinstance(value, tuple) else ():
                fewer = replace(grant, **{field: tuple(each for each in value if each != part)})
                yield replace(learned, grants=replace(grants, **{capability: fewer}))
            if value is True or isinstance(value, msgspec.Struct):
                fewer = replace(grant, **{field: False if value is True else None})
                yield replace(learned, grants=replace(grants, **{capability: fewer}))


@QUICK
@given(st.sets(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=30))
def test_boxes_hold_each_triple_once_and_no_other(triples):
    """Their products are apart from each other, and together they are just what was given."""
    found = [triple for box in boxes(triples) for triple in itertools.product(*box)]
    assert len(found) == len(set(found))
    assert set(found) == triples


@QUICK
@given(traffic, st.randoms())
def test_the_order_of_what_was_seen_does_not_matter(requests, random):
    """Two services that saw the same learn the same, to the letter."""
    shuffled = random.sample(requests, len(requests))
    assert learned_yaml(learned_from(requests), "it") == learned_yaml(learned_from(shuffled), "it")


@QUICK
@given(fetches | others)
def test_a_call_is_the_same_when_it_was_recorded(request):
    """From request to record and back, through JSON."""
    assert request_of(call_of(request)) == request


def test_a_record_of_a_call_has_no_query_and_no_header():
    """Where a request goes, its method and its size, and that is all."""
    recorded = call_of(fetch("GET", "https://a.example/x/%20?token=secret#y", 3, ("x-token",)))
    assert recorded == FetchCall("GET", "https", "a.example", 443, "/x/%20", 3)
    assert "secret" not in repr(recorded)


@pytest.mark.parametrize("host", ["a.example/..", "A.example", "a@b.example", "", "a.example:1"])
def test_a_record_that_was_tampered_with_is_no_call(host):
    """What the parser would read as another host is refused."""
    with pytest.raises(CallError):
        request_of(FetchCall("GET", "https", host, 443, "/x"))


@dataclass
class Case:
    """What a base allows, what was seen, and lines of the policy that was learned."""

    base: str
    seen: list
    lines: list[str]
    generalise: bool = False


SECRET = """grants:
  fetch:
    - name: crm
      hosts: ["**.crm.example"]
      methods: any
      request: {deny_headers: [cookie], set_headers: {authorization: "Bearer ${secret:crm}"}}
      timeout: 5s
      addresses: [public, 10.0.0.0/8]
  crypto:
    budget: 9s
    keys:
      invoice: {secret: invoice_key, algorithm: ed25519, use: [sign, verify]}
  xlsx: {read: {max_size: 1MiB}}
limits: {wall_time: 1s}
language: {eval: true}
deny: {fetch: [{hosts: [bad.example]}], modules: [uuid]}
"""
CASES = {
    "terms of the base": Case(
        SECRET, [fetch("PUT", "https://eu.crm.example/a"), CryptoRequest("sign", key="invoice"), XlsxRequest("read")],
        ["eval: true", "wall_time: 1s", "- name: crm  # seen once", "hosts: [eu.crm.example]", "methods: [PUT]",
         "paths: [/a]", 'authorization: "Bearer ${secret:crm}"', "timeout: 5s", "addresses: [10.0.0.0/8, public]",
         "invoice:  # seen once", "use: [sign]", "budget: 9s",
         "read: {max_size: 1MiB}  # seen once", "hosts: [bad.example]"],
    ),
    "larger than the base's rule takes": Case(
        SECRET, [fetch("PUT", "https://eu.crm.example/a", size, ("cookie",) * bool(size)) for size in (0, 5 << 20)],
        ["max_body: 5MiB", "- name: crm  # seen 2 times", 'authorization: "Bearer ${secret:crm}"'],
    ),
    "products": Case(
        "", [fetch(method, f"https://{host}.example/{path}") for method in ("GET", "POST") for host in "ab"
             for path in ("x", "y") if (method, host) != ("POST", "b")],
        ["hosts: [a.example]", "hosts: [b.example]", "methods: [GET, POST]", "methods: [GET]"],
    ),
    "whole products": Case(
        "", [fetch(method, f"https://{host}.example/{path}") for method in ("GET", "POST") for host in "ab"
             for path in ("x", "y")],
        ["hosts: [a.example, b.example]", "methods: [GET, POST]", "paths: [/x, /y]"],
    ),
    "paths as they are": Case("", [fetch("GET", f"https://a.example/u/{n}") for n in (1, 2)], ["paths: [/u/1, /u/2]"]),
    "paths with a star": Case(
        "", [fetch("GET", f"https://a.example/u/{n}/x") for n in (1, 2)] + [fetch("GET", "https://a.example/v/1")],
        ['paths: ["/u/*/x", /v/1]'], True,
    ),
    "words are no identifiers": Case(
        "", [fetch("GET", f"https://a.example/u/{word}") for word in ("me", "you", "deadbeef", "cafe")],
        ["paths: [/u/cafe, /u/deadbeef, /u/me, /u/you]"], True,
    ),
    "other identifiers": Case(
        "", [fetch("GET", f"https://a.example/{each}/{part}") for part in ("x", "y") for each in
             ("0123456789abcdef", "2026-01-01", "123e4567-e89b-12d3-a456-426614174000")],
        ['paths: ["/*/x", "/*/y"]'], True,
    ),
    "of other methods": Case(
        "", [fetch("GET", "https://a.example/u/1"), fetch("POST", "https://a.example/u/2")],
        ["paths: [/u/1]", "paths: [/u/2]"], True,
    ),
    "flows": Case(
        SECRET + "flows: {after: crm, only: [crm]}\n",
        [fetch("PUT", "https://eu.crm.example/a"), fetch("GET", "https://us.crm.example/b"), fetch("GET", "https://x.io/")],
        ["- name: crm  # seen once", "- name: crm-2  # seen once", "- name: learned-x-io  # seen once",
         "- after: crm-2", "only: [crm, crm-2]"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_learned_policy_says(case: Case):
    """What stands in the file, and that it lets through what was seen."""
    learned = learned_from(case.seen, policy(case.base), case.generalise)
    lines = [line.strip() for line in learned_yaml(learned, "Learned").splitlines()]
    found = read_back(learned)
    for line in case.lines:
        assert any(line in each for each in lines), (line, lines)
    assert all(passes(found, request) for request in case.seen)
    assert learned.policy.mode.kind == "enforce"


LEFT_OUT = [
    (fetch("GET", "https://a.example//x"), "the path has an empty part"),
    (fetch("GET", "https://a.example/%2e%2e%2fx"), "the path has an encoded slash"),
    (fetch("GET", "https://a.example/*/x"), "its path cannot be written"),
    (fetch("GET", "https://a.example/a%C2%A0b"), "its path cannot be written"),
    (fetch("GET", "https://bad.example/"), "`deny-1` under `deny` forbids it"),
    (fetch("PURGE", "https://a.example/"), "no policy knows that method"),
    (fetch("POST", "https://a.example/", 1 << 40), "its body is larger"),
    (ModuleRequest("uuid"), "the base denies it"),
    (ModuleRequest("fs"), "no policy can give it"),
    (CryptoRequest("hash", "whirlpool"), "no policy knows that algorithm"),
    (CryptoRequest("sign", key="other"), "it has no key of that name"),
    (XlsxRequest("read", cells=10**10), "more than any policy can allow"),
    (TasksRequest("add", "../x"), "no name of a pool"),
]


def test_what_no_rule_can_say_is_left_out_and_told():
    """As comments, in one line each, whatever stands in the request; the rest is learned all the same."""
    requests = [request for request, _ in LEFT_OUT]
    learned = learned_from([*requests, ModuleRequest("qs")], policy(SECRET))
    assert sorted(each.target for each in learned.left_out) == sorted(request.target for request in requests)
    reasons = " ".join(each.reason for each in learned.left_out)
    assert all(reason in reasons for _, reason in LEFT_OUT)
    assert read_back(learned).modules.names == {"qs"}
    assert not learned.policy.grants.fetch


def test_limits_are_rounded_up_and_never_more_than_the_base() -> None:
    """To numbers that people write; what was not used at all may not be used."""
    base = Limits(fuel=1_000_000_000, wall_time_ms=1_500)
    one = Used(wall_time_ms=700, fuel=600_000_000, memory_bytes=9 << 20, code_bytes=700, input_bytes=2,
               result_bytes=1500, log_bytes=0, host_calls=6)  # fmt: skip
    other = msgspec.structs.replace(one, fuel=1, host_calls=0)
    found = fitting(base, [one, other])
    assert found == Limits(
        wall_time_ms=1_500, fuel=1_000_000_000, memory_bytes=32 << 20, code_bytes=2048, input_bytes=1024,
        result_bytes=4096, log_bytes=1024, host_calls=20,
    )  # fmt: skip
    assert fitting(base, []) == base
    assert fitting(Limits(), [other]).host_calls == 0


def test_hundreds_of_paths_become_rules_of_a_size_that_a_file_can_have():
    """A list has 256 items at most, so a thousand paths are several rules."""
    seen = [fetch("GET", f"https://a.example/p/{word}x") for word in range(700)]
    learned = learned_from(seen)
    assert [len(grant.paths) for grant in learned.policy.grants.fetch] == [256, 256, 188]
    assert read_back(learned).digest == learned.policy.digest
    assert learned.evidence["grants.fetch.a-example-2"] == 256
