"""What holds for every policy and every request, whatever they are. The oracle here knows nothing of indexes."""

import itertools
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from host.policy import PolicyFolderError
from host.policy.canonical import policy_yaml
from host.policy.cases import decide_url
from host.policy.covering import Covering, covers
from host.policy.decide.outcome import Allow
from host.policy.decide.rulebook import Rulebook
from host.policy.pattern.fault import PatternError
from host.policy.pattern.hosts import HostPattern, is_address, parse_host
from host.policy.pattern.names import name_covers, name_matches
from host.policy.pattern.paths import PathPattern
from tests.policy.folders import folder

QUICK = settings(max_examples=150, deadline=None)

# Small alphabets, so that rules and requests meet.
LABELS = ["a", "b", "example"]
HOSTS = [
    "a.example",
    "b.example",
    "a.b.example",
    "b.a.example",
    "example",
    "a.a.b.example",
    "1.1.1.1",
    "[2606:4700::1]",
]
HOST_PATTERNS = ["*", *HOSTS, "*.example", "**.example", "*.b.example", "**.b.example", "**.a.example"]
PARTS = ["x", "y", "z", "*", "**"]
METHODS = ["GET", "HEAD", "POST"]
PORTS = [443, 80, 8443]

path_patterns = st.lists(st.sampled_from(PARTS), min_size=1, max_size=4).filter(
    lambda parts: ("**", "**") not in itertools.pairwise(parts)
)
paths = st.lists(st.sampled_from(["x", "y", "z", "w"]), max_size=4)


@st.composite
def rules(draw, name: str) -> dict:
    rule = {"name": name, "hosts": draw(st.lists(st.sampled_from(HOST_PATTERNS), min_size=1, max_size=3, unique=True))}
    if draw(st.booleans()):
        rule["ports"] = draw(st.just("any") | st.lists(st.sampled_from(PORTS), min_size=1, max_size=2, unique=True))
    if draw(st.booleans()):
        rule["schemes"] = draw(st.lists(st.sampled_from(["http", "https"]), min_size=1, unique=True))
    if draw(st.booleans()):
        rule["methods"] = draw(st.just("any") | st.lists(st.sampled_from(METHODS), min_size=1, unique=True))
    if draw(st.booleans()):
        rule["paths"] = draw(st.lists(path_patterns.map(lambda parts: "/" + "/".join(parts)), min_size=1, max_size=3))
    return rule


@st.composite
def policies(draw, most: int = 4) -> tuple[list[dict], list[dict]]:
    grants = [draw(rules(f"g{number}")) for number in range(draw(st.integers(0, most)))]
    denials = [draw(rules(f"d{number}")) for number in range(draw(st.integers(0, 1)))]
    return grants, denials


requests = st.tuples(
    st.sampled_from(METHODS), st.sampled_from(["http", "https"]), st.sampled_from(HOSTS), st.sampled_from(PORTS), paths
)


def flow(rule: dict) -> str:
    return "{" + ", ".join(f"{key}: {_yaml(value)}" for key, value in rule.items()) + "}"


