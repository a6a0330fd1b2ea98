"""Requirement 1: the engine has what the guest needs switched on, and everything else off."""

import re
from pathlib import Path

import pytest
import wasmtime

from host.policy.model import Limits
from host.sandbox import engine as engine_module
from host.sandbox.engine import FIBER_STACK_BYTES, MEMORY_BYTES_MAX, WASM_STACK_BYTES, Engine, open_engine
from host.sandbox.image import ImageBundle
from tests.harness import Guests

HOST = Path(engine_module.__file__).parents[1]

SWITCHED_OFF = {
    "threads: shared memory": "(module (memory 1 1 shared))",
    "threads: atomics": "(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))",
    "memory64": "(module (memory i64 1))",
    "multi-memory": "(module (memory 1) (memory 1))",
    "gc: struct": "(module (type (struct (field i32))))",
    "gc: array": "(module (type (array i32)))",
    "gc: i31": "(module (func (drop (ref.i31 (i32.const 1)))))",
    "exceptions": "(module (tag) (func throw 0))",
    "tail calls": "(module (func $f return_call $f))",
    "reference types: externref": "(module (func (param externref)))",
    "reference types: table.grow": (
        "(module (table 1 funcref) (func (drop (table.grow 0 (ref.null func) (i32.const 1)))))"
    ),
    "function references": "(module (type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0))))",
    "relaxed SIMD": (
        "(module (func (param v128 v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 1))))"
    ),
    "custom page sizes": "(module (memory 1 (pagesize 1)))",
    "wide arithmetic": "(module (func (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1))))",
    "stack switching": "(module (type $f (func)) (type $c (cont $f)))",
    "components": "(component)",
}


@pytest.mark.parametrize("feature", SWITCHED_OFF)
def test_a_module_that_uses_a_feature_is_refused(engine: Engine, feature: str) -> None:
    """Each of these has had a bug in some engine, and the guest needs none."""
    with pytest.raises(wasmtime.WasmtimeError):
        wasmtime.Module(engine.wasmtime_engine, wasmtime.wat2wasm(SWITCHED_OFF[feature]))


@pytest.mark.parametrize("module", ["(module (memory 1))", "(module (func (result v128) (v128.const i32x4 0 0 0 0)))"])
def test_a_module_of_plain_wasm_is_accepted(engine: Engine, module: str) -> None:
    """So that the refusals above mean something."""
    wasmtime.Module(engine.wasmtime_engine, wasmtime.wat2wasm(module))


def test_an_image_imports_three_functions_of_the_host(engine: Engine, bundle: ImageBundle) -> None:
    """No WASI, no environment: `call`, `take` and `start`, and the linker offers no more than that."""
    facts = bundle.manifest.images["base"]
    module = wasmtime.Module(engine.wasmtime_engine, (bundle.folder / facts.file).read_bytes())
    imports = sorted((each.module, each.name) for each in module.imports)
    assert imports == [("host", "call"), ("host", "start"), ("host", "take")]


@pytest.mark.parametrize("name", ["fd_write", "clock_time_get", "random_get", "proc_exit", "environ_get"])
def test_the_linker_offers_no_wasi(engine: Engine, name: str) -> None:
    """A module that wants it cannot be linked."""
    for module_name in ("wasi_snapshot_preview1", "wasi_unstable", "env", "host"):
        text = f'(module (import "{module_name}" "{name}" (func)))'
        module = wasmtime.Module(engine.wasmtime_engine, wasmtime.wat2wasm(text))
        with pytest.raises(wasmtime.WasmtimeError, match="unknown import"):
            engine._linker.instantiate_pre(module)


def test_a_guest_has_no_engine_of_its_own(guests: Guests) -> None:
    """No WebAssembly inside, and nothing of QuickJS's own std, os and bjson modules."""
    names = [
        "WebAssembly",
        "std",
        "os",
        "bjson",
        "print",
        "scriptArgs",
        "gc",
        "Worker",
        "SharedArrayBuffer",
        "navigator",
    ]
    assert guests.result(f"return {names!r}.map((name) => typeof globalThis[name])") == ["undefined"] * len(names)


def test_memory_and_tables_are_limited() -> None:
    """The least memory that a policy can ask for is not zero, and the pool has a ceiling for all."""
    with pytest.raises(ValueError, match="memory_bytes must be an integer from 1048576 to"):
        Limits(memory_bytes=0)
    pool = engine_module._pool(10, 5)
    assert pool["max_memory_size"] == MEMORY_BYTES_MAX
    assert pool["table_elements"] == engine_module.TABLE_ELEMENTS_MAX
    assert (pool["max_memories_per_module"], pool["max_tables_per_module"]) == (1, 1)


def test_no_memory_is_larger_than_the_pools_ceiling(guests: Guests) -> None:
    """Even where a policy says so."""
    report = guests.run(
        "const a = []; for (;;) a.push(new Uint8Array(64e6))", memory_bytes=2 << 30, require_return=False
    )
    assert report.outcome.type == "MemoryLimitError"
    assert report.usage.memory_peak_bytes <= MEMORY_BYTES_MAX


def test_the_stacks_are_in_order() -> None:
    """The fiber holds the native stack, and that holds 16 times what the guest's own limit allows."""
    header = (HOST.parent / "guest/quickjs-wasm/c/abi.h").read_text()
    kib = int(re.search(r"#define CB_STACK_MAX_BYTES \((\d+) \* 1024\)", header)[1])
    assert FIBER_STACK_BYTES > WASM_STACK_BYTES >= 16 * kib * 1024


def test_there_is_one_engine_a_process(engine: Engine, bundle: ImageBundle) -> None:
    """A second call gives the first one's engine."""
    assert open_engine(bundle) is engine


def test_only_one_file_makes_wasmtime_objects() -> None:
    """No request makes a `Func`, a `Linker` or a `Store` of wasmtime-py, whose tables are shared by the process."""
    makers = {
        path.name
        for path in HOST.rglob("*.py")
        if re.search(r"wasmtime\.(Func|Linker|Store|Engine|WasiConfig)\(", path.read_text())
    }
    assert makers == {"engine.py"}
