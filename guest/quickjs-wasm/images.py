"""Images: the guest module with its heap as it is once the bootstrap and some packages have run.

The memory of an image, from below: the boot's stack, most of which is the first heap of executions; the linker's data;
what the bootstrap made; what the packages made; the stack of executions.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import snapshot
from compile import BOOT_STACK_BYTES
from modules import IMAGES, TOUCHED
from snapshot import PAGE_BYTES
from steps import BuildError
from tool import GuestModule, Tool
from workspace import Workspace, key_of

#: The part of the boot's stack that boot_seal itself may use; the rest is what executions allocate from first.
SEAL_STACK_BYTES = 32 * 1024
RESERVE_BYTES = BOOT_STACK_BYTES - SEAL_STACK_BYTES
STACK_BYTES = 2 * 1024 * 1024
#: Larger ones are not mapped copy-on-write by wasmtime, without a word about it.
SPAN_MAX_BYTES = 16 * 1024 * 1024
#: Measured: 0.87 (uuid) to 1.0. Sparse memory costs segments, and copy-on-write where wasmtime finds it too sparse.
DENSITY_MIN = 0.7
IMPORTS = [("host", "call"), ("host", "take"), ("host", "start")]
EXPORTS = ["memory", "cb_mailbox", "cb_alloc", "cb_compile", "cb_begin", "cb_resume", "cb_settle"]

_HEAP_TO_MEASURE_BYTES = 32 << 20
_HEAP_TRIES_MAX = 8
#: The header of the block that ends the heap (c/memory.c).
_HEAP_END_BYTES = 8
_BLOCK_BYTES = 4096


@dataclass(frozen=True)
class Image:
    """A finished image. The mailbox and the stack's top are addresses in its memory."""

    name: str
    packages: tuple[str, ...]
    binary: bytes
    memory_bytes: int
    span_bytes: int
    density: float
    heap_bytes: int
    stack_top: int
    mailbox: int


class _HeapTooSmallError(Exception):
    """The boot let the memory grow."""


def _touched(packages: tuple[str, ...]) -> list[str]:
    """The modules of ours that the packages load while they are made, as the host knows them."""
    return [f"internal:{name}" for package in packages for name in TOUCHED.get(package, ())]


def _booted(guest: GuestModule, scripts: Mapping[str, bytes], packages: tuple[str, ...], heap_bytes: int) -> Tool:
    """A tool that has booted the packages, with STACK_BYTES of zeros behind its heap."""
    tool = Tool(guest, heap_bytes, {name: scripts[name] for name in _touched(packages)})
    tool.grow(STACK_BYTES)
    for name in ("bootstrap", *packages):
        title = name.encode() + b"\0"
        script = scripts[name]
        if len(title) + len(script) > STACK_BYTES:
            raise BuildError(f"the bytecode of {name} is larger than the stack, through whose memory it is handed in")
        tool.write(title.ljust(64, b"\0") + script, heap_bytes)
        if name == "bootstrap":
            tool.call("boot_bootstrap", heap_bytes + 64, len(script))
        else:
            tool.call("boot_package", heap_bytes, heap_bytes + 64, len(script))
    if tool.boot_stack_top != BOOT_STACK_BYTES:
        raise BuildError("the linker did not put the stack first: executions cannot have it as their heap")
    tool.write(bytes(BOOT_STACK_BYTES), 0)
    tool.call("boot_seal", RESERVE_BYTES)
    if tool.memory_bytes != heap_bytes + STACK_BYTES:
        raise _HeapTooSmallError
    tool.write(bytes(STACK_BYTES), heap_bytes)
    tool.write(bytes(SEAL_STACK_BYTES), RESERVE_BYTES)
    return tool


