"""Echo: gives back what it was given, at once or later. No policy can grant it; `cellblock doctor` uses it to show
that both kinds of host call work on this machine."""

import asyncio
from collections.abc import Mapping

from host.capabilities.base import Asynchronous, Immediate

REPLY = 16
REPLY_LATER = 17


async def _later(payload: bytes) -> bytes:
    await asyncio.sleep(0.001)
    return payload


class Echo:
    """The capability; it holds nothing."""

    name = "echo"
    immediate: Mapping[int, Immediate] = {REPLY: lambda payload: payload}
    asynchronous: Mapping[int, Asynchronous] = {REPLY_LATER: _later}
