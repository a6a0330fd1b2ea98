"""From where the guest stands to how the execution ended."""

import re
from collections.abc import Callable

import msgspec
from msgspec import Struct

from host.errors import InternalError
from host.execution.outcome import FAILURE_TYPES, Failure, Outcome, Success
from host.policy.model import Limits
from host.sandbox.abi import NOTED_GROWTH_REFUSED, GuestFault
from host.sandbox.instance import Instance, State


class GuestError(Struct, frozen=True):
    """The error as the guest's report.c writes it."""

    type: str
    message: str
    line: int | None = None
    column: int | None = None
    stack: str | None = None
    hint: str | None = None


_decode_error = msgspec.json.Decoder(GuestError).decode
_check_raw = msgspec.json.Decoder(msgspec.Raw).decode
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def _check_json(data: bytes) -> None:
    try:
        _check_raw(data)
    except msgspec.DecodeError:
        # A lone surrogate that is escaped is JSON (RFC 8259, 8.2), but not to msgspec.
        _check_raw(_SURROGATE.sub(rb"\\u0041", data))


def wall_time_used_up(limit_ms: int) -> Failure:
    """The execution took longer than it may."""
    return Failure("TimeoutError", f"The execution took longer than its wall time of {limit_ms} ms", limit="wall_time")


def fuel_used_up(limits: Limits) -> Failure:
    """The execution burnt all its fuel."""
    return Failure("TimeoutError", f"The execution used up its fuel of {limits.fuel} units", limit="fuel")


def memory_used_up(limits: Limits) -> Failure:
    """The execution wanted more memory than its cap."""
    return Failure("MemoryLimitError", f"The execution reached its memory limit of {limits.memory_bytes} bytes")


def _result(instance: Instance, limits: Limits) -> Outcome:
    outbox = instance.memory.outcome()
    if outbox.out_len > limits.result_bytes:
        raise GuestFault("the result is over the limit that the guest was given")
    data = instance.memory.read(outbox.out_ptr, outbox.out_len)
    try:
        data.decode()
        _check_json(data)
    except RecursionError:
        return Failure(
            "RuntimeError",
            "The result cannot be written as JSON: it is nested too deeply for a client to read",
            hint="Return a flatter structure.",
        )
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        raise GuestFault("the result is not JSON") from error
    return Success(data)


def _failure(instance: Instance, limits: Limits) -> Outcome:
    outbox = instance.memory.outcome()
    try:
        error = _decode_error(instance.memory.read(outbox.out_ptr, outbox.out_len))
    except (UnicodeDecodeError, msgspec.DecodeError) as problem:
        raise GuestFault("the error is not JSON of the agreed form") from problem
    match error.type:
        case "MemoryLimitError":
            return memory_used_up(limits)
        case "ResultTooLargeError":
            message = f"The result is larger than {limits.result_bytes} bytes"
            return Failure("ResultTooLargeError", message, hint="Return less, or part of it.")
        case kind if kind in FAILURE_TYPES:
            return Failure(kind, error.message, error.line, error.column, error.stack, error.hint)
        case _:
            return Failure("RuntimeError", error.message, error.line, error.column, error.stack, error.hint)


def judge(instance: Instance, state: State, limits: Limits) -> Outcome:
    """The outcome of a guest that will not be entered again.

    Raises InternalError where the fault is the host's: a host call failed, or the guest's engine broke.
    """
    return _judge(instance, state, limits, _result)


def judge_compiled(instance: Instance, state: State, limits: Limits) -> Outcome:
    """The same for one that was to compile: its result is bytecode."""
    return _judge(instance, state, limits, _bytecode)


def _bytecode(instance: Instance, _: Limits) -> Outcome:
    outbox = instance.memory.outcome()
    return Success(instance.memory.read(outbox.out_ptr, outbox.out_len))


def _judge(instance: Instance, state: State, limits: Limits, done: Callable[[Instance, Limits], Outcome]) -> Outcome:
    if instance.fault is not None:
        raise InternalError("a host call failed") from instance.fault
    try:
        match state:
            case State.DONE:
                return done(instance, limits)
            case State.FAILED:
                return _failure(instance, limits)
            case State.OUT_OF_FUEL:
                return fuel_used_up(limits)
            case State.STACK_OVERFLOW:
                return Failure("RangeError", "Maximum call stack size exceeded")
            case _:
                if instance.memory.outcome().noted & NOTED_GROWTH_REFUSED:
                    return memory_used_up(limits)
                raise InternalError(f"the guest's engine broke: {instance.trap_message}")
    except GuestFault as fault:
        raise InternalError("the guest broke the protocol") from fault
