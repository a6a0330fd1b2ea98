"""References to secrets (`${secret:name}`): a policy names them, and holds none.

What stands behind a name is looked up by whoever performs a call, after the decision. Here is the reference, where one
may stand, and what looks as if a secret itself had been written into a file.
"""

import math
import re
from collections import Counter

from msgspec import Struct

SECRET_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_REFERENCE = re.compile(r"\$\{([^}]*)\}")
_PREFIXES = re.compile(
    r"gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk-|sk_live_|rk_live_|AKIA|ASIA|AIza|ya29\.|eyJ[A-Za-z0-9_-]{8}"
    r"|-----BEGIN |npm_|hf_|SG\."
)
_LONG = re.compile(r"[A-Za-z0-9+/_=-]{24,}")
_SCHEMES = re.compile(r"(?i)^(bearer|basic|token|apikey)\s+")
#: Bits for each character: words of a language have about 3, random base64 or hexadecimal nearly 4 and more.
_RANDOM_BITS_MIN = 3.4

CREDENTIAL_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "apikey", "x-auth-token",
     "x-access-token", "x-csrf-token", "x-amz-security-token", "x-goog-api-key", "x-vault-token", "private-token"}
)  # fmt: skip
"""Headers that carry a credential whatever their value looks like."""


class SecretRef(Struct, frozen=True, tag="secret"):
    """`${secret:name}`."""

    name: str


class Literal(Struct, frozen=True, tag="text"):
    """Text that stands as it is."""

    text: str


class Template(Struct, frozen=True):
    """Text with references to secrets in it, in parts."""

    parts: tuple[Literal | SecretRef, ...]

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(part.name for part in self.parts if isinstance(part, SecretRef))

    @property
    def text(self) -> str:
        """As a file has it."""
        return "".join(f"${{secret:{part.name}}}" if isinstance(part, SecretRef) else part.text for part in self.parts)


class SecretError(ValueError):
    """Why a text is not a template: `message` and `fix` as in a diagnostic."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


def parse_template(text: str) -> Template:
    """Reads text with references in it. Raises SecretError."""
    parts: list[Literal | SecretRef] = []
    at = 0
    for match in _REFERENCE.finditer(text):
        if match.start() > at:
            parts.append(Literal(text[at : match.start()]))
        parts.append(SecretRef(_secret_name(match[1])))
        at = match.end()
    rest = text[at:]
    if "${" in rest:
        raise SecretError("has a `${` that is never closed", "Write `${secret:name}`.")
    if rest:
        parts.append(Literal(rest))
    return Template(tuple(parts))


def _secret_name(inside: str) -> str:
    kind, colon, name = inside.partition(":")
    if not colon or kind != "secret":
        meant = inside.rpartition(":")[2].lower()
        shown = meant if SECRET_NAME.fullmatch(meant) else "name"
        raise SecretError("refers to something that is no secret", f"Write `${{secret:{shown}}}`.")
    if not SECRET_NAME.fullmatch(name):
        meant = re.sub(r"[^a-z0-9_-]", "", name.lower()) or "name"
        raise SecretError(
            "names a secret with other characters than a-z, 0-9, `-` and `_`", f"Write `${{secret:{meant[:64]}}}`."
        )
    return name


def has_reference(text: str) -> bool:
    return "${" in text


def looks_like_credential(text: str) -> bool:
    """Whether `text` has something in it that people do not write by hand: a known prefix, or long and random."""
    bare = _SCHEMES.sub("", text)
    if _PREFIXES.match(bare):
        return True
    return any(_looks_random(match[0]) for match in _LONG.finditer(bare))


def _looks_random(word: str) -> bool:
    if not any(c.isdigit() for c in word) or not any(c.isalpha() for c in word):
        return False
    counts = Counter(word).values()
    bits = -sum(count / len(word) * math.log2(count / len(word)) for count in counts)
    return bits >= _RANDOM_BITS_MIN
