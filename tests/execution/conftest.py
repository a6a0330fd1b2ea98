"""Fixtures that the tests of the node's parts have too."""

from tests.node.conftest import fork, signals

__all__ = ["fork", "signals"]
