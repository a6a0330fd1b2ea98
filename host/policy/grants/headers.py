"""What the host adds to a request after it was decided on: headers, query parameters, basic authentication."""

import re

from msgspec import UNSET, UnsetType

from host.policy.diagnose import Findings, quote
from host.policy.document import Mapping, Node, Scalar
from host.policy.fields import ITEMS_MAX, read_map, wrong_type
from host.policy.grants.model import BasicAuth
from host.policy.secrets import CREDENTIAL_HEADERS, SecretError, Template, looks_like_credential, parse_template

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]{1,64}")
HEADERS_OF_THE_HOST = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive", "expect",
     "http2-settings", "via"}
)  # fmt: skip
Pairs = tuple[tuple[str, Template], ...]


def read_header_name(found: Findings, node: Node, path: str) -> str | UnsetType:
    """The name of a header, in lower case whatever the file has."""
    if not isinstance(node, Scalar):
        return wrong_type(found, node, path, "the name of a header")
    name = node.text.lower()
    if _NAME.fullmatch(name):
        return name
    fix = f"Write `{name.split(':')[0].strip()}`." if ":" in name else "Write a name such as `x-request-id`."
    found.error("bad-header", node.mark, f"{quote(node.text)} is not the name of a header", fix)
    return UNSET


def read_set_headers(found: Findings, node: Node, path: str) -> Pairs | UnsetType:
    pairs = _read_pairs(found, node, path)
    if pairs is UNSET:
        return UNSET
    headers: dict[str, Template] = {}
    for key, value, template in pairs:
        name = read_header_name(found, key, path)
        if name is UNSET:
            continue
        if name in HEADERS_OF_THE_HOST or name.startswith("proxy-"):
            message = f"the header {quote(name)} is the host's own, and no policy sets it"
            found.error("bad-header", key.mark, message, "Remove it.")
        elif name in headers:
            found.error("duplicate-key", key.mark, f"the header {quote(name)} is set twice", "Keep one of them.")
        _refuse_inline(found, value, template, name in CREDENTIAL_HEADERS, f"{path}.{name}")
        headers[name] = template
    return tuple(sorted(headers.items()))


def read_set_query(found: Findings, node: Node, path: str) -> Pairs | UnsetType:
    pairs = _read_pairs(found, node, path)
    if pairs is UNSET:
        return UNSET
    for key, value, template in pairs:
        secretive = any(word in key.text.lower() for word in ("key", "token", "secret", "password", "signature"))
        _refuse_inline(found, value, template, secretive, f"{path}.{key.text}")
    return tuple(sorted((key.text, template) for key, _, template in pairs))


def read_basic_auth(found: Findings, node: Node, path: str) -> BasicAuth | UnsetType:
    readers = {"username": _read_template, "password": _read_template}
    values = read_map(found, node, path, readers, required=("username", "password"))
    if values is UNSET or len(values) < 2:
        return UNSET
    if not values["password"].secrets:
        _tell_inline(found, found.marks[f"{path}.password"], f"{path}.password")
        return UNSET
    return BasicAuth(**values)


def _read_pairs(found: Findings, node: Node, path: str) -> list[tuple[Scalar, Scalar, Template]] | UnsetType:
    if not isinstance(node, Mapping):
        return wrong_type(found, node, path, "a map of names and values")
    if len(node.entries) > ITEMS_MAX:
        found.error("out-of-range", node.mark, f"`{path}` has more than {ITEMS_MAX} entries", "Remove some.")
        return UNSET
    pairs = []
    for entry in node.entries:
        inner = f"{path}.{entry.key.text}"
        found.marks[inner] = entry.value.mark
        template = _read_template(found, entry.value, inner)
        if template is not UNSET:
            pairs.append((entry.key, entry.value, template))
    return pairs


def _read_template(found: Findings, node: Node, path: str) -> Template | UnsetType:
    """Text in which secrets may be referred to. A number is taken as the text that stands there."""
    if not isinstance(node, Scalar) or node.value is None or isinstance(node.value, bool):
        return wrong_type(found, node, path, "text, with `${secret:name}` where a secret belongs")
    if "\n" in node.text or not node.text.isprintable():
        found.error("bad-header", node.mark, f"`{path}` has a line break or a control character", "Remove it.")
        return UNSET
    try:
        return parse_template(node.text)
    except SecretError as fault:
        found.error("bad-secret", node.mark, f"`{path}` {fault.message}", fault.fix)
        return UNSET


def _refuse_inline(found: Findings, value: Scalar, template: Template, secretive: bool, path: str) -> None:
    if not template.secrets and (secretive or looks_like_credential(value.text)):
        _tell_inline(found, value.mark, path)


def _tell_inline(found: Findings, mark, path: str) -> None:
    # What stands there may well be the secret, so it is not shown.
    message = f"`{path}` looks like a credential, and none may stand in a policy"
    fix = "Write `${secret:name}`, give the service that secret, and take this one out of use if it was real."
    found.error("inline-secret", mark, message, fix)
