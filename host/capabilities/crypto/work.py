"""What operations of crypto see of an execution: permits that were given, named keys, the budget, threads."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from msgspec import Struct

from host.capabilities.apart.apart import Apart
from host.capabilities.base import Later, Refusal, Site
from host.policy.decide.crypto import CryptoRequest
from host.policy.grants.model import CryptoGrant, KeyGrant
from host.sandbox.hostcalls import CALL_FUEL

#: Fuel for a nanosecond of the host's work.
FUEL_PER_NS = 25
#: What may be done at once, on whichever thread the guest runs; what takes longer is done on one of the host's threads,
#: and what may take longer than that in a process that can be killed.
AT_ONCE_NS = 400_000
ON_THREAD_NS = 20_000_000
KEPT_MAX = 64
#: Hashes, and ciphers, that one execution has begun and not ended.
STREAMS_MAX = 4_096
#: Pieces of work that one execution has apart, or in line for it.
APART_MAX = 4
#: Of an algorithm, a use or a key. Every decision keeps what it was about.
NAME_CHARS_MAX = 256

Made = TypeVar("Made")


class NamedKey(Struct, frozen=True):
    """A key of the policy's. `secret` is what its operator wrote, and goes nowhere but into the algorithm."""

    name: str
    algorithm: str
    use: tuple[str, ...]
    secret: bytes

    def __repr__(self) -> str:
        return f"NamedKey({self.name!r})"


class Kept:
    """A few things of an execution that are dear to make, the oldest of which make room."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Any] = {}

    def find(self, key: Hashable) -> Any:
        """What was made under the key; None where nothing was."""
        return self._made.get(key)

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What was made under the key, or is made now."""
        if key in self._made:
            return self._made[key]
        made = make()
        while len(self._made) >= KEPT_MAX:
            self._made.pop(next(iter(self._made)), None)
        self._made[key] = made
        return made


class Streams:
    """What goes on over several calls: each with a number, which is the first four bytes of a payload."""

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._open: dict[int, Any] = {}
        self._last_id = 0

    def add(self, stream: Any) -> bytes:
        """Its number. Raises Refusal where there are too many."""
        if len(self._open) >= STREAMS_MAX:
            raise Refusal("CapabilityError", f"The execution has {STREAMS_MAX} {self._noun} open", "End each of them.")
        self._last_id += 1
        self._open[self._last_id] = stream
        return self._last_id.to_bytes(4, "little")

    def get(self, payload: bytes) -> Any:
        """The one that the payload begins with. Raises Refusal where there is none."""
        stream = self._open.get(int.from_bytes(payload[:4], "little"))
        if stream is None:
            raise Refusal("ValidationError", f"There are no such {self._noun}")
        return stream

    def drop(self, payload: bytes) -> None:
        """Forgets it."""
        self._open.pop(int.from_bytes(payload[:4], "little"), None)


class Work:
    """The work of crypto for one execution."""

    def __init__(self, site: Site, apart: Apart) -> None:
        self.site = site
        self.apart = apart
        self.apart_turns = asyncio.Semaphore(APART_MAX)
        self.kept = Kept()
        self.hashes = Streams("hashes")
        self.ciphers = Streams("ciphers")
        self._permitted: set[tuple[str, str | None]] = set()
        self._named: dict[tuple[str, str], NamedKey] = {}
        self._grant: CryptoGrant = site.rulebook.crypto.grant
        self._left_ns = self._grant.budget_ms * 1_000_000

    def ask(self, operation: str, algorithm: str | None) -> None:
        """Raises Refusal where the policy does not grant it. It is asked once for each algorithm, and recorded."""
        asked = (operation, algorithm)
        if asked not in self._permitted:
            _check_names(operation, algorithm or "")
            self.site.ask(CryptoRequest(operation, algorithm))
            self._permitted.add(asked)

    def named_key(self, name: str, use: str) -> NamedKey:
        """The key, for a use that the policy gives it. Raises Refusal where it gives none, or has no secret for it."""
        asked = (name, use)
        if asked not in self._named:
            _check_names(name, use)
            grant = self.site.ask(CryptoRequest(use, key=name)).terms
            self._named[asked] = NamedKey(name, grant.algorithm, grant.use, self.site.secret(grant.secret))
        return self._named[asked]

    def key_grant(self, name: str) -> KeyGrant:
        """What the policy says of a key, and nothing of what stands behind it."""
        grant = self.site.rulebook.crypto.keys.get(name)
        if grant is None:
            _check_names(name)
            # Any use of it is denied, in the policy's words.
            self.site.ask(CryptoRequest("use", key=name))
            raise Refusal("CapabilityError", "The policy has no key of that name")
        return grant

    def spend(self, price_ns: int) -> None:
        """Takes the price of work that is about to be done out of the budget. It depends on the work alone and not on
        the machine. Raises Refusal where the budget is used up."""
        if price_ns > self._left_ns:
            raise Refusal(
                "CapabilityError",
                f"The execution has used up the {self._grant.budget_ms} ms of crypto that its policy allows",
                "Do less of it, with smaller parameters; a policy sets the budget with grants.crypto.budget.",
            )
        self._left_ns -= price_ns

    def charge(self, price_ns: int) -> None:
        """The same of work that is done at once, on the guest's thread: it costs fuel too."""
        self.spend(price_ns)
        fuel = price_ns * FUEL_PER_NS
        # What a call costs anyway is paid.
        if fuel > CALL_FUEL:
            self.site.charge(fuel - CALL_FUEL)

    def draw(self, count: int) -> bytes:
        """Random bytes, as the policy says."""
        return self.site.draw(count)

    def off_loop(self, function: Callable[..., bytes], *arguments: Any) -> Later:
        """Work of some milliseconds, on a thread of the host's."""

        def work() -> Awaitable[bytes]:
            return self.site.off_loop(function, *arguments)

        return Later(work)

    def somewhere(self, price_ns: int, function: Callable[..., bytes], *arguments: Any) -> bytes | Later:
        """Takes the price, and does the work where that much of it may be done."""
        if price_ns <= AT_ONCE_NS:
            self.charge(price_ns)
            return function(*arguments)
        self.spend(price_ns)
        return self.off_loop(function, *arguments)


def _check_names(*names: str) -> None:
    if any(len(name) > NAME_CHARS_MAX for name in names):
        raise Refusal("ValidationError", f"A name has at most {NAME_CHARS_MAX} characters here")
