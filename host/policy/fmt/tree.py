"""A YAML file as a tree that keeps what the meaning does not: comments, blank lines, and how each value was written."""

import re
from bisect import bisect_left
from collections.abc import Iterator

import yaml
from msgspec import Struct

_COMMENT = re.compile(r"#[^\n]*")
_DASHES = re.compile(r"[\s-]*")


class Leaf(Struct):
    """Text. `style` is None where it is plain, else the character that it begins with; `block` are the lines of a
    block (`|`, `>`) without their indentation, with its head."""

    text: str
    style: str | None
    start: int
    block: tuple[str, ...] = ()


class Entry(Struct):
    """One `key: value`, or one item of a list. `above` are the comments before it, with "" for a blank line."""

    key: Leaf | None
    value: "Leaf | Tree"
    start: int
    line: int
    above: list[str] = []
    beside: str | None = None
    beside_column: int = 0


class Tree(Struct):
    """A map or a list. `flow` is whether it was written in brackets; `foot` are the comments after its last entry."""

    is_map: bool
    flow: bool
    start: int
    column: int
    entries: list[Entry] = []
    end: int = 0
    foot: list[str] = []
    head: list[str] = []
    """Of the whole file alone: the comments before its first entry, which stay there."""


class Comment(Struct):
    text: str
    start: int
    column: int
    alone: bool
    """Whether nothing but the dash of a list stands before it on its line."""

    after_blank: bool


Chain = tuple[tuple[Tree, Entry], ...]
"""An entry with everything around it, from the outermost to itself."""


def read_tree(text: str) -> Tree:
    """The tree of a valid document whose root is a map. Line breaks are `\\n` alone."""
    events = yaml.parse(text, Loader=yaml.SafeLoader)
    root = _compose(_skip_to_node(events), events, text)
    assert isinstance(root, Tree), "a policy is a map"
    _attach_all(root, text)
    return root


def comments_of(text: str) -> list[str]:
    """Every comment of a document, sorted."""
    return sorted(comment.text for comment in _comments(text))


def _skip_to_node(events: Iterator[yaml.Event]) -> yaml.Event:
    return next(event for event in events if isinstance(event, yaml.NodeEvent))


def _compose(event: yaml.Event, events: Iterator[yaml.Event], text: str) -> Leaf | Tree:
    mark = event.start_mark
    if isinstance(event, yaml.ScalarEvent):
        style = event.style or None
        block = _block_lines(text[mark.index : event.end_mark.index]) if style in ("|", ">") else ()
        return Leaf(event.value, style, mark.index, block)
    is_map = isinstance(event, yaml.MappingStartEvent)
    tree = Tree(is_map, bool(event.flow_style), mark.index, mark.column, [])
    while not isinstance(first := next(events), yaml.CollectionEndEvent):
        key = _compose(first, events, text) if is_map else None
        value = _compose(next(events) if is_map else first, events, text)
        assert not isinstance(key, Tree), "a key is text"
        begin = first.start_mark
        tree.entries.append(Entry(key, value, begin.index, begin.line, []))
    tree.end = first.end_mark.index
    return tree


def _block_lines(written: str) -> tuple[str, ...]:
    """The head of a block (`|-`) and its lines without their indentation; empty where only quotes can say the same."""
    head, *lines = written.rstrip("\n ").split("\n")
    head = _COMMENT.sub("", head).strip()
    first = next((line for line in lines if line.strip()), None)
    if first is None or len(head) > 2 or head[1:] not in ("", "-"):
        return ()
    indent = len(first) - len(first.lstrip(" "))
    return head, *(line[indent:] for line in lines)


def _comments(text: str) -> Iterator[Comment]:
    """The comments, which are what lies between the tokens. A block's own stands behind its head, inside of it."""
    end = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        start = token.start_mark.index
        yield from _comments_between(text, end, start)
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            yield from _comments_between(text, start, text.find("\n", start))
        end = max(end, token.end_mark.index)
    yield from _comments_between(text, end, len(text))


