"""Rules arranged so that finding those that fit a request costs the same for ten of them and for a thousand.

A set of rules is an integer with a bit for each, so sets are met and joined in one step whatever their size. Hosts are
found by their name and by each of its ends, paths by walking a tree of all patterns at once.
"""

from collections.abc import Iterable, Sequence

from host.policy.pattern.hosts import HostPattern, is_address
from host.policy.pattern.paths import MANY, ONE, PathPattern


def first(rules: int) -> int:
    """The rule with the lowest number in a set that is not empty."""
    return (rules & -rules).bit_length() - 1


class HostIndex:
    """Which rules are about a host."""

    def __init__(self) -> None:
        self._by_kind: dict[str, dict[str, int]] = {"exact": {}, "one": {}, "many": {}, "any": {"": 0}}
        self._below: dict[str, int] = {}

    def add(self, pattern: HostPattern, rule: int) -> None:
        table = self._by_kind[pattern.kind]
        table[pattern.name] = table.get(pattern.name, 0) | 1 << rule
        if pattern.kind != "any":
            for end in (pattern.name, *_ends(pattern.name)):
                if "." in end:
                    self._below[end] = self._below.get(end, 0) | 1 << rule

    def find(self, host: str) -> int:
        by_kind = self._by_kind
        rules = by_kind["any"][""] | by_kind["exact"].get(host, 0)
        if is_address(host):
            return rules
        many = by_kind["many"]
        for number, end in enumerate(_ends(host)):
            if number == 0:
                rules |= by_kind["one"].get(end, 0)
            rules |= many.get(end, 0)
        return rules

    def relatives(self, host: str) -> int:
        """Rules about hosts of the same name's end, the longest end that any rule has."""
        for end in (host, *_ends(host)):
            if end in self._below:
                return self._below[end]
        return 0


def _ends(host: str) -> Iterable[str]:
    at = host.find(".")
    while at != -1:
        yield host[at + 1 :]
        at = host.find(".", at + 1)


class _Node:
    __slots__ = ("children", "ends", "loops", "many", "one")

    def __init__(self, loops: bool = False) -> None:
        self.children: dict[str, _Node] = {}
        self.one: _Node | None = None
        self.many: _Node | None = None
        self.loops = loops
        self.ends = 0


class PathIndex:
    """Which rules are about a path: a tree of the parts of all patterns, walked at every place that fits."""

    def __init__(self) -> None:
        self._root = _Node()
        self._any = 0

    def add(self, pattern: PathPattern, rule: int) -> None:
        node = self._root
        for part in pattern.segments:
            node = self._child(node, part)
        node.ends |= 1 << rule

    def add_any(self, rule: int) -> None:
        self._any |= 1 << rule

    @property
    def any(self) -> int:
        """The rules that leave the path open."""
        return self._any

    def find(self, segments: Sequence[str]) -> int:
        at = self._open([self._root])
        for part in segments:
            after: dict[int, _Node] = {}
            for node in at:
                if node.loops:
                    after[id(node)] = node
                child = node.children.get(part)
                if child is not None:
                    after[id(child)] = child
                if node.one is not None and part:
                    after[id(node.one)] = node.one
            if not after:
                return self._any
            at = self._open(after.values())
        rules = self._any
        for node in at:
            rules |= node.ends
        return rules

    @staticmethod
    def _child(node: _Node, part: str) -> _Node:
        if part == MANY:
            if node.many is None:
                node.many = _Node(loops=True)
            return node.many
        if part == ONE:
            if node.one is None:
                node.one = _Node()
            return node.one
        return node.children.setdefault(part, _Node())

    @staticmethod
    def _open(nodes: Iterable[_Node]) -> list[_Node]:
        """`nodes`, and those that `**` reaches without a part."""
        reached = list(nodes)
        known = {id(node) for node in reached}
        for node in reached:
            if node.many is not None and id(node.many) not in known:
                known.add(id(node.many))
                reached.append(node.many)
        return reached


class KeyIndex:
    """Which rules are about a key, where some are about every key."""

    def __init__(self) -> None:
        self._any = 0
        self._by_key: dict[object, int] = {}

    def add(self, keys: Iterable[object] | None, rule: int) -> None:
        """`keys` None: every key."""
        if keys is None:
            self._any |= 1 << rule
            return
        for key in keys:
            self._by_key[key] = self._by_key.get(key, 0) | 1 << rule

    def find(self, key: object) -> int:
        return self._any | self._by_key.get(key, 0)
