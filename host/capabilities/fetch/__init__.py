"""fetch: HTTP requests to where the policy lets them go.

A request of a guest is an `Exchange`. For each hop of it the `Guard` decides (URL, method, headers, size; then every
address that the name resolves to), and a `Transfer` sends just that, to just that address. What the worker keeps from
one request to the next is its `FetchClient`'s: connections, and the resolver.
"""

from host.capabilities.base import Power
from host.capabilities.fetch import wire
from host.capabilities.fetch.client import FetchClient
from host.capabilities.fetch.fetch import Fetch

OPERATIONS = frozenset({wire.FETCH, wire.FETCH_READ, wire.FETCH_WRITE, wire.FETCH_ABORT, wire.FETCH_HEAD})


def fetch_power(client: FetchClient) -> Power:
    """The power to fetch with the client of a worker."""
    return Power("fetch", OPERATIONS, lambda site: Fetch(site, client))