def _comments_between(text: str, start: int, end: int) -> Iterator[Comment]:
    for match in _COMMENT.finditer(text, start, end if end >= 0 else len(text)):
        begin = text.rfind("\n", 0, match.start()) + 1
        line_before = text[text.rfind("\n", 0, max(0, begin - 1)) + 1 : max(0, begin - 1)]
        yield Comment(
            text=match[0].rstrip(),
            start=match.start(),
            column=match.start() - begin,
            alone=_DASHES.fullmatch(text[begin : match.start()]) is not None,
            after_blank=begin > 0 and not line_before.strip(),
        )


def _attach_all(root: Tree, text: str) -> None:
    """Gives each comment to the entry that it is about."""
    chains = list(_chains(root, ()))
    starts = [chain[-1][1].start for chain in chains]
    lines = text.split("\n")
    for comment in _comments(text):
        number = bisect_left(starts, comment.start)
        before = _last_at(chains, number)
        _attach(root, comment, before, chains[number] if number < len(chains) else None)
    for chain in chains:
        entry = chain[-1][1]
        # The first key of an item is the item's own beginning, and the blank line is told once.
        outermost = len(chain) < 2 or chain[-2][1].start != entry.start
        if outermost and entry.line > 0 and not lines[entry.line - 1].strip() and not chain[-1][0].flow:
            _blank(root.head if entry is root.entries[0] else entry.above)


def _chains(tree: Tree, outer: Chain) -> Iterator[Chain]:
    for entry in tree.entries:
        chain = (*outer, (tree, entry))
        yield chain
        if isinstance(entry.value, Tree):
            yield from _chains(entry.value, chain)


def _last_at(chains: list[Chain], number: int) -> Chain | None:
    return chains[number - 1] if number else None


def _attach(root: Tree, comment: Comment, before: Chain | None, after: Chain | None) -> None:
    if before is None:
        _add(root.head, comment)
    elif not comment.alone:
        _attach_beside(comment, before)
    elif _waits_for_value(before[-1][1], comment):
        _add(before[-1][1].above, comment)
    else:
        _attach_alone(comment, before, after)


def _waits_for_value(entry: Entry, comment: Comment) -> bool:
    """Whether a comment stands between a key and its value on a later line."""
    value = entry.value
    return value.start > comment.start and (isinstance(value, Leaf) or value.flow)


def _attach_beside(comment: Comment, before: Chain) -> None:
    """To the entry that ends on the line of the comment: a list in brackets rather than its last item."""
    chain = before
    while len(chain) > 1 and chain[-1][0].flow and chain[-1][0].end <= comment.start:
        chain = chain[:-1]
    entry = chain[-1][1]
    if entry.beside is None:
        entry.beside, entry.beside_column = comment.text, comment.column
    else:
        _add(entry.above, comment)


def _attach_alone(comment: Comment, before: Chain, after: Chain | None) -> None:
    """To the entry below it; or, where it is further in than that, to the end of the list or map that it belongs to."""
    if after is not None:
        # What stands before brackets is about all that is in them.
        while len(after) > 1 and after[-1][0].flow and comment.start < after[-1][0].start:
            after = after[:-1]
    brackets = [tree for tree, _ in before if tree.flow and comment.start < tree.end]
    if brackets and (after is None or after[-1][1].start > brackets[-1].end):
        _add(brackets[-1].foot, comment)
        return
    around = {id(tree) for tree, _ in after} if after is not None else set()
    ended = [tree for tree, _ in before if id(tree) not in around and not _over(tree, comment)]
    inner = [tree for tree in ended if tree.column <= comment.column]
    if after is None:
        _add((inner or [before[0][0]])[-1].foot, comment)
    elif inner and comment.column > _column(after):
        _add(inner[-1].foot, comment)
    else:
        _add(after[-1][1].above, comment)


def _over(tree: Tree, comment: Comment) -> bool:
    """Whether a list in brackets was closed before the comment."""
    return tree.flow and tree.end <= comment.start


def _column(chain: Chain) -> int:
    """Where the line of an entry begins: further out where it is the first of an item."""
    position = len(chain) - 1
    while position and chain[position - 1][1].start == chain[position][1].start:
        position -= 1
    return chain[position][0].column


def _add(lines: list[str], comment: Comment) -> None:
    if comment.after_blank:
        _blank(lines)
    lines.append(comment.text)


def _blank(lines: list[str]) -> None:
    if not lines or lines[-1]:
        lines.append("")
