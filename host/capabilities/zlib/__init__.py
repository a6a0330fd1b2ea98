"""zlib: compressing and decompressing for guests whose policy lists the module, in steps.

Nothing is decompressed without a bound: a step gives at most so many bytes as the guest has asked for, and they are
the guest's memory from then on, under its own cap. A step takes a millisecond or few, is charged by the bytes that it
went through, and a stopped execution makes no further one. What may take longer than that does not run on the event
loop's thread: the guest is asked to try again, its slice ends, and it goes on on a thread.
"""

import asyncio
import struct
import zlib
from collections.abc import Mapping

from host.capabilities.base import Asynchronous, BuiltIn, Immediate, Meter, Refusal
from host.capabilities.zlib import codecs

ZLIB_OPEN = 18
ZLIB_STEP = 19
ZLIB_CLOSE = 20
ZLIB_CRC32 = 21

#: What a step may take in and give at once.
INPUT_BYTES_MAX = 64 * 1024
OUTPUT_BYTES_MAX = 256 * 1024
CRC32_BYTES_MAX = 1024 * 1024
#: Streams of one execution that are open at the same time, and those of brotli, which hold up to some 50 MiB.
STREAMS_MAX = 32
BROTLI_STREAMS_MAX = 2

#: Statuses of a step's answer.
WANTS_INPUT, PENDING, ENDED, BAD_DATA, TRY_AGAIN = range(5)

#: Fuel for a byte, at 25 units a nanosecond: what comes out of a decompressor, what goes into anything else.
_OUT_FUEL = 100
_IN_FUEL = 25
_DEFLATE_FUEL = (200, 400, 400, 400, 1000, 1000, 1000, 1500, 2500, 2500)
_BROTLI_FUEL = (300, 300, 600, 600, 1000, 2500, 2500, 2500, 5000, 5000, 20_000, 20_000)
#: A step that may cost more than this (0.4 ms) is not for the event loop.
_ON_LOOP_FUEL = 10_000_000

_OPENING = struct.Struct("<BbBBB")
_STEP = struct.Struct("<IBI")
_ANSWER = struct.Struct("<BI")
_ERROR = struct.Struct("<Bi")
_U32 = struct.Struct("<I")


class Zlib:
    """The streams of one execution."""

    name = "zlib"
    asynchronous: Mapping[int, Asynchronous] = {}

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._streams: dict[int, tuple[codecs.Codec, codecs.Options]] = {}
        self._last_id = 0
        self.immediate: Mapping[int, Immediate] = {
            ZLIB_OPEN: self._open,
            ZLIB_STEP: self._step,
            ZLIB_CLOSE: self._close,
            ZLIB_CRC32: self._crc32,
        }

    def _open(self, payload: bytes) -> bytes:
        if len(payload) < _OPENING.size:
            raise Refusal("ValidationError", "The options of a zlib stream are cut off")
        mode, level, window_bits, memory_level, strategy = _OPENING.unpack_from(payload)
        options = codecs.Options(mode, level, window_bits, memory_level, strategy, payload[_OPENING.size :])
        brotlis = sum(other.mode >= codecs.BROTLI_DECODE for _, other in self._streams.values())
        if len(self._streams) >= STREAMS_MAX or (mode >= codecs.BROTLI_DECODE and brotlis >= BROTLI_STREAMS_MAX):
            raise Refusal("ResultTooLargeError", "The execution has too many zlib streams open")
        try:
            codec = codecs.open_codec(options)
        except codecs.CodecError as error:
            return _ERROR.pack(BAD_DATA, error.number) + error.message.encode()
        except (ValueError, KeyError, OverflowError) as error:
            raise Refusal("ValidationError", "No zlib stream has such options") from error
        self._meter.charge(1_000_000)
        self._last_id += 1
        self._streams[self._last_id] = codec, options
        return _ANSWER.pack(ENDED, self._last_id)

    def _step(self, payload: bytes) -> bytes:
        if len(payload) < _STEP.size:
            raise Refusal("ValidationError", "A step of a zlib stream is cut off")
        stream_id, flush, room = _STEP.unpack_from(payload)
        codec, options = self._streams.get(stream_id, (None, None))
        data = payload[_STEP.size :]
        if codec is None or len(data) > INPUT_BYTES_MAX or not 1 <= room <= OUTPUT_BYTES_MAX or flush > 5:
            raise Refusal("ValidationError", "There is no such step of a zlib stream")
        if _price(options, len(data), room) > _ON_LOOP_FUEL and _on_event_loop():
            self._meter.end_slice()
            return _ANSWER.pack(TRY_AGAIN, 0)
        try:
            output = codec.step(data, flush, room)
        except codecs.CodecError as error:
            self._streams.pop(stream_id)
            return _ERROR.pack(BAD_DATA, error.number) + error.message.encode()
        self._meter.charge(_price(options, len(data), len(output)))
        status = ENDED if codec.ended else PENDING if codec.pending else WANTS_INPUT
        return _ANSWER.pack(status, codec.unused) + output

    def _close(self, payload: bytes) -> bytes:
        self._streams.pop(int.from_bytes(payload[:4], "little"), None)
        return b""

    def _crc32(self, payload: bytes) -> bytes:
        """The checksum of what follows the first four bytes, going on from those."""
        if not _U32.size <= len(payload) <= CRC32_BYTES_MAX + _U32.size:
            raise Refusal("ValidationError", "A checksum is taken of 1 MiB at most at once")
        self._meter.charge(len(payload) * _IN_FUEL)
        (value,) = _U32.unpack_from(payload)
        return _U32.pack(zlib.crc32(memoryview(payload)[_U32.size :], value))


def _price(options: codecs.Options, taken: int, given: int) -> int:
    """What it costs to go through so many bytes."""
    if options.mode not in codecs.COMPRESSING:
        return taken * _IN_FUEL + given * _OUT_FUEL
    if options.mode == codecs.BROTLI_ENCODE:
        return taken * _BROTLI_FUEL[min(max(options.level, 0), 11)]
    return taken * _DEFLATE_FUEL[options.level if options.level >= 0 else 6]


def _on_event_loop() -> bool:
    return asyncio._get_running_loop() is not None


ZLIB = BuiltIn(module="zlib", operations=frozenset({ZLIB_OPEN, ZLIB_STEP, ZLIB_CLOSE, ZLIB_CRC32}), make=Zlib)
