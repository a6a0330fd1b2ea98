"""The guest image: where it is, whether it is whole, and its compiled form.

In a checkout the image is built on first use and kept in the user's cache folder under the hash of its inputs. In an
installed wheel it lies beside this file. Compiled modules are always in the cache folder, under a key of image,
wasmtime and configuration.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import wasmtime
from msgspec import Struct

from host.errors import ImageError

_PACKAGED = Path(__file__).parent / "image"
_GUEST = Path(__file__).parents[2] / "guest" / "quickjs-wasm"
_UNUSED_SECONDS_MAX = 14 * 24 * 3600


class ImageFacts(Struct, frozen=True):
    """What the manifest says of one image. Sizes in bytes; `mailbox` is an address in guest memory."""

    file: str
    sha256: str
    mailbox: int
    packages: tuple[str, ...] = ()
    memory_bytes: int = 0
    density: float = 0.0


class ModuleFacts(Struct, frozen=True):
    """A module's bytecode beside the images."""

    file: str
    sha256: str


class Manifest(Struct, frozen=True):
    """The part of manifest.json that the host reads."""

    inputs_hash: str
    abi_version: int
    images: dict[str, ImageFacts]
    modules: dict[str, ModuleFacts]


class ImageBundle(Struct, frozen=True):
    """A folder with manifest, images and module bytecode. Bytecode that was asked for is kept: there is as much of it
    as the manifest names, and it never changes."""

    folder: Path
    manifest: Manifest
    _bytecode: dict[str, bytes] = {}

    def module_bytecode(self, name: str) -> bytes:
        """The bytecode of a module. Raises KeyError for a name that the manifest does not have, and ImageError for
        bytecode that is not what the manifest names."""
        kept = self._bytecode.get(name)
        if kept is not None:
            return kept
        facts = self.manifest.modules[name]
        bytecode = (self.folder / facts.file).read_bytes()
        if hashlib.sha256(bytecode).hexdigest() != facts.sha256:
            raise ImageError(f"the module {name!r} is not the one that its manifest names", "Build the image anew.")
        self._bytecode[name] = bytecode
        return bytecode

    def raw_manifest(self) -> dict:
        """The whole manifest, for `cellblock image info`."""
        return msgspec.json.decode((self.folder / "manifest.json").read_bytes())


def cache_folder() -> Path:
    """The user's cache folder for us (XDG base directory specification), made with access for the user alone."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(base) / "cellblock"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _inputs_hash() -> str:
    spec = importlib.util.spec_from_file_location("cellblock_image_inputs", _GUEST / "inputs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.inputs_hash()


def _read_bundle(folder: Path) -> ImageBundle:
    try:
        manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise ImageError(f"the image in {folder} is damaged: {error}", "Delete the folder and start again.") from error
    return ImageBundle(folder, manifest)


def built_folder() -> Path | None:
    """Where the image of this checkout is or will be; None in an installed wheel."""
    if not (_GUEST / "inputs.py").exists():
        return None
    return cache_folder() / "images" / _inputs_hash()


def build_image(folder: Path) -> None:
    """Runs the build, with its progress on stderr. Raises ImageError where it fails."""
    command = [sys.executable, str(_GUEST / "build.py"), "--out", str(folder)]
    if subprocess.run(command, check=False).returncode != 0:
        raise ImageError("the guest image could not be built; the messages above say why")


def find_image() -> ImageBundle:
    """The image: packaged, else this checkout's, built now if it is not there yet. Raises ImageError."""
    if (_PACKAGED / "manifest.json").exists():
        return _read_bundle(_PACKAGED)
    folder = built_folder()
    if folder is None:
        raise ImageError("no guest image", "Install the wheel, or run from a checkout of the repository.")
    if not (folder / "manifest.json").exists():
        build_image(folder)
        _prune(folder.parent)
        _prune(cache_folder() / "compiled")
    os.utime(folder)
    return _read_bundle(folder)


def _prune(folder: Path) -> None:
    """Drops images and compiled modules that nothing has used for long: each change of the guest leaves some 50 MB."""
    oldest = time.time() - _UNUSED_SECONDS_MAX
    for entry in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(OSError):  # another process may be pruning too
            if entry.stat().st_mtime < oldest:
                shutil.rmtree(entry)


def _owned_by_us(path: Path) -> bool:
    """A compiled module is native code: one that another user could have written is not loaded."""
    facts = path.stat()
    return facts.st_uid == os.getuid() and not facts.st_mode & 0o022


def load_compiled(bundle: ImageBundle, name: str, engine: wasmtime.Engine, key: str) -> wasmtime.Module:
    """The compiled module of an image, from the cache or compiled now.

    Raises ImageError where the image is not the one that the manifest names.
    """
    facts = bundle.manifest.images[name]
    folder = cache_folder() / "compiled" / f"{facts.sha256[:24]}-{key}"
    cached = folder / f"{name}.cwasm"
    if cached.exists() and _owned_by_us(folder) and _owned_by_us(cached):
        try:
            os.utime(folder)
            return wasmtime.Module.deserialize_file(engine, str(cached))
        except wasmtime.WasmtimeError:
            pass  # made by another build of wasmtime: wasmtime refuses it, and it is compiled anew below
    data = (bundle.folder / facts.file).read_bytes()
    if hashlib.sha256(data).hexdigest() != facts.sha256:
        raise ImageError(f"the image {name!r} is not the one that its manifest names", "Build the image anew.")
    module = wasmtime.Module(engine, data)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = folder / f"{name}.{os.getpid()}.partial"
    partial.write_bytes(module.serialize())
    partial.chmod(0o600)
    partial.replace(cached)
    return wasmtime.Module.deserialize_file(engine, str(cached))
