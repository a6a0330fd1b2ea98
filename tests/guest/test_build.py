"""guest/quickjs-wasm/build.py: what an image is made of, and what fails its build."""

import dataclasses
import hashlib
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import images
import inputs
import modules
import pytest
import snapshot
import wasmtime
from images import Image
from steps import BuildError
from tool import GuestModule, Tool
from workspace import Workspace

from host.sandbox.image import ImageBundle, find_image

BUILD = inputs.FOLDER / "build.py"
GUEST = """
(module
  (import "host" "call" (func $call (param i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (global (export "__stack_pointer") (mut i32) (i32.const 4096))
  (global (export "cb_mailbox") i32 (i32.const 8192))
  (func (export "_initialize"))
  (func (export "boot_init") (param i32) (result i32) (i32.const 0))
  (func (export "calls_host") (result i32) (call $call (i32.const 1) (i32.const 0) (i32.const 0)))
  (func (export "fails") (result i32)
    (i64.store (i32.const 8276) (i64.const 0x300000040))
    (i32.store (i32.const 64) (i32.const 0x00796877))
    (i32.const -1))
  (func (export "traps") (result i32) unreachable))
"""


@pytest.fixture(scope="session")
def built() -> ImageBundle:
    return find_image()


@pytest.fixture
def good_image() -> Image:
    """An image that passes the checks."""
    functions = "".join(f'(func (export "{name}"))' for name in images.EXPORTS[2:])
    imports = "".join(f'(import "{module}" "{name}" (func))' for module, name in images.IMPORTS)
    state = '(memory (export "memory") 1) (global (export "cb_mailbox") i32 (i32.const 8))'
    binary = wasmtime.wat2wasm(f"(module {imports} {state} {functions})")
    return Image("test", (), binary, 65536, 65536, 1.0, 65536, 65536, 8)


@pytest.fixture(scope="session")
def guest() -> GuestModule:
    return GuestModule(wasmtime.wat2wasm(GUEST))


def files_of(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below the folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_an_image_reaches_nothing_but_the_three_host_functions(built: ImageBundle) -> None:
    """No WASI, and nothing of the boot is left to call: read from the images themselves."""
    for facts in built.manifest.images.values():
        binary = (built.folder / facts.file).read_bytes()
        assert sorted(snapshot.imports_of(binary)) == [("host", "call"), ("host", "start"), ("host", "take")]
        assert sorted(snapshot.exports_of(binary)) == [
            *("cb_alloc", "cb_begin", "cb_compile", "cb_mailbox", "cb_resume", "cb_settle", "memory"),
        ]


def test_every_image_is_dense_and_small_enough_for_copy_on_write(built: ImageBundle) -> None:
    """A sparse or large image is copied, sixty times slower, without a word."""
    manifest = built.raw_manifest()
    assert set(manifest["images"]) == {"base", "fetch", "all", *modules.PACKAGES}
    for facts in manifest["images"].values():
        assert facts["density"] >= images.DENSITY_MIN
        assert facts["span_bytes"] <= images.SPAN_MAX_BYTES
        assert facts["memory_bytes"] == facts["heap_bytes"] + images.STACK_BYTES == facts["stack_top"]


def test_the_base_image_is_the_smallest(built: ImageBundle) -> None:
    """Image size decides the speed: no package is in the base image."""
    sizes = {name: facts["span_bytes"] for name, facts in built.raw_manifest()["images"].items()}
    assert min(sizes.values()) == sizes["base"]
    assert max(sizes.values()) == sizes["all"]


def test_the_manifest_names_every_file_with_its_hash(built: ImageBundle) -> None:
    """Nothing lies in the folder that the manifest does not vouch for."""
    manifest = built.raw_manifest()
    named = [*manifest["images"].values(), *manifest["modules"].values()]
    assert {facts["file"]: facts["sha256"] for facts in named} == {
        name: digest for name, digest in files_of(built.folder).items() if name != "manifest.json"
    }


def test_the_manifest_says_what_the_image_was_made_from(built: ImageBundle) -> None:
    """Versions and hashes of the engine, the compiler and each npm package that is bundled."""
    made_from = built.raw_manifest()["made_from"]
    assert made_from["quickjs-ng"] == {"version": inputs.QUICKJS.version, "sha256": inputs.QUICKJS.sha256[0]}
    assert made_from["ziglang"] == {"version": inputs.ZIGLANG_VERSION}
    assert {"esbuild", *modules.PACKAGES} <= set(made_from["npm"])
    assert all(facts["integrity"].startswith("sha512-") for facts in made_from["npm"].values())


def test_no_image_holds_source_text_or_a_path_of_the_building_machine(built: ImageBundle) -> None:
    """Bytecode has neither, and the memory that sources passed through is wiped."""
    traces = (b"(function(module,exports,require)", b"(function(bridge)", b"quickjs-wasm", bytes(Path.home()))
    for facts in built.manifest.images.values():
        binary = (built.folder / facts.file).read_bytes()
        assert [trace for trace in traces if trace in binary] == []


def test_a_second_build_gives_the_same_bytes(built: ImageBundle, tmp_path: Path) -> None:
    """Nothing of a clock, a random source or a folder's name is frozen into an image."""
    subprocess.run([sys.executable, BUILD, "--out", tmp_path / "again"], check=True, capture_output=True)
    assert files_of(tmp_path / "again") == files_of(built.folder)


def test_a_damaged_image_is_built_anew(built: ImageBundle, tmp_path: Path) -> None:
    """A whole folder is left as it is; one with a file cut short is replaced."""
    out = tmp_path / "image"
    shutil.copytree(built.folder, out)
    build = [sys.executable, BUILD, "--out", out]
    assert subprocess.run(build, check=True, capture_output=True).stderr == b""
    (out / "images" / "base.wasm").write_bytes(b"\0asm")
    subprocess.run(build, check=True, capture_output=True)
    assert files_of(out) == files_of(built.folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["image"]


def test_the_inputs_hash_follows_names_and_contents_alone(tmp_path: Path) -> None:
    """Not times, not caches: and every source counts."""

    def hash_of(folder: Path) -> str:
        return runpy.run_path(str(folder / "inputs.py"))["inputs_hash"]()

    copy = tmp_path / "anywhere"
    shutil.copytree(inputs.FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__"))
    assert hash_of(copy) == inputs.inputs_hash()
    (copy / "__pycache__").mkdir(exist_ok=True)
    (copy / "__pycache__" / "more.py").write_text("1")
    (copy / "notes.md").write_text("notes")
    assert hash_of(copy) == inputs.inputs_hash()
    for changed in ("c/boot.c", "c/abi.h", "js/bootstrap/main.js", "package-lock.json", "images.py"):
        before = (copy / changed).read_bytes()
        (copy / changed).write_bytes(before + b"\n")
        assert hash_of(copy) != inputs.inputs_hash()
        (copy / changed).write_bytes(before)
    (copy / "c" / "boot.c").rename(copy / "c" / "boots.c")
    assert hash_of(copy) != inputs.inputs_hash()


def test_the_lock_file_names_no_registry() -> None:
    """Versions and integrity only: each machine fetches from the registry that it is set up for."""
    text = (inputs.FOLDER / "package-lock.json").read_text()
    assert '"integrity"' in text
    assert '"resolved"' not in text


def test_an_image_passes_the_checks(good_image: Image, guest: GuestModule) -> None:
    """The counterpart of the test below."""
    images.check_image(good_image, guest)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"binary": wasmtime.wat2wasm('(module (import "wasi_snapshot_preview1" "fd_write" (func)))')}, "fd_write"),
        ({"binary": b"\0asm\x01\0\0\0"}, "imports"),
        ({"span_bytes": (16 << 20) + 1}, "copy-on-write"),
        ({"density": 0.5}, "density"),
    ],
)
def test_an_image_that_would_be_slow_or_reach_out_fails_the_build(
    good_image: Image, guest: GuestModule, change: dict, said: str
) -> None:
    """Other imports, a sparse memory, a large one."""
    with pytest.raises(BuildError, match=said):
        images.check_image(dataclasses.replace(good_image, **change), guest)


