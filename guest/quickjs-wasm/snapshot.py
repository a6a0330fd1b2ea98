"""Freezes an instantiated WebAssembly module: its memory becomes the data of a new module.

The new module starts where the old one stood: same code, the memory's contents as data segments, and only those
exports that an execution needs. The format is the WebAssembly core specification's binary format, section 5.5.
"""

from collections.abc import Callable, Iterator

PAGE_BYTES = 65536
#: Runs of zero bytes shorter than this stay inside a segment: many small segments cost more than they save.
GAP_BYTES = 4096

_CUSTOM, _IMPORT, _MEMORY, _GLOBAL, _EXPORT, _START, _DATA, _DATA_COUNT = 0, 2, 5, 6, 7, 8, 11, 12


class SnapshotError(Exception):
    """The module has a shape that a snapshot cannot keep."""


def read_uleb(data: bytes, at: int) -> tuple[int, int]:
    """Reads an unsigned LEB128 number; gives the number and the offset behind it."""
    result = shift = 0
    while True:
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, at
        shift += 7


def uleb(number: int) -> bytes:
    """Unsigned LEB128."""
    out = bytearray()
    while True:
        byte = number & 0x7F
        number >>= 7
        if not number:
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)


def sleb(number: int) -> bytes:
    """Signed LEB128."""
    out = bytearray()
    while True:
        byte = number & 0x7F
        number >>= 7
        if (number == 0 and not byte & 0x40) or (number == -1 and byte & 0x40):
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)


def sections(module: bytes) -> Iterator[tuple[int, bytes]]:
    """The sections of a module as (id, payload)."""
    if module[:8] != b"\0asm\x01\0\0\0":
        raise SnapshotError("not a WebAssembly 1.0 module")
    at = 8
    while at < len(module):
        kind = module[at]
        size, at = read_uleb(module, at + 1)
        yield kind, module[at : at + size]
        at += size


def _name(data: bytes, at: int) -> tuple[str, int]:
    size, at = read_uleb(data, at)
    return data[at : at + size].decode(), at + size


def imports_of(module: bytes) -> list[tuple[str, str]]:
    """The (module, name) pairs that a module imports; functions only are supported."""
    found = []
    for kind, payload in sections(module):
        if kind != _IMPORT:
            continue
        count, at = read_uleb(payload, 0)
        for _ in range(count):
            module_name, at = _name(payload, at)
            field, at = _name(payload, at)
            if payload[at] != 0:
                raise SnapshotError(f"the import {module_name}.{field} is not a function")
            _, at = read_uleb(payload, at + 1)
            found.append((module_name, field))
    return found


def _exports(payload: bytes) -> Iterator[tuple[str, bytes]]:
    """The entries of an export section as (name, encoded entry)."""
    count, at = read_uleb(payload, 0)
    for _ in range(count):
        start = at
        name, at = _name(payload, at)
        _, at = read_uleb(payload, at + 1)
        yield name, payload[start:at]


def exports_of(module: bytes) -> list[str]:
    """The names that a module exports."""
    return [name for kind, payload in sections(module) if kind == _EXPORT for name, _ in _exports(payload)]


def _kept_exports(payload: bytes, keep: Callable[[str], bool]) -> bytes:
    kept = [entry for name, entry in _exports(payload) if keep(name)]
    return uleb(len(kept)) + b"".join(kept)


def segments(memory: bytes) -> list[tuple[int, bytes]]:
    """The parts of a memory that are not zero, as (offset, bytes), page-sized gaps left out."""
    found: list[tuple[int, bytes]] = []
    start = None
    zero = bytes(GAP_BYTES)
    for at in range(0, len(memory), GAP_BYTES):
        empty = memory[at : at + GAP_BYTES] == zero[: len(memory) - at]
        if not empty and start is None:
            start = at
        elif empty and start is not None:
            found.append((start, memory[start:at]))
            start = None
    if start is not None:
        found.append((start, memory[start:].rstrip(b"\0")))
    return found


def set_stack_pointer(payload: bytes, address: int) -> bytes:
    """The global section with the first global, the linker's stack pointer, starting at `address`."""
    _, at = read_uleb(payload, 0)
    if payload[at : at + 3] != b"\x7f\x01\x41":
        raise SnapshotError("the first global is not a mutable i32 with a constant start: no stack pointer")
    end = at + 3
    while payload[end] & 0x80:
        end += 1
    return payload[: at + 3] + sleb(address) + payload[end + 1 :]


def _data_section(memory: bytes) -> bytes:
    parts = segments(memory)
    encoded = [b"\x00\x41" + sleb(offset) + b"\x0b" + uleb(len(data)) + data for offset, data in parts]
    return uleb(len(encoded)) + b"".join(encoded)


def _section(kind: int, payload: bytes) -> bytes:
    return bytes([kind]) + uleb(len(payload)) + payload


def freeze(module: bytes, memory: bytes, stack_top: int, keep_export: Callable[[str], bool]) -> bytes:
    """The module with `memory` (its whole linear memory, a multiple of 64 KiB) as its initial memory.

    The stack grows down from `stack_top`, an address in it.

    Raises SnapshotError where the module has a start function or passive data, which a snapshot would run or lose.
    """
    if len(memory) % PAGE_BYTES:
        raise SnapshotError("the memory is not a whole number of pages")
    out = [b"\0asm\x01\0\0\0"]
    for kind, payload in sections(module):
        if kind == _START:
            raise SnapshotError("the module has a start function")
        if kind in (_CUSTOM, _DATA_COUNT):
            continue
        if kind == _MEMORY:
            payload = b"\x01\x00" + uleb(len(memory) // PAGE_BYTES)
        elif kind == _GLOBAL:
            payload = set_stack_pointer(payload, stack_top)
        elif kind == _EXPORT:
            payload = _kept_exports(payload, keep_export)
        elif kind == _DATA:
            payload = _data_section(memory)
        out.append(_section(kind, payload))
    return b"".join(out)
