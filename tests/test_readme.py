"""The README is true: its request gives its answer, its folders exist, its two commands are those of the justfile."""

import http.client
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from host.settings import SETTINGS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
START_SECONDS_MAX = 60


def block_with(text: str) -> str:
    """The one fenced block that holds `text`."""
    found = [block for block in re.findall(r"^```\w*\n(.*?)^```$", README, re.MULTILINE | re.DOTALL) if text in block]
    assert len(found) == 1, f"{len(found)} blocks hold {text!r}"
    return found[0]


def readme_request() -> tuple[str, dict[str, str], bytes]:
    """Path, headers and body of the README's curl command."""
    command, silent, url, *options = shlex.split(block_with("curl "))
    assert (command, silent) == ("curl", "-s")
    given = dict(zip(options[::2], options[1::2], strict=True))
    assert given.keys() == {"-H", "-d"}
    parts = urlsplit(url)
    assert parts.netloc == "127.0.0.1:3002"
    name, value = given["-H"].split(": ")
    return parts.path, {name: value}, given["-d"].encode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port: int, method: str, path: str, headers: dict[str, str], body: bytes | None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def is_ready(port: int) -> bool:
    try:
        return ask(port, "GET", "/health/ready", {}, None)[0] == 200
    except OSError:
        return False


@pytest.fixture
def port(bundle: object, tmp_path: Path) -> Iterator[int]:
    """Where a server listens that was started as a person starts it; `bundle` is there so that the image is built."""
    chosen = free_port()
    ours = {setting.name for setting in SETTINGS}
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    with (tmp_path / "log").open("wb+") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "host.cli", "serve", "--port", str(chosen), "--workers", "1"],
            cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            deadline = time.monotonic() + START_SECONDS_MAX
            while not is_ready(chosen):
                log.seek(0)
                assert server.poll() is None, log.read().decode()
                assert time.monotonic() < deadline, log.read().decode()
                time.sleep(0.05)
            yield chosen
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


def steady(answer: dict) -> dict:
    """The answer without what differs from run to run (times, id) and from image to image (fuel, memory)."""
    usage = dict(answer["usage"], fuel=0, memoryPeakBytes=0, cpuMs=0)
    logs = [dict(record, atMs=0) for record in answer["logs"]]
    timing = dict.fromkeys(answer["timing"], 0)
    return dict(answer, executionId="", timestamp="", timing=timing, usage=usage, logs=logs)


def test_first_request_gives_the_answer_of_the_readme(port: int) -> None:
    """The README's curl command, sent to a real server, is answered as the README says."""
    path, headers, body = readme_request()
    status, raw = ask(port, "POST", path, headers, body)
    answer, expected = json.loads(raw), json.loads(block_with('"executionId"'))
    assert status == 200
    assert list(answer) == list(expected)
    assert steady(answer) == steady(expected)
    for name in ("executionId", "timestamp"):
        assert re.sub(r"[0-9a-f]", "0", answer[name]) == re.sub(r"[0-9a-f]", "0", expected[name])


def test_folder_map_names_folders_that_exist() -> None:
    """Every folder of the map exists, and no folder of the code is missing from it."""
    outer, mapped = "", []
    for line in block_with("the Python service").splitlines():
        indent, name = re.match(r"( *)([\w.-]+/) ", line).groups()
        outer = name if not indent else outer
        mapped.append(outer if not indent else outer + name)
    for folder in mapped:
        assert (ROOT / folder).is_dir(), folder
    passed_over = {"dist/", "node_modules/"}
    top = {f"{each.name}/" for each in ROOT.iterdir() if each.is_dir() and each.name[0] not in "._"} - passed_over
    rooms = {f"host/{each.name}/" for each in (ROOT / "host").iterdir() if each.is_dir() and each.name[0] not in "._"}
    assert set(mapped) == top | {room for room in rooms if list((ROOT / room).glob("*.py"))}


def test_the_two_commands_are_there() -> None:
    """The README's commands are typed exactly so, and name recipes of the justfile."""
    justfile = (ROOT / "justfile").read_text()
    for command in ("python3 -m pip install uv && uv run just serve", "uv run just test"):
        assert f"\n```\n{command}\n```\n" in README
        assert re.search(rf"^{command.split()[-1]}\b.*:", justfile, re.MULTILINE)
