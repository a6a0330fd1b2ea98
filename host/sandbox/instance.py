"""One instance: a fresh guest for one execution, entered in slices, never used again.

An instance is owned by whoever holds it and is on one thread at a time; nothing in here is locked. It is a context
manager: on every path out, its store goes back.
"""

import ctypes
import time
from collections.abc import Callable
from enum import Enum, auto

from msgspec import Struct

from host.sandbox import abi, capi, hostcalls
from host.sandbox.abi import GuestFault, GuestMemory
from host.sandbox.engine import TABLE_ELEMENTS_MAX, Engine, LinkedImage
from host.sandbox.hostcalls import SLICE_FUEL


class State(Enum):
    """Where an instance stands after a slice."""

    RUNNING = auto()  # the slice's fuel is used up; call `step` again
    WAITING = auto()  # nothing to do until a timer is due or an operation is settled
    DONE = auto()
    FAILED = auto()
    OUT_OF_FUEL = auto()
    STACK_OVERFLOW = auto()  # the native stack ran out before the guest's own limit: rare, reported like a RangeError
    TRAPPED = auto()


_ENDED = {abi.DONE: State.DONE, abi.FAILED: State.FAILED, abi.WAITING: State.WAITING}

# Offsets into the scratch buffer that wasmtime writes to, see _Scratch.
_INSTANCE_AT = 0
_MEMORY_AT = 64
_FUNCTION_AT = 128
_ARGUMENTS_AT = 192
_RESULT_AT = 352
_TRAP_AT = 416
_ERROR_AT = 424
_FUEL_AT = 432
_SCRATCH_BYTES = 448

#: What a trap says where the guest's own stack, which grows downwards, ran out through address 0.
_BELOW_ZERO = "memory fault at wasm address 0xffff"

_ENTRY_POINTS = {name: name.encode() for name in ("cb_compile", "cb_begin", "cb_resume", "cb_settle", "cb_alloc")}


#: What an execution holds beyond this is in pages of 2 MiB: one that allocates so much spends a sixth of its time on
#: first touches of small ones (measured with perf/programs/objects.js).
HUGE_PAGES_FROM_BYTES = 8 * 1024 * 1024


class Start(Struct, frozen=True):
    """What an execution begins with. `modules` are names separated by newlines; sizes in bytes. `bytecode` is what
    an instance of the same engine made of `code`; without it there is nothing to run, only to compile."""

    code: bytes
    input_json: bytes
    modules: bytes
    permit: int
    seed: int
    result_bytes_max: int
    log_bytes_max: int
    bytecode: bytes = b""


