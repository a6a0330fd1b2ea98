"""Host calls: how a guest reaches the host, and nothing else does.

The three imports are defined once, on one linker. Which execution a call belongs to is known from the thread: an
instance runs on one thread at a time, and says so before each slice. No function here ever raises into wasm: a fault
is kept on the instance, the guest gets a status, and the host ends the execution at the next boundary.
"""

import ctypes
import threading
from typing import Protocol

import wasmtime

from host.sandbox import capi
from host.sandbox.abi import GuestFault, GuestMemory

#: Operations of the sandbox itself; js/bootstrap/bridge.js has the same numbers. Capabilities begin at 16.
MODULE_LOAD = 1
RANDOM_BYTES = 2
LATER_ANSWER = 3
MODULE_ASK = 4
DOMAIN_TO_ASCII = 10
DOMAIN_TO_UNICODE = 11
CAPABILITY_OPERATIONS_FROM = 16

#: Answers below zero; c/abi.h says the same.
FAULT = -1
LATER = -2
ERROR_BASE = -2

#: Fuel that a host call costs, beside what the guest burns for it: its price in time at 25,000 units a microsecond.
CALL_FUEL = 100_000
#: Units of fuel between two returns to the host: about 0.4 ms.
SLICE_FUEL = 10_000_000
#: The largest payload of one call, either way.
PAYLOAD_BYTES_MAX = 64 * 1024 * 1024


class Refusal(Exception):
    """A host call is refused; the guest gets an error of `type` that it can catch."""

    def __init__(self, type: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.type = type
        self.message = message
        self.hint = hint

    def payload(self) -> bytes:
        """The error as the guest reads it: three lines, the last of which may hold more."""
        one_line = self.message.replace("\n", " ")
        return f"{self.type}\n{one_line}\n{self.hint}".encode()


class HostCalls(Protocol):
    """What an execution answers. Both methods may raise Refusal; anything else that they raise is a fault.

    `owed` is fuel that the last call costs beyond its price, and `ends_slice` says that the slice is to end with it;
    both are set back when they were heeded.
    """

    owed: int
    ends_slice: bool

    def call(self, operation: int, payload: bytes) -> bytes | None:
        """An immediate call: the answer, or None where it takes its time. The guest asks for it with LATER_ANSWER, and
        is not to be given a slice before it is there."""

    def start(self, operation: int, payload: bytes) -> int:
        """An asynchronous call: the id under which it will be settled, above zero."""


class Caller:
    """The instance's end of its host calls: who answers, what is waiting to be taken, what went wrong."""

    __slots__ = ("answer", "calls", "fault", "hostcalls", "memory", "slice_began")

    def __init__(self, hostcalls: HostCalls, memory: GuestMemory) -> None:
        self.hostcalls = hostcalls
        self.memory = memory
        self.answer = b""
        self.calls = 0
        self.fault: BaseException | None = None
        #: The fuel that there was at the slice's first call; None before that.
        self.slice_began: int | None = None


running = threading.local()


def _charge(raw_caller: int, caller: Caller, fuel: int, ends_slice: bool = False) -> None:
    """Takes fuel. Setting what is left begins a slice anew, so the slice gets what it had left, and not a whole one."""
    context = capi.caller_context(raw_caller)
    left = ctypes.c_uint64()
    capi.get_fuel(context, ctypes.addressof(left))
    if caller.slice_began is None:
        caller.slice_began = left.value
    rest = max(left.value - fuel, 0)
    in_slice = 1 if ends_slice else max(SLICE_FUEL - (caller.slice_began - rest), 1)
    capi.yield_every(context, in_slice)
    capi.set_fuel(context, rest)


def _answer(caller: Caller, method: str, operation: int, pointer: int, length: int) -> int:
    """The status that the guest gets. Never raises."""
    try:
        if caller.fault is not None:
            return FAULT
        if length > PAYLOAD_BYTES_MAX:
            raise Refusal("RangeError", f"The argument is over {PAYLOAD_BYTES_MAX} bytes")
        caller.calls += operation != MODULE_ASK
        payload = caller.memory.read(pointer, length)
        answer = getattr(caller.hostcalls, method)(operation, payload)
        if method == "start":
            return answer
        if answer is None:
            return LATER
        caller.answer = answer
        return len(answer)
    except Refusal as refusal:
        caller.answer = refusal.payload()
        return ERROR_BASE - len(caller.answer)
    except BaseException as fault:
        caller.fault = fault
        return FAULT


def _u32(arguments: int, index: int) -> int:
    at = arguments + index * capi.VALUE_BYTES + capi.PAYLOAD_OFFSET
    return ctypes.c_uint32.from_address(at).value


def _give(results: int, status: int) -> None:
    ctypes.c_uint8.from_address(results).value = capi.KIND_I32
    ctypes.c_int32.from_address(results + capi.PAYLOAD_OFFSET).value = status


def _entry(method: str):
    def entry(_env, raw_caller, arguments, _count, results, _result_count):
        try:
            caller = running.caller
            operation = _u32(arguments, 0)
            _charge(raw_caller, caller, 0 if operation == MODULE_ASK else CALL_FUEL)
            status = _answer(caller, method, operation, _u32(arguments, 1), _u32(arguments, 2))
            calls = caller.hostcalls
            if calls.owed or calls.ends_slice:
                _charge(raw_caller, caller, calls.owed, calls.ends_slice)
                calls.owed = 0
                calls.ends_slice = False
        except BaseException as fault:
            running.caller.fault = fault
            status = FAULT
        _give(results, status)
        return

    return entry


def _take(_env, _raw_caller, arguments, _count, _results, _result_count):
    caller = running.caller
    try:
        if _u32(arguments, 1) != len(caller.answer):
            raise GuestFault("an answer was taken with the wrong length")
        caller.memory.write(_u32(arguments, 0), caller.answer)
    except BaseException as fault:
        caller.fault = fault
    caller.answer = b""
    return


#: Kept for the life of the process: the linker calls into these.
_functions = {
    "call": capi.HostFunction(_entry("call")),
    "start": capi.HostFunction(_entry("start")),
    "take": capi.HostFunction(_take),
}


def define_imports(linker: wasmtime.Linker) -> None:
    """Defines the module `host`: all that a guest can import."""
    i32 = wasmtime.ValType.i32
    for name, function in _functions.items():
        kind = wasmtime.FuncType(
            [i32(), i32()] if name == "take" else [i32(), i32(), i32()], [] if name == "take" else [i32()]
        )
        capi.define_function(linker, "host", name, kind, function)
