"""The pages on modules: every name of the build's table is on one, and what a page says of Intl is in the guest."""

import re

import modules
import pytest

from tests.harness import Guests


@pytest.fixture
def pages(request: pytest.FixtureRequest) -> dict[str, str]:
    folder = request.config.rootpath / "docs"
    return {file.name: file.read_text() for file in (folder / "modules.md", *sorted((folder / "modules").glob("*.md")))}


def test_every_module_and_global_is_on_a_page(pages: dict[str, str]) -> None:
    """By its name in code quotes; parts of a package are told of by the package."""
    texts = re.sub(r"```.*?```", "", "".join(pages.values()), flags=re.DOTALL)
    told = set(re.findall(r"`([^`]+)`", texts))
    assert {*modules.PACKAGES, *modules.PUBLIC, *modules.GLOBALS} - told == set()
    assert {path.rpartition(".")[2] for path in modules.METHODS} - told == set()


def test_the_index_links_every_page(pages: dict[str, str]) -> None:
    """And no page that there is not."""
    assert set(re.findall(r"\]\(modules/([^)]+)\)", pages["modules.md"])) == pages.keys() - {"modules.md"}


def test_the_page_on_intl_lists_what_the_guest_has(guests: Guests, pages: dict[str, str]) -> None:
    """Each property of Intl, and nothing else."""
    listed = set(re.findall(r"^\| `Intl\.(\w+)` \|", pages["intl.md"], re.MULTILINE))
    assert listed == set(guests.result("return Object.getOwnPropertyNames(Intl)"))
