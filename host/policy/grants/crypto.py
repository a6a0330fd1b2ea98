"""`grants.crypto` and `deny.crypto`: which algorithms there are, and keys that can be used and not read."""

from msgspec import UNSET, UnsetType

from host.policy.algorithms import ALGORITHMS, KEY_USES, respell
from host.policy.bounded import bounds
from host.policy.diagnose import Findings, quote, suggest
from host.policy.document import Mapping, Node, Scalar
from host.policy.fields import Reader, choice, quantity, read_boolean, read_map, read_set, wrong_type
from host.policy.grants.model import Algorithms, CryptoGrant, KeyGrant
from host.policy.secrets import SECRET_NAME, looks_like_credential
from host.policy.units import DURATION
from host.policy.vocabulary import NAME


def read_crypto(found: Findings, node: Node, path: str) -> CryptoGrant | UnsetType:
    values = read_map(found, node, path, _READERS)
    if values is UNSET:
        return UNSET
    if not values and not found.failed:
        message = f"`{path}` grants nothing"
        found.warning(
            "grants-nothing", node.mark, message, "Name an operation, such as `hash: [sha256]`, or remove it."
        )
    return CryptoGrant(**{("budget_ms" if key == "budget" else key): value for key, value in values.items()})


def read_crypto_denials(found: Findings, node: Node, path: str) -> tuple[tuple[str, Algorithms], ...] | UnsetType:
    values = read_map(found, node, path, {**_OPERATIONS, "random": read_boolean})
    if values is UNSET:
        return UNSET
    if values.pop("random", False):
        values["random"] = "any"
    return tuple(sorted(values.items()))


def _algorithms(operation: str) -> Reader:
    choices = ALGORITHMS[operation]

    def read_one(found: Findings, node: Node, path: str) -> str | UnsetType:
        if not isinstance(node, Scalar):
            return wrong_type(found, node, path, "the name of an algorithm")
        if node.text in choices:
            return node.text
        meant = respell(node.text, choices)
        if node.text in ("any", "all", "*"):
            fix = f"Write `{operation}: any`, without brackets."
        else:
            fix = f"Write `{meant}`." if meant else suggest(node.text, choices)
        message = f"{quote(node.text)} is no algorithm of `{operation}`"
        found.error("unknown-algorithm", node.mark, message, fix)
        return UNSET

    def read(found: Findings, node: Node, path: str) -> Algorithms | UnsetType:
        algorithms = read_set(found, node, path, read_one, any_word=True, least=0)
        return tuple(sorted(algorithms)) if isinstance(algorithms, tuple) else algorithms

    return read


def _read_keys(found: Findings, node: Node, path: str) -> tuple[KeyGrant, ...] | UnsetType:
    if not isinstance(node, Mapping):
        return wrong_type(found, node, path, "a map of names and keys")
    keys = [_read_key(found, entry.key, entry.value, f"{path}.{entry.key.text}") for entry in node.entries]
    return tuple(sorted((key for key in keys if key is not UNSET), key=lambda key: key.name))


def _read_key(found: Findings, name: Scalar, node: Node, path: str) -> KeyGrant | UnsetType:
    found.marks[path] = node.mark
    if not NAME.fullmatch(name.text):
        message = f"the name {quote(name.text)} is not 1 to 64 of a-z, 0-9 and -"
        found.error("bad-name", name.mark, message, "Write a name such as `invoice`.")
    uses = choice(*KEY_USES)
    readers: dict[str, Reader] = {
        "secret": _read_secret_name,
        "algorithm": _read_key_algorithm,
        "use": lambda found, node, path: read_set(found, node, path, uses),
    }
    values = read_map(found, node, path, readers, required=("secret", "algorithm", "use"))
    if values is UNSET or len(values) < 3:
        return UNSET
    key = KeyGrant(name.text, values["secret"], values["algorithm"], tuple(sorted(values["use"])))
    _refuse_odd_use(found, key, path)
    return key


def _read_secret_name(found: Findings, node: Node, path: str) -> str | UnsetType:
    if not isinstance(node, Scalar):
        return wrong_type(found, node, path, "the name of a secret")
    if SECRET_NAME.fullmatch(node.text) and not looks_like_credential(node.text):
        return node.text
    inner = node.text.removeprefix("${secret:").removesuffix("}")
    if SECRET_NAME.fullmatch(inner) and inner != node.text:
        found.error("bad-secret", node.mark, f"`{path}` is the bare name of a secret", f"Write `{inner}`.")
        return UNSET
    if looks_like_credential(node.text) or len(node.text) > 64:
        message = f"`{path}` looks like a key, and none may stand in a policy"
        found.error("inline-secret", node.mark, message, "Write the name of a secret, and take this key out of use.")
        return UNSET
    message = f"{quote(node.text)} for `{path}` is not the name of a secret"
    found.error("bad-secret", node.mark, message, "Names are made of a-z, 0-9, `-` and `_`.")
    return UNSET


def _read_key_algorithm(found: Findings, node: Node, path: str) -> str | UnsetType:
    choices = KEY_ALGORITHMS
    if not isinstance(node, Scalar):
        return wrong_type(found, node, path, "the name of an algorithm")
    if node.text in choices:
        return node.text
    meant = respell(node.text, choices)
    fix = f"Write `{meant}`." if meant else suggest(node.text, choices)
    found.error("unknown-algorithm", node.mark, f"{quote(node.text)} is no algorithm that a key can have", fix)
    return UNSET


def _refuse_odd_use(found: Findings, key: KeyGrant, path: str) -> None:
    for use in key.use:
        if not any(key.algorithm in ALGORITHMS[operation] for operation in KEY_USES[use]):
            fitting = [each for each, operations in KEY_USES.items()
                       if any(key.algorithm in ALGORITHMS[operation] for operation in operations)]  # fmt: skip
            message = f"a key for {quote(key.algorithm)} cannot be used to {use}"
            found.error("bad-value", found.marks[f"{path}.use"], message, f"Possible here: {', '.join(fitting)}.")


KEY_ALGORITHMS = frozenset().union(*(ALGORITHMS[each] for uses in KEY_USES.values() for each in uses))
_OPERATIONS: dict[str, Reader] = {operation: _algorithms(operation) for operation in ALGORITHMS}
_READERS: dict[str, Reader] = {
    **_OPERATIONS,
    "random": read_boolean,
    "keys": _read_keys,
    "budget": quantity(DURATION, *bounds(CryptoGrant)["budget_ms"]),
}
