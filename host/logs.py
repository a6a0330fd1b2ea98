"""The log: one record a line, JSON in production, coloured text in development. To standard error.

Both our own records and those of the libraries go through here. A line break or control character in a value is
escaped, so that nothing a client sends can forge a line.
"""

import json
import logging.config
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from structlog.tracebacks import ExceptionDictTransformer

from host.settings import Settings

_SHARED = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
_TRACEBACKS = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))


def configure(settings: Settings) -> dict[str, Any]:
    """Sets the log of this process up, and gives the configuration of `logging` for those who set it anew."""
    config = _stdlib_config(settings)
    logging.config.dictConfig(config)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        cache_logger_on_first_use=True,
    )
    return config


def _stdlib_config(settings: Settings) -> dict[str, Any]:
    level = settings.log_level.upper()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "ours": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": list(_SHARED),
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(settings)],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "ours", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": level},
        # What the server says of its own starting and stopping is said by us, in one line.
        "loggers": {"_granian": {"level": "WARNING"}, "asyncio": {"level": "WARNING"}},
    }


def _renderers(settings: Settings) -> list[Any]:
    if settings.environment == "production":
        return [_TRACEBACKS, structlog.processors.JSONRenderer()]
    # Tracebacks without the values of variables: those are the clients' data, and tokens.
    plain = structlog.dev.plain_traceback
    return [_escape_controls, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


def _escape_controls(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    return {key: escape(value) if isinstance(value, str) else value for key, value in event.items()}


def record_renderer(settings: Settings) -> Callable[[Any], bytes]:
    """What makes the line of a struct with `timestamp`, `level` and `event`, in the shape that all lines have. For
    records of which there are too many for the way of the others."""
    return json_line if settings.environment == "production" else _coloured_line(settings)


_encode = msgspec.json.Encoder().encode
#: The only control character in ASCII that JSON lets stand.
_DELETE = b"\x7f"


def json_line(record: Any) -> bytes:
    """`record` as JSON in ASCII, so that no reader can take a character of it for a line's end, or obey it."""
    try:
        line = _encode(record)
    except UnicodeEncodeError:
        line = None  # a lone surrogate
    if line is None or not line.isascii():
        line = json.dumps(msgspec.to_builtins(record), separators=(",", ":")).encode()
    if _DELETE in line:
        line = line.replace(_DELETE, b"\\u007f")
    return line + b"\n"


def _coloured_line(settings: Settings) -> Callable[[Any], bytes]:
    processors = _renderers(settings)

    def line(record: Any) -> bytes:
        event: Any = _flat(msgspec.to_builtins(record))
        for processor in processors:
            event = processor(None, "", event)
        return event.encode() + b"\n"

    return line


def _flat(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of structs inside of a record, beside its own."""
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        flat.update(value if isinstance(value, dict) else {name: value})
    return flat


def lines_were_lost(lines: int, reason: str) -> None:
    """Says in the log that there was a time when it could not be written to."""
    structlog.get_logger().warning("lines of the log were lost", lines=lines, reason=reason)


def decisions_were_lost(lines: int, reason: str) -> None:
    """Says in the log that there was a time when decisions could not be recorded."""
    structlog.get_logger().warning("decisions were not recorded", lines=lines, reason=reason)


def escape(text: str) -> str:
    """`text` on one line, with what would move a terminal's cursor or colours spelt out."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
