"""Why a text is not a pattern."""


class PatternError(ValueError):
    """`message` continues a sentence that begins with the text (``…` is a URL`), `fix` says what to write."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
