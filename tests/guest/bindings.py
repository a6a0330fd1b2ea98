"""C functions of the guest, called without an image: what modules of ours get from `bindings(name)`."""

import json
import struct

from build import GuestModule, Workspace, compile_guest, fetch
from snapshot import PAGE_BYTES
from tool import Tool, compile_scripts

_HEAP_BYTES = 32 << 20
#: Where these lie in the mailbox (cb_mailbox_t in c/abi.h).
_LOG_BYTES_MAX_AT = 72
_LOG_AT = 92
_RECORD_HEAD = struct.Struct("<IId")


class Bindings:
    """A booted guest module whose bindings scripts can use."""

    def __init__(self) -> None:
        self._workspace = Workspace.of_user()
        with self._workspace.locked():
            self._guest = GuestModule(compile_guest(self._workspace, fetch.quickjs_sources(self._workspace)))

    def run(self, script: str, given: object = None) -> object:
        """What a script returns, as JSON tells it. It sees `bindings`, `primordials` and `given`."""
        source = (
            "(function(bridge){const {bindings} = bridge, primordials = bridge.primordials();"
            f"const given = {json.dumps(given)}; const run = () => {{ {script}\n }};"
            "bridge.log(0, JSON.stringify(run()) ?? 'null')})"
        )
        with self._workspace.locked():
            bytecode = compile_scripts(self._workspace, self._guest, {"test": source.encode()})["test"]
        tool = Tool(self._guest, _HEAP_BYTES)
        at = tool.memory_bytes
        tool.grow(-(-len(bytecode) // PAGE_BYTES) * PAGE_BYTES)
        tool.write(bytecode, at)
        tool.write(struct.pack("<I", 1 << 30), tool.mailbox + _LOG_BYTES_MAX_AT)
        tool.call("boot_bootstrap", at, len(bytecode))
        pointer, _ = struct.unpack("<II", tool.read(tool.mailbox + _LOG_AT, tool.mailbox + _LOG_AT + 8))
        _, length, _ = _RECORD_HEAD.unpack(tool.read(pointer, pointer + _RECORD_HEAD.size))
        return json.loads(tool.read(pointer + _RECORD_HEAD.size, pointer + _RECORD_HEAD.size + length))
