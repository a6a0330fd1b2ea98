"""Headers, either way: what a guest may send, what is the host's own, and what a response may bring."""

import re
from collections.abc import Iterable

from host.capabilities.fetch.failure import Failure, invalid_argument
from host.capabilities.fetch.wire import Pairs
from host.policy.grants.headers import HEADERS_OF_THE_HOST
from host.policy.secrets import CREDENTIAL_HEADERS

#: RFC 9110, 5.1 and 5.5. Horizontal tabs may stand in a value; other controls are refused in every part.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_HEADER_BYTES_MAX = 64 * 1024
_METHOD = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}")
#: They open tunnels, or show what the host has added.
_FORBIDDEN_METHODS = ("CONNECT", "TRACE", "TRACK")
#: With these, some servers take a request for one with another method.
_OVERRIDES = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})
#: With these, some take it for one to another path, which nobody has decided on.
_OTHER_PATHS = frozenset({"x-original-url", "x-rewrite-url"})
_DROPPED = HEADERS_OF_THE_HOST | _OTHER_PATHS
#: What describes a body, and goes with it (Fetch standard, "request-body-header name").
BODY_HEADERS = frozenset({"content-encoding", "content-language", "content-location", "content-type", "content-length"})
#: What no other origin than the first one is told.
CREDENTIALS = CREDENTIAL_HEADERS | {"proxy-authorization", "cookie2"}

USER_AGENT = "cellblock"
ACCEPT_ENCODING = "gzip, deflate, br, zstd"


def check_method(method: str) -> str:
    """The method, as it will be sent. Raises Failure."""
    if not _METHOD.fullmatch(method) or method.upper() in _FORBIDDEN_METHODS:
        raise invalid_argument("The method is none that can be sent")
    return method


def same_name(name: str) -> str:
    """A header's name as the loosest of servers reads it: many take `_` for `-`."""
    return name.lower().replace("_", "-")


def clean(headers: Pairs) -> Pairs:
    """A guest's headers in lower case, without what is the host's own. Raises Failure."""
    kept: Pairs = []
    size = 0
    for name, value in headers:
        value = value.strip(" \t")
        if not _TOKEN.fullmatch(name) or _CONTROL.search(value) or not _is_latin1(value):
            raise invalid_argument("A header of the request has a character that cannot be sent")
        size += len(name) + len(value) + 4
        read_as = same_name(name)
        if read_as not in _DROPPED and not read_as.startswith("proxy-"):
            kept.append((name.lower(), value))
    if size > _HEADER_BYTES_MAX:
        raise invalid_argument(f"The headers of the request have more than {_HEADER_BYTES_MAX} bytes")
    return kept


def decided_names(headers: Pairs) -> tuple[str, ...]:
    """The names that a policy decides on, each also as loose servers read it."""
    return tuple(dict.fromkeys(spelled for name, _ in headers for spelled in (name, same_name(name))))


def methods_meant(headers: Pairs) -> list[str]:
    """The methods that headers put in the place of a request's own, for some servers."""
    return [value.upper() for name, value in headers if same_name(name) in _OVERRIDES]


def without(headers: Pairs, names: Iterable[str]) -> Pairs:
    """The headers but those of these names, however they are spelled."""
    names = frozenset(names)
    return [pair for pair in headers if same_name(pair[0]) not in names]


def framed(host: str, headers: Pairs, body_bytes: int | None, sends_body: bool, decodes: bool) -> Pairs:
    """The headers as they are sent. `body_bytes` is None for a body of unknown length."""
    names = {name for name, _ in headers}
    own: Pairs = [("host", host)]
    for name, value in (("accept", "*/*"), ("user-agent", USER_AGENT)):
        if name not in names:
            own.append((name, value))
    if "accept-encoding" not in names or decodes:
        headers = [pair for pair in headers if pair[0] != "accept-encoding"]
        own.append(("accept-encoding", ACCEPT_ENCODING))
    if sends_body:
        framing = ("transfer-encoding", "chunked") if body_bytes is None else ("content-length", str(body_bytes))
        own.append(framing)
    return own + headers


def received(headers: Iterable[tuple[bytes, bytes]], size_max: int) -> Pairs | None:
    """A response's headers, names in lower case; None where they have more than `size_max` bytes. Raises Failure for
    what could be taken for more headers than it is: HTTP/2 can carry any byte."""
    pairs: Pairs = []
    size = 0
    for raw_name, raw_value in headers:
        size += len(raw_name) + len(raw_value) + 4
        if size > size_max:
            return None
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1").strip(" \t")
        if not _TOKEN.fullmatch(name) or _CONTROL.search(value):
            raise Failure("HPE_INVALID_HEADER_TOKEN", "Invalid header value char", "HTTPParserError")
        pairs.append((name, value))
    return pairs


def first(headers: Pairs, name: str) -> str | None:
    """The first value under a name."""
    return next((value for each, value in headers if each == name), None)


def _is_latin1(value: str) -> bool:
    return value.isascii() or all(ord(character) < 256 for character in value)
