"""Host patterns: an exact name, `*.name` (one label more), `**.name` (any number more) or `*` (any host)."""

import ipaddress
import re
import unicodedata
from typing import Literal

from msgspec import Struct

from host.policy.pattern.fault import PatternError
from host.policy.url import HOST_CHARS_MAX, ascii_host

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_RANGE = re.compile(r"[0-9a-fA-F.:]+/[0-9]{1,3}")
_PORT = re.compile(r"(.*):([0-9]+|\*)")
# Letters of other alphabets that look like one of a-z to a reader.
_LOOKALIKES = dict(
    zip(
        "асԁеһіјӏорԛѕԝхуѵαεικνορτυχɑɡｏⅼ",
        "acdehijlopqswxyvaeiknoptuxagol",
        strict=True,
    )
)


class HostPattern(Struct, frozen=True, order=True):
    """Which hosts a rule is about. `name` is in lower case and ASCII, and empty for `any`."""

    kind: Literal["exact", "one", "many", "any"]
    name: str = ""

    @property
    def text(self) -> str:
        """The pattern as a file has it."""
        return {"exact": "", "one": "*.", "many": "**.", "any": "*"}[self.kind] + self.name

    def matches(self, host: str) -> bool:
        if self.kind == "any":
            return True
        if self.kind == "exact" or is_address(host):
            return self.kind == "exact" and host == self.name
        if self.kind == "one":
            return host.partition(".")[2] == self.name and not host.startswith(".")
        return host.endswith("." + self.name)

    def covers(self, other: "HostPattern") -> bool:
        """Whether each host that `other` matches is matched by this one too."""
        if self.kind == "any" or self == other:
            return True
        if other.kind == "exact":
            return self.matches(other.name)
        if self.kind != "many" or other.kind == "any":
            return False
        return other.name == self.name or other.name.endswith("." + self.name)


ANY_HOST = HostPattern("any")


def is_address(host: str) -> bool:
    """Whether `host`, in the form of a request, is an IP address. No name ends in a label of digits alone."""
    return host.startswith("[") or host[host.rfind(".") + 1 :].isdigit()


def parse_host(text: str) -> HostPattern:
    """Reads a host pattern. Raises PatternError."""
    if text == "*":
        return ANY_HOST
    if not text:
        raise PatternError("is empty, and a host is meant", "Write a host such as `api.example.com`.")
    _refuse_what_is_no_host(text)
    kind, name = _split_wildcard(text)
    name = name.lower()
    if name.startswith("["):
        return HostPattern(kind, _ipv6(name, kind))
    _refuse_other_alphabets(text, name)
    _refuse_bad_labels(name, kind)
    return HostPattern(kind, name)


def _refuse_what_is_no_host(text: str) -> None:
    if "://" in text:
        host = ascii_host(text.split("://", 1)[1].split("/")[0])
        raise PatternError("is a URL, and a host is meant", f"Write `{host}`, and the rest under `paths`."
                           if host else "Write the host alone.")  # fmt: skip
    if _RANGE.fullmatch(text):
        raise PatternError("is a range of addresses, and a host is meant", "Ranges stand under `addresses`.")
    if "/" in text:
        raise PatternError("has a path behind the host", f"Write `{text.split('/')[0]}`, and the path under `paths`.")
    if "@" in text:
        raise PatternError("has a user before the host", "Write the host alone; secrets go into `request.set_headers`.")
    if set(text) & set("?#\\") or text.split() != [text]:
        raise PatternError("has a character that no host has", "Write the host alone, such as `api.example.com`.")
    if not text.startswith("[") and text.count(":") > 1:
        raise PatternError("is an IPv6 address without brackets", f'Write `"[{text[:60]}]"`.')
    with_port = _PORT.fullmatch(text)
    if with_port and (not text.startswith("[") or with_port[1].endswith("]")):
        host, port = with_port.groups()
        ports = "ports: any" if port == "*" else f"ports: [{port}]"
        raise PatternError("has a port behind the host", f"Write `{host}`, and `{ports}` beside `hosts`.")
    if text.endswith("."):
        raise PatternError(
            "ends in a dot, which requests never have here", f"Write `{text.rstrip('.') or 'example.com'}`."
        )


