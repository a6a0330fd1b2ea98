"""Content encodings of responses, undone in bounded steps.

The codec comes from a table of ours by one exact name. A step gives at most STEP_BYTES, whatever the input: what a
small piece could become is never there all at once.
"""

import zlib
from collections.abc import Iterator
from typing import Any, Protocol

import brotli
import zstandard

from host.capabilities.fetch.failure import Failure

STEP_BYTES = 64 * 1024
_ZSTD_WINDOW_MAX = 1 << 23  # RFC 8878 and RFC 9659: what every decoder of Content-Encoding has to have, and no more


class Decoder(Protocol):
    """One body being decoded."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What `data` gives, in steps. Raises Failure."""

    def finish(self) -> None:
        """The body has ended. Raises Failure where it was cut off."""


class Plain:
    """Nothing to undo."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield data

    def finish(self) -> None:
        return


class Inflater:
    """gzip (also of several members) and deflate, with zlib's header or without."""

    def __init__(self, gzip: bool) -> None:
        self._gzip = gzip
        self._inner = zlib.decompressobj(31 if gzip else 15)
        self._begun = False
        self._ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        if not self._begun and data:
            self._begun = True
            if not self._gzip and not _has_zlib_header(data):
                self._inner = zlib.decompressobj(-15)
        while data:
            if self._inner.eof:
                # Zeros and other things behind the end are passed over, as by other clients; a further member counts.
                if not self._gzip or not data.startswith(b"\x1f"):
                    return
                self._inner = zlib.decompressobj(31)
            try:
                step = self._inner.decompress(data, STEP_BYTES)
            except zlib.error as error:
                raise _broken(str(error).partition(": ")[2] or "incorrect data") from error
            data = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail
            if step:
                yield step

    def finish(self) -> None:
        if self._begun and not self._inner.eof:
            raise _broken("unexpected end of file")


class Brotli:
    """br."""

    def __init__(self) -> None:
        self._inner = brotli.Decompressor()
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._begun = self._begun or bool(data)
        try:
            while data or not self._inner.can_accept_more_data():
                if self._inner.is_finished():
                    return
                step = self._inner.process(data, output_buffer_limit=STEP_BYTES)
                data = b""
                if step:
                    yield step
                elif self._inner.can_accept_more_data():
                    return
        except brotli.error as error:
            raise _broken("Decompression failed") from error

    def finish(self) -> None:
        if self._begun and not self._inner.is_finished():
            raise _broken("unexpected end of file")


class Zstd:
    """zstd, also of several frames."""

    #: The library has no bound on what a step gives. A block has 4 bytes at least and becomes 128 KiB at most, so this
    #: much input becomes 4 MiB at most.
    _INPUT_BYTES = 128

    def __init__(self) -> None:
        self._inner = self._frame()
        self._begun = False

    @staticmethod
    def _frame() -> Any:
        return zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_MAX).decompressobj(write_size=STEP_BYTES)

    def feed(self, data: bytes) -> Iterator[bytes]:
        at = 0
        while at < len(data):
            if self._inner.eof:
                self._inner = self._frame()
            piece = data[at : at + self._INPUT_BYTES]
            at += len(piece)
            self._begun = True
            try:
                step = self._inner.decompress(piece)
            except zstandard.ZstdError as error:
                raise _broken("incorrect zstd data") from error
            if self._inner.eof:
                at -= len(self._inner.unused_data)
            for start in range(0, len(step), STEP_BYTES):
                yield step[start : start + STEP_BYTES]

    def finish(self) -> None:
        if self._begun and not self._inner.eof:
            raise _broken("unexpected end of file")


#: Those with a window of many megabytes.
HEAVY = (Brotli, Zstd)
_BY_NAME = {
    "gzip": lambda: Inflater(True),
    "x-gzip": lambda: Inflater(True),
    "deflate": lambda: Inflater(False),
    "br": Brotli,
    "zstd": Zstd,
    "identity": Plain,
    "": Plain,
}


def decoder_of(encodings: list[str], strict: bool) -> Decoder:
    """What undoes the values of `Content-Encoding`. An encoding that is not known stays, unless `strict`. Raises
    Failure."""
    names = [name.strip(" \t").lower() for value in encodings for name in value.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if len(names) > 1:
        raise Failure("ERR_CONTENT_ENCODING", "The response has more than one content encoding")
    name = names[0] if names else ""
    if name not in _BY_NAME and strict:
        raise Failure("ERR_CONTENT_ENCODING", "The response has a content encoding that cannot be undone")
    return _BY_NAME.get(name, Plain)()


def _has_zlib_header(data: bytes) -> bool:
    """RFC 1950, 2.2, as far as the bytes that are there tell."""
    if data[0] & 0x0F != 8:
        return False
    return len(data) < 2 or (data[0] << 8 | data[1]) % 31 == 0


def _broken(message: str) -> Failure:
    return Failure("Z_DATA_ERROR", message)
