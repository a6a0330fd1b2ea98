"""The codecs behind the guest's `zlib`, each a stream that takes bytes and gives at most so many back at a time."""

import zlib
from typing import Protocol

import brotli

#: Modes, as Node's zlib.constants number them.
DEFLATE, INFLATE, GZIP, GUNZIP, DEFLATERAW, INFLATERAW, UNZIP, BROTLI_DECODE, BROTLI_ENCODE = range(1, 10)
COMPRESSING = frozenset({DEFLATE, GZIP, DEFLATERAW, BROTLI_ENCODE})
_GZIP_MAGIC = b"\x1f\x8b"
_NO_FLUSH = 0
_FINISH = 4

#: Node's default window. A larger one would be tens of MiB of the host's for one stream.
BROTLI_WINDOW_BITS_MAX = 22
#: From this quality on a block is searched so long that it must not be a large one: 64 KiB, some 100 ms.
_BROTLI_SLOW_FROM = 10
_BROTLI_SLOW_BLOCK_BITS = 16


class CodecError(Exception):
    """What is wrong with the data: zlib's number and its words."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number
        self.message = message


class Codec(Protocol):
    """A stream. `step` takes input and gives output, at most `room` bytes where it decompresses; `pending` says that
    there is more to come without input, `ended` that the stream is over, and `unused` is the input behind it."""

    pending: bool
    ended: bool
    unused: int

    def step(self, data: bytes, flush: int, room: int) -> bytes: ...


class Options:
    """How a stream is opened; what is out of range was refused by the guest, and is by zlib again."""

    __slots__ = ("dictionary", "level", "memory_level", "mode", "strategy", "window_bits")

    def __init__(
        self, mode: int, level: int, window_bits: int, memory_level: int, strategy: int, dictionary: bytes
    ) -> None:
        self.mode = mode
        self.level = level
        self.window_bits = window_bits
        self.memory_level = memory_level
        self.strategy = strategy
        self.dictionary = dictionary


def _translated(error: zlib.error) -> CodecError:
    """zlib's number and words, out of those that Python puts around them."""
    words = str(error).split()
    number = int(words[1]) if len(words) > 1 and words[1].lstrip("-").isdigit() else -3
    message = str(error).partition(": ")[2]
    if number == 2:
        return CodecError(2, "Missing dictionary")
    if "dictionary" in str(error):
        return CodecError(-3, "Bad dictionary")
    return CodecError(number, message or "incorrect data")


class Deflater:
    """zlib, gzip or raw deflate."""

    pending = False
    ended = False
    unused = 0

    def __init__(self, options: Options) -> None:
        bits = options.window_bits
        if options.mode == GZIP:
            bits += 16
        elif options.mode == DEFLATERAW:
            # zlib has no raw streams with a window of 256 bytes.
            bits = -max(bits, 9)
        extra = (options.dictionary,) if options.dictionary and options.mode != GZIP else ()
        self._codec = zlib.compressobj(
            options.level, zlib.DEFLATED, bits, options.memory_level, options.strategy, *extra
        )

    def step(self, data: bytes, flush: int, room: int) -> bytes:
        output = self._codec.compress(data)
        if flush != _NO_FLUSH:
            output += self._codec.flush(flush)
            self.ended = flush == _FINISH
        return output


class Inflater:
    """The same backwards; a gzip stream may hold several members, and zeros behind the last."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._gzip = options.mode == GUNZIP
        self._seen = b""
        self._rest = b""
        self.pending = False
        self.ended = False
        self.unused = 0
        self._open()

    def _open(self) -> None:
        bits = self._options.window_bits
        wrapped = {INFLATE: bits, GUNZIP: bits + 16, INFLATERAW: -max(bits, 8) if bits else -15, UNZIP: bits + 32}
        if self._options.dictionary and not self._gzip:
            self._codec = zlib.decompressobj(wrapped[self._options.mode], self._options.dictionary)
        else:
            self._codec = zlib.decompressobj(wrapped[self._options.mode])

    def step(self, data: bytes, flush: int, room: int) -> bytes:
        if self.ended:
            # Behind a gzip stream there may be another member; zeros are padding.
            if self.unused or not self._gzip or data[:1] in (b"", b"\0"):
                return b""
            self.ended = False
        if self._options.mode == UNZIP and len(self._seen) < 2:
            self._seen += data[:2]
            self._gzip = self._seen[:2] == _GZIP_MAGIC
        try:
            output = self._codec.decompress(self._rest + data, room)
        except zlib.error as error:
            raise _translated(error) from error
        self._rest = self._codec.unconsumed_tail
        if self._codec.eof:
            self._end_member()
        else:
            self.pending = len(output) >= room
        return output

    def _end_member(self) -> None:
        unused = self._codec.unused_data
        if self._gzip and unused[:1] not in (b"", b"\0"):
            self._rest = unused
            self.pending = True
            self._open()
            return
        self._rest = b""
        self.pending = False
        self.ended = True
        self.unused = len(unused)
        self._open()


class BrotliEncoder:
    """`level` is the quality and `strategy` the mode."""

    pending = False
    ended = False
    unused = 0

    def __init__(self, options: Options) -> None:
        slow = options.level >= _BROTLI_SLOW_FROM
        self._codec = brotli.Compressor(
            mode=options.strategy,
            quality=options.level,
            lgwin=min(options.window_bits, BROTLI_WINDOW_BITS_MAX),
            lgblock=_BROTLI_SLOW_BLOCK_BITS if slow else 0,
        )

    def step(self, data: bytes, flush: int, room: int) -> bytes:
        output = self._codec.process(data) if data else b""
        if flush == _FINISH:
            self.ended = True
            return output + self._codec.finish()
        return output + self._codec.flush() if flush != _NO_FLUSH else output


class BrotliDecoder:
    """Windows of up to 16 MiB; the large ones of another format are refused by the library."""

    pending = False
    ended = False
    unused = 0

    def __init__(self, options: Options) -> None:
        self._codec = brotli.Decompressor()

    def step(self, data: bytes, flush: int, room: int) -> bytes:
        try:
            output = self._codec.process(data, output_buffer_limit=room)
        except brotli.error as error:
            raise CodecError(-2, "Decompression failed") from error
        self.ended = self._codec.is_finished()
        # The library also says that it accepts more where its own buffer still holds output.
        self.pending = not self.ended and (len(output) >= room or not self._codec.can_accept_more_data())
        return output


def open_codec(options: Options) -> Codec:
    """A stream of the mode. Raises CodecError, or ValueError for options that no stream has."""
    kind = {BROTLI_ENCODE: BrotliEncoder, BROTLI_DECODE: BrotliDecoder}.get(options.mode)
    if kind is None:
        kind = Deflater if options.mode in COMPRESSING else Inflater
    try:
        return kind(options)
    except zlib.error as error:
        raise _translated(error) from error
