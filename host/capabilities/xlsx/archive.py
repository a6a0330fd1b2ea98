"""The archive that a workbook is: its directory, checked before anything of it is used, and its parts, inflated in
pieces (PKWARE's APPNOTE 6.3.9).

The directory is not believed. Entries may not overlap, a part may not come to more bytes than the directory says, and
what the directory says in all is judged before the first part is inflated.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Protocol

from msgspec import Struct

from host.capabilities.xlsx.fault import malformed, over_limit

ENTRIES_MAX = 10_000
NAME_BYTES_MAX = 1_000
_DIRECTORY_BYTES_MAX = 4 * 1024 * 1024
_PIECE_BYTES = 64 * 1024
#: What a part that is small anyway may be in proportion to its packed form.
_RATIO_FROM_BYTES = 1024 * 1024

_END = struct.Struct("<4s4H2IH")
_END64_AT = struct.Struct("<4sIQI")
_END64 = struct.Struct("<4sQ2H2I4Q")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
_FIELD = struct.Struct("<2H")
_U64 = struct.Struct("<Q")
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x2041
_IS_64 = 0xFFFFFFFF


class Source(Protocol):
    """The bytes of the file: bytes, or a map of them."""

    def __len__(self) -> int: ...
    def __getitem__(self, key: slice) -> bytes: ...


class Entry(Struct):
    """What the directory says of a part."""

    name: str
    method: int
    crc: int
    packed_bytes: int
    unpacked_bytes: int
    at: int


class Limits(Struct, frozen=True):
    """What a workbook may be; the figures of a policy's grant."""

    size_bytes: int
    uncompressed_bytes: int
    ratio: int
    cells: int
    rows: int
    sheets: int


class Archive:
    """A checked archive. Raises Refused for one that is not what it says, or is more than it may be."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        #: By name in lower case: names of parts are the same in any case (ECMA-376 part 2, 6.2.2.3).
        self._entries: dict[str, Entry] = {}
        for entry in _directory(source):
            key = entry.name.lower()
            if key in self._entries:
                raise malformed(f"its archive has {_shown(entry.name)} twice")
            self._entries[key] = entry
        self._check_places()
        self.uncompressed_bytes = sum(entry.unpacked_bytes for entry in self._entries.values())
        if self.uncompressed_bytes > limits.uncompressed_bytes:
            raise over_limit("uncompressed_bytes", self.uncompressed_bytes)
        for entry in self._entries.values():
            self._check_ratio(entry, entry.unpacked_bytes)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._entries

    def names(self) -> list[str]:
        """The names of all parts."""
        return [entry.name for entry in self._entries.values()]

    def size(self, name: str) -> int:
        """How many bytes a part comes to at the most; 0 where there is none."""
        entry = self._entries.get(name.lower())
        return 0 if entry is None else entry.unpacked_bytes

    def pieces(self, name: str) -> Iterator[bytes]:
        """A part, inflated, in pieces of at most 64 KiB."""
        entry = self._entries.get(name.lower())
        if entry is None:
            raise malformed(f"it has no part {_shown(name)}")
        got, crc = 0, 0
        for piece in self._unpack(entry):
            got += len(piece)
            if got > entry.unpacked_bytes:
                raise malformed(f"its part {_shown(entry.name)} is larger than its archive says")
            crc = zlib.crc32(piece, crc)
            yield piece
        if got != entry.unpacked_bytes or crc != entry.crc:
            raise malformed(f"its part {_shown(entry.name)} is damaged")

    def _check_places(self) -> None:
        """No two entries share bytes: an archive of such inflates to far more than it could hold."""
        end = 0
        for entry in sorted(self._entries.values(), key=lambda entry: entry.at):
            if entry.at < end:
                raise malformed(f"the parts of its archive overlap at {_shown(entry.name)}")
            end = entry.at + _LOCAL.size + len(entry.name.encode()) + entry.packed_bytes
        if end > len(self._source):
            raise malformed("its archive is cut off")

    def _check_ratio(self, entry: Entry, got: int) -> None:
        ratio = -(-got // max(entry.packed_bytes, 1))
        if got > _RATIO_FROM_BYTES and ratio > self._limits.ratio:
            raise over_limit("ratio", ratio)

    def _unpack(self, entry: Entry) -> Iterator[bytes]:
        at = self._data_at(entry)
        end = at + entry.packed_bytes
        if entry.method == _STORED:
            for start in range(at, end, _PIECE_BYTES):
                yield self._source[start : min(start + _PIECE_BYTES, end)]
            return
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for start in range(at, end, _PIECE_BYTES):
                packed = self._source[start : min(start + _PIECE_BYTES, end)]
                while packed and not inflater.eof:
                    yield inflater.decompress(packed, _PIECE_BYTES)
                    packed = inflater.unconsumed_tail
            while not inflater.eof and (piece := inflater.decompress(b"", _PIECE_BYTES)):
                yield piece
        except zlib.error as error:
            raise malformed(f"its part {_shown(entry.name)} is damaged") from error

    def _data_at(self, entry: Entry) -> int:
        header = self._source[entry.at : entry.at + _LOCAL.size]
        if len(header) < _LOCAL.size or header[:4] != b"PK\3\4":
            raise malformed(f"its part {_shown(entry.name)} is not where its archive says")
        fields = _LOCAL.unpack(header)
        at = entry.at + _LOCAL.size + fields[9] + fields[10]
        if at + entry.packed_bytes > len(self._source):
            raise malformed("its archive is cut off")
        return at


def _shown(name: str) -> str:
    """A name out of the file, as it may stand in a message."""
    return repr("".join(c if c.isprintable() else "?" for c in name[:100]))


def _directory(source: Source) -> Iterator[Entry]:
    count, size, at = _end(source)
    if count > ENTRIES_MAX:
        raise malformed(f"its archive has {count:,} parts, and {ENTRIES_MAX:,} are the most")
    if size > _DIRECTORY_BYTES_MAX or at + size > len(source):
        raise malformed("the directory of its archive is not where it says")
    directory = source[at : at + size]
    offset = 0
    for _ in range(count):
        fields = directory[offset : offset + _ENTRY.size]
        if len(fields) < _ENTRY.size or fields[:4] != b"PK\1\2":
            raise malformed("the directory of its archive is damaged")
        lengths = _ENTRY.unpack(fields)[10:13]
        end = offset + _ENTRY.size + sum(lengths)
        yield _entry(_ENTRY.unpack(fields), directory[offset + _ENTRY.size : end])
        offset = end


def _end(source: Source) -> tuple[int, int, int]:
    """From the archive's end: how many entries there are, how long the directory is, and where it begins."""
    tail = source[max(len(source) - 65_536 - _END.size, 0) : len(source)]
    found = tail.rfind(b"PK\5\6")
    if found < 0 or found + _END.size > len(tail):
        raise malformed("its archive is cut off")
    _, disk, _, _, count, size, at, _ = _END.unpack_from(tail, found)
    if disk not in (0, 0xFFFF):
        raise malformed("its archive is one part of several")
    if count == 0xFFFF or size == _IS_64 or at == _IS_64:
        where = found - _END64_AT.size
        if where >= 0 and tail[where : where + 4] == b"PK\6\7":
            at64 = _END64_AT.unpack_from(tail, where)[2]
            end64 = source[at64 : at64 + _END64.size]
            if len(end64) < _END64.size or end64[:4] != b"PK\6\6":
                raise malformed("the directory of its archive is damaged")
            count, size, at = _END64.unpack(end64)[7:]
    return count, size, at


