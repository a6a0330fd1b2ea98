"""Errors of crypto's as data: what Node throws for the same call, made into an error by the guest."""

from host.capabilities.crypto.fields import pack


class Failure(Exception):
    """`kind` is the class (`Error`, `TypeError`, `RangeError`), or the name of a DOMException; `code` may be empty.

    `library` and `reason` are what Node takes out of OpenSSL's errors. None of this may hold text of Python's, nor
    anything of a key.
    """

    def __init__(self, code: str, message: str, kind: str = "Error", library: str = "", reason: str = "") -> None:
        super().__init__(code or message)
        self.code = code
        self.message = message
        self.kind = kind
        self.library = library
        self.reason = reason

    def payload(self) -> bytes:
        """The failure as the guest reads it."""
        return pack(self.kind, self.code, self.message, self.library, self.reason)


def ossl(code: str, packed: str, library: str, reason: str) -> Failure:
    """An error of OpenSSL's: its number, and its words."""
    return Failure(code, f"error:{packed}:{library}::{reason}", library=library, reason=reason)
