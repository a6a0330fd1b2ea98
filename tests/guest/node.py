"""The machine's own node as an oracle: what it answers to the same code."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

_NODE = shutil.which("node")
needs_node = pytest.mark.skipif(_NODE is None, reason="there is no node on this machine to compare with")


def node_result(body: str, given: object) -> object:
    """What a function body, which may await, returns in node, where it finds `input`."""
    script = (
        "const input = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        f"(async () => {{ {body}\n }})().then((result) => process.stdout.write(JSON.stringify(result)));"
    )
    done = subprocess.run([_NODE, "-e", script], input=json.dumps(given), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def expressions(name: str) -> list[str]:
    """JavaScript, a piece on each line, from tests/guest/values/NAME.txt."""
    return (Path(__file__).parent / "values" / f"{name}.txt").read_text().splitlines()


def thunks(pieces: list[str]) -> str:
    """An array of functions, each of which gives what one of the expressions does."""
    return "[" + ",".join(f"() => ({one})" for one in pieces) + "]"
