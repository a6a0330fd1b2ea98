"""The house's rules that a machine can check: which room may know which, and how large things are."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from host.cli.main import COMMANDS
from host.cli.policy import COMMANDS as POLICY_COMMANDS

ROOT = Path(__file__).parents[1]
LINES_MAX = 420
FUNCTION_LINES_MAX = 60

#: What each room of `host` may import of the others. Knowledge points inward: api → execution → {sandbox,
#: capabilities} → policy.
MAY_IMPORT = {
    "policy": set(),
    "sandbox": {"errors"},
    "node": {"errors"},
    "capabilities": {"sandbox", "policy", "errors"},
    "execution": {"sandbox", "capabilities", "node", "policy", "errors", "machine"},
    "errors": set(),
    "machine": set(),
    "version": set(),
    "setting_kinds": set(),
    "settings": {"errors", "machine", "policy", "setting_kinds"},
    "secrets": {"policy"},
    "reload": {"errors", "node", "policy", "secrets"},
    "logs": {"settings"},
    "decisions": {"capabilities", "errors", "execution", "lines", "logs", "policy"},
    "lines": set(),
    "telemetry": {"api", "errors", "version"},
    "api": {"execution", "policy", "reload", "settings", "errors", "machine", "version"},
    "cli": {
        "api",
        "app",
        "capabilities",
        "decisions",
        "execution",
        "sandbox",
        "policy",
        "settings",
        "errors",
        "logs",
        "machine",
        "node",
        "reload",
        "secrets",
        "telemetry",
        "version",
    },
    "app": {
        "api",
        "capabilities",
        "decisions",
        "errors",
        "execution",
        "lines",
        "logs",
        "machine",
        "node",
        "policy",
        "reload",
        "sandbox",
        "secrets",
        "settings",
        "telemetry",
    },
}
#: Modules that nothing imports because they are started: as a program, or by the build.
ENTRIES = {"host.cli.__main__", "host"}


def _tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    return [ROOT / name for name in listed if (ROOT / name).exists()]


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_point_inward(room: str) -> None:
    """A room knows the rooms further in, and none further out."""
    files = [path for path in _tracked("host/*.py") if path.relative_to(ROOT).with_suffix("").parts[1] == room]
    assert files, f"there is no host/{room}"
    known = {name.split(".")[1] for path in files for name in _imports(path) if name.startswith("host.")}
    assert known - {room} <= MAY_IMPORT[room]


def test_every_room_is_listed() -> None:
    """A new room gets a place in the order before it gets code."""
    rooms = {path.relative_to(ROOT).with_suffix("").parts[1] for path in _tracked("host/*.py")} - {"__init__"}
    assert rooms == set(MAY_IMPORT)


def test_every_module_is_used() -> None:
    """What nothing imports is deleted."""
    modules = {_module(path) for path in _tracked("host/*.py")}
    sources = _tracked("host/*.py", "perf/*.py", "tests/*.py")
    imported = {name for path in sources for name in _imports(path)}
    # A package counts as used where one of its modules is; commands are named in a table and imported from there.
    commands = {f"host.cli.{module}" for module, _ in COMMANDS.values()}
    commands |= {f"host.cli.policy.{module}" for module, _ in POLICY_COMMANDS.values()}
    used = imported | commands | ENTRIES
    unused = {name for name in modules if not any(each == name or each.startswith(f"{name}.") for each in used)}
    assert unused == set()


@pytest.mark.parametrize("path", _tracked("*.py", "*.c", "*.h", "*.js", "*.mjs"), ids=lambda path: path.name)
def test_files_and_functions_are_small(path: Path) -> None:
    """A file has one noun, and a function fits on a screen."""
    text = path.read_text()
    assert text.count("\n") <= LINES_MAX
    if path.suffix == ".py":
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        long = [node.name for node in nodes if node.end_lineno - node.lineno + 1 > FUNCTION_LINES_MAX]
        assert long == []


def test_nothing_built_is_tracked() -> None:
    """Bundles and binaries come from the build."""
    assert (
        _tracked("*.wasm", "*.cwasm", "*.so", "*.o", "*.a", "*.whl", "*.tar.gz", "*.tgz", "*.min.js", "uv.lock") == []
    )


def test_no_file_names_a_registry() -> None:
    """Packages are known by name and version; where they come from is the machine's business."""
    hosts = re.compile(
        "|".join(("pypi" + r"\.org", "pythonhosted" + r"\.org", "registry" + r"\.npmjs", "npmjs" + r"\.org"))
    )
    named = [path.name for path in _tracked() if path.is_file() and hosts.search(path.read_text(errors="ignore"))]
    assert named == []


#: Modules of ours that only compute are not among them (guest/quickjs-wasm/MODULES.md).
BOOTSTRAP = _tracked(*(f"guest/quickjs-wasm/js/{room}/*.js" for room in ("bootstrap", "capabilities", "internal")))


@pytest.mark.parametrize("path", BOOTSTRAP, ids=lambda path: path.name)
def test_the_bootstrap_calls_nothing_that_a_guest_can_replace_by_syntax(path: Path) -> None:
    """QuickJS-ng makes of a template literal a call of String.prototype.concat, which a guest can replace: with that,
    `require` once found every module on the policy's list. RegExp.prototype.test looks `exec` up in the same way."""
    comments_and_strings = r"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\""
    code = re.sub(comments_and_strings, "''", path.read_text(), flags=re.DOTALL)
    assert "`" not in code
    assert re.search(r"\.test\b", code) is None


@pytest.mark.parametrize("path", _tracked("guest/quickjs-wasm/c/*.c"), ids=lambda path: path.name)
def test_c_functions_are_small(path: Path) -> None:
    """A function's body begins and ends with a brace in the first column."""
    began, long = 0, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line == "{":
            began = number
        elif line == "}" and number - began > FUNCTION_LINES_MAX:
            long.append(began)
    assert long == []


@pytest.mark.parametrize("path", _tracked("host/*.py"), ids=lambda path: str(path.relative_to(ROOT)))
def test_wasmtime_stays_in_the_sandbox(path: Path) -> None:
    """And the bindings below its public API stay in one file of it."""
    text = path.read_text()
    if re.search(r"^\s*(import|from) wasmtime", text, re.MULTILINE):
        assert path.parent.name == "sandbox" or path.name == "doctor.py"
    if re.search(r"from wasmtime import _|wasmtime\._", text):
        assert path.name == "capi.py"
