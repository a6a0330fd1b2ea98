"""Requirement 5: a call that is under way is unwound before its store goes,
and a trapped instance is not entered again.

Dropped carelessly, a call would leave its fiber, its slot or wasmtime's own state behind.
"""

from functools import cache

import pytest

from host.sandbox.abi import GuestFault
from host.sandbox.engine import Engine
from host.sandbox.hostcalls import Refusal
from host.sandbox.instance import Instance, Start, State
from tests.harness import Guests

MIB = 1 << 20


class NoCalls:
    """Grants nothing."""

    owed = 0
    ends_slice = False

    def call(self, operation: int, payload: bytes) -> bytes:
        raise Refusal("CapabilityError", "nothing is granted")

    start = call


@cache
def compiled(engine: Engine, code: bytes) -> bytes:
    """The code's bytecode, as an execution makes it."""
    with Instance(engine, engine.images["base"], 10**10, 64 * MIB, NoCalls()) as instance:
        assert instance.compile(Start(code, b"{}", b"", 0, 0, MIB, MIB))
        while (state := instance.step(0.0, 0.0)) is State.RUNNING:
            pass
        assert state is State.DONE
        outbox = instance.memory.outcome()
        return instance.memory.read(outbox.out_ptr, outbox.out_len)


def begun(engine: Engine, code: bytes, fuel: int = 10**10) -> Instance:
    bytecode = compiled(engine, code)
    instance = Instance(engine, engine.images["base"], fuel, 64 * MIB, NoCalls())
    assert instance.begin(Start(code, b"{}", b"", 0, 1, MIB, MIB, bytecode))
    return instance


def test_a_call_dropped_between_slices_gives_everything_back(engine: Engine, unharmed: None) -> None:
    """More calls are dropped in the middle than the pool has slots and stacks; not one may be lost."""
    for _ in range(engine.instances_max + 50):
        with begun(engine, b"for (;;); return 1") as instance:
            assert instance.step(0.0, 0.0) is State.RUNNING


def test_a_call_dropped_before_its_first_slice_gives_everything_back(engine: Engine, unharmed: None) -> None:
    for _ in range(engine.instances_max + 50):
        begun(engine, b"return 1").close()


def test_a_call_dropped_deep_in_a_recursion_gives_everything_back(engine: Engine, unharmed: None) -> None:
    """The fiber that is unwound is full of frames."""
    code = b"function f(n) { if (n) return f(n - 1) + 1; for (;;); } return f(4000)"
    for _ in range(200):
        with begun(engine, code) as instance:
            for _ in range(3):
                assert instance.step(0.0, 0.0) is State.RUNNING


def test_a_trapped_instance_is_never_entered_again(engine: Engine) -> None:
    """After a trap, guest memory is in any state: in the middle of an allocation, say."""
    with begun(engine, b"for (;;); return 1", fuel=10**7) as instance:
        while (state := instance.step(0.0, 0.0)) is State.RUNNING:
            pass
        assert state is State.OUT_OF_FUEL
        for enter in (instance.resume, lambda: instance.settle(1, True, b"")):
            with pytest.raises(GuestFault, match="not entered again"):
                enter()


def test_closing_twice_is_closing_once(engine: Engine, guests: Guests) -> None:
    """Two paths out may both close; a store freed twice would be the end of the process."""
    instance = begun(engine, b"return 1")
    instance.close()
    instance.close()
    assert guests.result("return 1") == 1
