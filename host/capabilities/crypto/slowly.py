"""What takes long is done apart: in a process that can be killed (host/capabilities/apart)."""

from collections.abc import Awaitable

from host.capabilities.apart.frames import Limits
from host.capabilities.base import Later
from host.capabilities.crypto import derive_job
from host.capabilities.crypto.work import Work

_CPU_S = 300
_OVERHEAD_BYTES = 64 * 1024 * 1024
_DERIVE = f"{derive_job.__name__}:{derive_job.derive.__name__}"


async def done_apart(work: Work, name: str, what: bytes, memory_bytes: int = 0) -> bytes:
    """One frame goes to the job of that name, one comes back. It ends with the execution. `memory_bytes` is what it
    needs beside what everybody does."""
    limits = Limits(memory_bytes=_OVERHEAD_BYTES + memory_bytes, cpu_s=_CPU_S, deadline=work.site.deadline)
    begun = work.apart.work(name, limits, work.site.principal, work.site.worked)
    async with work.apart_turns, begun as doing:
        await doing.send(what)
        return await doing.receive()


def derived_apart(work: Work, what: derive_job.Pbkdf2 | derive_job.Scrypt, memory_bytes: int = 0) -> Later:
    """A key that takes long to derive. Its price was taken."""

    def begin() -> Awaitable[bytes]:
        return done_apart(work, _DERIVE, derive_job.encode(what), memory_bytes)

    return Later(begin)
