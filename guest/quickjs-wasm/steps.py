"""The one error of the build, and how its steps are told."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class BuildError(Exception):
    """The image cannot be built; the message says why and, where it is known, what to do."""


@contextmanager
def step(what: str) -> Iterator[None]:
    """Tells on stderr what is being done and, once it is done, how long it took."""
    print(f"image: {what} ... ", end="", file=sys.stderr, flush=True)
    start = time.monotonic()
    try:
        yield
    except BaseException:
        print("failed", file=sys.stderr, flush=True)
        raise
    print(f"{time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)


def run(command: list[str | Path], *, cwd: Path | None = None, env: dict[str, str] | None = None) -> bytes:
    """Runs a tool to its end and gives its standard output. Raises BuildError with what it said where it fails."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        said = (done.stderr + done.stdout).decode(errors="replace").strip()
        raise BuildError(f"{' '.join(str(part) for part in command)}\nended with {done.returncode}:\n{said}")
    return done.stdout
