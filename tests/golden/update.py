"""Writes the fuel figures anew: `python -m tests.golden.update`, after a change that is meant to move them."""

import json
from pathlib import Path

from host.execution.run import Executor, ExecutorOptions
from host.sandbox.engine import open_engine
from host.sandbox.image import find_image
from tests.golden.programs import PROGRAMS
from tests.harness import Guests

FIGURES = Path(__file__).with_name("fuel.json")


def fuel_of(guests: Guests, name: str) -> int:
    """Fuel of one program, with a clock that stands still and a seed, so that it is the same each time."""
    from host.policy.model import Clock

    code, given = PROGRAMS[name]
    clock = Clock(kind="fixed", fixed_epoch_ms=0)
    return guests.run(code, given, clock=clock, random="seeded", seed=1).usage.fuel


def main() -> None:
    executor = Executor(open_engine(find_image(), 20, 10), ExecutorOptions(running_max=10))
    guests = Guests(executor)
    figures = {name: fuel_of(guests, name) for name in PROGRAMS}
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n")
    guests.close()
    executor.close()


if __name__ == "__main__":
    main()
