"""Builds the guest image: `python guest/quickjs-wasm/build.py --out FOLDER`.

Fetch, compile, bundle, boot, freeze, check. What was made before from the same inputs is taken from the cache, so that
a second build takes seconds and needs no network.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import fetch
import manifest
from bundle import Bundler
from compile import check_compiler, compile_guest
from images import kept_image
from inputs import inputs_hash
from modules import IMAGES
from steps import BuildError, step
from tool import GuestModule, compile_scripts
from workspace import Workspace


def _make(workspace: Workspace, folder: Path, digest: str) -> None:
    """Fills the folder."""
    check_compiler()
    with step("fetch QuickJS-ng"):
        quickjs = fetch.quickjs_sources(workspace)
    with step("fetch npm packages"):
        npm = fetch.npm_packages(workspace)
    with step("fetch time zones"):
        zones = fetch.zones_wheel(workspace)
    binary = compile_guest(workspace, quickjs)
    guest = GuestModule(binary)
    with step("bundle JavaScript"):
        bundler = Bundler(workspace, npm, zones)
        sources = {"bootstrap": bundler.bootstrap(), **bundler.modules()}
    with step(f"compile {len(sources)} scripts to bytecode"):
        scripts = compile_scripts(workspace, guest, sources)
    images = []
    for name in IMAGES:
        with step(f"boot and freeze the image {name}"):
            images.append(kept_image(workspace, guest, scripts, name))
    modules = {name: bytecode for name, bytecode in scripts.items() if name != "bootstrap"}
    manifest.write(folder, digest, binary, images, modules)


def _replace(out: Path, finished: Path) -> None:
    """Gives the finished folder its name; at no time is there half an image under it."""
    finished.chmod(0o755)
    if out.exists():
        out.rename(finished / "replaced")
    finished.rename(out)
    shutil.rmtree(out / "replaced", ignore_errors=True)


def build(out: Path) -> None:
    """Builds into `out`, unless the image of the present inputs is there already. Raises BuildError."""
    out.parent.mkdir(parents=True, exist_ok=True)
    workspace = Workspace.of_user()
    with workspace.locked():
        digest = inputs_hash()
        if manifest.is_whole(out, digest):
            return
        partial = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name[:32]}-"))
        try:
            _make(workspace, partial, digest)
            if inputs_hash() != digest:
                raise BuildError("a source of the image was changed during the build: start it again")
            _replace(out, partial)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        workspace.prune()


def main() -> int:
    parser = argparse.ArgumentParser(description="Builds the guest image.")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--out", type=Path, metavar="FOLDER", help="build into this folder, replacing it")
    action.add_argument("--hash", action="store_true", help="print the hash of everything that the image is made from")
    arguments = parser.parse_args()
    if arguments.hash:
        print(inputs_hash())
        return 0
    try:
        build(arguments.out)
    except BuildError as error:
        print(f"image: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
