"""The writer of lines: many together, none torn, none lost."""

import asyncio
import contextlib
import os
import threading
from collections.abc import Iterator

import pytest

from host import lines
from host.lines import BACKLOG_BYTES_MAX, CHUNK_BYTES_MAX, LineWriter

PIPE_BYTES = 65536


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe that nobody reads yet: its ends."""
    read, write = os.pipe()
    yield read, write
    for descriptor in (read, write):
        with contextlib.suppress(OSError):  # a test may have closed it
            os.close(descriptor)


def never(lines: int, reason: str) -> None:
    raise AssertionError(f"{lines} lines were lost: {reason}")


def numbered(count: int, size: int = 400) -> list[bytes]:
    return [b"%06d" % index + b"x" * (size - 7) + b"\n" for index in range(count)]


def test_lines_of_one_turn_go_out_in_chunks_that_end_at_lines(pipe, monkeypatch) -> None:
    """A turn's lines take a write for each 4096 bytes, and no write ends inside of a line."""
    written: list[bytes] = []
    real = os.write
    monkeypatch.setattr(lines.os, "write", lambda descriptor, data: written.append(data) or real(descriptor, data))

    async def turn() -> None:
        writer = LineWriter(pipe[1], never)
        for line in numbered(25):
            writer.write(line)
        assert written == []
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(turn())
    assert [len(each) for each in written] == [4000, 4000, 2000]
    assert b"".join(written) == b"".join(numbered(25))
    assert all(each.endswith(b"\n") and len(each) <= CHUNK_BYTES_MAX for each in written)


def test_nobody_reads_and_the_event_loop_goes_on(pipe) -> None:
    """Five times what the pipe takes is kept while the loop turns, and comes out whole and in order once read."""
    sent = numbered(5 * PIPE_BYTES // 400)
    received = bytearray()

    async def run() -> None:
        writer = LineWriter(pipe[1], never)
        for line in sent:
            writer.write(line)
        async with asyncio.timeout(5):
            for _ in range(50):
                await asyncio.sleep(0.001)
        reader = threading.Thread(target=lambda: _read_all(pipe[0], received))
        reader.start()
        writer.close()
        os.close(pipe[1])
        await asyncio.to_thread(reader.join)

    asyncio.run(run())
    assert bytes(received) == b"".join(sent)


def test_over_the_backlog_the_worker_waits_for_the_reader(pipe) -> None:
    """What is kept is bounded: over it, writing waits, and still nothing is lost."""
    sent = numbered(BACKLOG_BYTES_MAX // 4000 + 100, 4000)
    received = bytearray()

    async def run() -> None:
        writer = LineWriter(pipe[1], never)
        reader = threading.Timer(0.2, lambda: _read_all(pipe[0], received))
        reader.start()
        for line in sent:
            writer.write(line)
        await asyncio.sleep(0.01)
        assert writer._backlog_bytes <= BACKLOG_BYTES_MAX
        assert len(received) > 0
        writer.close()
        os.close(pipe[1])
        await asyncio.to_thread(reader.join)

    asyncio.run(run())
    assert bytes(received) == b"".join(sent)


def test_descriptor_that_others_made_non_blocking(pipe) -> None:
    """A shared standard error can be non-blocking by somebody else's doing; a full one loses nothing."""
    os.set_blocking(pipe[1], False)
    sent = numbered(100, 5000)
    received = bytearray()

    async def run() -> None:
        writer = LineWriter(pipe[1], never)
        for line in sent:
            writer.write(line)
        reader = threading.Timer(0.1, lambda: _read_all(pipe[0], received))
        reader.start()
        await asyncio.sleep(0.05)
        while writer._chunks:
            await asyncio.sleep(0.01)
        writer.close()
        os.close(pipe[1])
        await asyncio.to_thread(reader.join)

    asyncio.run(run())
    assert bytes(received) == b"".join(sent)


def test_end_of_the_process_does_not_wait_for_ever(pipe, monkeypatch) -> None:
    """Who never reads holds a worker that ends for a bounded time only."""
    monkeypatch.setattr(lines, "CLOSE_TIMEOUT_S", 0.05)

    async def run() -> None:
        writer = LineWriter(pipe[1], never)
        for line in numbered(2 * PIPE_BYTES // 400):
            writer.write(line)
        writer.close()
        assert writer._backlog_bytes > 0

    asyncio.run(run())


def test_lines_after_the_close_are_written_at_once(pipe) -> None:
    """A record that is made last of all needs no event loop any more."""
    writer = LineWriter(pipe[1], never)
    writer.close()
    writer.write(b"last\n")
    assert os.read(pipe[0], 100) == b"last\n"


def test_broken_descriptor_is_survived_and_told(pipe) -> None:
    """Lines that a broken descriptor did not take are counted, and told when it can be written to again."""
    told: list[tuple[int, str]] = []
    os.close(pipe[0])

    async def run() -> None:
        writer = LineWriter(pipe[1], lambda lines, reason: told.append((lines, reason)))
        writer.write(b"one\n")
        writer.write(b"two\n")
        await asyncio.sleep(0.01)
        assert told == []
        read, write = os.pipe()
        os.dup2(write, pipe[1])
        writer.write(b"three\n")
        await asyncio.sleep(0.01)
        assert os.read(read, 100) == b"three\n"
        os.close(read)
        os.close(write)

    asyncio.run(run())
    assert told == [(2, "Broken pipe")]


def _read_all(descriptor: int, into: bytearray) -> None:
    while part := os.read(descriptor, 65536):
        into += part
