"""A tree written in the usual form."""

from host.policy.fmt.tree import Entry, Leaf, Tree
from host.policy.fmt.usual import Path, rank, scalar

COLUMNS_MAX = 100
"""A list in brackets that would end behind this is written line by line."""


def write_tree(root: Tree) -> str:
    """The text of a file."""
    lines = [*root.head, *_tree(root, 0, ())]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines) + "\n"


def _tree(tree: Tree, depth: int, path: Path) -> list[str]:
    entries = tree.entries
    if tree.is_map:
        ranked = rank(path)
        entries = sorted(entries, key=lambda entry: ranked(entry.key.text))
    lines: list[str] = []
    for number, entry in enumerate(entries):
        above = list(entry.above)
        if number == 0 and (depth > 0 or not tree.head or not tree.head[-1]):
            # Nothing to be apart from: the key of this map stands right above, or a blank line does already.
            above = _without_blank(above)
        lines += _indented(above, depth)
        lines += _map_entry(entry, depth, path) if tree.is_map else _item(entry, depth, (*path, "[]"))
    return lines + _indented(tree.foot, depth)


def _without_blank(lines: list[str]) -> list[str]:
    return lines[1:] if lines[:1] == [""] else lines


def _indented(comments: list[str], depth: int) -> list[str]:
    return [f"{'  ' * depth}{comment}" if comment else "" for comment in comments]


def _map_entry(entry: Entry, depth: int, path: Path) -> list[str]:
    assert entry.key is not None
    head = f"{'  ' * depth}{scalar(entry.key, ('',))}:"
    inner = (*path, entry.key.text)
    return _value(entry, head, depth, inner)


def _item(entry: Entry, depth: int, path: Path) -> list[str]:
    head = f"{'  ' * depth}-"
    tree = entry.value
    if isinstance(tree, Leaf) or _fits(tree, len(head), path):
        return _value(entry, head, depth, path)
    # The first line of what is inside stands behind the dash, and what is above that line above the dash.
    above = [f"{'  ' * depth}{entry.beside}"] if entry.beside is not None else []
    lines = _tree(tree, depth + 1, path)
    first = next(number for number, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#"))
    above += [f"{'  ' * depth}{line.strip()}" if line else "" for line in lines[:first]]
    return [*above, f"{head} {lines[first].lstrip()}", *lines[first + 1 :]]


def _value(entry: Entry, head: str, depth: int, path: Path) -> list[str]:
    value = entry.value
    if isinstance(value, Tree):
        if _fits(value, len(head), path):
            return [_beside(f"{head} {_inline(value, path)}", entry)]
        return [_beside(head, entry), *_tree(value, depth + 1, path)]
    if value.block:
        pad = "  " * (depth + 1)
        lines = [f"{pad}{line}" if line else "" for line in value.block[1:]]
        return [_beside(f"{head} {value.block[0]}", entry), *lines]
    return [_beside(f"{head} {scalar(value, path)}", entry)]


def _beside(line: str, entry: Entry) -> str:
    """A line with the comment behind it, in the column that its author gave it where that is free."""
    if entry.beside is None:
        return line
    return line.ljust(max(entry.beside_column, len(line) + 2)) + entry.beside


def _fits(tree: Tree, used: int, path: Path) -> bool:
    """Whether a tree is written in brackets: it was, there is no comment in it, and it is short enough; or it holds
    nothing."""
    if not tree.entries:
        return not tree.foot
    return tree.flow and not _has_comments(tree) and used + 1 + len(_inline(tree, path)) <= COLUMNS_MAX


def _has_comments(tree: Tree) -> bool:
    return bool(tree.foot) or any(
        entry.above or entry.beside is not None or (isinstance(entry.value, Tree) and _has_comments(entry.value))
        for entry in tree.entries
    )


def _inline(value: Leaf | Tree, path: Path) -> str:
    if isinstance(value, Leaf):
        return scalar(value, path)
    if not value.is_map:
        return "[" + ", ".join(_inline(entry.value, (*path, "[]")) for entry in value.entries) + "]"
    ranked = rank(path)
    entries = sorted(value.entries, key=lambda entry: ranked(entry.key.text))
    pairs = (f"{scalar(entry.key, ('',))}: {_inline(entry.value, (*path, entry.key.text))}" for entry in entries)
    return "{" + ", ".join(pairs) + "}"
