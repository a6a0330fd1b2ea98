"""What runs on this worker, and what its other workers run: to list it, and to end it.

An execution is found by its id and its principal; that of another principal is not found.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from host.execution.execution import Execution, Listed
from host.execution.outcome import Failure
from host.node.node import Node

#: How long another worker may take to answer: its event loop is never held up for so long.
_ANSWER_TIMEOUT_S = 2.0

CANCELLED = Failure("CancelledError", "The execution was cancelled")
CLIENT_GONE = Failure("CancelledError", "The client closed the connection before the execution had ended")
STOPPING = Failure(
    "CancelledError", "The server is stopping, and the execution did not end in its grace period",
    hint="Send the request again.", limit="grace_period",
)  # fmt: skip


class Registry:
    """The executions of this worker, by id; and questions to the other workers about theirs."""

    def __init__(self, node: Node) -> None:
        self._mail = node.mail
        self._executions: dict[str, Execution] = {}
        self._mail.answer("list", self._answer_list)
        self._mail.answer("cancel", self._answer_cancel)

    def __len__(self) -> int:
        return len(self._executions)

    @contextmanager
    def holding(self, execution: Execution) -> Iterator[None]:
        """The execution is found here meanwhile."""
        self._executions[execution.id] = execution
        try:
            yield
        finally:
            del self._executions[execution.id]

    def stop(self, execution_id: str, why: Failure) -> None:
        """Ends an execution of this worker, if it has not ended."""
        execution = self._executions.get(execution_id)
        if execution is not None:
            execution.stop(why)

    def listed(self, execution_id: str) -> Listed | None:
        """What is known of an execution of this worker; None when it has ended."""
        execution = self._executions.get(execution_id)
        return None if execution is None else execution.listed()

    def stop_all(self, why: Failure) -> None:
        """Ends every execution of this worker."""
        for execution in list(self._executions.values()):
            execution.stop(why)

    def _of(self, principal: str | None) -> Iterator[Listed]:
        for execution in self._executions.values():
            if principal in (None, execution.request.principal):
                yield execution.listed()

    async def running(self, principal: str | None) -> tuple[list[Listed], bool]:
        """What runs on the node, oldest first, of one principal or (None) of all; and whether every worker answered."""
        others, complete = await self._mail.ask("list", principal, _ANSWER_TIMEOUT_S)
        found = [*self._of(principal), *msgspec.convert(others, list[Listed])]
        return sorted(found, key=lambda each: each.execution_id), complete

    async def cancel(self, execution_id: str, principal: str | None) -> bool:
        """Ends an execution on whichever worker it runs. False where there is none of that principal (None: any)."""
        if self._cancel_here(execution_id, principal):
            return True
        answers, _ = await self._mail.ask("cancel", [execution_id, principal], _ANSWER_TIMEOUT_S)
        return any(answers)

    def _cancel_here(self, execution_id: str, principal: str | None) -> bool:
        execution = self._executions.get(execution_id)
        if execution is None or principal not in (None, execution.request.principal):
            return False
        execution.stop(CANCELLED)
        return True

    def _answer_list(self, principal: Any) -> list[Any]:
        return [msgspec.to_builtins(listed) for listed in self._of(principal)]

    def _answer_cancel(self, content: Any) -> list[bool]:
        return [self._cancel_here(*content)]