def _heap_needed(guest: GuestModule, scripts: Mapping[str, bytes], packages: tuple[str, ...]) -> int:
    """How much of a generous heap the boot writes to, in whole pages."""
    tool = _booted(guest, scripts, packages, _HEAP_TO_MEASURE_BYTES)
    used = len(tool.read(0, _HEAP_TO_MEASURE_BYTES - _HEAP_END_BYTES).rstrip(b"\0"))
    return -(-(used + _HEAP_END_BYTES) // PAGE_BYTES) * PAGE_BYTES


def _smallest_boot(guest: GuestModule, scripts: Mapping[str, bytes], packages: tuple[str, ...]) -> tuple[Tool, int]:
    """The booted tool with the smallest heap that the boot fits in, and that heap's size."""
    needed = _heap_needed(guest, scripts, packages)
    for extra in range(_HEAP_TRIES_MAX):
        heap_bytes = needed + extra * PAGE_BYTES
        try:
            return _booted(guest, scripts, packages, heap_bytes), heap_bytes
        except _HeapTooSmallError:
            continue
    raise BuildError(f"the boot wrote to {needed} bytes and yet needs a heap of over {heap_bytes}")


def density_of(memory: bytes) -> tuple[int, float]:
    """The span from the first block of 4 KiB that is not zero to the last, and which part of it is not zero, where
    the reserve does not count: it is empty on purpose."""
    blocks = [at for at in range(0, len(memory), _BLOCK_BYTES) if memory[at : at + _BLOCK_BYTES].strip(b"\0")]
    if not blocks:
        return 0, 0.0
    span = blocks[-1] + _BLOCK_BYTES - blocks[0]
    return span, len(blocks) * _BLOCK_BYTES / max(span - RESERVE_BYTES, _BLOCK_BYTES)


def check_image(image: Image, guest: GuestModule) -> None:
    """Raises BuildError where the image would be slow or could reach what it must not."""
    where = f"the image {image.name}"
    imports, exports = snapshot.imports_of(image.binary), snapshot.exports_of(image.binary)
    if sorted(imports) != sorted(IMPORTS):
        raise BuildError(f"{where} imports {imports}, and may import {IMPORTS} alone")
    if sorted(exports) != sorted(EXPORTS):
        raise BuildError(f"{where} exports {exports}, and must export {EXPORTS}")
    if image.span_bytes > SPAN_MAX_BYTES:
        raise BuildError(f"{where} spans {image.span_bytes} bytes; over {SPAN_MAX_BYTES} copy-on-write is lost")
    if image.density < DENSITY_MIN:
        raise BuildError(f"{where} has a density of {image.density:.2f}, below {DENSITY_MIN}: the boot left holes")
    try:
        guest.validate(image.binary)
    except ValueError as error:
        raise BuildError(f"{where} is not a valid module: {error}") from error


def make_image(guest: GuestModule, scripts: Mapping[str, bytes], name: str) -> Image:
    """Boots, freezes and checks one image. Raises BuildError."""
    packages = IMAGES[name]
    tool, heap_bytes = _smallest_boot(guest, scripts, packages)
    memory = tool.read(0, tool.memory_bytes)
    again = _booted(guest, scripts, packages, heap_bytes)
    if again.read(0, again.memory_bytes) != memory:
        raise BuildError(f"two boots of the image {name} differ: something of a clock or a random source is in it")
    stack_top = heap_bytes + STACK_BYTES
    binary = snapshot.freeze(guest.binary, memory, stack_top, set(EXPORTS).__contains__)
    span_bytes, density = density_of(memory)
    image = Image(name, packages, binary, len(memory), span_bytes, density, heap_bytes, stack_top, tool.mailbox)
    check_image(image, guest)
    return image


#: What an image depends on beside the guest module and its scripts.
_MAKERS = ("images.py", "snapshot.py", "tool.py")


def _read_image(folder: Path) -> Image | None:
    """An image that was made before; None where it is not what was written then."""
    facts = json.loads((folder / "facts.json").read_text())
    binary = (folder / "image.wasm").read_bytes()
    if hashlib.sha256(binary).hexdigest() != facts.pop("sha256"):
        return None
    return Image(**{**facts, "packages": tuple(facts["packages"])}, binary=binary)


def kept_image(workspace: Workspace, guest: GuestModule, scripts: Mapping[str, bytes], name: str) -> Image:
    """An image, made unless one was made from the same before. Raises BuildError."""
    used = [scripts[each] for each in ("bootstrap", *IMAGES[name], *_touched(IMAGES[name]))]
    makers = [(Path(__file__).parent / file).read_bytes() for file in _MAKERS]

    def make(folder: Path) -> None:
        facts = vars(make_image(guest, scripts, name)).copy()
        binary = facts.pop("binary")
        (folder / "image.wasm").write_bytes(binary)
        (folder / "facts.json").write_text(json.dumps({**facts, "sha256": hashlib.sha256(binary).hexdigest()}))

    folder = f"frozen/{name}-{key_of(guest.binary, *IMAGES[name], *used, *makers)}"
    image = _read_image(workspace.tree(folder, make))
    if image is None:
        workspace.drop(folder)
        image = _read_image(workspace.tree(folder, make))
    return image
