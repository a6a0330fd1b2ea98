"""Whether a request may be sent. The request was taken apart once, by the parser that dials it later.

The order of the rules in a file has no part in it. Where several rules allow a request, the most particular one is
taken: its limits hold, and its secrets are put on.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from host.policy.decide.index import HostIndex, KeyIndex, PathIndex, first
from host.policy.decide.outcome import Allow, Decision, Deny, Rule
from host.policy.grants.model import ANY, FetchDenial, FetchGrant
from host.policy.pattern.addresses import Address, AddressRules, address_rules
from host.policy.url import DEFAULT_PORTS, Url

_BREADTH = {"exact": 0, "one": 1, "many": 2, "any": 3}
PUBLIC_ONLY = AddressRules(True, ())
"""Where a request that no rule names may go under an audit."""


class FetchRequest(Struct, frozen=True):
    """A request as it will be sent. `header_names` are the guest's own, in lower case; `body_bytes` is None where the
    size of a body is not known before it is sent."""

    method: str
    url: Url
    header_names: tuple[str, ...] = ()
    body_bytes: int | None = None

    @property
    def target(self) -> str:
        url = self.url
        port = "" if url.port == DEFAULT_PORTS[url.scheme] else f":{url.port}"
        return f"{self.method} {url.scheme}://{url.host}{port}/{'/'.join(url.segments)}"


class FetchRules:
    """The rules of one policy about fetch, indexed. Made once for each policy, and never changed."""

    def __init__(
        self,
        policy: str,
        grants: Sequence[FetchGrant],
        denials: Sequence[FetchDenial],
        rule: Callable[[str, str], Rule],
    ) -> None:
        self.policy = policy
        self.grants = sorted(grants, key=_particular_first)
        self.rules = [rule(f"grants.fetch.{grant.name}", grant.name) for grant in self.grants]
        self.denials = list(denials)
        self.denial_rules = [rule(f"deny.fetch.{denial.name}", denial.name) for denial in denials]
        self.allowing = _Index(self.grants)
        self.denying = _Index(self.denials)
        self._addresses: dict[str, AddressRules] = {}
        self._with_ranges = _mask(index for index, denial in enumerate(self.denials) if denial.addresses)
        self._header_masks: dict[str, int] = {}
        self._body_masks: dict[int, int] = {}
        for index, grant in enumerate(self.grants):
            for name in grant.request.deny_headers:
                self._header_masks[name] = self._header_masks.get(name, 0) | 1 << index
            most = grant.request.max_body_bytes
            self._body_masks[most] = self._body_masks.get(most, 0) | 1 << index

    def denied(self, request: FetchRequest) -> tuple[int, int]:
        """The denials that a request meets whatever its host resolves to, and those that depend on that."""
        found = self.denying.find_in_doubt(request)
        return found & ~self._with_ranges, found & self._with_ranges

    def fitting(self, request: FetchRequest, rules: int) -> int:
        """Those of `rules` that take the headers and the body of a request."""
        for name in request.header_names:
            rules &= ~self._header_masks.get(name, 0)
        if request.body_bytes is not None:
            for most, mask in self._body_masks.items():
                if request.body_bytes > most:
                    rules &= ~mask
        return rules

    def addresses_of(self, rule: FetchGrant | FetchDenial) -> AddressRules:
        key = f"{type(rule).__name__}.{rule.name}"
        if key not in self._addresses:
            self._addresses[key] = address_rules(rule.addresses)
        return self._addresses[key]


class _Index:
    """Grants or denials by what a request has."""

    def __init__(self, rules: Sequence[FetchGrant | FetchDenial]) -> None:
        self.hosts, self.paths = HostIndex(), PathIndex()
        self.endpoints, self.methods = KeyIndex(), KeyIndex()
        self.open_hosts = 0
        for number, rule in enumerate(rules):
            if rule.hosts == ANY:
                self.open_hosts |= 1 << number
            else:
                for host in rule.hosts:
                    self.hosts.add(host, number)
            for scheme, port in _endpoints(rule):
                self.endpoints.add([(scheme, port)], number)
            self.methods.add(None if rule.methods == ANY else rule.methods, number)
            if rule.paths == ANY:
                self.paths.add_any(number)
            else:
                for path in rule.paths:
                    self.paths.add(path, number)

    def by_host(self, host: str) -> int:
        return self.open_hosts | self.hosts.find(host)

    def by_endpoint(self, scheme: str, port: int) -> int:
        return self.endpoints.find((scheme, port)) | self.endpoints.find((scheme, None))

    def find_in_doubt(self, request: FetchRequest) -> int:
        """As a denial is found: a path that two programs may read differently meets every rule about paths, and one
        with a slash at its end those about the path without it. Servers differ on the case of a method, too."""
        url = request.url
        method = request.method.upper()
        found = self.by_host(url.host) & self.by_endpoint(url.scheme, url.port) & self.methods.find(method)
        if not found or url.doubt is not None:
            return found
        by_path = self.paths.find(url.segments)
        if url.segments[-1] == "":
            by_path |= self.paths.find(url.segments[:-1])
        return found & by_path


def decide(rules: FetchRules, request: FetchRequest) -> Decision:
    """Whether `request` may be sent, as far as can be said before its host is resolved (see `decide_addresses`)."""
    denied, _ = rules.denied(request)
    if denied:
        rule = rules.denial_rules[first(denied)]
        return Deny("fetch", request.target, rules.policy, f"`{rule.name}` under `deny` forbids it", rule, final=True)
    url, index = request.url, rules.allowing
    by_host = index.by_host(url.host)
    by_endpoint = by_host & index.by_endpoint(url.scheme, url.port)
    by_method = by_endpoint & index.methods.find(request.method)
    if by_method:
        by_path = by_method & (index.paths.any if url.doubt is not None else index.paths.find(url.segments))
        fitting = rules.fitting(request, by_path) if by_path else 0
        if fitting:
            number = first(fitting)
            return Allow(rules.rules[number], rules.grants[number])
        return _denied_late(rules, request, by_method, by_path)
    return _denied_early(rules, request, by_host, by_endpoint)


def decide_addresses(
    rules: FetchRules, request: FetchRequest, terms: FetchGrant | None, addresses: Sequence[Address]
) -> Deny | None:
    """Why none of the addresses that the host resolved to may be dialled, or None if each of them may.

    One bad address refuses all: who answers a name with a good and a bad one wants the bad one dialled. `terms` is
    the grant that allowed the request; None under an audit, where public addresses alone are reached.
    """
    allowed = rules.addresses_of(terms) if terms is not None else PUBLIC_ONLY
    _, depending = rules.denied(request)
    for address in addresses:
        rule = _denial_of(rules, depending, address)
        if rule is not None:
            reason = f"`{rule.name}` under `deny` forbids the address {address}"
            return Deny("fetch", request.target, rules.policy, reason, rule, final=True)
        kind = allowed.refuses(address)
        if kind is not None:
            nearest = rules.rules[rules.grants.index(terms)] if terms is not None else None
            reason = f"its host resolves to {address}, which is {kind}"
            suggestion = f"addresses: [public, {address}]"
            return Deny("fetch", request.target, rules.policy, reason, nearest, True, suggestion)
    if addresses:
        return None
    return Deny("fetch", request.target, rules.policy, "its host resolves to no address", final=True)


def _denial_of(rules: FetchRules, depending: int, address: Address) -> Rule | None:
    for number, denial in enumerate(rules.denials):
        if depending >> number & 1 and rules.addresses_of(denial).touches(address):
            return rules.denial_rules[number]
    return None


def _denied_early(rules: FetchRules, request: FetchRequest, by_host: int, by_endpoint: int) -> Deny:
    url = request.url
    if not by_host:
        nearest = rules.allowing.hosts.relatives(url.host)
        reason = "no rule names that host" if rules.grants else "it grants no fetch at all"
    elif not by_endpoint:
        nearest, reason = by_host, f"no rule about that host has {url.scheme} with port {url.port}"
    else:
        nearest, reason = by_endpoint, f"no rule about that host has the method {request.method}"
    return _deny(rules, request, reason, nearest)


def _denied_late(rules: FetchRules, request: FetchRequest, by_method: int, by_path: int) -> Deny:
    url = request.url
    if not by_path and url.doubt is not None:
        return _deny(rules, request, f"the path {url.doubt}, so no rule about paths can be sure of it", by_method)
    if not by_path:
        return _deny(rules, request, "no rule about that host has that path", by_method)
    grant = rules.grants[first(by_path)]
    refused = [name for name in request.header_names if name in grant.request.deny_headers]
    if refused:
        return _deny(rules, request, f"the header {refused[0]} may not be sent", by_path)
    return _deny(rules, request, f"its body has more than {grant.request.max_body_bytes} bytes", by_path)


def _deny(rules: FetchRules, request: FetchRequest, reason: str, nearest: int) -> Deny:
    rule = rules.rules[first(nearest)] if nearest else None
    return Deny("fetch", request.target, rules.policy, reason, rule, False, _suggestion(request))


def _suggestion(request: FetchRequest) -> str:
    """The smallest rule that would allow the request."""
    url = request.url
    host = url.host if url.host.replace(".", "").replace("-", "").isalnum() else f'"{url.host}"'
    lines = ["grants:", "  fetch:", "    - name: NAME", f"      hosts: [{host}]"]
    if url.port != DEFAULT_PORTS[url.scheme]:
        lines.append(f"      ports: [{url.port}]")
    if url.scheme != "https":
        lines.append(f"      schemes: [{url.scheme}]")
    lines.append(f"      methods: [{request.method}]")
    if url.doubt is None:
        path = "/".join(url.segments)
        if path.isascii() and not set(path) & set('*"\\?#% '):
            lines.append(f'      paths: ["/{path}"]')
    return "\n".join(lines)


def _endpoints(rule: FetchGrant | FetchDenial) -> frozenset[tuple[str, int | None]]:
    if isinstance(rule, FetchGrant):
        return rule.endpoints
    schemes = DEFAULT_PORTS if rule.schemes == ANY else rule.schemes
    ports = (None,) if rule.ports == ANY else rule.ports
    return frozenset((scheme, port) for scheme in schemes for port in ports)


def _particular_first(grant: FetchGrant) -> tuple:
    """Where a rule stands among those that allow the same: exact hosts before patterns, paths before none."""
    return (max(_BREADTH[host.kind] for host in grant.hosts), grant.paths == ANY, grant.methods == ANY, grant.name)


def _mask(numbers) -> int:
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask
