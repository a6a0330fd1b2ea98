"""Servers that behave badly, and a rule with limits of its own."""

import asyncio

from tests.capabilities.fetch.targets import Seen, Writer

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"


def rule(limits: str) -> str:
    return (
        "grants: {fetch: [{name: tight, hosts: [api.test], schemes: [http], ports: any, methods: any, "
        f"addresses: [127.0.0.0/8], {limits}}}]}}"
    )


async def silence(seen: Seen, writer: Writer) -> None:
    await asyncio.sleep(30)


def dripping(start: bytes, drop: bytes, every_s: float = 0.01):
    """Sends `start`, and then a drop again and again."""

    async def handler(seen: Seen, writer: Writer) -> None:
        writer.write(start)
        while not writer.is_closing():
            writer.write(drop)
            await asyncio.sleep(every_s)

    return handler


async def flood(seen: Seen, writer: Writer) -> None:
    """A body without an end, as fast as it is taken."""
    writer.write(HEAD + b"\r\n")
    while not writer.is_closing():
        writer.write(b"x" * 65536)
        await writer.drain()
