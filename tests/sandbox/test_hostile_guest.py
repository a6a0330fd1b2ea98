"""A guest whose own runtime is in an attacker's hands: whatever it writes, returns or asks for, the host holds.

Each test is a small module in place of QuickJS that breaks one rule of guest/quickjs-wasm/ABI.md.
"""

import asyncio
import copy
import struct
from collections.abc import Callable, Iterator

import pytest
import wasmtime

from host.errors import InternalError
from host.execution.outcome import Failure, Report, Success
from host.execution.run import Executor, ExecutorOptions
from host.sandbox.abi import _INBOX_AT, _OUTCOME_AT
from host.sandbox.engine import Engine, LinkedImage
from host.sandbox.image import ImageFacts
from tests.harness import request_of

MAILBOX = 1024
INBOX = 4096
TEXT = 40_000

DONE, FAILED, WAITING = 1, 2, 3


def store(field: int, value: int) -> str:
    """Sets the outcome's field by its number: operations_open, noted, out_ptr, out_len, log_ptr, log_len, ..."""
    return f"(i32.store (i32.const {MAILBOX + _OUTCOME_AT + 4 * field}) (i32.const {value}))"


def out(data: bytes) -> str:
    """Points the outcome at the text that `guest` places."""
    return store(2, TEXT) + store(3, len(data))


def escaped(data: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in data)


def guest(
    begin: str, text: bytes = b"1", alloc: str = "(i32.const 65536)", inbox: tuple[int, int] = (INBOX, 16384)
) -> str:
    """A module whose cb_begin is `begin`. What it compiles code to is one byte."""
    return f"""(module
      (import "host" "call" (func $call (param i32 i32 i32) (result i32)))
      (import "host" "take" (func $take (param i32 i32)))
      (import "host" "start" (func $start (param i32 i32 i32) (result i32)))
      (memory (export "memory") 2 64)
      (global (export "cb_mailbox") i32 (i32.const {MAILBOX}))
      (data (i32.const {MAILBOX + _INBOX_AT}) "{escaped(struct.pack("<II", *inbox))}")
      (data (i32.const {TEXT}) "{escaped(text)}")
      (func (export "cb_alloc") (param i32) (result i32) {alloc})
      (func (export "cb_compile") (result i32) {store(2, TEXT)} {store(3, 1)} (i32.const 1))
      (func (export "cb_begin") (result i32) {begin})
      (func (export "cb_resume") (result i32) (i32.const 7))
      (func (export "cb_settle") (param i32 i32 i32 i32) (result i32) (i32.const 7))
      (func $deeper (result i32) (i32.add (call $deeper) (i32.const 1)))
    )"""


Run = Callable[..., Report]


@pytest.fixture
def run(engine: Engine) -> Iterator[Run]:
    """Runs a module in place of the guest, through the whole of the executor."""
    executors = []

    def run_module(module: str, code: str = "return 1", **settings: object) -> Report:
        compiled = wasmtime.Module(engine.wasmtime_engine, wasmtime.wat2wasm(module))
        image = LinkedImage("base", ImageFacts("", "", MAILBOX), engine._linker.instantiate_pre(compiled))
        other = copy.copy(engine)
        other.images = {"base": image, "all": image}
        executors.append(executor := Executor(other, ExecutorOptions(threads=1)))
        try:
            return asyncio.run(executor.run(request_of(code, **settings)))
        finally:
            assert executor.admission.running == 0

    yield run_module
    for executor in executors:
        executor.close()


def test_a_guest_that_keeps_the_rules_is_answered(run: Run) -> None:
    """So that the refusals below mean something."""
    assert run(guest(out(b'{"a":1}') + "(i32.const 1)", b'{"a":1}')).outcome == Success(b'{"a":1}')
    failed = b'{"type":"TypeError","message":"m"}'
    assert run(guest(out(failed) + "(i32.const 2)", failed)).outcome == Failure("TypeError", "m")


BROKEN = {
    "a result outside of the memory": guest(store(2, 0x7FFFFFF0) + store(3, 100) + "(i32.const 1)"),
    "a result at the end of the address space": guest(store(2, -1) + store(3, 100) + "(i32.const 1)"),
    "a result that ends outside": guest(store(2, 131_000) + store(3, 1_000) + "(i32.const 1)"),
    "a result that is larger than the memory": guest(store(2, 0) + store(3, -1) + "(i32.const 1)"),
    "a result that is not JSON": guest(out(b"{]") + "(i32.const 1)", b"{]"),
    "no result": guest("(i32.const 1)"),
    "two results": guest(out(b"1 2") + "(i32.const 1)", b"1 2"),
    "a result that is not UTF-8": guest(out(b'"\xff"') + "(i32.const 1)", b'"\xff"'),
    "a surrogate as UTF-8": guest(out(b'"\xed\xa0\x80"') + "(i32.const 1)", b'"\xed\xa0\x80"'),
    "an error that is not JSON": guest(out(b"oops") + "(i32.const 2)", b"oops"),
    "an error of another form": guest(out(b'{"type":1}') + "(i32.const 2)", b'{"type":1}'),
    "an error outside of the memory": guest(store(2, 0x7FFFFFF0) + store(3, 10) + "(i32.const 2)"),
    "a status that there is not": guest("(i32.const 99)"),
    "the status of a guest that has not begun": guest("(i32.const 0)"),
    "a trap": guest("(unreachable)"),
    "a division by zero": guest("(i32.div_u (i32.const 1) (i32.const 0))"),
    "an argument outside of the memory": guest("(call $call (i32.const 16) (i32.const 0x7ffffff0) (i32.const 100))"),
    "an argument of an unknown module": guest("(call $call (i32.const 1) (i32.const 0) (i32.const 4))"),
    "a number of random bytes that is none": guest("(call $call (i32.const 2) (i32.const 0) (i32.const 4))"),
    "taking what there is not": guest("(call $take (i32.const 0) (i32.const 5)) (i32.const 1)" ),
    "taking to outside of the memory": guest(
        f"(drop (call $call (i32.const 2) (i32.const {TEXT}) (i32.const 1)))"
        "(call $take (i32.const -4) (i32.const 8)) (i32.const 1)", b"8"
    ),
    "an inbox outside of the memory": guest(out(b"1") + "(i32.const 1)", inbox=(0x7FFFFFF0, 16384)),
    "an inbox that ends outside": guest(out(b"1") + "(i32.const 1)", inbox=(131_071, 1 << 30)),
}  # fmt: skip


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_a_fault_and_nothing_more(run: Run, rule: str) -> None:
    """InternalError: it is not the caller's, and no byte from beyond the guest's memory was read or written."""
    with pytest.raises(InternalError):
        run(BROKEN[rule])


