"""The part of wasmtime's C API that wasmtime-py does not wrap, fenced into one file.

wasmtime-py's public API has no asynchronous calls, no pooling allocator and no linker whose host functions cannot
raise, and its instantiation costs four times what pre-linked instantiation does. Its package carries the generated
ctypes bindings; this file takes the few functions needed from the same library and nothing else in the project does.

Two kinds of binding. `_held` keeps Python's GIL, for what returns in microseconds, where giving the GIL up and fighting
for it again would cost more than the call. `_free` gives it up, for what runs guest code on a worker thread.
Every pointer is typed as c_void_p, which ctypes converts fastest; structs are passed by address.
"""

import ctypes
import sys
from ctypes import c_bool, c_char_p, c_int64, c_size_t, c_uint64, c_void_p

from wasmtime import _bindings as bindings
from wasmtime import _ffi

#: Sizes of the C structs that are passed by address, in bytes.
INSTANCE_BYTES = ctypes.sizeof(bindings.wasmtime_instance_t)
EXTERN_BYTES = ctypes.sizeof(bindings.wasmtime_extern_t)
VALUE_BYTES = ctypes.sizeof(bindings.wasmtime_val_t)
#: Where the payload of a wasmtime_extern_t or wasmtime_val_t begins, behind its kind.
PAYLOAD_OFFSET = 8
#: wasmtime_val_t.kind of an i32.
KIND_I32 = 0

_PATH = str(_ffi.filename)


def _free(name: str, result, *arguments):
    return ctypes.CFUNCTYPE(result, *arguments)((name, _ffi.dll))


_held_library = ctypes.PyDLL(_PATH)


def _held(name: str, result, *arguments):
    return ctypes.PYFUNCTYPE(result, *arguments)((name, _held_library))


store_new = _held("wasmtime_store_new", c_void_p, c_void_p, c_void_p, c_void_p)
store_context = _held("wasmtime_store_context", c_void_p, c_void_p)
store_limiter = _held("wasmtime_store_limiter", None, c_void_p, c_int64, c_int64, c_int64, c_int64, c_int64)
store_delete = _held("wasmtime_store_delete", None, c_void_p)
set_fuel = _held("wasmtime_context_set_fuel", c_void_p, c_void_p, c_uint64)
get_fuel = _held("wasmtime_context_get_fuel", c_void_p, c_void_p, c_void_p)
yield_every = _held("wasmtime_context_fuel_async_yield_interval", c_void_p, c_void_p, c_uint64)
instantiate = _held("wasmtime_instance_pre_instantiate", c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)
export_get = _held("wasmtime_instance_export_get", c_bool, c_void_p, c_void_p, c_char_p, c_size_t, c_void_p)
call_async = _held(
    "wasmtime_func_call_async",
    c_void_p, c_void_p, c_void_p, c_void_p, c_size_t, c_void_p, c_size_t, c_void_p, c_void_p,
)  # fmt: skip
future_poll = _free("wasmtime_call_future_poll", c_bool, c_void_p)
future_poll_held = _held("wasmtime_call_future_poll", c_bool, c_void_p)
future_delete = _held("wasmtime_call_future_delete", None, c_void_p)
memory_data = _held("wasmtime_memory_data", c_void_p, c_void_p, c_void_p)
memory_size = _held("wasmtime_memory_data_size", c_size_t, c_void_p, c_void_p)
caller_context = _held("wasmtime_caller_context", c_void_p, c_void_p)
_trap_delete = _held("wasm_trap_delete", None, c_void_p)
_trap_message = _held("wasm_trap_message", None, c_void_p, c_void_p)
_error_delete = _held("wasmtime_error_delete", None, c_void_p)
_error_message = _held("wasmtime_error_message", None, c_void_p, c_void_p)

#: The type of a host function: (env, caller, arguments, their number, results, their number) -> trap.
HostFunction = ctypes.CFUNCTYPE(c_void_p, c_void_p, c_void_p, c_void_p, c_size_t, c_void_p, c_size_t)


_MADV_DONTNEED = 4
_MADV_HUGEPAGE = 14
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def give_way() -> None:
    """Lets other threads that wait for this core have it (sched_yield(2)), with the GIL given up."""
    if _libc is not None:
        _libc.sched_yield()


def use_huge_pages(start: int, length: int) -> None:
    """Asks for pages of 2 MiB in a range of addresses (madvise(2), MADV_HUGEPAGE). Advice: it may do nothing."""
    if _libc is not None and length > 0:
        page = 4096
        _libc.madvise(c_void_p(start & -page), c_size_t(length & -page), _MADV_HUGEPAGE)


def drop_contents(start: int, length: int) -> None:
    """Gives the memory behind a range of private, anonymous pages back (madvise(2), MADV_DONTNEED): it reads as zeros
    from then on. Whoever calls knows that nothing in it is in use."""
    if _libc is not None:
        _libc.madvise(c_void_p(start), c_size_t(length), _MADV_DONTNEED)


def address(pointer: object) -> int:
    """The address that a pointer object of wasmtime-py holds."""
    return ctypes.cast(pointer, c_void_p).value or 0


def take_message(trap: int, error: int) -> str:
    """The message of a trap or an error, one of which is not 0; frees both."""
    text = bindings.wasm_byte_vec_t()
    if trap:
        _trap_message(trap, ctypes.addressof(text))
        _trap_delete(trap)
    else:
        _error_message(error, ctypes.addressof(text))
    if error:
        _error_delete(error)
    message = ctypes.string_at(text.data, text.size).decode("utf-8", "replace")
    bindings.wasm_byte_vec_delete(ctypes.byref(text))
    return message


def check(error: int | None) -> None:
    """Raises RuntimeError with wasmtime's message where a function answered with an error."""
    if error:
        raise RuntimeError(take_message(0, error))


def configure(config, switches: dict[str, bool], sizes: dict[str, int], pool: dict[str, int]) -> None:
    """Sets what wasmtime.Config has no property for.

    `switches` and `sizes` name functions wasmtime_config_NAME_set; `pool` names
    wasmtime_pooling_allocation_config_NAME_set. Raises AttributeError for a name that this wasmtime does not have.
    """
    pointer = config.ptr()
    for name, value in (switches | sizes).items():
        getattr(bindings, f"wasmtime_config_{name}_set")(pointer, value)
    pooling = bindings.wasmtime_pooling_allocation_config_new()
    try:
        for name, value in pool.items():
            getattr(bindings, f"wasmtime_pooling_allocation_config_{name}_set")(pooling, value)
        bindings.wasmtime_pooling_allocation_strategy_set(pointer, pooling)
    finally:
        bindings.wasmtime_pooling_allocation_config_delete(pooling)


def define_function(linker, module: str, name: str, kind, function) -> None:
    """Defines a host function whose Python side is called directly, without wasmtime-py's trampoline.

    The trampoline keeps the last exception in a module global, from which it can surface in another execution. The
    caller keeps `function` (a HostFunction) alive and makes sure that it never raises.
    """
    define = _held(
        "wasmtime_linker_define_func",
        c_void_p, c_void_p, c_char_p, c_size_t, c_char_p, c_size_t, c_void_p, HostFunction, c_void_p, c_void_p,
    )  # fmt: skip
    names = module.encode(), name.encode()
    check(
        define(
            address(linker.ptr()), names[0], len(names[0]), names[1], len(names[1]),
            address(kind.ptr()), function, None, None,
        )
    )  # fmt: skip
