"""Idempotency-Key: a request that is sent again gets the answer that it got, and does not run again.

Whether code ran is seen in its result: each execution returns another random UUID.
"""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from host.api.answer_file import NAME
from host.api.answers import Room
from host.api.sqlite_answers import SqliteAnswers
from host.errors import ConcurrencyError, InternalError, UnavailableError
from host.execution.outcome import Failure, Report, Timing, Usage
from tests.api.client import DISCONNECT, JSON, Answer, Client, Sender, parts
from tests.api.conftest import ALICE, BOB

UUID = b'{"code": "return crypto.randomUUID()"}'
OTHER = b'{"code": "return crypto.randomUUID() + 1", "policy": "sandbox"}'
LOOP = b'{"code": "while (true) {} return 1"}'
#: Long enough to be seen running, short enough to wait for.
SLOW = b'{"code": "await new Promise(done => setTimeout(done, 300)); return crypto.randomUUID()"}'


@pytest.fixture
def answers(tmp_path: Path) -> Iterator[SqliteAnswers]:
    with closing(SqliteAnswers(tmp_path, 100)) as answers:
        yield answers


@pytest.fixture
def client(serve: Callable[..., Client], answers: SqliteAnswers, unharmed_but_for_store: None) -> Client:
    return serve(answers=answers)


@pytest.fixture
def unharmed_but_for_store(unharmed: None, answers: SqliteAnswers) -> Iterator[None]:
    """The count of threads and files is taken with the store closed."""
    yield
    answers.close()


def keyed(client: Client, key: str, body: bytes = UUID, token: str = BOB, **headers: str) -> Answer:
    return client.post(body, authorization=f"Bearer {token}", idempotency_key=key, **headers)


def is_replay(answer: Answer, of: Answer) -> bool:
    same = (answer.status, answer.body) == (of.status, of.body)
    return same and answer.headers["idempotency-replayed"] == "true" and "idempotency-replayed" not in of.headers


def raw_headers(key: str, token: str = BOB) -> list[tuple[bytes, bytes]]:
    named = {"host": "localhost", **JSON, "authorization": f"Bearer {token}", "idempotency-key": key}
    return [(name.encode(), value.encode()) for name, value in named.items()]


# What is replayed


def test_same_request_gets_the_same_answer(client: Client) -> None:
    """Byte for byte with its status, its id and its time, and a header that says so; nothing runs."""
    first = keyed(client, "k1")
    assert first.status == 200
    assert is_replay(keyed(client, "k1"), first)
    assert is_replay(keyed(client, "k1", accept_language="zh"), first)
    assert keyed(client, "k2").json["result"] != first.json["result"]


def test_without_a_key_every_request_runs(client: Client, tmp_path: Path) -> None:
    """And leaves no file, no thread and no header."""
    first, second = client.post(UUID), client.post(UUID)
    assert first.json["result"] != second.json["result"]
    assert not {"idempotency-replayed", "idempotency-stored"} & second.headers.keys()
    assert list(tmp_path.iterdir()) == []
    assert "cellblock-answers_0" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"code": "throw new TypeError(crypto.randomUUID()); return 1"}', "TypeError"),
        (b'{"code": "return return"}', "SyntaxError"),
        (b'{"code": "while (true) {} return 1", "policy": "quick"}', "TimeoutError"),
        (b'{"code": "const r = undefined; return r"}', "ValidationError"),
    ],
)
def test_failure_of_the_code_is_replayed(client: Client, body: bytes, kind: str) -> None:
    """Code that ran and failed is not run again either."""
    first = keyed(client, "k", body)
    assert (first.status, first.error["type"]) == (400, kind)
    assert is_replay(keyed(client, "k", body), first)


@pytest.mark.parametrize(
    ("one", "same"), [("abc", '"abc"'), ("abc", " \tabc "), ('"a\\"b\\\\c"', '"a\\"b\\\\c"'), ('"a,b;c"', '"a,b;c"')]
)
def test_key_in_quotes_is_the_same_key(client: Client, one: str, same: str) -> None:
    """The draft has a string in quotes; most clients send a bare UUID. Blanks around it do not count."""
    first = keyed(client, one)
    assert is_replay(keyed(client, same), first)


