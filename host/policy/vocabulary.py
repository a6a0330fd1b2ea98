"""The words a policy may use for modules, and who governs a name that guest code requires."""

import re

MODULES: frozenset[str] = frozenset(
    {
        "assert",
        "axios",
        "buffer",
        "crypto",
        "crypto-js",
        "date-fns",
        "dayjs",
        "events",
        "form-data",
        "lodash",
        "path",
        "perf_hooks",
        "pinyin",
        "process",
        "qs",
        "querystring",
        "stream/web",
        "string_decoder",
        "tasks",
        "timers",
        "timers/promises",
        "url",
        "util",
        "uuid",
        "xlsx",
        "zlib",
    }
)
"""Every module that the guest has, in the spelling of `require`."""

_SOCKETS = "guest code opens no sockets", "Use `fetch` or `axios`, which reach the hosts that a policy grants."
_THREADS = "guest code starts no threads and no processes", "Use `tasks` for work that should go on elsewhere."

FORBIDDEN: dict[str, tuple[str, str]] = {
    "child_process": _THREADS,
    "cluster": _THREADS,
    "dgram": _SOCKETS,
    "dns": _SOCKETS,
    "fs": ("guest code sees no files", "Hand data in through `input` and hand it back with `return`."),
    "http": _SOCKETS,
    "https": _SOCKETS,
    "module": ("guest code cannot reach the module loader", "List the packages themselves under `modules`."),
    "net": _SOCKETS,
    "os": ("guest code learns nothing about the machine", "Hand in through `input` what the code has to know."),
    "repl": ("guest code has no terminal", "Remove it."),
    "tls": _SOCKETS,
    "v8": ("guest code runs in QuickJS and sees nothing of an engine's inside", "Remove it."),
    "vm": ("guest code makes no further contexts", "Run the other code as an execution of its own."),
    "worker_threads": _THREADS,
}
"""Modules of Node that no policy can list: why, and what to do instead."""

ERROR_TYPES = (
    "CapabilityError",
    "ConsoleDisabledError",
    "MemoryLimitError",
    "RangeError",
    "ReferenceError",
    "ResultTooLargeError",
    "RuntimeError",
    "SecurityError",
    "SyntaxError",
    "TimeoutError",
    "TypeError",
    "ValidationError",
)
"""How an execution can fail, as a test of a policy names it."""

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
"""A name of a policy or of a principal; always used with `fullmatch`."""

NO_POLICY = "none"
"""The word of `anonymous:` for "no policy", and so never the name of one."""

_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


def owner_of(name: str) -> str | None:
    """The module whose listing governs `name`, or None where no listing can.

    A subpath belongs to its package (`lodash/fp` to `lodash`), unless it is a module in its own right
    (`timers/promises`). A path that climbs or is empty somewhere (`lodash/../fs`) belongs to nobody.
    """
    if name in MODULES:
        return name
    package, *rest = name.split("/")
    if package in MODULES and all(_SEGMENT.fullmatch(segment) for segment in rest):
        return package
    return None
