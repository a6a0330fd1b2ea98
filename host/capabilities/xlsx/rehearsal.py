"""A small workbook, written and read before any work begins: what is done on first use (finding codecs, compiling
patterns, making decoders, taking memory) is then no part of it."""

import msgspec

from host.capabilities.xlsx import reading, writing
from host.capabilities.xlsx.batch import DATE, FORMAT, NUMBER, STRING, TRUE, Batch

_LIMITS = dict.fromkeys(("size_bytes", "uncompressed_bytes", "ratio", "cells", "rows", "sheets"), 1_000_000)
_ROWS = 1000


class _Door:
    """A door with the worker's side of it played beforehand."""

    def __init__(self, *frames: bytes) -> None:
        self._frames = iter(frames)
        self.sent: list[bytes] = []

    def receive(self) -> bytes | None:
        return next(self._frames, None)

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    def is_called(self) -> bool:
        return False


def warm() -> None:
    """Does it. Called by the zygote when it has imported its modules."""
    config = msgspec.json.encode({"limits": _LIMITS})
    batch = Batch()
    for number in range(_ROWS):
        batch.begin_row(number)
        batch.tags += [NUMBER, STRING, TRUE, FORMAT, 1, 0, DATE]
        batch.numbers += [number, 45351.5]
        batch.strings.append("a & b" if number % 2 else "名")
    styles = msgspec.json.encode({"styles": [{"format": "yyyy-mm-dd", "bold": True}]})
    writer = _Door(
        config,
        writing.ADD_SHEET + b'{"name":"Sheet"}',
        writing.ROWS + batch.encode(styles),
        writing.FINISH,
        writing.PIECE,
    )
    writing.write(writer)
    for everything in (b"false", b"true"):
        sheet = reading.SHEET + b'{"sheet":0,"everything":' + everything + b"}"
        reading.read(_Door(config, reading.PIECE + writer.sent[-1], reading.WHOLE, sheet))