def _yaml(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_yaml(each) for each in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def body(grants: list[dict], denials: list[dict]) -> str:
    lines = ["grants:", "  fetch: [" + ", ".join(map(flow, grants)) + "]"]
    lines += ["deny:", "  fetch: [" + ", ".join(map(flow, denials)) + "]"]
    return "\n".join(lines) + "\n"


def names_it(rule: dict, request: tuple, grant: bool) -> bool:
    """Whether a rule names a request, read off the text of the rule in the plainest way."""
    method, scheme, host, port, path = request
    own_port = {"https": 443, "http": 80}[scheme]
    ports = rule.get("ports", [own_port] if grant else "any")
    methods = rule.get("methods", ["GET", "HEAD"] if grant else "any")
    schemes = rule.get("schemes", ["https"] if grant else ["http", "https"])
    asked = "/" + "/".join(path)
    return (
        scheme in schemes
        and (ports == "any" or port in ports)
        and (methods == "any" or method in methods)
        and any(_host_fits(pattern, host) for pattern in rule["hosts"])
        and ("paths" not in rule or any(_path_fits(pattern, asked, grant) for pattern in rule["paths"]))
    )


def _host_fits(pattern: str, host: str) -> bool:
    if pattern == "*":
        return True
    if re.search(r"[\d\]]$", host):
        return pattern == host
    wildcard = {"**": r"([^.]+\.)+", "*": r"[^.]+\."}.get(pattern.partition(".")[0])
    name = pattern.partition(".")[2] if wildcard else pattern
    return re.fullmatch((wildcard or "") + re.escape(name), host) is not None


def _path_fits(pattern: str, path: str, grant: bool) -> bool:
    expression = "".join({"**": r"(/[^/]*)*", "*": r"/[^/]+"}.get(part, f"/{part}") for part in pattern[1:].split("/"))
    # A path is at least a slash, so the one of a host alone has one empty part.
    fits = re.fullmatch(expression, path) is not None
    return fits or (not grant and path.endswith("/") and re.fullmatch(expression, path[:-1]) is not None)


def url_of(request: tuple) -> str:
    _, scheme, host, port, path = request
    return f"{scheme}://{host}:{port}/{'/'.join(path)}"


def allows(book: Rulebook, request: tuple) -> bool:
    return isinstance(decide_url(book, request[0], url_of(request), ("1.1.1.1",)), Allow)


@QUICK
@given(policies(), st.lists(requests, min_size=1, max_size=20))
def test_a_request_is_allowed_if_a_grant_names_it_and_no_denial_does(policy, asked):
    """Against an oracle that reads the text of each rule in turn: never more and never less is allowed."""
    grants, denials = policy
    book = Rulebook(folder(p=body(grants, denials)).policies["p"])
    for request in asked:
        granted = any(names_it(rule, request, grant=True) for rule in grants)
        denied = any(names_it(rule, request, grant=False) for rule in denials)
        assert allows(book, request) is (granted and not denied), request


@QUICK
@given(policies(), st.lists(requests, min_size=1, max_size=10), st.randoms())
def test_the_order_of_rules_does_not_matter(policy, asked, random):
    """The same rules in another order allow the same, by the same rule, and have the same digest."""
    grants, denials = policy
    shuffled = random.sample(grants, len(grants))
    one, other = (folder(p=body(each, denials)).policies["p"] for each in (grants, shuffled))
    assert one.digest == other.digest
    for request in asked:
        decisions = [decide_url(Rulebook(each), request[0], url_of(request), ("1.1.1.1",)) for each in (one, other)]
        assert decisions[0] == decisions[1]


@settings(max_examples=300, deadline=None)
@given(policies(2), policies(2), st.lists(requests, min_size=1, max_size=20))
def test_a_child_never_allows_what_its_parent_does_not(parent, child, asked):
    """Whatever a child writes, either it is refused, or everything it allows its parent allows too."""
    try:
        found = folder(parent=body(*parent), child=body(*child) + "extends: parent\n")
    except PolicyFolderError:
        return
    books = {name: Rulebook(policy) for name, policy in found.policies.items()}
    for request in asked:
        assert allows(books["parent"], request) or not allows(books["child"], request)


@QUICK
@given(policies(2), st.data())
def test_a_narrowed_child_is_taken_and_allows_no_more(parent, data):
    """A child made by narrowing the rules of its parent is valid, so the property above is not empty."""
    grants, denials = parent
    own = []
    for rule in grants:
        narrow = dict(rule, hosts=data.draw(st.lists(st.sampled_from(rule["hosts"]), min_size=1, unique=True)))
        if isinstance(rule.get("methods"), list):
            narrow["methods"] = data.draw(st.lists(st.sampled_from(rule["methods"]), min_size=1, unique=True))
        if "paths" in rule:
            narrow["paths"] = [rule["paths"][0].replace("**", "x").replace("*", "x")]
        own.append(narrow)
    found = folder(parent=body(grants, denials), child=body(own, []) + "extends: parent\n")
    books = {name: Rulebook(policy) for name, policy in found.policies.items()}
    for request in data.draw(st.lists(requests, min_size=1, max_size=20)):
        assert allows(books["parent"], request) or not allows(books["child"], request)


@QUICK
@given(policies(6), policies(2))
def test_the_search_for_a_covering_rule_misses_none(ours, theirs):
    """What the search by a sample finds is what trying every rule finds."""
    wide, narrow = (folder(p=body(grants, [])).policies["p"].grants.fetch for grants, _ in (ours, theirs))
    covering = Covering(wide)
    for grant in narrow:
        assert (covering.of(grant) is None) is not any(covers(each, grant) for each in wide)


@QUICK
@given(policies())
def test_writing_a_policy_and_reading_it_keeps_its_meaning(policy):
    """The canonical YAML of any policy has its digest, and is its own canonical YAML."""
    before = folder(p=body(*policy)).policies["p"]
    text = policy_yaml(before)
    after = folder(p=text.split("\n", 2)[2]).policies["p"]
    assert after.digest == before.digest
    assert policy_yaml(after) == text


@given(st.sampled_from(HOST_PATTERNS), st.sampled_from(HOST_PATTERNS), st.lists(st.sampled_from(LABELS), min_size=1))
def test_a_host_pattern_that_covers_matches_all_of_the_other(one, other, labels):
    """`covers` is sound: whatever the other matches, this one does."""
    wide, narrow = parse_host(one), parse_host(other)
    for host in (*HOSTS, ".".join(labels)):
        assert not wide.covers(narrow) or not narrow.matches(host) or wide.matches(host)


@given(st.sampled_from(HOST_PATTERNS), st.sampled_from(HOST_PATTERNS))
def test_a_host_pattern_that_does_not_cover_misses_a_host(one, other):
    """`covers` is complete: where it says no, there is a host that only the other matches."""
    wide, narrow = parse_host(one), parse_host(other)
    witnesses = {"exact": [""], "one": ["q."], "many": ["q.", "q.q."], "any": ["q.q.q", "q"]}[narrow.kind]
    missed = [host for host in (f"{each}{narrow.name}" for each in witnesses) if not wide.matches(host)]
    assert wide.covers(narrow) is (not missed)


@settings(max_examples=500, deadline=None)
@given(path_patterns, path_patterns, st.lists(st.lists(st.sampled_from(["x", "y", "z", "w", ""]), max_size=6)))
def test_a_path_pattern_that_covers_matches_all_of_the_other(one, other, asked):
    """`covers` is sound against sampled paths, and its own sample of the other decides nothing wrongly."""
    wide, narrow = PathPattern(tuple(one)), PathPattern(tuple(other))
    covers = wide.covers(narrow)
    for path in (*map(tuple, asked), narrow.sample()):
        assert not covers or not narrow.matches(path) or wide.matches(path)
    assert wide.covers(wide)
    assert PathPattern(("**",)).covers(wide)


@given(st.text("ab-*", max_size=4), st.text("ab-*", max_size=4), st.text("ab-", max_size=5))
def test_a_name_pattern_that_covers_matches_all_of_the_other(one, other, name):
    """`name_covers` is sound for names and beginnings of names."""
    wide, narrow = (each.replace("*", "") + ("*" if each.endswith("*") else "") for each in (one, other))
    assert not name_covers(wide, narrow) or not name_matches(narrow, name) or name_matches(wide, name)


@given(st.text(max_size=30))
def test_any_text_is_a_host_pattern_or_a_fault(text):
    """Whatever stands there, the answer is a pattern whose name is what stands in a request, or a fault with a fix."""
    try:
        pattern = parse_host(text)
    except PatternError as fault:
        told = fault
    else:
        told = None
    if told is not None:
        assert told.message and told.fix  # noqa: PT018
        return
    assert isinstance(pattern, HostPattern)
    assert pattern.name.isascii()
    assert pattern.name == pattern.name.lower()
    assert pattern.kind == "exact" or not is_address(pattern.name) or pattern.kind == "any"
