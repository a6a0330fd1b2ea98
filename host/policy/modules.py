"""`modules:`: what guest code may require, as a file says it."""

from msgspec import UNSET, UnsetType

from host.policy.diagnose import Findings, quote, suggest
from host.policy.document import Node, Scalar, Sequence
from host.policy.fields import read_list, read_text, wrong_type
from host.policy.model import Modules
from host.policy.vocabulary import FORBIDDEN, MODULES, owner_of


def read_modules(found: Findings, node: Node, path: str) -> Modules | UnsetType:
    """A list of modules, or the word `all`. An empty list grants nothing."""
    if isinstance(node, Scalar) and node.text == "all":
        return Modules(all=True)
    if not isinstance(node, Sequence):
        return wrong_type(found, node, path, "a list of modules, or `all`")
    names = read_list(found, node, path, read_module)
    seen: set[str] = set()
    for item in node.items:
        if isinstance(item, Scalar) and item.text in seen:
            found.warning("duplicate-item", item.mark, f"{quote(item.text)} is listed already", "Remove it.")
        elif isinstance(item, Scalar):
            seen.add(item.text)
    return Modules(names=frozenset(names))


def read_module(found: Findings, node: Node, path: str) -> str | UnsetType:
    """One module by its name, as `require` takes it."""
    name = read_text(found, node, path)
    if name is UNSET or name in MODULES:
        return name
    package = name.removeprefix("node:").split("/")[0]
    if package in FORBIDDEN:
        why, instead = FORBIDDEN[package]
        found.error("forbidden-module", node.mark, f"no policy can give the module {quote(name)}: {why}", instead)
        return UNSET
    found.error("unknown-module", node.mark, *_unknown(name))
    return UNSET


def _unknown(name: str) -> tuple[str, str]:
    bare = name.removeprefix("node:")
    if bare in MODULES:
        return f"modules are listed without `node:`, and {quote(name)} has it", f"Write `{bare}`."
    owner = owner_of(bare)
    if owner is not None:
        return f"{quote(name)} is part of a package, and packages are listed whole", f"Write `{owner}`."
    if name == "all":
        return "`all` is not a module", "Write `modules: all`, without brackets."
    return f"the guest has no module {quote(name)}", suggest(name, MODULES)
