"""Quantities as people write them (`5s`, `2G`, `64MiB`, `600/min`) and the integers they stand for."""

import re

from msgspec import Struct

_QUANTITY = re.compile(r"(0|[1-9][0-9]*)([A-Za-z]*)")
_OTHER_BASE = re.compile(r"0[xob][0-9a-fA-F]+")
_DIGITS_MAX = 15


class UnitError(ValueError):
    """A quantity that cannot be read. `message` says why, `fix` what to write."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


class Unit(Struct, frozen=True):
    """One kind of quantity: the suffixes it has, with what each multiplies by, and the usual slips."""

    noun: str
    example: str
    factors: dict[str, int]
    slips: dict[str, str]

    def read(self, text: str) -> int:
        """The integer that `text` stands for. Raises UnitError."""
        match = _QUANTITY.fullmatch(text)
        if _OTHER_BASE.fullmatch(text):
            raise UnitError("is not a decimal number", f"Write {self.noun} such as `{self.example}`.")
        if match is None:
            raise self._not_a_number(text)
        digits, suffix = match.groups()
        if len(digits) > _DIGITS_MAX:
            raise UnitError(f"has more than {_DIGITS_MAX} digits", f"Write {self.noun} such as `{self.example}`.")
        if suffix not in self.factors:
            raise self._not_a_suffix(digits, suffix)
        return int(digits) * self.factors[suffix]

    def show(self, value: int) -> str:
        """`value` in the largest unit that leaves it whole."""
        suffixes = sorted(self.factors, key=self.factors.__getitem__, reverse=True)
        fitting = [suffix for suffix in suffixes if value and value % self.factors[suffix] == 0]
        suffix = fitting[0] if fitting else suffixes[-1]
        return f"{value // self.factors[suffix]}{suffix}"

    def _not_a_suffix(self, digits: str, suffix: str) -> UnitError:
        known = [name for name in self.factors if name]
        if not suffix:
            either = " or ".join(f"`{digits}{name}`" for name in known[:2])
            return UnitError("has no unit", f"Write the unit with it: {either}.")
        meant = self.slips.get(suffix.lower())
        if meant is not None:
            return UnitError(f"has the unit `{suffix[:12]}`, which is not one", f"Write `{digits}{meant}`.")
        return UnitError(f"has the unit `{suffix[:12]}`, which is not one", f"The units are {', '.join(known)}.")

    def _not_a_number(self, text: str) -> UnitError:
        """Why `text` is no quantity. Most of these are numbers to some YAML reader, each to another one."""
        as_example = f"Write {self.noun} such as `{self.example}`."
        if len(text) > 40:
            return UnitError(f"is not {self.noun}", as_example)
        tight = re.sub(r"[\s_,]", "", text)
        if tight != text and _QUANTITY.fullmatch(tight):
            return UnitError("has a space, `_` or `,` inside", f"Write `{tight}`.")
        if re.fullmatch(r"0[0-9]+[A-Za-z]*", text):
            bare = text.lstrip("0")
            fix = f"Write `{bare}`." if _QUANTITY.fullmatch(bare) else as_example
            return UnitError("has a leading zero, which some YAML readers take for octal", fix)
        if re.fullmatch(r"[0-9]+(:[0-9]+)+", text):
            return UnitError("has a `:` inside, which some YAML readers take for base 60", as_example)
        if re.fullmatch(r"[-+].*", text):
            return UnitError("has a sign", as_example)
        if re.fullmatch(r"[0-9]*\.[0-9]*[A-Za-z]*|[0-9.]+[eE][-+]?[0-9]+", text):
            return UnitError("is not a whole number", f"Take a smaller unit; {as_example[0].lower()}{as_example[1:]}")
        return UnitError(f"is not {self.noun}", as_example)


DURATION = Unit(
    noun="a duration",
    example="500ms",
    factors={"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000},
    slips={
        **dict.fromkeys(["msec", "millis", "milliseconds"], "ms"),
        **dict.fromkeys(["s", "sec", "secs", "second", "seconds"], "s"),
        **dict.fromkeys(["m", "mins", "minute", "minutes"], "min"),
        **dict.fromkeys(["h", "hr", "hrs", "hour", "hours"], "h"),
    },
)
"""Read into milliseconds."""

BYTES = Unit(
    noun="a size",
    example="64MiB",
    factors={"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30},
    slips={
        **dict.fromkeys(["b", "byte", "bytes"], ""),
        **dict.fromkeys(["k", "kb", "kib"], "KiB"),
        **dict.fromkeys(["m", "mb", "mib"], "MiB"),
        **dict.fromkeys(["g", "gb", "gib"], "GiB"),
    },
)
"""Read into bytes. Decimal units are refused: a size that could mean two things is a limit that nobody knows."""

COUNT = Unit(
    noun="a whole number",
    example="200",
    factors={"": 1, "K": 1_000, "M": 1_000_000, "G": 1_000_000_000},
    slips={"k": "K", "m": "M", "mio": "M", "g": "G", "b": "G", "bn": "G"},
)
"""Read as it is; K, M and G are decimal."""

PLAIN = Unit(noun="a whole number", example="3", factors={"": 1}, slips={})
"""A number that nobody writes with a unit, such as a port."""

_PERIODS_S = {"s": 1, "min": 60, "h": 3600}


def read_rate(text: str) -> tuple[int, int]:
    """`600/min` as (count, seconds). Raises UnitError."""
    count, slash, period = re.sub(r"\s*/\s*", "/", text[:80]).partition("/")
    if not slash:
        raise UnitError("is not a rate", "Write a rate such as `600/min`, `10/s` or `1000/h`.")
    number = COUNT.read(count)
    if period not in _PERIODS_S:
        meant = DURATION.slips.get(period.lower(), "min")
        raise UnitError("has a period that is not s, min or h", f"Write a rate such as `{count}/{meant}`.")
    if f"{count}/{period}" != text:
        raise UnitError("has a space inside", f"Write `{count}/{period}`.")
    return number, _PERIODS_S[period]


def show_rate(count: int, per_s: int) -> str:
    """A rate as text; a period without a name of its own is given in seconds (`3/20s`)."""
    names = {seconds: name for name, seconds in _PERIODS_S.items()}
    return f"{count}/{names.get(per_s, f'{per_s}s')}"
