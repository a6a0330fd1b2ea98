"""access.yaml: who may use which policies, as the file says it."""

import re

from msgspec import UNSET, Struct, UnsetType

from host.policy.diagnose import Diagnostic, Findings, Mark, quote
from host.policy.document import Node, Scalar
from host.policy.fields import Reader, read_boolean, read_list, read_map, read_name, wrong_type
from host.policy.limits import read_quota
from host.policy.model import Access, Principal, token_sha256
from host.policy.parse import read_root
from host.policy.vocabulary import NO_POLICY

ANONYMOUS = "anonymous"
"""The name of callers without a token, wherever principals are told apart."""

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


class PolicyUse(Struct, frozen=True):
    """A place of access.yaml that names a policy."""

    policy: str
    mark: Mark


class ParsedAccess(Struct, frozen=True):
    """What access.yaml gave. `access` is None where it has an error; `uses` is what could be read even then."""

    access: Access | None
    uses: tuple[PolicyUse, ...]
    diagnostics: tuple[Diagnostic, ...]
    source: str


def parse_access(file: str, data: bytes) -> ParsedAccess:
    """Reads the access rules in `data`. Whether the policies exist is for the caller to see, by `uses`.

    Never raises for what the file holds; `file` is only named in diagnostics.
    """
    reading = _Reading(file)
    source, root = read_root(reading.found, data)
    readers: dict[str, Reader] = {"principals": reading.principals, "anonymous": reading.anonymous}
    values = UNSET if root is None else read_map(reading.found, root, "", readers)
    access = None if reading.found.failed or values is UNSET else Access(**values)
    return ParsedAccess(access, tuple(reading.uses), reading.found.sorted(), source)


class _Reading:
    """The readers of one access file, with what has to be compared across its principals."""

    def __init__(self, file: str) -> None:
        self.found = Findings(file)
        self.uses: list[PolicyUse] = []
        self._names: dict[str, Mark] = {}
        self._tokens: dict[str, Mark] = {}

    def principals(self, found: Findings, node: Node, path: str) -> tuple[Principal, ...] | UnsetType:
        principals = read_list(found, node, path, self._principal)
        return UNSET if principals is UNSET else tuple(principals)

    def anonymous(self, found: Findings, node: Node, path: str) -> str | UnsetType | None:
        """A policy, or `none`."""
        if isinstance(node, Scalar) and node.text == NO_POLICY:
            return None
        return self._policy(found, node, path)

    def _principal(self, found: Findings, node: Node, path: str) -> Principal | UnsetType:
        readers: dict[str, Reader] = {
            "name": self._name,
            "token_sha256": self._token,
            "policies": self._policies,
            "quota": read_quota,
            "operator": read_boolean,
        }
        values = read_map(found, node, path, readers, required=("name", "token_sha256", "policies"))
        # With an error in the file no access rules are made of it, so a principal with a gap is never used.
        return UNSET if values is UNSET or found.failed else Principal(**values)

    def _name(self, found: Findings, node: Node, path: str) -> str | UnsetType:
        name = read_name(found, node, path)
        if name is UNSET:
            return UNSET
        if name == ANONYMOUS:
            message = f"`{ANONYMOUS}` cannot name a principal: it stands for callers without a token"
            found.error("bad-name", node.mark, message, "Choose another name.")
            return UNSET
        first = self._names.setdefault(name, node.mark)
        _refuse_second(found, "duplicate-name", first, node.mark, f"the principal {quote(name)}")
        return name

    def _token(self, found: Findings, node: Node, path: str) -> str | UnsetType:
        # The text itself counts, whatever YAML makes of it: 64 digits are a number to YAML, and a digest to us.
        if not isinstance(node, Scalar):
            return wrong_type(found, node, path, "the SHA-256 of a token")
        digest = node.text.lower()
        problem = _token_problem(node.text)
        if problem is not None:
            found.error("bad-token", node.mark, f"`{path}` {problem}", "Take it from `printf %s TOKEN | sha256sum`.")
            return UNSET
        first = self._tokens.setdefault(digest, node.mark)
        _refuse_second(found, "duplicate-token", first, node.mark, "this token")
        return digest

    def _policies(self, found: Findings, node: Node, path: str) -> tuple[str, ...] | UnsetType:
        names = read_list(found, node, path, self._policy)
        if names is UNSET:
            return UNSET
        if not names and not found.failed:
            message = f"`{path}` is empty: this principal may use nothing"
            found.warning("grants-nothing", node.mark, message, "Name a policy, or remove the principal.")
        once = tuple(dict.fromkeys(names))
        if len(once) < len(names):
            found.warning("duplicate-item", node.mark, f"`{path}` names a policy twice", "Remove one of them.")
        return once

    def _policy(self, found: Findings, node: Node, path: str) -> str | UnsetType:
        name = read_name(found, node, path)
        if name is not UNSET:
            self.uses.append(PolicyUse(name, node.mark))
        return name


def _refuse_second(found: Findings, code: str, first: Mark, mark: Mark, what: str) -> None:
    if first != mark:
        message = f"{what} stands twice: it is on line {first.line} already"
        found.error(code, mark, message, "Each principal has a name and a token of its own.")


def _token_problem(text: str) -> str | None:
    """Why `text` cannot be the digest of a token; the text itself is not shown, for it may be the token."""
    if not _SHA256.fullmatch(text):
        return "is not 64 hexadecimal digits"
    if text.lower() == token_sha256(""):
        return "is the SHA-256 of an empty token"
    return None
