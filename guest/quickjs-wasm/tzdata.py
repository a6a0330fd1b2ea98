"""The data modules of time zones, made from the compiled files of the tz database and CLDR's names for zones.

One text holds the zones of an area, a line for each: `NAME|OFFSETS|TRANSITIONS|RULE|METAZONES`. Numbers are in base 36.
OFFSETS are seconds east of UTC with `*` behind those of summer time, TRANSITIONS pairs of the seconds since the one
before and the index of the offset that begins, RULE is the POSIX rule that goes on for ever, METAZONES are what CLDR
calls the zone, each with the minutes since 1970 at which it begins and ends. A line `ALIAS=NAME` is another name.
"""

import struct
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cldr import Cldr

#: Those whose zones have a module of their own; js/web/intl/zone.js has the same list.
AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
_HEAD = struct.Struct(">4s1s15x6l")
#: Zones whose summer time the database writes as a winter time with negative saving; CLDR's names go by the summer.
_NEGATIVE = {"Europe/Dublin": (57722400, 1 << 62), "Africa/Casablanca": (1540692000, 1 << 62)}
_NEGATIVE |= {"Africa/El_Aaiun": (1540692000, 1 << 62), "Africa/Windhoek": (764200800, 1509483600)}
_NEGATIVE |= {"Europe/Prague": (-728517600, -721260000)}


@dataclass(frozen=True)
class Zone:
    """Transitions as (when, seconds east, summer time); the first holds from the beginning of time."""

    first: tuple[int, bool]
    transitions: list[tuple[int, int, bool]]
    rule: str


def _base36(number: int) -> str:
    digits, rest = "", abs(number)
    while rest or not digits:
        rest, digit = divmod(rest, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return "-" + digits if number < 0 else digits


def _counts(data: bytes, at: int) -> tuple[int, ...]:
    magic, _version, *counts = _HEAD.unpack_from(data, at)
    if magic != b"TZif":
        raise ValueError("no TZif data")
    return tuple(counts)


def read_zone(data: bytes, name: str) -> Zone:
    """The second, 64-bit part of a TZif file."""
    utc, std, leap, times, types, chars = _counts(data, 0)
    at = _HEAD.size + times * 5 + types * 6 + chars + leap * 8 + std + utc
    utc, std, leap, times, types, chars = _counts(data, at)
    at += _HEAD.size
    when = struct.unpack_from(f">{times}q", data, at)
    which = data[at + times * 8 : at + times * 9]
    kinds = [struct.unpack_from(">lBB", data, at + times * 9 + i * 6) for i in range(types)]
    rule = data[at + times * 9 + types * 6 + chars + leap * 12 + std + utc :].strip(b"\n").decode()
    begin, end = _NEGATIVE.get(name, (0, 0))
    transitions, before = [], (kinds[0][0], bool(kinds[0][1]))
    last = when[-1] if when else None
    for time, index in zip(when, which, strict=True):
        offset, summer, _ = kinds[index]
        now = (offset, bool(summer) ^ (begin <= time < end))
        if (now != before and time > -(1 << 40)) or (time == last and "," in rule):
            transitions.append((time, *now))
        before = now
    return Zone((kinds[0][0], bool(kinds[0][1])), transitions, rule)


def _line(name: str, zone: Zone, metazones: list[dict]) -> str:
    kept = zone.transitions
    offsets = list(dict.fromkeys([zone.first, *((offset, summer) for _, offset, summer in kept)]))
    told, before = [], 0
    for time, offset, summer in kept:
        told += [_base36(time - before), _base36(offsets.index((offset, summer)))]
        before = time
    kinds = [_base36(offset) + ("*" if summer else "") for offset, summer in offsets]
    return "|".join([name, " ".join(kinds), " ".join(told), zone.rule, _metazones(metazones)])


def _minutes(text: str) -> str:
    moment = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    return _base36(int(moment.timestamp()) // 60)


def _metazones(entries: list[dict]) -> str:
    """Names with the minutes since 1970 at which each begins and ends."""
    found = []
    for entry in entries:
        used = entry["usesMetazone"]
        begin = _minutes(used["_from"]) if "_from" in used else ""
        end = _minutes(used["_to"]) if "_to" in used else ""
        found.append(f"{used['_mzone']},{begin},{end}")
    return " ".join(found)


def _walk(table: dict, path: str) -> list[dict]:
    for part in path.split("/"):
        table = table.get(part, {}) if isinstance(table, dict) else {}
    return table if isinstance(table, list) else []


def zone_modules(wheel: Path, npm: Path) -> dict[str, object]:
    """A module `data/zones/AREA` for each area."""
    cldr = Cldr(npm)
    metazones = cldr.core("metaZones")["metaZones"]["metazoneInfo"]["timezone"]
    lines: list[str] = []
    with zipfile.ZipFile(wheel) as archive:
        there = {
            name.removeprefix("tzdata/zoneinfo/") for name in archive.namelist() if name.startswith("tzdata/zoneinfo/")
        }
        for entry in cldr.zones().values():
            if not isinstance(entry, dict) or "_alias" not in entry:
                continue
            first, *others = entry["_alias"].split()
            source = next((name for name in (first, *others) if name in there), None)
            if source is None:
                continue
            zone = read_zone(archive.read(f"tzdata/zoneinfo/{source}"), first)
            lines.append(_line(first, zone, _walk(metazones, first)))
            lines += [f"{name}={first}" for name in others if name in there]
    texts: dict[str, list[str]] = {area: [] for area in (*AREAS, "Other")}
    for line in sorted(lines):
        area = line.partition("/")[0]
        texts[area if area in AREAS else "Other"].append(line)
    return {f"data/zones/{area}": "\n" + "\n".join(part) + "\n" for area, part in texts.items()}
