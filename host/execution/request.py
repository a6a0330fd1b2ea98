"""What is asked for: a code block with its input, under a policy, for a principal."""

import secrets
import time

from msgspec import Struct

from host.policy.model import Policy, Quota


class ExecutionRequest(Struct, frozen=True):
    """`code` is UTF-8 text of a function body and `input` a JSON text in UTF-8; both are checked already.

    `timeout_ms` can lower the policy's wall time, never raise it. `seed` counts only where the policy says
    `random: seeded`. `extra_capabilities` is for the host's own use (`cellblock doctor`) and never comes from a
    client. `shows_places`: refusals may tell where a rule stands, because an operator asks.
    """

    code: bytes
    input: bytes
    policy: Policy
    principal: str = "anonymous"
    quota: Quota = Quota()
    timeout_ms: int | None = None
    seed: int | None = None
    execution_id: str = ""
    extra_capabilities: tuple = ()
    shows_places: bool = False


def new_execution_id() -> str:
    """A UUID of version 7 (RFC 9562, 5.7) as 32 hexadecimal digits: unguessable, and sorted by time."""
    stamp = time.time_ns() // 1_000_000
    random = secrets.randbits(74)
    value = (stamp & (1 << 48) - 1) << 80 | 0x7 << 76 | (random >> 62) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    return f"{value:032x}"
