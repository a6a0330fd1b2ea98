"""Secrets in what comes back: found as they are and in the common spellings, and overwritten with as many asterisks.

The spellings: as it is; URL-encoded in capitals and in small letters, with `+` for blanks; as a JSON string has it; as
HTML has it; hexadecimal, either case; base64 in both alphabets at each of its three alignments, so also inside of a
longer text such as `user:secret`. A secret that is taken apart, reversed or encoded otherwise is not found.
"""

import base64
import html
import json
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

#: Shorter ones, and shorter spellings, would be found everywhere.
SECRET_BYTES_MIN = 4
_SPELLING_BYTES_MIN = 6


class Scrubber:
    """The spellings of some secrets."""

    def __init__(self, secrets: Iterable[str]) -> None:
        found = {each for secret in secrets if len(secret.encode()) >= SECRET_BYTES_MIN for each in _spellings(secret)}
        #: Long ones first: one may be a part of another.
        self.patterns = tuple(sorted(found, key=lambda each: (-len(each), each)))

    def clean(self, data: bytes) -> bytes:
        """`data` without secrets, in its length."""
        for pattern in self.patterns:
            if pattern in data:
                data = data.replace(pattern, b"*" * len(pattern))
        return data

    def clean_text(self, text: str) -> str:
        """The same for text of which each character is a byte (a header, a URL)."""
        if not self.patterns:
            return text
        return self.clean(text.encode("latin-1", "replace")).decode("latin-1")

    def held_back(self, data: bytes) -> int:
        """How many bytes at the end of `data` may be the beginning of a secret."""
        begins = len(data)
        for pattern in self.patterns:
            at = data.find(pattern[:1], max(len(data) - len(pattern) + 1, 0), begins)
            while at != -1:
                if pattern.startswith(data[at:]):
                    begins = at
                    break
                at = data.find(pattern[:1], at + 1, begins)
        return len(data) - begins


NOTHING_TO_SCRUB = Scrubber(())


class BodyScrubber:
    """One body: a secret is found across pieces too. What may be the beginning of one waits for the next piece."""

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrubber = scrubber
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What of `data`, and of what was held back, can be handed over."""
        if not self._scrubber.patterns:
            return data
        data = self._scrubber.clean(self._held + data)
        held = self._scrubber.held_back(data)
        self._held = data[len(data) - held :]
        return data[: len(data) - held]

    def finish(self) -> bytes:
        """What was held back and turned out to be none."""
        held, self._held = self._held, b""
        return held


def _spellings(secret: str) -> set[bytes]:
    plain = secret.encode()
    json_text = json.dumps(secret)[1:-1]
    hexadecimal = plain.hex()
    others = {
        quote(secret, safe="").encode(),
        quote_plus(secret).encode(),
        json_text.encode(),
        json_text.replace("/", "\\/").encode(),
        json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
        html.escape(secret).encode(),
        html.escape(secret, quote=False).encode(),
        hexadecimal.encode(),
        hexadecimal.upper().encode(),
        *_base64(plain),
    }
    others |= {_small_escapes(each) for each in others if b"%" in each}
    return {plain} | {each for each in others if len(each) >= _SPELLING_BYTES_MIN}


def _base64(plain: bytes) -> Iterable[bytes]:
    """Base64 of `plain` at each alignment, without the characters that depend on what stands around it."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + plain).rstrip(b"=")
        first = (0, 2, 3)[before]
        last = len(encoded) if (before + len(plain)) % 3 == 0 else len(encoded) - 1
        yield encoded[first:last]
        yield encoded[first:last].replace(b"+", b"-").replace(b"/", b"_")


def _small_escapes(spelling: bytes) -> bytes:
    """`%2F` as `%2f`."""
    head, *rest = spelling.split(b"%")
    return b"%".join([head, *(each[:2].lower() + each[2:] for each in rest)])
