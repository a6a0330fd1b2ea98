from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.reload.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Makes the one house of a test, and begins: `house(a="modules: [lodash]")`."""
    made: list[House] = []

    def make(begin: bool = True, **given) -> House:
        made.append(House(tmp_path, **given))
        if begin:
            made[0].keeper.begin()
        return made[0]

    yield make
    for each in made:
        each.board.close()