@pytest.mark.parametrize(
    "key", ["a", "x" * 255, f'"{"y" * 255}"', "8e03978e-40d5-43dd-bc93-6894a57f9324", "!#$%&'()*+./:~"]
)
def test_good_keys(client: Client, key: str) -> None:
    """Up to 255 characters, not counting the quotes."""
    first = keyed(client, key)
    assert is_replay(keyed(client, key), first)


def test_key_is_compared_exactly(client: Client) -> None:
    """Neither case nor a wildcard makes two keys one."""
    results = {keyed(client, key).json["result"] for key in ("abc", "ABC", "a%", "a_c", "'abc'")}
    assert len(results) == 5


def test_principals_have_keys_of_their_own(client: Client) -> None:
    """Another's key is as if it were not there: no answer, no conflict, no sign."""
    bob = keyed(client, "k")
    alice = keyed(client, "k", OTHER, ALICE)
    assert (alice.status, "idempotency-replayed" in alice.headers) == (200, False)
    assert is_replay(keyed(client, "k"), bob)
    assert client.post(OTHER, idempotency_key="k").json["result"] != alice.json["result"]


# What is refused


def test_key_of_another_request_is_refused(client: Client) -> None:
    """422, whatever the other body is, down to a blank; the first answer stays."""
    first = keyed(client, "k")
    for body in (OTHER, UUID + b" ", b"", b"no json"):
        answer = keyed(client, "k", body)
        assert (answer.status, answer.error["type"]) == (422, "ValidationError")
        assert answer.error["hint"].startswith("Take a new key")
    assert is_replay(keyed(client, "k"), first)


@pytest.mark.parametrize(
    "key",
    [
        "", " ", '""', '"', '"abc', 'abc"', 'a"b', "a b", '"a b"', "a,b", "a, a", "a;b", '"a";p=1', '"a", "a"', "a\\b",
        '"a\\b"', '"a\\"', "a\0", "a\rb", "a\nb", "a\r\nx: y", "\x7f", "é", "\xff", "x" * 256, '"' + "x" * 256 + '"',
        "x" * 10_240, '"' * 10_240, "\\" * 10_240, ":YQ==:" * 50,
    ],
)  # fmt: skip
def test_malformed_keys_are_refused(client: Client, tmp_path: Path, key: str) -> None:
    """400 with a hint before anything runs, and before the store is opened."""
    answer = keyed(client, key)
    assert (answer.status, answer.error["type"]) == (400, "ValidationError")
    assert "1 to 255 visible ASCII characters" in answer.error["hint"]
    assert list(tmp_path.iterdir()) == []


def test_key_that_stands_twice_is_refused(client: Client) -> None:
    """Also with the same value."""
    headers = [*raw_headers("a"), (b"idempotency-key", b"a")]
    answer = client.send("POST", "/flow/codeblock", Sender(parts(UUID)), headers)
    assert (answer.status, answer.error["message"]) == (400, "The header idempotency-key stands twice")


def test_stranger_does_not_reach_the_store(client: Client, tmp_path: Path) -> None:
    """Who may call is decided before: a wrong token gets 401, with a good key and with a bad one."""
    for key in ("k", "a b"):
        assert keyed(client, key, token="wrong").status == 401
    assert list(tmp_path.iterdir()) == []


def test_service_without_a_store_refuses_keys(serve: Callable[..., Client], unharmed: None) -> None:
    """It does not run what it cannot promise to run once; requests without a key are served."""
    client = serve()
    assert keyed(client, "k").status == 503
    assert client.post(UUID).status == 200


# At the same time


def test_requests_at_once_with_one_key_run_once(client: Client, guests) -> None:
    """One of twenty runs; the others are told to come back, and then get its answer."""

    async def flood() -> list[Answer]:
        senders = (client.exchange("POST", "/flow/codeblock", Sender(parts(SLOW)), raw_headers("k")) for _ in range(20))
        return await asyncio.gather(*senders)

    found = guests.wait(flood())
    assert Counter(answer.status for answer in found) == {200: 1, 409: 19}
    refused = next(answer for answer in found if answer.status == 409)
    assert (refused.error["type"], refused.headers["retry-after"]) == ("ConcurrencyError", "1")
    ran = next(answer for answer in found if answer.status == 200)
    assert is_replay(keyed(client, "k", SLOW), ran)


