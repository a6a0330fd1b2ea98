"""Policies in a folder, and the commands run on them in this process."""

import json
import os
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from host.cli import main


class PolicyFolder:
    """A folder of policies by name, each given as what stands below its name."""

    def __init__(self, path: Path, **bodies: str) -> None:
        self.path = path
        self.path.mkdir(exist_ok=True)
        for name, body in bodies.items():
            self.write(name, body)

    def write(self, name: str, body: str) -> Path:
        file = self.path / f"{name}.yaml"
        file.write_text(f"version: 1\npolicy: {name}\n{body}")
        return file

    def run(self, command: str, *arguments: object, stdin: str | bytes | None = None, **options: Any) -> Result:
        """`cellblock policy COMMAND --policies THIS …`."""
        given = ["policy", command, "--policies", str(self.path), *map(str, arguments)]
        return CliRunner(env={"NO_COLOR": None}).invoke(main, given, input=stdin, **options)

    def json(self, command: str, *arguments: object, stdin: str | bytes | None = None) -> tuple[int, Any]:
        """The exit code, and what `--json` prints."""
        result = self.run(command, *arguments, "--json", stdin=stdin)
        return result.exit_code, json.loads(result.stdout)


def nothing_else_in(folder: Path, *names: str) -> bool:
    return sorted(os.listdir(folder)) == sorted(names)
