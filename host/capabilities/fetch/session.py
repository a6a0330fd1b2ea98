"""What the requests of one execution have in common: guard, secrets, shares, and what is open."""

import asyncio
import functools
from typing import Protocol

from host.capabilities.base import Refusal, Site
from host.capabilities.fetch import failure
from host.capabilities.fetch.guard import Guard
from host.capabilities.fetch.scrub import NOTHING_TO_SCRUB, Scrubber
from host.capabilities.fetch.secrets import text_of
from host.policy.grants.model import FetchGrant
from host.policy.url import Url

#: Bodies with a large window that one execution decodes at the same time.
_HEAVY_MAX = 8


class Open(Protocol):
    """A request that is open."""

    def sends_under(self) -> FetchGrant | None:
        """The rule under which more of its body may still be sent."""

    def stop(self, why: Refusal) -> None:
        """Ends it."""


class Session:
    """One execution's."""

    def __init__(self, site: Site, guard: Guard, bytes_max: int, opened: dict[int, Open]) -> None:
        self.guard = guard
        self.principal = site.principal
        self.deadline = site.deadline
        self.secret = site.secret
        self.worked = site.worked
        self.heavy = asyncio.Semaphore(_HEAVY_MAX)
        self._opened = opened
        self._bytes_left = self._bytes_max = bytes_max
        self._slots: dict[tuple, asyncio.Semaphore] = {}
        self.scrubber = _scrubber(site)

    @property
    def scrubs(self) -> bool:
        """Whether there is a secret that a response must not bring back."""
        return bool(self.scrubber.patterns)

    def moved(self, count: int) -> None:
        """So many bytes more go either way. Raises Failure where the execution has moved too many."""
        self._bytes_left -= count
        if self._bytes_left < 0:
            message = f"The execution has sent and received more than {self._bytes_max} bytes, the server's limit"
            raise failure.too_large(message)

    def slot(self, rule: FetchGrant, url: Url) -> asyncio.Semaphore:
        """One of the connections that the execution may have to a host under a rule; to be entered."""
        key = rule.name, url.scheme, url.host, url.port
        if key not in self._slots:
            self._slots[key] = asyncio.Semaphore(rule.max_connections)
        return self._slots[key]

    def was_read(self, rule: FetchGrant, reader: Open) -> None:
        """A response under `rule` reaches the guest: what may not be sent to after that ends now."""
        self.guard.was_read(rule)
        for other in list(self._opened.values()):
            sending = other.sends_under() if other is not reader else None
            denied = None if sending is None else self.guard.flow_denial(sending)
            if denied is not None:
                other.stop(self.guard.refusal(denied))


def _scrubber(site: Site) -> Scrubber:
    """For every secret that a rule of the policy puts on: what one request brought can come back with another."""
    names = {name for rule in site.rulebook.policy.grants.fetch for name in rule.request.secrets}
    if not names:
        return NOTHING_TO_SCRUB
    found = []
    for name in names:
        try:
            found.append(text_of(site.secret(name), name))
        except Refusal:
            continue  # it is put on nothing
    return _scrubber_of(tuple(sorted(found)))


@functools.lru_cache(maxsize=64)
def _scrubber_of(secrets: tuple[str, ...]) -> Scrubber:
    """Its spellings take longer to make than a request."""
    return Scrubber(secrets)