def test_memory_that_the_guest_hands_out_outside_of_itself_is_not_written(run: Run) -> None:
    """What is too large for the inbox goes where cb_alloc says, if that is inside."""
    with pytest.raises(InternalError):
        run(guest(out(b"1") + "(i32.const 1)", alloc="(i32.const 0x7ffffff0)"), "return '" + "x" * 30_000 + "'")


def test_a_result_over_its_limit_is_not_read(run: Run) -> None:
    """The guest was told the limit; what it writes is measured again."""
    with pytest.raises(InternalError):
        run(guest(out(b'"' + b"x" * 200 + b'"') + "(i32.const 1)", b'"' + b"x" * 200 + b'"'), result_bytes=100)


LOGS = {
    "outside of the memory": (0x7FFFFFF0, 64, b""),
    "more than the guest may keep": (0, 131_000, b""),
    "a record that is cut short": (TEXT, 10, b"1"),
    "a record longer than the rest": (TEXT, 24, struct.pack("<IId", 1, 5000, 0.0) + b"x" * 8),
    "a level that there is not": (TEXT, 24, struct.pack("<IId", 9, 1, 0.0) + b"x" * 8),
}


@pytest.mark.parametrize("kind", LOGS)
def test_broken_logs_are_dropped(run: Run, kind: str) -> None:
    """The outcome stands without them."""
    pointer, length, text = LOGS[kind]
    begin = store(2, TEXT + 4_000) + store(3, 1) + store(4, pointer) + store(5, length) + "(i32.const 1)"
    report = run(guest(begin, text.ljust(4_000, b"\0") + b"1"), log_bytes=1_000)
    assert (report.outcome, report.logs) == (Success(b"1"), ())


@pytest.mark.parametrize("wake", ["nan", "-inf", "inf", "1e300"])
def test_a_wake_up_that_never_comes_ends_at_the_wall_time(run: Run, wake: str) -> None:
    """Whatever the guest says of when: the host's own clock decides. A status that is none ends it before."""
    module = guest(f"(f64.store (i32.const {MAILBOX + 24}) (f64.const {wake})) (i32.const 3)")
    if wake == "-inf":
        with pytest.raises(InternalError):
            run(module)
    else:
        assert run(module, timeout_ms=20).outcome.limit == "wall_time"


def test_native_recursion_is_a_range_error(run: Run) -> None:
    """Also where the guest's own limit did not see it."""
    assert run(guest("(call $deeper)")).outcome == Failure("RangeError", "Maximum call stack size exceeded")


def test_a_stack_that_ran_out_through_address_zero_is_a_range_error(run: Run) -> None:
    """The guest's own stack, in its memory, grows downwards."""
    fault = "(i32.load (i32.sub (i32.const 0) (i32.const 120)))"
    assert run(guest(fault)).outcome == Failure("RangeError", "Maximum call stack size exceeded")


def test_a_trap_after_a_refused_growth_is_a_memory_limit(run: Run) -> None:
    """What was refused explains it."""
    report = run(guest(store(1, 1) + "(unreachable)"), memory_bytes=1 << 20)
    assert report.outcome.type == "MemoryLimitError"


def test_growth_beyond_the_cap_is_refused(run: Run) -> None:
    """memory.grow gives -1, and the memory is as large as it was."""
    begin = (
        f"(i32.store8 (i32.const {TEXT}) (i32.add (i32.const 49) (i32.eq (memory.grow (i32.const 60)) (i32.const -1))))"
        + out(b"1") + "(i32.const 1)"
    )  # fmt: skip
    report = run(guest(begin), memory_bytes=1 << 20)
    assert (report.outcome, report.usage.memory_peak_bytes) == (Success(b"2"), 131_072)


def test_an_endless_loop_is_stopped_by_fuel_and_wall_time(run: Run) -> None:
    """In native code of the guest as anywhere."""
    module = guest("(loop $l (br $l)) (unreachable)")
    assert run(module, fuel=3_000_000).outcome.limit == "fuel"
    assert run(module, fuel=10**12, timeout_ms=10).outcome.limit == "wall_time"


def test_calls_without_end_use_up_the_fuel(run: Run) -> None:
    """Each has its price, also where it is refused."""
    loop = "(loop $l (drop (call $call (i32.const 16) (i32.const 0) (i32.const 0))) (br $l)) (unreachable)"
    report = run(guest(loop), fuel=50_000_000)
    assert report.outcome.limit == "fuel"
    assert report.usage.host_calls <= 500
