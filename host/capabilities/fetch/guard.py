"""The guard: whether one request may be sent, and to which addresses. A redirect comes through here like any other.

Everything was normalised before, once, and what is decided on here is what is sent: the URL as it was taken apart, the
headers as they were cleaned, the addresses as they were resolved.
"""

from msgspec import Struct

from host.capabilities.base import Permit, Refusal, Site
from host.capabilities.fetch import headers
from host.capabilities.fetch.failure import Failure
from host.capabilities.fetch.resolver import Resolve
from host.capabilities.fetch.wire import Pairs
from host.policy.decide.fetch import FetchRequest, decide_addresses
from host.policy.decide.outcome import Deny
from host.policy.grants.model import FetchGrant
from host.policy.pattern.addresses import PUBLIC, Address, kind_of, layers, parse_address
from host.policy.url import Url

#: Limits of a request that goes through under an audit alone.
UNDER_AUDIT = FetchGrant(name="audit", hosts=())

#: Fetch standard, 2.9: services that an HTTP request could be taken for something else by.
BAD_PORTS = frozenset(
    {0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
     110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531,
     532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
     5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080}
)  # fmt: skip


class Admitted(Struct, frozen=True):
    """A request that may be sent: under which rule, with what record, and to which addresses."""

    rule: FetchGrant
    permit: Permit
    addresses: tuple[str, ...]


class Guard:
    """The guard of one execution: it remembers what was called, and what was read."""

    def __init__(self, site: Site, resolve: Resolve) -> None:
        self._site = site
        self._resolve = resolve
        self._calls: dict[str, int] = {}
        self._read: set[str] = set()

    async def admit(self, method: str, url: Url, pairs: Pairs, body_bytes: int | None) -> Admitted:
        """Lets a request through, or raises Refusal (the policy does not allow it) or Failure (it cannot be sent)."""
        if url.port in BAD_PORTS:
            raise Failure("", "bad port")
        names = headers.decided_names(pairs)
        request = FetchRequest(method, url, names, body_bytes)
        permit = self._site.ask(request)
        for meant in headers.methods_meant(pairs):
            self._site.ask(FetchRequest(meant, url, names, body_bytes))
        rule = permit.terms or UNDER_AUDIT
        self.keep_flows(rule)
        self._count(rule)
        addresses = await self._addresses(request, permit)
        return Admitted(rule, permit, tuple(map(str, addresses)))

    def was_read(self, rule: FetchGrant) -> None:
        """A response under `rule` reaches the guest."""
        self._read.add(rule.name)

    def flow_denial(self, rule: FetchGrant) -> Deny | None:
        """Why nothing more may be sent under `rule`, after what was read."""
        if not self._site.rulebook.policy.flows or not self._read:
            return None
        return self._site.rulebook.flow_denies(frozenset(self._read), rule.name)

    def refusal(self, denied: Deny) -> Refusal:
        """A denial, recorded, as what the guest gets."""
        try:
            self._site.judge(denied)
        except Refusal as why:
            return why
        raise AssertionError("what the flows deny holds in every mode")

    def refuse_larger_body(self, method: str, url: Url, rule: FetchGrant) -> None:
        """A body of unknown length has become larger than its rule allows. Raises Refusal."""
        target = FetchRequest(method, url).target
        reason = f"its body has more than the {rule.request.max_body_bytes} bytes that `{rule.name}` allows"
        self._site.judge(Deny("fetch", target, self._site.rulebook.policy.name, reason, final=True))

    def keep_flows(self, rule: FetchGrant) -> None:
        """Raises Refusal where nothing may be sent under `rule` any more. It is asked again whenever a request has
        waited: another response may have been read meanwhile."""
        denied = self.flow_denial(rule)
        if denied is not None:
            self._site.judge(denied)

    def _count(self, rule: FetchGrant) -> None:
        calls = self._calls[rule.name] = self._calls.get(rule.name, 0) + 1
        if calls > rule.max_calls:
            message = f"The execution has made the {rule.max_calls} calls that the rule `{rule.name}` allows"
            raise Refusal("CapabilityError", message, "Make fewer calls; a rule sets the number with max_calls.")
        self._site.spend_call()

    async def _addresses(self, request: FetchRequest, permit: Permit) -> list[Address]:
        """What the host is, or resolves to: asked once, and all of it judged."""
        url = request.url
        if url.address is not None:
            addresses = [url.address]
        else:
            addresses = [parse_address(each) for each in await self._resolve(url.host, self._site.principal)]
            if not addresses:
                raise Failure("ENOTFOUND", f"getaddrinfo ENOTFOUND {url.host}")
        permit.record.note(address_class=_class_of(addresses))
        denied = decide_addresses(self._site.rulebook.fetch, request, permit.terms, addresses)
        if denied is not None:
            self._site.judge(denied)
        return addresses


def _class_of(addresses: list[Address]) -> str:
    """What the addresses are: public, or what the first that is not is instead."""
    kinds = [kind_of(layer) for address in addresses for layer in layers(address)]
    return next((kind for kind in kinds if kind != PUBLIC), PUBLIC)