def test_two_workers_share_their_answers(client: Client, serve: Callable[..., Client], tmp_path: Path) -> None:
    """A retry may come to another worker."""
    with closing(SqliteAnswers(tmp_path, 100)) as others:
        first = keyed(client, "k")
        assert is_replay(keyed(serve(answers=others), "k"), first)


# When the key becomes free again


@pytest.mark.parametrize(
    ("body", "token", "status"),
    [
        (b"{", BOB, 400), (b'{"code": 1}', BOB, 400), (b'{"code": "1"}', BOB, 400), (b'{"code": ""}', BOB, 400),
        (b'{"code": "return 1", "policy": "secret"}', BOB, 403),
        (b'{"code": "return 1", "input": "%s"}' % (b"x" * 60), ALICE, 413),
    ],
)  # fmt: skip
def test_key_of_a_request_of_which_nothing_ran_is_free(client: Client, body: bytes, token: str, status: int) -> None:
    """The client mends its request and sends it with the same key."""
    for _ in range(2):
        answer = keyed(client, "k", body, token)
        assert (answer.status, "idempotency-replayed" in answer.headers) == (status, False)
    assert keyed(client, "k", b'{"code": "return 1"}', token).status == 200


@pytest.mark.parametrize("fault", [ConcurrencyError("full"), InternalError("/etc broke"), MemoryError()])
def test_key_is_free_after_a_fault(client: Client, guests, monkeypatch, fault: Exception) -> None:
    """503 and 500: the retry runs."""

    async def run(_: object) -> None:
        raise fault

    with monkeypatch.context() as patch, structlog.testing.capture_logs():
        patch.setattr(guests.executor, "run", run)
        assert keyed(client, "k").status in (500, 503)
    assert keyed(client, "k").status == 200


def test_key_is_free_after_an_outcome_that_is_a_fault(client: Client, guests, monkeypatch) -> None:
    """An execution that ended with InternalError is a fault of ours, and its answer is not kept."""

    async def run(_: object) -> Report:
        failure = Failure("InternalError", "broke")
        return Report("0" * 32, failure, Timing(0, 0, 0), Usage(0, 0, 0, 0), (), 0, "sandbox", "")

    with monkeypatch.context() as patch:
        patch.setattr(guests.executor, "run", run)
        answer = keyed(client, "k")
        assert (answer.status, "idempotency-stored" in answer.headers) == (500, False)
    assert keyed(client, "k").status == 200


def test_key_is_free_after_the_client_went_away(client: Client) -> None:
    """A client that hangs up cancels its execution; when it comes back, the code runs from its beginning."""
    gone = Sender([*parts(LOOP), DISCONNECT])
    assert client.send("POST", "/flow/codeblock", gone, raw_headers("k")) is None
    assert keyed(client, "k").status == 200


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8, 13, 30, 100, 300])
def test_request_cancelled_at_any_moment_leaves_no_claim(client: Client, guests, turns: int) -> None:
    """During the claim, the execution or the keeping: afterwards the key is free, or has the answer; it never hangs."""

    async def cancelled() -> None:
        sending = client.exchange("POST", "/flow/codeblock", Sender(parts(UUID)), raw_headers("k"))
        task = asyncio.ensure_future(sending)
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    guests.wait(cancelled())
    assert keyed(client, "k").status == 200


# When answers cannot be kept


def test_damaged_store_refuses_keys_and_nothing_else(client: Client, tmp_path: Path) -> None:
    """503 that says what is wrong and nothing of where; nothing runs. Requests without a key are served."""
    (tmp_path / NAME).write_bytes(b"no database" * 1000)
    with structlog.testing.capture_logs() as records:
        answer = keyed(client, "k")
        assert keyed(client, "k").status == 503
    assert (answer.status, answer.error["type"]) == (503, "InternalError")
    assert int(answer.headers["retry-after"]) >= 1
    for word in (str(tmp_path), NAME, "sqlite", "database", "Traceback", "Error("):
        assert word.lower() not in answer.body.decode().lower().replace("internalerror", "")
    assert [record["log_level"] for record in records] == ["error"]
    assert client.post(UUID).status == 200