def _entry(fields: tuple, rest: bytes) -> Entry:
    flags, method, crc, packed, unpacked = fields[3], fields[4], *fields[7:10]
    name_bytes, extra_bytes, at = fields[10], fields[11], fields[16]
    if not 0 < name_bytes <= NAME_BYTES_MAX:
        raise malformed("a name in its archive is too long")
    try:
        name = rest[:name_bytes].decode("utf-8" if flags & 0x800 else "cp437")
    except UnicodeDecodeError as error:
        raise malformed("a name in its archive is not text") from error
    name = name.replace("\\", "/")
    if name.startswith("/") or "\0" in name or ":" in name or ".." in name.split("/"):
        raise malformed(f"the name {_shown(name)} in its archive points out of it")
    if flags & _ENCRYPTED:
        raise malformed("it is encrypted", "Save it without a password.")
    if method not in (_STORED, _DEFLATED):
        raise malformed(f"its part {_shown(name)} is packed in a way that workbooks are not")
    sizes = [unpacked, packed, at]
    wide = _wide(rest[name_bytes : name_bytes + extra_bytes])
    for index in range(3):
        if sizes[index] == _IS_64 and wide:
            sizes[index] = wide.pop(0)
    unpacked, packed, at = sizes
    if method == _STORED and packed != unpacked:
        raise malformed(f"its part {_shown(name)} is damaged")
    return Entry(name, method, crc, packed, unpacked, at)


def _wide(extra: bytes) -> list[int]:
    """The numbers of the zip64 field, where there is one."""
    while len(extra) >= _FIELD.size:
        tag, length = _FIELD.unpack_from(extra)
        if tag == 1:
            field = extra[_FIELD.size : _FIELD.size + length]
            return [_U64.unpack_from(field, at)[0] for at in range(0, len(field) - 7, 8)][:3]
        extra = extra[_FIELD.size + length :]
    return []
