"""Policies of tests that grant crypto, and hosts that have secrets for them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec

from host.app import CAPABILITIES
from host.execution.run import Executor, ExecutorOptions
from host.policy.grants.model import ANY, CryptoGrant, Denials, Grants
from host.policy.model import Policy
from host.sandbox.engine import Engine
from tests.harness import Guests, policy_of

_EVERYTHING = dict.fromkeys(("hash", "hmac", "cipher", "sign", "verify", "derive", "keypair", "exchange"), ANY)
_FUEL = 1_000_000_000_000


def crypto_policy(*, denials: Denials | None = None, fuel: int = _FUEL, **grant: object) -> Policy:
    """A policy that grants so much of crypto and no more."""
    policy = policy_of(fuel=fuel)
    return msgspec.structs.replace(policy, grants=Grants(crypto=CryptoGrant(**grant)), deny=denials or Denials())


def everything(**grant: object) -> Policy:
    """One that grants every algorithm, with a budget that no test comes to the end of."""
    return crypto_policy(**{**_EVERYTHING, "random": True, "budget_ms": 600_000, **grant})


OPEN = everything()


@contextmanager
def guests_with(engine: Engine, secrets: Mapping[str, bytes]) -> Iterator[Guests]:
    """Guests whose host has these secrets."""
    executor = Executor(engine, ExecutorOptions(), offered=CAPABILITIES, secrets=secrets.get)
    guests = Guests(executor)
    yield guests
    guests.close()
    executor.close()
