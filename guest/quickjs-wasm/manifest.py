"""manifest.json: what is in an image folder, what it was made from, and the hash of each file."""

import hashlib
import json
import re
from pathlib import Path

import snapshot
from bundle import file_stem, package_of
from images import Image
from inputs import FOLDER, QUICKJS, TZDATA, ZIGLANG_VERSION
from steps import BuildError

FORMAT = 1


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def abi_version() -> int:
    """CB_ABI_VERSION of c/abi.h."""
    found = re.search(r"^#define CB_ABI_VERSION (\d+)$", (FOLDER / "c" / "abi.h").read_text(), re.MULTILINE)
    if not found:
        raise BuildError("c/abi.h defines no CB_ABI_VERSION")
    return int(found[1])


def _npm_packages() -> dict[str, dict[str, str]]:
    """Every package that the lock file names, but for the bundler's builds for other machines."""
    locked = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    return {
        path.removeprefix("node_modules/"): {"version": facts["version"], "integrity": facts["integrity"]}
        for path, facts in sorted(locked.items())
        if path and not facts.get("optional")
    }


def _image_facts(image: Image) -> dict[str, object]:
    return {
        "file": f"images/{image.name}.wasm",
        "sha256": _sha256(image.binary),
        "size_bytes": len(image.binary),
        "packages": list(image.packages),
        "memory_bytes": image.memory_bytes,
        "heap_bytes": image.heap_bytes,
        "span_bytes": image.span_bytes,
        "density": round(image.density, 4),
        "stack_top": image.stack_top,
        "mailbox": image.mailbox,
        "imports": [".".join(pair) for pair in snapshot.imports_of(image.binary)],
        "exports": snapshot.exports_of(image.binary),
    }


def _module_facts(name: str, bytecode: bytes) -> dict[str, object]:
    return {
        "file": f"modules/{file_stem(name)}.bytecode",
        "sha256": _sha256(bytecode),
        "size_bytes": len(bytecode),
        "package": package_of(name),
    }


def is_whole(folder: Path, inputs_hash: str) -> bool:
    """Whether the folder has the image of these inputs, with every file as it was written."""
    try:
        content = json.loads((folder / "manifest.json").read_text())
        files = [*content["images"].values(), *content["modules"].values()]
        return content["inputs_hash"] == inputs_hash and all(
            _sha256((folder / facts["file"]).read_bytes()) == facts["sha256"] for facts in files
        )
    except (OSError, ValueError, LookupError):
        return False


def write(folder: Path, inputs_hash: str, guest: bytes, images: list[Image], modules: dict[str, bytes]) -> None:
    """Writes images, module bytecode and the manifest that names them."""
    content = {
        "format": FORMAT,
        "inputs_hash": inputs_hash,
        "abi_version": abi_version(),
        "made_from": {
            "quickjs-ng": {"version": QUICKJS.version, "sha256": QUICKJS.sha256[0]},
            "ziglang": {"version": ZIGLANG_VERSION},
            "tzdata": {"version": TZDATA.version, "sha256": TZDATA.sha256[0]},
            "npm": _npm_packages(),
        },
        "guest": {"sha256": _sha256(guest), "size_bytes": len(guest)},
        "images": {image.name: _image_facts(image) for image in images},
        "modules": {name: _module_facts(name, bytecode) for name, bytecode in sorted(modules.items())},
    }
    (folder / "images").mkdir()
    (folder / "modules").mkdir()
    for image in images:
        (folder / "images" / f"{image.name}.wasm").write_bytes(image.binary)
    for name, bytecode in modules.items():
        (folder / "modules" / f"{file_stem(name)}.bytecode").write_bytes(bytecode)
    (folder / "manifest.json").write_text(json.dumps(content, indent=2) + "\n")
