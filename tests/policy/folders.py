"""Short ways to policies from text, for the tests of what is done with them."""

from host.policy import PolicyFolderError, resolve_files
from host.policy.decide.rulebook import Rulebook
from host.policy.model import Policy, PolicySet

HEAD = "version: 1\npolicy: {}\n"


def folder(**bodies: str) -> PolicySet:
    """A folder of policies by name, each given as what stands below its name."""
    return resolve_files({f"{name}.yaml": (HEAD.format(name) + body).encode() for name, body in bodies.items()})


def faults(**bodies: str) -> list[tuple[str, int, str]]:
    """The (code, line, message) of every error of a folder that cannot be used; empty where it can."""
    try:
        folder(**bodies)
    except PolicyFolderError as error:
        return [(each.code, each.line, each.message) for each in error.diagnostics if each.severity == "error"]
    return []


def warnings(body: str) -> list[tuple[str, int]]:
    """The (code, line) of every warning about one policy; its first line is 3."""
    return [(each.code, each.line) for each in folder(p=body).warnings]


def policy(body: str) -> Policy:
    return folder(p=body).policies["p"]


def rulebook(body: str) -> Rulebook:
    found = folder(p=body)
    return Rulebook(found.policies["p"], found.origins["p"])
