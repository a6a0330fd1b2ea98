"""The capability: every operation of crypto, each of which a guest can call, and start."""

from collections.abc import Awaitable, Callable, Mapping

from host.capabilities.apart.apart import Apart
from host.capabilities.base import Asynchronous, Immediate, Later, Power, Site
from host.capabilities.crypto import ciphers, derive, derive_job, hashes, keys
from host.capabilities.crypto.asymmetric import job
from host.capabilities.crypto.asymmetric.operations import OPERATIONS as ASYMMETRIC
from host.capabilities.crypto.failure import Failure
from host.capabilities.crypto.work import Work

Operation = Callable[[Work, bytes], bytes | Later]

OPERATIONS: Mapping[int, Operation] = {
    **keys.OPERATIONS,
    **hashes.OPERATIONS,
    **ciphers.OPERATIONS,
    **derive.OPERATIONS,
    **ASYMMETRIC,
}

#: What the zygote imports for it.
JOBS = (job.__name__, derive_job.__name__)
#: What an answer begins with.
_DONE = b"\0"
_FAILED = b"\1"


class Crypto:
    """The operations of one execution: each can be called, and started."""

    name = "crypto"

    def __init__(self, site: Site, apart: Apart) -> None:
        work = Work(site, apart)
        self.immediate: Mapping[int, Immediate] = {
            number: _immediate(operation, work) for number, operation in OPERATIONS.items()
        }
        self.asynchronous: Mapping[int, Asynchronous] = {
            number: _asynchronous(operation, work) for number, operation in OPERATIONS.items()
        }


def _immediate(operation: Operation, work: Work) -> Immediate:
    def call(payload: bytes) -> bytes | Later:
        try:
            answer = operation(work, payload)
        except Failure as failure:
            return _FAILED + failure.payload()
        if isinstance(answer, Later):
            return Later(lambda: _awaited(answer))
        return _DONE + answer

    return call


def _asynchronous(operation: Operation, work: Work) -> Asynchronous:
    async def start(payload: bytes) -> bytes:
        try:
            answer = operation(work, payload)
        except Failure as failure:
            return _FAILED + failure.payload()
        return await _awaited(answer) if isinstance(answer, Later) else _DONE + answer

    return start


async def _awaited(later: Later) -> bytes:
    waiting: Awaitable[bytes] = later.work()
    try:
        return _DONE + await waiting
    except Failure as failure:
        return _FAILED + failure.payload()


def open_crypto(apart: Apart) -> Power:
    """The power, with processes for work that takes long."""
    return Power("crypto", frozenset(OPERATIONS), lambda site: Crypto(site, apart))
