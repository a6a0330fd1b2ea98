"""Golden fuel figures: speed as an exact number, without a stopwatch."""

import json

import pytest

from tests.golden.programs import PROGRAMS
from tests.golden.update import FIGURES, fuel_of
from tests.harness import Guests


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_takes_the_fuel_that_it_took(guests: Guests, name: str) -> None:
    """A change of more than 2 % is meant, and then written down with `python -m tests.golden.update`, or it is a
    regression. The rest is where things lie in memory, which moves with every change of the guest."""
    golden = json.loads(FIGURES.read_text())[name]
    assert fuel_of(guests, name) == pytest.approx(golden, rel=0.02)


@pytest.mark.parametrize("name", PROGRAMS)
def test_fuel_is_reproducible(guests: Guests, name: str) -> None:
    """The same image, code, input, seed and clock give the same fuel to the last unit."""
    assert {fuel_of(guests, name) for _ in range(3)} == {fuel_of(guests, name)}


def test_every_figure_has_its_program() -> None:
    assert json.loads(FIGURES.read_text()).keys() == PROGRAMS.keys()


def test_load_moves_no_figure(guests: Guests) -> None:
    """40 runs at once over all threads, slices interleaved: each takes the same fuel."""
    reports = guests.run_all(["let n = 0; for (let i = 0; i < 300000; i++) n += i % 7; return n"] * 40)
    assert len({report.usage.fuel for report in reports}) == 1