def test_an_image_with_other_exports_or_broken_code_fails_the_build(good_image: Image, guest: GuestModule) -> None:
    """An export of the boot that stays is a door; a module that does not validate is never shipped."""
    renamed = good_image.binary.replace(b"cb_alloc", b"boot_ini")
    with pytest.raises(BuildError, match="exports"):
        images.check_image(dataclasses.replace(good_image, binary=renamed), guest)
    with pytest.raises(BuildError, match="not a valid module"):
        images.check_image(dataclasses.replace(good_image, binary=good_image.binary[:-3] + b"\xff\xff\xff"), guest)


def test_density_counts_blocks_that_are_not_zero() -> None:
    """From the first to the last, and without the reserve, which is empty on purpose."""
    block, reserve = b"x" * 4096, bytes(images.RESERVE_BYTES)
    assert images.density_of(bytes(8192)) == (0, 0.0)
    assert images.density_of(bytes(65536) + block + reserve + block + bytes(65536)) == (8192 + len(reserve), 1.0)
    assert images.density_of(block + reserve + bytes(8192) + block) == (16384 + len(reserve), 0.5)


@pytest.mark.parametrize(
    ("export", "said"),
    [("calls_host", "called the host"), ("fails", "fails failed: why"), ("traps", "traps trapped")],
)
def test_a_boot_that_goes_wrong_fails_the_build(guest: GuestModule, export: str, said: str) -> None:
    """A host call during the boot, an error of the guest's own, a trap: each with its reason."""
    tool = Tool(guest, 4 * 65536)
    with pytest.raises(BuildError, match=said):
        tool.call(export)


def test_a_step_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """A file of the cache that has its name is whole, so that a build that was stopped can be started again."""
    workspace = Workspace(tmp_path)

    def half(partial: Path) -> None:
        partial.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workspace.file("objects/one.o", half)
    assert files_of(tmp_path) == {}
    made = workspace.file("objects/one.o", lambda partial: partial.write_text("whole"))
    assert workspace.file("objects/one.o", half) == made
    assert made.read_text() == "whole"
