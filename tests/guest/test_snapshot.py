"""guest/quickjs-wasm/snapshot.py: a frozen module goes on where the instance stood."""

import pytest
import snapshot
import wasmtime
from hypothesis import given
from hypothesis import strategies as st

COUNTER = """
(module
  (import "host" "call" (func $call (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $stack (mut i32) (i32.const 4096))
  (data (i32.const 16) "abc")
  (func (export "bump") (result i32)
    (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
    (i32.load (i32.const 8)))
  (func (export "stack") (result i32) (global.get $stack))
  (func (export "boot_only")))
"""


def instance_of(binary: bytes) -> tuple[wasmtime.Store, wasmtime.Instance]:
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    linker = wasmtime.Linker(engine)
    linker.define_func("host", "call", wasmtime.FuncType([wasmtime.ValType.i32()], [wasmtime.ValType.i32()]), abs)
    return store, linker.instantiate(store, wasmtime.Module(engine, binary))


def frozen(binary: bytes, memory: bytes, stack_top: int = 4096) -> bytes:
    return snapshot.freeze(binary, memory, stack_top, lambda name: name != "boot_only")


@given(st.integers(0, 2**64 - 1))
def test_unsigned_numbers_survive_encoding(number: int) -> None:
    """What uleb writes, read_uleb reads, and it ends where the number ends."""
    encoded = snapshot.uleb(number)
    assert snapshot.read_uleb(b"\xff" + encoded + b"\x80", 1) == (number, 1 + len(encoded))


@pytest.mark.parametrize(
    ("number", "encoded"),
    [
        *((0, "00"), (63, "3f"), (64, "c000"), (1 << 20, "8080c000")),
        *((-1, "7f"), (-64, "40"), (-65, "bf7f"), (-123456, "c0bb78")),
    ],
)
def test_signed_numbers_are_encoded_as_the_specification_says(number: int, encoded: str) -> None:
    """Signed LEB128, with the sign in the last byte's second highest bit."""
    assert snapshot.sleb(number).hex() == encoded


def test_a_frozen_module_goes_on_where_the_instance_stood() -> None:
    """Memory, grown memory and the stack pointer are as they were given, and what only the boot needs is gone."""
    store, instance = instance_of(wasmtime.wat2wasm(COUNTER))
    exports = instance.exports(store)
    assert [exports["bump"](store) for _ in range(3)] == [1, 2, 3]
    exports["memory"].grow(store, 2)
    exports["memory"].write(store, b"far", 2 * 65536 + 5)
    memory = bytes(exports["memory"].read(store))

    binary = frozen(wasmtime.wat2wasm(COUNTER), memory, stack_top=3 * 65536)

    assert snapshot.exports_of(binary) == ["memory", "bump", "stack"]
    assert snapshot.imports_of(binary) == [("host", "call")]
    store, instance = instance_of(binary)
    exports = instance.exports(store)
    assert bytes(exports["memory"].read(store)) == memory
    assert exports["bump"](store) == 4
    assert exports["stack"](store) == 3 * 65536


@given(st.lists(st.tuples(st.integers(0, 15), st.binary(min_size=1, max_size=64)), max_size=8))
def test_segments_hold_every_byte_that_is_not_zero(writes: list[tuple[int, bytes]]) -> None:
    """Laid over zeros, the segments are the memory again, in order and without overlap."""
    memory = bytearray(snapshot.PAGE_BYTES)
    for block, data in writes:
        memory[block * 4096 : block * 4096 + len(data)] = data
    rebuilt, end = bytearray(len(memory)), 0
    for offset, data in snapshot.segments(bytes(memory)):
        assert offset >= end
        end = offset + len(data)
        rebuilt[offset:end] = data
    assert rebuilt == memory


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("(module (memory 1) (func $f) (start $f))", "start function"),
        ('(module (import "host" "memory" (memory 1)))', "not a function"),
        ("(module (memory 1) (global i32 (i32.const 1)))", "no stack pointer"),
    ],
)
def test_a_module_that_a_snapshot_cannot_keep_is_refused(module: str, said: str) -> None:
    """A start function would run again, an imported memory is not ours, and the stack pointer must be there to set."""
    binary = wasmtime.wat2wasm(module)

    def keep() -> None:
        snapshot.imports_of(binary)
        frozen(binary, bytes(snapshot.PAGE_BYTES))

    with pytest.raises(snapshot.SnapshotError, match=said):
        keep()


def test_what_is_no_module_is_refused() -> None:
    """Text, and a memory that is not whole pages."""
    with pytest.raises(snapshot.SnapshotError, match="not a WebAssembly"):
        list(snapshot.sections(b"(module)"))
    with pytest.raises(snapshot.SnapshotError, match="pages"):
        frozen(wasmtime.wat2wasm(COUNTER), b"\0" * 100)
