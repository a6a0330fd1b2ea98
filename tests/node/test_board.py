"""The board: what the main process writes is what every worker reads, whole, and nothing of what was there before."""

import threading

import pytest

from host.errors import InternalError
from host.node.board import Board
from tests.node.forks import Forked, Signal

SIZE = 1 << 16


@pytest.fixture
def board():
    board = Board(SIZE)
    yield board
    board.close()


def test_a_new_board_has_nothing(board: Board) -> None:
    """A worker that is too early finds no document, and not an empty one."""
    assert board.read() is None
    assert board.number == 0


def test_documents_are_numbered(board: Board) -> None:
    """Each takes the place of the last one, an empty one too."""
    assert [board.write(document) for document in (b"first", b"", b"third, and longer")] == [1, 2, 3]
    assert board.read() == (3, b"third, and longer")
    assert board.number == 3


def test_forked_workers_read_what_is_written_after_the_fork(board: Board) -> None:
    """The memory is shared and not copied."""
    board.write(b"before")
    written = Signal()

    def worker() -> list:
        first = board.read()[1].decode()
        written.wait()
        return [first, board.read()[1].decode()]

    forked = Forked(worker)
    # The child may read before or after this; what it reads after the signal is the second.
    board.write(b"after")
    written.tell()
    first, second = forked.result()
    written.close()
    assert first in ("before", "after")
    assert second == "after"


def test_nothing_of_a_longer_document_is_left(board: Board) -> None:
    """It may have held a secret that is not to be there any more."""
    board.write(b"x" * 1000 + b"the old secret")
    board.write(b"short")
    assert b"secret" not in board._memory[:]
    assert b"x" not in board._memory[:]


def test_a_document_without_room_changes_nothing(board: Board) -> None:
    """It is refused before a byte of it is written."""
    board.write(b"good")
    with pytest.raises(InternalError):
        board.write(bytes(board.room + 1))
    assert board.read() == (1, b"good")
    assert board.write(bytes(board.room)) == 2
    assert board.read() == (2, bytes(board.room))


def test_half_a_document_is_not_read(board: Board) -> None:
    """A writer that stopped in the middle leaves nothing that passes for a document."""
    board.write(b"a" * 500)
    board._memory[100:200] = b"b" * 100
    assert board.read() is None
    board.write(b"c" * 400)
    assert board.read() == (2, b"c" * 400)


def test_readers_see_whole_documents_while_others_are_written(board: Board) -> None:
    """Thousands of documents, and a reader that never sees two in one."""
    enough = threading.Event()

    def write() -> None:
        for number in range(1, 1_000_000):
            board.write(bytes([number % 256]) * (number % 700 + 1))
            if enough.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    seen = 0
    while seen < 1000 and writer.is_alive():
        read = board.read()
        if read is not None:
            number, document = read
            assert document == bytes([number % 256]) * (number % 700 + 1)
            seen += 1
    enough.set()
    writer.join()
    assert seen == 1000
