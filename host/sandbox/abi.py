"""The host's side of the guest ABI: the only file that touches guest memory.

The layout is `cb_mailbox_t` of guest/quickjs-wasm/c/abi.h, and guest/quickjs-wasm/ABI.md says what each field means.
Whatever is read here was written by the guest: every pointer and length is checked against the memory before use.
"""

import ctypes
import struct

from msgspec import Struct

ABI_VERSION = 1

IDLE, DONE, FAILED, WAITING = range(4)

PERMIT_EVAL = 1
PERMIT_CONSOLE = 2
PERMIT_NO_RETURN = 4
PERMIT_ALL_MODULES = 8
PERMIT_ASK_MODULES = 16

NOTED_GROWTH_REFUSED = 1

CODE_HEADROOM_BYTES = 32
CODE_TAILROOM_BYTES = 16

#: Levels of a log record, by the number that the guest writes.
LEVELS = ("debug", "info", "warn", "error")

# Offsets into the mailbox. The clocks are written before every slice, the rest once.
_CLOCKS_AT = 8
_SEED_AT = 32
_OUTCOME_AT = 76
_INBOX_AT = 108
_BYTECODE_AT = 116
MAILBOX_BYTES = 128

_clocks = struct.Struct("<dd")
_wake = struct.Struct("<d")
_start = struct.Struct("<Q9I")
_outcome = struct.Struct("<8I")
_inbox = struct.Struct("<II")
_record = struct.Struct("<IId")


class GuestFault(Exception):
    """The guest's memory holds what its runtime never writes. The instance is not to be entered again."""


class LogRecord(Struct, frozen=True):
    """One console call: `level` is debug, info, warn or error; `at_ms` is since the execution began."""

    level: str
    text: str
    at_ms: float


class GuestMemory:
    """The linear memory of one instance.

    Its base address never changes (the engine reserves the address space, and memories may not move), its size grows.
    """

    __slots__ = ("_mailbox", "_size", "base")

    def __init__(self, base: int, size, mailbox: int) -> None:
        self.base = base
        self._mailbox = base + mailbox
        self._size = size

    def read(self, pointer: int, length: int) -> bytes:
        """Raises GuestFault where the range is not inside the memory."""
        if pointer + length > self._size():
            raise GuestFault("a range outside the memory")
        return ctypes.string_at(self.base + pointer, length)

    def write(self, pointer: int, data: bytes) -> None:
        """Raises GuestFault where the range is not inside the memory."""
        if pointer + len(data) > self._size():
            raise GuestFault("a range outside the memory")
        ctypes.memmove(self.base + pointer, data, len(data))

    def set_clocks(self, clock_ms: float, elapsed_ms: float) -> None:
        """Unix time and time since the execution began, in milliseconds: all that the guest knows of time."""
        ctypes.memmove(self._mailbox + _CLOCKS_AT, _clocks.pack(clock_ms, elapsed_ms), _clocks.size)

    def inbox(self) -> tuple[int, int]:
        """Address and length of the room for what needs no allocation."""
        return _inbox.unpack(ctypes.string_at(self._mailbox + _INBOX_AT, _inbox.size))

    def set_start(self, seed: int, areas: "Areas", permit: int, result_bytes_max: int, log_bytes_max: int) -> None:
        """Everything that cb_begin reads."""
        data = _start.pack(
            seed,
            areas.code, areas.code_len, areas.input, areas.input_len, areas.modules, areas.modules_len,
            permit, result_bytes_max, log_bytes_max,
        )  # fmt: skip
        ctypes.memmove(self._mailbox + _SEED_AT, data, len(data))
        bytecode = _inbox.pack(areas.bytecode, areas.bytecode_len)
        ctypes.memmove(self._mailbox + _BYTECODE_AT, bytecode, len(bytecode))

    def wake_ms(self) -> float:
        """When the next timer is due, on the elapsed clock; infinity for none."""
        return _wake.unpack(ctypes.string_at(self._mailbox + _CLOCKS_AT + _clocks.size, _wake.size))[0]

    def outcome(self) -> "Outbox":
        """What the guest wrote last."""
        return Outbox(*_outcome.unpack(ctypes.string_at(self._mailbox + _OUTCOME_AT, _outcome.size)))


class Areas:
    """Where code, input, module names and bytecode lie, for one buffer placed at `base`."""

    __slots__ = ("bytecode", "bytecode_len", "code", "code_len", "input", "input_len", "modules", "modules_len")

    def __init__(self, base: int, code_len: int, input_len: int, modules_len: int, bytecode_len: int) -> None:
        self.code = base + CODE_HEADROOM_BYTES
        self.code_len = code_len
        self.input = self.code + code_len + CODE_TAILROOM_BYTES
        self.input_len = input_len
        self.modules = self.input + input_len + 1
        self.modules_len = modules_len
        self.bytecode = self.modules + modules_len
        self.bytecode_len = bytecode_len


_HEAD = bytes(CODE_HEADROOM_BYTES)
_TAIL = bytes(CODE_TAILROOM_BYTES)


def start_buffer(code: bytes, input_json: bytes, modules: bytes, bytecode: bytes) -> bytes:
    """Code, input, module names and bytecode as one buffer, laid out as `Areas` says."""
    return b"".join((_HEAD, code, _TAIL, input_json, b"\0", modules, bytecode))


class Outbox:
    """The fields that the guest fills; pointers are not checked yet."""

    __slots__ = (
        "heap_used",
        "log_dropped",
        "log_len",
        "log_ptr",
        "noted",
        "operations_open",
        "out_len",
        "out_ptr",
    )

    def __init__(self, operations_open, noted, out_ptr, out_len, log_ptr, log_len, log_dropped, heap_used) -> None:
        self.operations_open = operations_open
        self.noted = noted
        self.out_ptr = out_ptr
        self.out_len = out_len
        self.log_ptr = log_ptr
        self.log_len = log_len
        self.log_dropped = log_dropped
        self.heap_used = heap_used


def read_logs(data: bytes) -> tuple[LogRecord, ...]:
    """The records of c/log.c. Raises GuestFault where they do not fit their buffer."""
    records = []
    at = 0
    while at < len(data):
        if at + _record.size > len(data):
            raise GuestFault("a log record is cut short")
        level, length, at_ms = _record.unpack_from(data, at)
        at += _record.size
        if level >= len(LEVELS) or at + length > len(data):
            raise GuestFault("a log record is malformed")
        records.append(LogRecord(LEVELS[level], data[at : at + length].decode("utf-8", "replace"), at_ms))
        at += length + -length % 8
    return tuple(records)
