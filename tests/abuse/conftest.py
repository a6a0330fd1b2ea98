"""After every attack the next execution answers right, and no slot, thread or file is lost."""

import pytest


@pytest.fixture(autouse=True)
def _nothing_is_lost(unharmed: None) -> None:
    """See `unharmed` in tests/conftest.py."""