def test_full_store_says_what_is_full_and_how_to_mend_it(
    serve: Callable[..., Client], tmp_path: Path, unharmed
) -> None:
    """429 with when something becomes free; known keys are still answered, and nothing is forgotten."""
    with closing(SqliteAnswers(tmp_path, 100, room=Room(keys_max=1))) as answers:
        client = serve(answers=answers)
        first = keyed(client, "k")
        refused = keyed(client, "k2")
        assert (refused.status, refused.error["type"]) == (429, "RateLimitError")
        assert "24 hours" in refused.error["hint"]
        assert 86_000 < int(refused.headers["retry-after"]) <= 86_400
        assert is_replay(keyed(client, "k"), first)


def test_answer_without_room_is_given_once_and_says_so(serve: Callable[..., Client], tmp_path: Path, unharmed) -> None:
    """The answer is right and comes with a warning; a retry does not run, and is told why."""
    room = Room(principal_bytes_max=2000, clearance_bytes=0)
    with closing(SqliteAnswers(tmp_path, 100, room=room)) as answers:
        client = serve(answers=answers)
        body = b'{"code": "return \'x\'.repeat(5000)"}'
        first = keyed(client, "k", body)
        assert (first.status, first.headers["idempotency-stored"]) == (200, "false")
        again = keyed(client, "k", body)
        assert (again.status, again.error["type"]) == (429, "RateLimitError")


def test_answer_is_given_when_keeping_it_fails(client: Client, answers: SqliteAnswers, monkeypatch) -> None:
    """The code has run: its answer is not thrown away, says that it is not stored, and the key does not become free."""

    async def keep(*_: object) -> bool:
        raise UnavailableError("broken")

    monkeypatch.setattr(answers, "keep", keep)
    with structlog.testing.capture_logs() as records:
        answer = keyed(client, "k")
    assert (answer.status, answer.headers["idempotency-stored"]) == (200, "false")
    assert [record["event"] for record in records] == ["an idempotent answer could not be kept"]
    assert keyed(client, "k").status == 409


def test_fault_of_a_release_does_not_hide_the_answer(client: Client, answers: SqliteAnswers, monkeypatch) -> None:
    """What was wrong with the request is what the client is told."""

    async def release(*_: object) -> None:
        raise UnavailableError("broken")

    monkeypatch.setattr(answers, "release", release)
    with structlog.testing.capture_logs() as records:
        assert keyed(client, "k", b"{").status == 400
    assert [record["event"] for record in records] == ["an idempotency key could not be released"]


# What else knows of it


def test_pages_of_other_origins_may_send_a_key(serve: Callable[..., Client], unharmed: None) -> None:
    """A preflight allows the header, and an answer lets a page see what became of it."""
    client = serve(cors_origins=("https://app.example",))
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "idempotency-key"}
    allowed = client.request("OPTIONS", "/flow/codeblock", headers={"origin": "https://app.example", **asked})
    assert "idempotency-key" in allowed.headers["access-control-allow-headers"]
    answer = client.post(UUID, origin="https://app.example")
    assert "idempotency-replayed" in answer.headers["access-control-expose-headers"]


def test_openapi_has_the_header_and_its_statuses(client: Client) -> None:
    """A generated client can send a key, and knows what can come back."""
    operation = client.request("GET", "/schema/openapi.json").json["paths"]["/flow/codeblock"]["post"]
    (header,) = operation["parameters"]
    assert (header["name"], header["in"], header["required"]) == ("Idempotency-Key", "header", False)
    assert {"409", "422", "429"} <= operation["responses"].keys()


def test_messages_are_translated(client: Client) -> None:
    """The refusals of this feature in Chinese."""
    keyed(client, "k")
    answer = keyed(client, "k", OTHER, accept_language="zh")
    assert answer.error["message"] == "该 Idempotency-Key 属于另一个请求"
    assert json.loads(answer.body)["error"]["hint"] == "每个请求请使用新的键；重试时请保持请求不变。"