def _split_wildcard(text: str) -> tuple[Literal["exact", "one", "many"], str]:
    for kind, prefix in (("many", "**."), ("one", "*.")):
        if text.startswith(prefix) and "*" not in text[len(prefix) :]:
            return kind, text[len(prefix) :]
    if text.startswith("."):
        fix = f'Write `"*{text}"` for one label more, or `"**{text}"` for any number.'
        raise PatternError("begins with a dot", fix)
    if text.strip("*") == "" and text:
        raise PatternError("is no pattern of hosts", 'Write `"*"` for any host.')
    if text.startswith(("*.*", "**.*", "*.**")):
        rest = text.lstrip("*.")
        raise PatternError("has more than one wildcard", f'Write `"**.{rest}"` for any number of labels.')
    if "*" in text:
        raise PatternError(
            "has a wildcard that is not a whole first label",
            'A wildcard is `*.` or `**.` before a name, such as `"*.example.com"`.',
        )
    return "exact", text


def _ipv6(name: str, kind: str) -> str:
    if kind != "exact":
        raise PatternError("has a wildcard before an address", "Write the address alone, or a range under `addresses`.")
    if "%" in name:
        raise PatternError("has a zone behind the address", "Write the address without `%` and what follows.")
    host = ascii_host(name)
    if host is None or not name.endswith("]"):
        raise PatternError("is not an IPv6 address in brackets", 'Write an address such as `"[2001:db8::1]"`.')
    return host


def _refuse_other_alphabets(text: str, name: str) -> None:
    if name.isascii():
        return
    plain = _plain(name)
    strange = next(c for c in name if not c.isascii())
    called = unicodedata.name(strange, "without a name").lower()
    encoded = ascii_host(name)
    meant = f"`{encoded}`" if encoded else "its `xn--` form"
    if plain.isascii():
        raise PatternError(
            f"looks like `{plain}`, and has the letter U+{ord(strange):04X} ({called}) in it",
            f"Write `{plain}`." if encoded == plain else f"Write `{plain}`, or, if the other letter is meant, {meant}.",
        )
    raise PatternError("has letters beyond a-z", f"Write {meant}: that is what stands in a request.")


def lookalike(name: str) -> str | None:
    """What a host with `xn--` labels looks like in a browser's bar, if that is another host of plain letters."""
    labels = [_letters(label) if label.startswith("xn--") else label for label in name.split(".")]
    plain = _plain(".".join(labels))
    return plain if plain.isascii() and plain != name else None


def _plain(text: str) -> str:
    """`text` with each letter that looks like one of a-z as that one."""
    return unicodedata.normalize("NFKC", "".join(_LOOKALIKES.get(c, c) for c in text))


def _refuse_bad_labels(name: str, kind: str) -> None:
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        _refuse_bad_ipv4(name, kind)
        return
    if len(name) > HOST_CHARS_MAX or any(len(label) > 63 for label in labels):
        raise PatternError("is too long for a host", "A label has at most 63 characters, and a host 253.")
    if "" in labels:
        raise PatternError("has two dots in a row", "Write one dot between two labels.")
    wrong = next((label for label in labels if not _LABEL.fullmatch(label)), None)
    if wrong is not None:
        raise PatternError(
            "is not a host", "Labels are made of a-z, 0-9, `-` and `_`, and neither begin nor end in `-`."
        )
    if any(label.startswith("xn--") and not _letters(label) for label in labels):
        raise PatternError("has an `xn--` label that stands for nothing", "Copy the host from a URL that works.")


def _letters(label: str) -> str:
    """What an `xn--` label stands for; empty where it is not how text beyond ASCII is written. The URL parser takes
    any such label."""
    try:
        text = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return ""
    return text if not text.isascii() and text.isprintable() else ""


def _refuse_bad_ipv4(name: str, kind: str) -> None:
    if kind != "exact":
        raise PatternError("has a wildcard before an address", "Write the address alone, or a range under `addresses`.")
    address = ascii_host(name)
    if address is None:
        raise PatternError("ends in a number and is no IPv4 address", "Write four numbers from 0 to 255.")
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        raise PatternError("is an unusual spelling of an address", f"Write `{address}`.") from None
