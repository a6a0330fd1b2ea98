"""What the benchmarks count and divide, where a mistake would go unseen."""

import pytest

from perf.client import Reply, answer_length
from perf.loops import Tally
from perf.rounds import percentile


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [(1, 0.5, 1), (1, 0.99, 1), (2, 0.5, 1), (3, 0.5, 2), (30, 0.99, 30), (100, 0.99, 99), (101, 0.99, 100),
     (1000, 0.99, 990), (10, 1.0, 10)],
)  # fmt: skip
def test_percentile_is_the_nearest_rank(count: int, share: float, expected: int) -> None:
    """Of 1 to `count`, in any order: never interpolated, and never one rank too low."""
    assert percentile(list(range(count, 0, -1)), share) == expected


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"


@pytest.mark.parametrize("answer", [ANSWER, CHUNKED, b"HTTP/1.1 204 No Content\r\n\r\n"])
def test_answer_is_whole_at_its_last_byte(answer: bytes) -> None:
    """Cut anywhere it is not whole, and what follows does not belong to it."""
    assert [answer_length(answer[:end]) for end in range(len(answer))] == [0] * len(answer)
    assert answer_length(answer + b"HTTP/1.1 ") == len(answer)


def _reply(status: int, body: bytes, seconds: float = 0.0) -> Reply:
    return Reply(status, b"", body, 0.0, seconds)


def test_tally_tells_answers_apart() -> None:
    """A 200 that says nothing of success is no success, and a connection that broke is an answer of its own kind."""
    tally = Tally()
    tally.add(_reply(200, b'{"success":true,"result":1}', 0.002))
    tally.add(_reply(200, b'{"success":false}'))
    tally.add(_reply(503, b'{"success":false,"error":{"type":"ConcurrencyError","message":"m"}}'))
    tally.add(_reply(0, b"closed by the server"))
    assert tally.kinds == {"200": 1, "200 without success": 1, "503 ConcurrencyError": 1, "no answer": 1}
    assert (tally.successes, tally.latencies_ms) == (1, [2.0])
    assert tally.others_than("200", "503 ConcurrencyError") == {"200 without success": 1, "no answer": 1}
