"""What values a setting can take, each kind with the words for it."""

import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")


class Kind(Struct, frozen=True):
    """What values a setting takes: `accepted` in words, and `read`, which raises ValueError for any other."""

    name: str
    accepted: str
    read: Callable[[Any], Any]


def whole(least: int, most: int) -> Kind:
    """Whole numbers, both ends among them."""

    def read(value: Any) -> int:
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
            value = int(value)
        if type(value) is not int or not least <= value <= most:
            raise ValueError
        return value

    return Kind("integer", f"a whole number from {least} to {most}", read)


def number(least: float, most: float) -> Kind:
    """Numbers, both ends among them; NaN is none."""

    def read(value: Any) -> float:
        given = value if isinstance(value, int | float) and not isinstance(value, bool) else float(_read_text(value))
        if not least <= given <= most:
            raise ValueError
        return float(given)

    return Kind("number", f"a number from {least:g} to {most:g}", read)


def choice(*words: str) -> Kind:
    """Just these words."""

    def read(value: Any) -> str:
        if value not in words:
            raise ValueError
        return value

    return Kind("choice", " or ".join(words), read)


def _read_switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word not in _TRUE + _FALSE:
        raise ValueError
    return word in _TRUE


def _read_text(value: Any) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError
    return value


def _read_address(value: Any) -> str:
    text = _read_text(value).strip("[]")
    return "127.0.0.1" if text.lower() == "localhost" else str(ipaddress.ip_address(text))


def _read_origins(value: Any) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise ValueError
    origins = tuple(part.strip() for part in parts if part.strip())
    for origin in origins:
        scheme, separator, host = origin.partition("://")
        if not separator or scheme not in ("http", "https") or not host or set(host) & set("/*?# "):
            raise ValueError
    return origins


def _read_folder_or_none(value: Any) -> Path | None:
    return Path(_read_text(value)) if value not in ("", None) else None


SWITCH = Kind("switch", "1, 0, true, false, yes, no, on or off", _read_switch)
ADDRESS = Kind("address", "an IP address or localhost", _read_address)
FOLDER = Kind("folder", "the path of a folder", lambda value: Path(_read_text(value)))
FOLDER_OR_NONE = Kind("folder", "the path of a folder, or nothing", _read_folder_or_none)
KEY = Kind("key", "a PEM file, the base64 of 32 bytes, or nothing", lambda value: _read_text(value) if value else "")
ORIGINS = Kind("list", "origins such as https://app.example.com, separated by commas", _read_origins)


def _read_redis(value: Any) -> str:
    if value == "":
        return ""
    text = _read_text(value)
    if urlsplit(text).scheme not in ("redis", "rediss", "unix"):
        raise ValueError
    return text


REDIS = Kind("URL", "a URL such as redis://127.0.0.1:6379/0, or nothing", _read_redis)
