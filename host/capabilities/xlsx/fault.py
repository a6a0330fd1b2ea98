"""How work on a workbook is refused: what is wrong with the file, or which limit of the policy it would exceed."""

from host.capabilities.apart.door import Refused

#: The type of a refusal that the worker asks the policy about, which then says it in its own words: the message is the
#: name of a figure of XlsxRequest and how high it is.
OVER_LIMIT = "OverLimit"


def malformed(what: str, hint: str = "") -> Refused:
    """The file is not what it has to be."""
    return Refused("ValidationError", f"The workbook cannot be read: {what}", hint)


def over_limit(figure: str, value: int) -> Refused:
    """A figure of the workbook is above the policy's."""
    return Refused(OVER_LIMIT, f"{figure} {value}")


def refused(why: str, hint: str = "") -> Refused:
    """What is to be written is nothing that a workbook can have."""
    return Refused("ValidationError", why, hint)
