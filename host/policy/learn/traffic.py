"""What went through: the requests that learning begins with."""

from collections import Counter
from collections.abc import Iterable

from host.policy.decide.rulebook import Request


class Traffic:
    """Requests that were let through, and how often. Some are denied after all, when more is known of them: a fetch
    whose host resolves to an address that it may not reach. Those did not go through."""

    def __init__(self) -> None:
        self._seen: Counter[Request] = Counter()
        self._execution: str | None = None
        #: Of that execution, what a later denial may be about, by capability and target.
        self._open: dict[tuple[str, str], Request] = {}

    def went(self, execution_id: str, capability: str, request: Request, times: int) -> None:
        """An execution was let through so often. Its decisions come in their order, and not mixed with others'."""
        if execution_id != self._execution:
            self._execution, self._open = execution_id, {}
        self._open[capability, request.target] = request
        self._seen[request] += times

    def denied_after_all(self, execution_id: str, capability: str, target: str, times: int) -> None:
        """A request to that target, which the execution was let through with before, was denied."""
        request = self._open.get((capability, target)) if execution_id == self._execution else None
        if request is not None:
            self._seen[request] -= times

    def items(self) -> Iterable[tuple[Request, int]]:
        """Each request that went through, with how often it did."""
        return [(request, times) for request, times in self._seen.items() if times > 0]

    def total(self) -> int:
        """How often anything went through."""
        return sum(times for _, times in self.items())