class Instance:
    """A guest from an image, with `fuel` units to burn and a memory of at most `memory_bytes`."""

    __slots__ = (
        "_base", "_caller", "_context", "_fuel_given", "_future", "_huge_pages", "_memory_bytes_max", "_scratch",
        "_scratch_bytes", "_store", "cpu_ns", "memory", "noted", "trap_message",
    )  # fmt: skip

    def __init__(
        self, engine: Engine, image: LinkedImage, fuel: int, memory_bytes: int, calls: hostcalls.HostCalls
    ) -> None:
        self._store = None
        self._future = None
        self._fuel_given = fuel
        self._memory_bytes_max = memory_bytes
        self._huge_pages = False
        self.cpu_ns = 0
        self.trap_message = ""
        #: Fuel, bytes of memory and host calls as they were when a slice last ended: for others than the thread that
        #: may be in the guest now.
        self.noted = (0, 0, 0)
        self._scratch_bytes = ctypes.create_string_buffer(_SCRATCH_BYTES)
        self._scratch = ctypes.addressof(self._scratch_bytes)
        store = self._store = capi.store_new(engine.address, None, None)
        context = self._context = capi.store_context(store)
        # Nothing of the guest's is unlimited, and no limit is zero pages. A cap below the image's own size cannot be
        # kept, but leaves the guest nothing to grow by.
        capi.store_limiter(store, max(memory_bytes, image.memory_bytes), TABLE_ELEMENTS_MAX, 1, 1, 1)
        try:
            capi.check(capi.set_fuel(context, fuel))
            capi.check(
                capi.instantiate(image.pre_address, context, self._scratch + _INSTANCE_AT, self._scratch + _TRAP_AT)
            )
            # Set after instantiation, which would otherwise have to be asynchronous too.
            capi.check(capi.yield_every(context, SLICE_FUEL))
            self._export(b"memory", _MEMORY_AT)
        except BaseException:
            self.close()
            raise
        self._base = self._scratch + _MEMORY_AT + capi.PAYLOAD_OFFSET
        self.memory = GuestMemory(capi.memory_data(context, self._base), self.memory_bytes, image.mailbox)
        self._caller = hostcalls.Caller(calls, self.memory)

    def __enter__(self) -> "Instance":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the store back; a call that is still pending is unwound first. Safe to call twice."""
        if self._future is not None:
            capi.future_delete(self._future)
            self._future = None
        if self._store is not None:
            capi.store_delete(self._store)
            self._store = None

    def memory_bytes(self) -> int:
        """The size of the linear memory: it never shrinks, so this is the peak too."""
        return capi.memory_size(self._context, self._base)

    def fuel_used(self) -> int:
        """Units of fuel burnt so far, host calls' price included."""
        capi.get_fuel(self._context, self._scratch + _FUEL_AT)
        return self._fuel_given - ctypes.c_uint64.from_address(self._scratch + _FUEL_AT).value

    @property
    def host_calls(self) -> int:
        """How many host calls the guest has made."""
        return self._caller.calls

    @property
    def fault(self) -> BaseException | None:
        """What went wrong in a host call, if anything did; the instance is then not to be entered again."""
        return self._caller.fault

    @property
    def out_of_fuel(self) -> bool:
        """Whether the guest was stopped because its fuel was used up."""
        return "all fuel consumed" in self.trap_message

    def _export(self, name: bytes, at: int) -> None:
        found = capi.export_get(self._context, self._scratch + _INSTANCE_AT, name, len(name), self._scratch + at)
        if not found:
            raise GuestFault(f"the image does not export {name.decode()}")

    def _enter(self, name: str, *arguments: int) -> None:
        """Sets a call up; `step` runs it. Raises GuestFault for a guest that trapped: its memory is in any state."""
        if self.trap_message:
            raise GuestFault("a guest that trapped is not entered again")
        self._export(_ENTRY_POINTS[name], _FUNCTION_AT)
        scratch = self._scratch
        for index, argument in enumerate(arguments):
            at = scratch + _ARGUMENTS_AT + index * capi.VALUE_BYTES
            ctypes.c_uint8.from_address(at).value = capi.KIND_I32
            ctypes.c_uint32.from_address(at + capi.PAYLOAD_OFFSET).value = argument
        self._future = capi.call_async(
            self._context,
            scratch + _FUNCTION_AT + capi.PAYLOAD_OFFSET,
            scratch + _ARGUMENTS_AT,
            len(arguments),
            scratch + _RESULT_AT,
            1,
            scratch + _TRAP_AT,
            scratch + _ERROR_AT,
        )

    def _allocate(self, length: int) -> int | None:
        """Guest memory for the host's bytes; None where the guest's cap or its fuel does not allow it."""
        ctypes.c_uint32.from_address(self._scratch + _RESULT_AT + capi.PAYLOAD_OFFSET).value = 0
        self._enter("cb_alloc", length)
        while self.step(0.0, 0.0) is State.RUNNING:
            pass
        return ctypes.c_uint32.from_address(self._scratch + _RESULT_AT + capi.PAYLOAD_OFFSET).value or None

    def compile(self, start: Start) -> bool:
        """Sets the compiling of the code up for `step`: what it leaves as its result is bytecode. False as `begin`."""
        return self._start("cb_compile", start)

    def begin(self, start: Start) -> bool:
        """Sets the execution up for `step`. False where there is no memory, or no fuel, for code and input."""
        return self._start("cb_begin", start)

    def _start(self, entry: str, start: Start) -> bool:
        buffer = abi.start_buffer(start.code, start.input_json, start.modules, start.bytecode)
        pointer, room = self.memory.inbox()
        if len(buffer) > room:
            pointer = self._allocate(len(buffer))
            if pointer is None:
                return False
        self.memory.write(pointer, buffer)
        areas = abi.Areas(pointer, len(start.code), len(start.input_json), len(start.modules), len(start.bytecode))
        self.memory.set_start(start.seed, areas, start.permit, start.result_bytes_max, start.log_bytes_max)
        self._enter(entry)
        return True

    def resume(self) -> None:
        """Sets the run of due timers up for `step`."""
        self._enter("cb_resume")

    def settle(self, operation_id: int, ok: bool, payload: bytes) -> bool:
        """Sets the end of an asynchronous host call up for `step`.

        `payload` is the answer, or a Refusal's payload where not `ok`. False where there is no memory or fuel for it.
        """
        pointer = self._allocate(max(len(payload), 1))
        if pointer is None:
            return False
        self.memory.write(pointer, payload)
        self._enter("cb_settle", operation_id, int(ok), pointer, len(payload))
        return True

    def step(self, clock_ms: float, elapsed_ms: float) -> State:
        """Runs one slice and keeps the GIL meanwhile: for the event loop's thread. Most slices there end within
        microseconds, and taking the GIL back from the server's threads costs more than that."""
        self.memory.set_clocks(clock_ms, elapsed_ms)
        caller = hostcalls.running.caller = self._caller
        if caller.slice_began is not None:
            self._begin_slice(caller)
        began = time.thread_time_ns()
        finished = capi.future_poll_held(self._future)
        self.cpu_ns += time.thread_time_ns() - began
        return self._stands(finished)

    def steps(self, clock: Callable[[], tuple[float, float]], enough: Callable[[], bool]) -> State:
        """Runs slices until the guest rests, a host call failed, or `enough` says so after one. For a worker thread:
        the GIL is given up meanwhile, and in between taken for as little as can be, because a thread of low priority
        that is kept from running while it has the GIL keeps the event loop from running too. After each slice whoever
        waits for the core has it: the kernel would let it wait until its next tick."""
        set_clocks, poll, future, caller = self.memory.set_clocks, capi.future_poll, self._future, self._caller
        hostcalls.running.caller = caller
        began = time.thread_time_ns()
        while True:
            set_clocks(*clock())
            if caller.slice_began is not None:
                self._begin_slice(caller)
            finished = poll(future)
            if finished or caller.fault is not None or enough():
                break
            capi.give_way()
        self.cpu_ns += time.thread_time_ns() - began
        return self._stands(finished)

    def _stands(self, finished: bool) -> State:
        if not finished:
            self._note()
            if not self._huge_pages and self.memory_bytes() > HUGE_PAGES_FROM_BYTES:
                self._use_huge_pages()
            return State.RUNNING
        capi.future_delete(self._future)
        self._future = None
        trap = ctypes.c_uint64.from_address(self._scratch + _TRAP_AT).value
        error = ctypes.c_uint64.from_address(self._scratch + _ERROR_AT).value
        if trap or error:
            return self._trapped(trap, error)
        status = ctypes.c_uint32.from_address(self._scratch + _RESULT_AT + capi.PAYLOAD_OFFSET).value
        if status == abi.WAITING:
            self._note()
        return _ENDED.get(status, State.TRAPPED)

    def _begin_slice(self, caller: hostcalls.Caller) -> None:
        """A whole slice from now on: a host call has cut the last one short."""
        caller.slice_began = None
        capi.check(capi.yield_every(self._context, SLICE_FUEL))

    def _note(self) -> None:
        self.noted = (self.fuel_used(), self.memory_bytes(), self.host_calls)

    def _use_huge_pages(self) -> None:
        self._huge_pages = True
        first = self.memory.base + HUGE_PAGES_FROM_BYTES
        capi.use_huge_pages(first, self._memory_bytes_max - HUGE_PAGES_FROM_BYTES)

    def _trapped(self, trap: int, error: int) -> State:
        message = self.trap_message = capi.take_message(trap, error)
        if self.out_of_fuel:
            return State.OUT_OF_FUEL
        if "call stack exhausted" in message or _BELOW_ZERO in message:
            return State.STACK_OVERFLOW
        return State.TRAPPED
