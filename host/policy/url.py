"""The one place where a URL is parsed: for a decision, and later for dialling what was decided on.

ada-url is the WHATWG's parser, the one that guest code knows as `new URL`. The parsers of Python's library read hosts,
user information and backslashes in other ways, and every difference between a parser that checks and one that dials is
a way around the check.
"""

import ipaddress
import re
from urllib.parse import unquote_to_bytes

import ada_url
from msgspec import Struct

URL_CHARS_MAX = 8_192
DEFAULT_PORTS = {"http": 80, "https": 443}
HOST_CHARS_MAX = 253
_ORDINARY = re.compile(r"[A-Za-z0-9._~-]*")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ENCODED_AGAIN = re.compile(r"%(2[eEfF]|5[cC]|25|00)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class UrlError(ValueError):
    """Why a URL cannot be decided on, in a sentence that goes on after `the URL`."""


class Url(Struct, frozen=True):
    """A URL taken apart once. `host` is in lower case, in ASCII (IDNA), without a trailing dot, IPv6 in brackets;
    `segments` are the parts of the path, decoded once; `doubt` says why two programs may read the path differently."""

    scheme: str
    host: str
    port: int
    segments: tuple[str, ...]
    doubt: str | None
    href: str

    @property
    def authority(self) -> str:
        """Host and port as they stand in a request's `Host`: without the scheme's own port."""
        return self.host if self.port == DEFAULT_PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def target(self) -> str:
        """Path and query as they stand in a request."""
        return self.href[self.href.index("/", len(self.scheme) + 3) :]

    @property
    def address(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
        """The host as an address, where it is one."""
        if self.host.startswith("["):
            return ipaddress.IPv6Address(self.host[1:-1])
        return ipaddress.IPv4Address(self.host) if self.host[self.host.rfind(".") + 1 :].isdigit() else None


def parse_url(text: str) -> Url:
    """Takes an absolute URL apart. Raises UrlError."""
    if len(text) > URL_CHARS_MAX:
        raise UrlError(f"has more than {URL_CHARS_MAX:,} characters")
    if _CONTROL.search(text):
        # The parser drops tabs and line breaks; whoever sends one has something in mind.
        raise UrlError("holds a control character")
    try:
        parsed = ada_url.URL(text)
    except (ValueError, UnicodeError) as fault:
        raise UrlError("is not an absolute URL") from fault
    scheme = parsed.protocol.removesuffix(":")
    if scheme not in DEFAULT_PORTS:
        raise UrlError("is neither http nor https")
    if parsed.username or parsed.password:
        raise UrlError("names a user or a password before its host")
    host = parsed.hostname.removesuffix(".")
    problem = _host_problem(host)
    if problem is not None:
        raise UrlError(problem)
    port = int(parsed.port) if parsed.port else DEFAULT_PORTS[scheme]
    segments, doubt = _split_path(parsed.pathname)
    shown_port = f":{parsed.port}" if parsed.port else ""
    return Url(scheme, host, port, segments, doubt, f"{scheme}://{host}{shown_port}{parsed.pathname}{parsed.search}")


def ascii_host(text: str) -> str | None:
    """A host as it stands in a request: lower case, IDNA, an address in its usual spelling. None where it is none."""
    try:
        host = ada_url.URL(f"https://{text}/").hostname
    except (ValueError, UnicodeError):
        return None
    return host or None


def split_segment(written: str) -> tuple[str, str | None]:
    """One part of a path, decoded once, and why two programs may read it differently, or None."""
    if _ORDINARY.fullmatch(written) and written not in (".", ".."):
        return written, None
    if _ESCAPE.search(written):
        return written, "has a `%` that begins no escape"
    try:
        segment = unquote_to_bytes(written).decode("utf-8")
    except UnicodeDecodeError:
        return written, "has escapes that are not UTF-8"
    if _CONTROL.search(segment):
        return segment, "has an encoded control character"
    if "/" in segment or "\\" in segment:
        return segment, "has an encoded slash or a backslash"
    if _ENCODED_AGAIN.search(segment):
        return segment, "is encoded twice"
    if segment.split(";")[0] in (".", ".."):
        return segment, "has dots that some servers climb by"
    return segment, None


def _split_path(path: str) -> tuple[tuple[str, ...], str | None]:
    segments, doubts = [], []
    for written in path.removeprefix("/").split("/"):
        segment, doubt = split_segment(written)
        segments.append(segment)
        doubts.append(doubt)
    if "" in segments[:-1]:
        doubts.append("has an empty part")
    return tuple(segments), next((doubt for doubt in doubts if doubt is not None), None)


def _host_problem(host: str) -> str | None:
    if not host:
        return "has no host"
    if len(host) > HOST_CHARS_MAX:
        return f"has a host of more than {HOST_CHARS_MAX} characters"
    labels = host.split(".")
    if not host.startswith("[") and any(not 1 <= len(label) <= 63 for label in labels):
        return "has a host with a part that is empty or longer than 63 characters"
    return None
