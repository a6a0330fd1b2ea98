"""What `just perf fetch` fetches from: a small answer, a late one, a long one, and a place to send a long body to."""

import asyncio

import uvloop

SMALL = b'{"id":17,"state":"shipped","total":104.5}'
PIECE = bytes(256 * 1024)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            path = head.split(" ", 2)[1]
            length = next((int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:")), 0)
            received = await take(reader, length, "transfer-encoding: chunked" in head)
            if path.startswith("/late/"):
                await asyncio.sleep(int(path[6:]) / 1000)
            size = int(path[6:]) if path.startswith("/long/") else 0
            body = b"" if size else str(received).encode() if received else SMALL
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
            writer.write(b"content-length: %d\r\n\r\n" % (size or len(body)) + body)
            for _ in range(size // len(PIECE)):
                writer.write(PIECE)
                await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        writer.close()


async def take(reader: asyncio.StreamReader, length: int, chunked: bool) -> int:
    """Reads a body: how many bytes it had."""
    received = 0
    while chunked:
        size = int(await reader.readuntil(b"\r\n"), 16)
        await reader.readexactly(size + 2)
        received += size
        chunked = size > 0
    while received < length:
        received += len(await reader.read(256 * 1024))
    return received


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=4096, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
