"""Pins every package of the project, also those that others bring along, in pyproject.toml.

uv.lock would do the same, but it names the registry's host, so it is made anew in each checkout from these pins.
"""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PINS = re.compile(r"^constraint-dependencies = \[.*?\]$", re.MULTILINE | re.DOTALL)


def uv(*arguments: str) -> str:
    command = [os.environ.get("UV", "uv"), *arguments, "--project", str(ROOT)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def with_pins(text: str, pins: list[str]) -> str:
    lines = "".join(f'\n  "{pin}",' for pin in pins)
    block = f"constraint-dependencies = [{lines}\n]" if pins else "constraint-dependencies = []"
    return PINS.sub(lambda _: block, text, count=1)


def main() -> None:
    project = ROOT / "pyproject.toml"
    before = project.read_text()
    assert PINS.search(before), "pyproject.toml has no constraint-dependencies to write to"
    project.write_text(with_pins(before, []))
    try:
        uv("lock", "--upgrade")
        flat = uv("export", "--frozen", "--all-groups", "--no-emit-project", "--no-hashes", "--no-annotate", "-q")
    except BaseException:
        project.write_text(before)
        raise
    pins = sorted(line.strip().replace('"', "'") for line in flat.splitlines() if not line.startswith("#"))
    project.write_text(with_pins(before, pins))
    uv("lock")
    print(f"{len(pins)} packages pinned")


if __name__ == "__main__":
    main()
