"""An instance of the guest module during the build: it compiles JavaScript to bytecode, and boots images."""

import os
import struct
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import inputs
import wasmtime
from snapshot import PAGE_BYTES
from steps import BuildError
from workspace import Workspace, key_of

#: Where `out_ptr` lies in the mailbox (cb_mailbox_t in c/abi.h).
_OUT_AT = 84
#: The operation that gives a module's bytecode (host/sandbox/hostcalls.py).
_MODULE_LOAD = 1
_POINTER_AND_LENGTH = struct.Struct("<II")
_COMPILER_HEAP_BYTES = 32 << 20
_NONE: Mapping[str, bytes] = MappingProxyType({})


#: Keeps line numbers in the bytecode, so that stacks show the frames of modules of ours: for work on those.
KEEP_FRAMES = os.environ.get(inputs.FRAMES_SWITCH) == "1"


class GuestModule:
    """The guest module, from which any number of tools can be made. It is compiled for this machine when the first is
    made: a build whose every step was done before makes none."""

    def __init__(self, binary: bytes) -> None:
        self.binary = binary

    @cached_property
    def engine(self) -> wasmtime.Engine:
        return wasmtime.Engine()

    @cached_property
    def module(self) -> wasmtime.Module:
        return wasmtime.Module(self.engine, self.binary)

    def validate(self, binary: bytes) -> None:
        """Raises ValueError for what is not a valid module."""
        try:
            wasmtime.Module.validate(self.engine, binary)
        except wasmtime.WasmtimeError as error:
            raise ValueError(str(error)) from error


class Tool:
    """One fresh instance with a heap that ends at `heap_bytes`. A call that fails raises BuildError.

    What runs in it may load `modules`, bytecode by name, and ask the host for nothing else.
    """

    def __init__(self, guest: GuestModule, heap_bytes: int, modules: Mapping[str, bytes] = _NONE) -> None:
        self._modules = modules
        self._answer = b""
        self._calls: list[str] = []
        self._store = wasmtime.Store(guest.engine)
        linker = wasmtime.Linker(guest.engine)
        for item in guest.module.imports:
            function = {"call": self._load, "take": self._take}.get(item.name, self._refused(item.name))
            linker.define_func(item.module, item.name, item.type, function)
        self._exports = linker.instantiate(self._store, guest.module).exports(self._store)
        self._memory = self._exports["memory"]
        self.boot_stack_top = self._exports["__stack_pointer"].value(self._store)
        self.mailbox = self._exports["cb_mailbox"].value(self._store)
        missing = heap_bytes - self.memory_bytes
        if missing < 0:
            raise BuildError(f"a heap of {heap_bytes} bytes is below the {self.memory_bytes} of the module itself")
        self.grow(missing)
        self._exports["_initialize"](self._store)
        self.call("boot_init", heap_bytes)

    def _load(self, operation: int, at: int, length: int) -> int:
        """host.call: a module's bytecode, from those that this boot may have."""
        name = self.read(at, at + length).decode(errors="replace")
        if operation != _MODULE_LOAD or name not in self._modules:
            self._calls.append(f"call({operation}, {name!r})")
            return -1
        self._answer = self._modules[name]
        return len(self._answer)

    def _take(self, into: int, _length: int) -> None:
        self.write(self._answer, into)

    def _refused(self, name: str) -> Callable[..., int]:
        """A host function that only notes that it was called."""

        def host_function(*_arguments: int) -> int:
            self._calls.append(name)
            return -1

        return host_function

    @property
    def memory_bytes(self) -> int:
        return self._memory.data_len(self._store)

    def grow(self, size: int) -> None:
        self._memory.grow(self._store, size // PAGE_BYTES)

    def read(self, start: int, stop: int) -> bytes:
        return bytes(self._memory.read(self._store, start, stop))

    def write(self, data: bytes, at: int) -> None:
        self._memory.write(self._store, data, at)

    def call(self, export: str, *arguments: int) -> None:
        try:
            status = self._exports[export](self._store, *arguments)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            raise BuildError(f"{export} trapped: {error}") from error
        if self._calls:
            raise BuildError(
                f"{export} called the host ({', '.join(self._calls)}): an image may not depend on a host. A module of "
                "ours that a package touches while it is made has to be listed in TOUCHED of modules.py"
            )
        if status != 0:
            raise BuildError(f"{export} failed: {self.out().decode(errors='replace')}")

    def out(self) -> bytes:
        """What the last call left in the mailbox's `out`."""
        raw = self.read(self.mailbox + _OUT_AT, self.mailbox + _OUT_AT + _POINTER_AND_LENGTH.size)
        pointer, length = _POINTER_AND_LENGTH.unpack(raw)
        return self.read(pointer, pointer + length)


def _compiled(guest: GuestModule, source: bytes, title: str) -> bytes:
    """The bytecode of a script, without its source text and, but for KEEP_FRAMES, line numbers."""
    tool = Tool(guest, _COMPILER_HEAP_BYTES)
    name = title.encode() + b"\0"
    at = tool.memory_bytes
    tool.grow(-(-(len(name) + len(source) + 1) // PAGE_BYTES) * PAGE_BYTES)
    tool.write(name + source + b"\0", at)
    tool.call("boot_compile", at + len(name), len(source), at, KEEP_FRAMES)
    return tool.out()


def compile_scripts(workspace: Workspace, guest: GuestModule, sources: dict[str, bytes]) -> dict[str, bytes]:
    """The bytecode of each script, by name."""
    engine = key_of(guest.binary, str(KEEP_FRAMES))

    def compiled(name: str, source: bytes) -> bytes:
        def make(partial: Path) -> None:
            partial.write_bytes(_compiled(guest, source, f"cellblock:{name}"))

        return workspace.file(f"bytecode/{key_of(engine, name, source)}", make).read_bytes()

    return {name: compiled(name, source) for name, source in sources.items()}
