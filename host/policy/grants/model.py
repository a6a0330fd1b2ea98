"""The powers that a policy gives and denies, as frozen values. An absent capability is not there for the code."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from host.policy.bounded import GIB, KIB, MIB, Bounded
from host.policy.pattern.addresses import PUBLIC
from host.policy.pattern.hosts import HostPattern
from host.policy.pattern.paths import PathPattern
from host.policy.secrets import Template
from host.policy.url import DEFAULT_PORTS

Any_ = Literal["any"]
ANY: Any_ = "any"
Scheme = Literal["http", "https"]
SCHEMES: tuple[Scheme, ...] = ("http", "https")

Bytes = Annotated[int, Meta(ge=0, le=16 * GIB)]
Milliseconds = Annotated[int, Meta(ge=1, le=3_600_000)]


class BasicAuth(Struct, frozen=True, forbid_unknown_fields=True):
    """Put on by the host, as an Authorization header."""

    username: Template
    password: Template


class RequestRules(Bounded, frozen=True, kw_only=True):
    """What a request may carry, and what the host adds to it after it was decided on."""

    max_body_bytes: Bytes = MIB
    deny_headers: tuple[str, ...] = ()
    set_headers: tuple[tuple[str, Template], ...] = ()
    set_query: tuple[tuple[str, Template], ...] = ()
    basic_auth: BasicAuth | None = None
    secrets_over_http: bool = False

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of the secrets that are put on."""
        templates = [template for _, template in (*self.set_headers, *self.set_query)]
        if self.basic_auth is not None:
            templates += [self.basic_auth.username, self.basic_auth.password]
        return tuple(sorted({name for template in templates for name in template.secrets}))


class ResponseRules(Bounded, frozen=True, kw_only=True):
    """What a response may bring. `max_body_bytes` counts after decompression, `max_ratio` is what that may come to
    for each byte on the wire."""

    max_body_bytes: Bytes = 10 * MIB
    max_header_bytes: Annotated[int, Meta(ge=KIB, le=MIB)] = 64 * KIB
    max_ratio: Annotated[int, Meta(ge=1, le=1_000)] = 100


class FetchGrant(Bounded, frozen=True, kw_only=True):
    """One rule about where requests may go. As made, it is about nothing: every rule names its hosts."""

    name: str
    hosts: tuple[HostPattern, ...]
    ports: tuple[int, ...] | Any_ | None = None
    """None: the scheme's own."""
    schemes: tuple[Scheme, ...] = ("https",)
    methods: tuple[str, ...] | Any_ = ("GET", "HEAD")
    paths: tuple[PathPattern, ...] | Any_ = ANY
    request: RequestRules = RequestRules()
    response: ResponseRules = ResponseRules()
    timeout_ms: Milliseconds = 30_000
    headers_timeout_ms: Milliseconds = 30_000
    idle_timeout_ms: Milliseconds = 30_000
    max_redirects: Annotated[int, Meta(ge=0, le=20)] = 3
    max_calls: Annotated[int, Meta(ge=0, le=1_000_000)] = 1_000_000
    max_connections: Annotated[int, Meta(ge=1, le=1_000)] = 6
    addresses: tuple[str, ...] = (PUBLIC,)
    """`public` and ranges: what the name may resolve to."""

    @property
    def endpoints(self) -> frozenset[tuple[str, int | None]]:
        """Each scheme with each port; the port None stands for all."""
        if self.ports == ANY:
            return frozenset((scheme, None) for scheme in self.schemes)
        if self.ports is None:
            return frozenset((scheme, DEFAULT_PORTS[scheme]) for scheme in self.schemes)
        return frozenset((scheme, port) for scheme in self.schemes for port in self.ports)


class FetchDenial(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Requests that no grant and no mode lets through. What it leaves out is any."""

    name: str
    hosts: tuple[HostPattern, ...] | Any_ = ANY
    ports: tuple[int, ...] | Any_ = ANY
    schemes: tuple[Scheme, ...] | Any_ = ANY
    methods: tuple[str, ...] | Any_ = ANY
    paths: tuple[PathPattern, ...] | Any_ = ANY
    addresses: tuple[str, ...] = ()
    """Ranges that the name may not resolve to. With them, a request is denied only where it does."""


class Flow(Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """After a response under the grant `after` was read, only grants that `only` names may be used."""

    after: str
    only: tuple[str, ...]


class KeyGrant(Struct, frozen=True, forbid_unknown_fields=True):
    """A key that guest code can use by a handle and never sees. `secret` is the name of what it is made from."""

    name: str
    secret: str
    algorithm: str
    use: tuple[str, ...]


Algorithms = tuple[str, ...] | Any_


class CryptoGrant(Bounded, frozen=True, kw_only=True):
    """Which algorithms there are, for each operation. `budget_ms` is the work of one execution, all calls together."""

    hash: Algorithms = ()
    hmac: Algorithms = ()
    cipher: Algorithms = ()
    sign: Algorithms = ()
    verify: Algorithms = ()
    derive: Algorithms = ()
    keypair: Algorithms = ()
    exchange: Algorithms = ()
    random: bool = False
    keys: tuple[KeyGrant, ...] = ()
    budget_ms: Milliseconds = 5_000


class XlsxLimits(Bounded, frozen=True, kw_only=True):
    """How large a workbook may be, before anything of it is parsed or written."""

    max_size_bytes: Annotated[int, Meta(ge=1, le=GIB)] = 50 * MIB
    max_cells: Annotated[int, Meta(ge=1, le=1_000_000_000)] = 5_000_000
    max_rows: Annotated[int, Meta(ge=1, le=100_000_000)] = 1_048_576
    max_sheets: Annotated[int, Meta(ge=1, le=10_000)] = 100
    max_uncompressed_bytes: Annotated[int, Meta(ge=1, le=16 * GIB)] = 500 * MIB
    max_ratio: Annotated[int, Meta(ge=1, le=10_000)] = 200


class XlsxGrant(Struct, frozen=True, forbid_unknown_fields=True):
    """Reading and writing workbooks, each with limits of its own; None: not granted."""

    read: XlsxLimits | None = None
    write: XlsxLimits | None = None


class TasksGrant(Struct, frozen=True, forbid_unknown_fields=True):
    """The pools that code may hand tasks to, and those whose tasks it may look at, as patterns of their names."""

    add: tuple[str, ...] = ()
    get: tuple[str, ...] = ()


class Grants(Struct, frozen=True, forbid_unknown_fields=True):
    """The capabilities of a policy. As made, none."""

    fetch: tuple[FetchGrant, ...] = ()
    crypto: CryptoGrant | None = None
    xlsx: XlsxGrant | None = None
    tasks: TasksGrant | None = None


class Denials(Struct, frozen=True, forbid_unknown_fields=True):
    """What wins over every grant, also over a parent's, and holds in every mode."""

    fetch: tuple[FetchDenial, ...] = ()
    crypto: tuple[tuple[str, Algorithms], ...] = ()
    """Operations with their algorithms, sorted."""
    xlsx: tuple[Literal["read", "write"], ...] = ()
    tasks: TasksGrant = TasksGrant()
    modules: tuple[str, ...] = ()
