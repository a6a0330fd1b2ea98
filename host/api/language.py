"""The language of what the host writes: English, or Simplified Chinese where `Accept-Language` puts it first.

What guest code writes is never touched. A message is found by its English template, in which `{}` stands for what
varies.
"""

import re

import msgspec

from host.api.messages_zh import MESSAGES
from host.api.wire import WireError

#: Written by guest code or by its engine, not by the host.
_GUESTS_OWN = ("SyntaxError", "ReferenceError", "TypeError", "RangeError")
#: What stands for `{}` in a message is no longer than this; guests make messages too, and these are searched.
_VARIES = "(.{0,300})"


def wants_chinese(accept_language: bytes) -> bool:
    """Whether Chinese is the language that the reader likes best."""
    best, best_quality = b"", 0.0
    for part in accept_language[:256].split(b","):
        tag, _, parameter = part.strip().partition(b";")
        quality = _quality(parameter)
        if quality > best_quality:
            best, best_quality = tag.strip().lower(), quality
    return best == b"zh" or best.startswith(b"zh-")


def _quality(parameter: bytes) -> float:
    if not parameter.strip():
        return 1.0
    match = re.fullmatch(rb"\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*", parameter)
    return float(match[1]) if match else 0.0


def translate(error: WireError) -> WireError:
    """`error` in Simplified Chinese, as far as it is written by the host."""
    if error.type in _GUESTS_OWN:
        return error
    hint = None if error.hint is None else _translated(error.hint)
    return msgspec.structs.replace(error, message=_translated(error.message), hint=hint)


def _translated(text: str) -> str:
    for pattern, chinese in _PATTERNS:
        if match := pattern.fullmatch(text):
            return chinese.format(*match.groups())
    return text


def _pattern(template: str) -> re.Pattern[str]:
    places = [re.escape(part.format()) for part in template.split("{}")]
    return re.compile(_VARIES.join(places), re.DOTALL)


_PATTERNS = [(_pattern(english), chinese) for english, chinese in MESSAGES.items()]
