"""Messages between workers: whole answers, peers that do not answer, and what a former owner left behind."""

import asyncio
from collections.abc import Callable, Iterator

import msgspec
import pytest

from host.node.mail import PART_ITEMS_MAX, Mail, Sockets


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    """Mailboxes for three workers."""
    sockets = Sockets(3)
    yield sockets
    sockets.close()


def mail_of(sockets: Sockets, row: int, rows: int = 3) -> Mail:
    """The mailbox of a worker whose peers are all the others."""
    return Mail(sockets, row, lambda: [each for each in range(rows) if each != row])


def fill(sockets: Sockets, row: int, datagram: bytes) -> int:
    """Puts datagrams into a mailbox until there is no room; how many there was room for."""
    for count in range(100_000):
        try:
            sockets.outboxes[row].send(datagram)
        except BlockingIOError:
            return count
    raise AssertionError("a mailbox without end")


def together(sockets: Sockets, story: Callable, rows: int = 3, reading: int = 3) -> object:
    """Runs `story(mails)` with the first `reading` of the mailboxes open."""

    async def run() -> object:
        mails = [mail_of(sockets, row, rows) for row in range(rows)]
        for mail in mails[:reading]:
            mail.open()
        try:
            return await story(mails)
        finally:
            for mail in mails[:reading]:
                mail.close()

    return asyncio.run(run())


@pytest.mark.parametrize("count", [0, 1, PART_ITEMS_MAX, PART_ITEMS_MAX + 1, 25 * PART_ITEMS_MAX])
def test_an_answer_of_any_length_comes_whole(sockets: Sockets, count: int) -> None:
    """From every peer, in order, in as many parts as it takes: more than a mailbox has room for at once."""

    async def story(mails: list[Mail]) -> tuple[list, bool]:
        for row in (1, 2):
            mails[row].answer("list", lambda content, row=row: ([row, content, n, "x" * 300] for n in range(count)))
        return await mails[0].ask("list", "alice", 60)

    items, complete = together(sockets, story)
    assert complete
    for row in (1, 2):
        assert [item for item in items if item[0] == row] == [[row, "alice", n, "x" * 300] for n in range(count)]
    assert len(items) == 2 * count


def test_without_peers_nobody_is_asked(sockets: Sockets) -> None:
    """And the answer is complete."""

    async def story(mails: list[Mail]) -> tuple[list, bool]:
        return await mails[0].ask("list", None, 60)

    assert together(sockets, story, rows=1, reading=1) == ([], True)


@pytest.mark.parametrize("full", [False, True])
def test_a_peer_that_does_not_read_leaves_the_answer_incomplete(sockets: Sockets, full: bool) -> None:
    """When the time is up there is what the others said; also where its mailbox has no room for the question."""

    async def story(mails: list[Mail]) -> tuple[list, bool]:
        if full:
            fill(sockets, 2, b"[]")
        mails[1].answer("list", lambda _: ["one"])
        answer = await mails[0].ask("list", None, 0.8)
        assert mails[0]._questions == {}
        return answer

    assert together(sockets, story, reading=2) == (["one"], False)


def test_questions_at_once_keep_their_answers_apart(sockets: Sockets) -> None:
    """Fifty from each of three workers to the others."""

    async def story(mails: list[Mail]) -> None:
        for mail in mails:
            mail.answer("echo", lambda content: [content])
        asked = [(mail, n) for mail in mails for n in range(50)]
        answers = await asyncio.gather(*(mail.ask("echo", [mail._row, n], 60) for mail, n in asked))
        assert answers == [([[mail._row, n]] * 2, True) for mail, n in asked]

    together(sockets, story)


def test_what_a_former_owner_left_unread_is_dropped(sockets: Sockets) -> None:
    """Whatever it is and however much."""
    assert fill(sockets, 1, b"\xff no JSON at all") > 0

    async def story(mails: list[Mail]) -> tuple[list, bool]:
        mails[1].answer("list", lambda _: ["new"])
        return await mails[0].ask("list", None, 60)

    assert together(sockets, story, rows=2, reading=2) == (["new"], True)


def test_an_answer_to_a_former_owner_is_not_taken_for_ones_own(sockets: Sockets) -> None:
    """The numbers of a worker's questions are not those of the row's last owner."""

    async def story(mails: list[Mail]) -> None:
        asked: list[int] = []
        for _ in range(2):
            owner = mail_of(sockets, 2, 3)
            owner.open()
            question = asyncio.ensure_future(owner.ask("unknown", None, 60))
            await asyncio.sleep(0)
            asked += owner._questions
            question.cancel()
            await asyncio.gather(question, return_exceptions=True)
            owner.close()
        first, second = asked
        assert second > first
        successor = mail_of(sockets, 2, 3)
        successor.open()
        waiting = asyncio.ensure_future(successor.ask("unknown", None, 0.2))
        await asyncio.sleep(0)
        sockets.outboxes[2].send(msgspec.json.encode(("answer", 0, first, ["old"])))
        sockets.outboxes[2].send(msgspec.json.encode(("answer", 0, first, [])))
        assert await waiting == ([], False)
        successor.close()

    together(sockets, story, reading=2)


def test_many_rings_are_one(sockets: Sockets) -> None:
    """Ringing never blocks, however often, and who reads late looks again once for all that has come."""

    async def story(mails: list[Mail]) -> int:
        looks = []
        mails[1].on_ring = lambda: looks.append(1)
        for _ in range(5000):
            mails[0].ring()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        first = len(looks)
        mails[0].ring()
        while len(looks) == first:
            await asyncio.sleep(0)
        return first

    assert together(sockets, story, rows=2, reading=2) == 1


def test_a_ring_is_not_lost_where_a_mailbox_is_full_of_other_things(sockets: Sockets) -> None:
    """Its owner looks again after whatever it reads."""

    async def story(mails: list[Mail]) -> None:
        looked = asyncio.Event()
        mails[1].on_ring = looked.set
        fill(sockets, 1, msgspec.json.encode(("answer", 0, 1, [])))
        mails[0].ring()
        async with asyncio.timeout(60):
            await looked.wait()

    together(sockets, story, rows=2, reading=2)
