"""The machine that a figure was taken on: no figure is worth anything without it."""

import os
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import msgspec

PACKAGES = ("wasmtime", "granian", "litestar", "msgspec", "quickjs-ng")
ROOT = Path(__file__).parent.parent


class Machine(msgspec.Struct, frozen=True):
    cpu: str
    cores: int
    memory_gib: float
    kernel: str
    commit: str
    versions: dict[str, str]
    load_average_1min: float
    """Processes that were runnable before the run began: well above 0 means that the figures are disturbed."""

    def markdown(self) -> str:
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return (
            f"{self.cpu}, {self.cores} cores, {self.memory_gib:.1f} GiB, {self.kernel}  \n"
            f"{versions}  \n"
            f"commit {self.commit}, load average before the run {self.load_average_1min:.2f}\n"
        )


def describe() -> Machine:
    return Machine(
        cpu=_field("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30,
        kernel=f"{platform.system()} {platform.release()} {platform.machine()}",
        commit=_commit(),
        versions=_versions(),
        load_average_1min=os.getloadavg()[0],
    )


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    if node := _first_line("node", "--version"):
        versions["node"] = node.removeprefix("v")
    # wrk prints its version, and then ends with status 1.
    if wrk := _first_line("wrk", "--version"):
        versions["wrk"] = wrk.split()[1].removeprefix("debian/")
    return versions


def _commit() -> str:
    head = _first_line("git", "rev-parse", "--short", "HEAD")
    if not head or "fatal" in head:
        return "unknown"
    return head + (" with changes" if _first_line("git", "status", "--porcelain") else "")


def _first_line(*command: str) -> str:
    """The first line that the command prints, or nothing where it is missing or hangs."""
    if shutil.which(command[0]) is None:
        return ""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, cwd=ROOT, check=False)
    except subprocess.TimeoutExpired:
        return ""
    return (done.stdout or "").strip().split("\n")[0]


def _field(path: str, name: str) -> str:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), "")
