"""The one wasmtime engine of the process: its configuration, and the images linked and ready to be instantiated.

The figures here belong together; guest/quickjs-wasm/ABI.md, "Stack", has the measurements behind them.
"""

import hashlib
import json
import threading
from importlib.metadata import version

import wasmtime

from host.errors import ImageError
from host.sandbox import capi, hostcalls
from host.sandbox.image import ImageBundle, ImageFacts, load_compiled
from host.sandbox.stacks import StackPool

MIB = 1024 * 1024

#: The guest's shadow stack allows 1.75 MiB of JavaScript frames; natively that is up to 16 times as much.
WASM_STACK_BYTES = 28 * MIB
#: The fiber that a call runs on: larger than WASM_STACK_BYTES by what wasmtime and a host call need themselves.
#: The odd 64 KiB make the stacks recognisable among the process's mappings (stacks.py).
FIBER_STACK_BYTES = 32 * MIB + 64 * 1024
#: Up to here an instance's memory is restored by copying when it is given back, instead of by new page faults. It
#: covers what an image with one package holds, and stays resident in every slot that was ever used. Measured for a
#: one-liner and a lodash block, in microseconds: 117 and 180 with nothing kept, 63 and 122 with 576 KiB, 68 and 88 so.
KEEP_RESIDENT_BYTES = 17 * 65536
#: No policy's memory cap can be over this.
MEMORY_BYTES_MAX = 1024 * MIB
TABLE_ELEMENTS_MAX = 20_000

_SWITCHES = {
    "consume_fuel": True,
    "memory_init_cow": True,
    "memory_may_move": False,
    "wasm_simd": True,
    "wasm_bulk_memory": True,
    "wasm_multi_value": True,
    # The guest's compiler emits references to tables in call_indirect only; everything beyond that stays off.
    "wasm_reference_types": False,
    "wasm_function_references": False,
    "wasm_gc": False,
    "gc_support": False,
    "wasm_threads": False,
    "shared_memory": False,
    "wasm_tail_call": False,
    "wasm_relaxed_simd": False,
    "wasm_multi_memory": False,
    "wasm_memory64": False,
    "wasm_wide_arithmetic": False,
    "wasm_exceptions": False,
    "wasm_custom_page_sizes": False,
    "wasm_stack_switching": False,
    "wasm_component_model": False,
    "wasm_component_model_async": False,
    "wasm_component_model_more_async_builtins": False,
    "wasm_component_model_async_stackful": False,
    "wasm_component_model_map": False,
    "concurrency_support": False,
}
_SIZES = {
    "max_wasm_stack": WASM_STACK_BYTES,
    "async_stack_size": FIBER_STACK_BYTES,
    "memory_reservation": 4096 * MIB,
    "memory_guard_size": 32 * MIB,
}

_one_engine = threading.Lock()
_engine: "Engine | None" = None


def _pool(instances_max: int, warm_slots: int) -> dict[str, int]:
    return {
        "total_core_instances": instances_max,
        "total_memories": instances_max,
        "total_tables": instances_max,
        "total_stacks": instances_max,
        "max_memories_per_module": 1,
        "max_tables_per_module": 1,
        "max_memory_size": MEMORY_BYTES_MAX,
        "table_elements": TABLE_ELEMENTS_MAX,
        "max_unused_warm_slots": warm_slots,
        "linear_memory_keep_resident": KEEP_RESIDENT_BYTES,
        "table_keep_resident": 1 * MIB,
    }


def _config(instances_max: int, warm_slots: int) -> wasmtime.Config:
    config = wasmtime.Config()
    config.strategy = "cranelift"
    capi.configure(config, _SWITCHES, _SIZES, _pool(instances_max, warm_slots))
    return config


def configuration_key() -> str:
    """What a compiled module depends on besides its source: wasmtime's version and what is switched on."""
    parts = {"wasmtime": version("wasmtime"), **_SWITCHES, **_SIZES}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


class LinkedImage:
    """An image ready to be instantiated."""

    __slots__ = ("mailbox", "memory_bytes", "name", "pre", "pre_address")

    def __init__(self, name: str, facts: ImageFacts, pre: wasmtime.InstancePre) -> None:
        self.name = name
        self.mailbox = facts.mailbox
        self.memory_bytes = facts.memory_bytes
        self.pre = pre
        self.pre_address = capi.address(pre.ptr())


class Engine:
    """The engine with every image of a bundle linked. One a process: use `open_engine`."""

    def __init__(self, bundle: ImageBundle, instances_max: int, warm_slots: int) -> None:
        self.bundle = bundle
        self.instances_max = instances_max
        self.wasmtime_engine = wasmtime.Engine(_config(instances_max, warm_slots))
        self.address = capi.address(self.wasmtime_engine.ptr())
        self._linker = wasmtime.Linker(self.wasmtime_engine)
        hostcalls.define_imports(self._linker)
        self.stacks = StackPool(FIBER_STACK_BYTES)
        self.images = {name: self._link(name) for name in bundle.manifest.images}

    def _link(self, name: str) -> LinkedImage:
        module = load_compiled(self.bundle, name, self.wasmtime_engine, configuration_key())
        try:
            pre = self._linker.instantiate_pre(module)
        except wasmtime.WasmtimeError as error:
            raise ImageError(f"the image {name!r} imports what the host does not offer: {error}") from error
        return LinkedImage(name, self.bundle.manifest.images[name], pre)


def open_engine(bundle: ImageBundle, instances_max: int = 1000, warm_slots: int = 100) -> Engine:
    """The process's engine, made by the first call. Raises ImageError where a later call wants another bundle."""
    global _engine
    with _one_engine:
        if _engine is None:
            _engine = Engine(bundle, instances_max, warm_slots)
        elif _engine.bundle.folder != bundle.folder:
            raise ImageError("this process already runs another image")
        return _engine
