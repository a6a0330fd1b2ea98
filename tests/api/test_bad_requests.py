"""Requests that are refused before anything runs: each is the client's fault, each answer is the same JSON."""

import asyncio
import base64
import json

import pytest

from tests.api.client import DISCONNECT, JSON, Client, Sender, parts, scope_of
from tests.api.conftest import ALICE, ALL_LIMITS, BOB

RAW = [(b"content-type", b"application/json"), (b"host", b"localhost")]
PATH = "/flow/codeblock"

NOT_JSON = "The body is not JSON"
TWO_CODES = "There is more than one of `code` and `codebase64`"
NOT_WHOLE = "The field `timeoutMs` is wrong: expected a whole number"


def plus(members: bytes) -> bytes:
    """A good request with more members."""
    return b'{"code": "return 1", %b}' % members


#: The attack or slip, its body, and how the message begins.
BODIES = {
    "empty": (b"", "The body is empty"),
    "blank": (b"  \n", NOT_JSON),
    "not JSON": (b"code=return 1", NOT_JSON),
    "cut short": (b'{"code": "return 1"', NOT_JSON),
    "two values": (b'{"code": "return 1"} {}', NOT_JSON),
    "byte order mark": (b'\xef\xbb\xbf{"code": "return 1"}', NOT_JSON),
    "comment": (b'{"code": "return 1" /* */}', NOT_JSON),
    "comma at the end": (b'{"code": "return 1",}', NOT_JSON),
    "single quotes": (b"{'code': 'return 1'}", NOT_JSON),
    "an array": (b"[]", "The body is wrong: expected an object"),
    "null": (b"null", "The body is wrong: expected an object"),
    "Latin-1": ('{"code": "return \'é\'"}'.encode("latin-1"), "The body is not UTF-8 at byte 18"),
    "UTF-16": ('{"code": "return 1"}'.encode("utf-16-le"), NOT_JSON),
    "overlong UTF-8 in input": (plus(b'"input": "\xc0\x80"'), "The body is not UTF-8 at byte 31"),
    "surrogate in UTF-8 in input": (plus(b'"input": "\xed\xa0\x80"'), "The body is not UTF-8 at byte 31"),
    "unknown field": (plus(b'"inputs": 1'), "There is no field `inputs`"),
    "field in other letters": (b'{"Code": "return 1"}', "There is no field `Code`"),
    "prototype": (plus(b'"__proto__": {}'), "There is no field `__proto__`"),
    "code twice": (plus(b'"code": "return 2"'), "The field `code` stands twice"),
    "code twice, escaped": (plus(b'"\\u0063ode": "return 2"'), "The field `code` stands twice"),
    "policy twice": (plus(b'"policy": "small", "policy": "sandbox"'), "The field `policy` stands twice"),
    "input twice": (b'{"input": 1, "code": "return 1", "input": 2}', "The field `input` stands twice"),
    "no code": (b'{"input": 1}', "There is none of `code` and `codebase64`"),
    "code and codebase64": (plus(b'"codebase64": "cmV0dXJuIDE="'), TWO_CODES),
    "codebase64 and codeBase64": (b'{"codeBase64": "cmV0dXJuIDE=", "codebase64": "cmV0dXJuIDE="}', TWO_CODES),
    "code is null": (b'{"code": null}', "The field `code` is wrong: expected a string"),
    "code is a list": (b'{"code": ["return 1"]}', "The field `code` is wrong: expected a string"),
    "code is empty": (b'{"code": ""}', "The code is empty"),
    "code is blank": (b'{"code": " \\n"}', "The code is empty"),
    "no return": (b'{"code": "1 + 1"}', "The code has no `return`"),
    "timeoutMs 0": (plus(b'"timeoutMs": 0'), NOT_WHOLE),
    "timeoutMs below 0": (plus(b'"timeoutMs": -1'), NOT_WHOLE),
    "timeoutMs is a fraction": (plus(b'"timeoutMs": 1.5'), NOT_WHOLE),
    "timeoutMs is text": (plus(b'"timeoutMs": "1"'), NOT_WHOLE),
    "timeoutMs is true": (plus(b'"timeoutMs": true'), NOT_WHOLE),
    "timeoutMs is huge": (b'{"code": "return 1", "timeoutMs": 1%b}' % (b"0" * 400), NOT_WHOLE),
    "record": (plus(b'"record": true'), "Recording is not available"),
    "record is text": (plus(b'"record": "no"'), "The field `record` is wrong: expected true or false"),
    "seed where nothing is seeded": (plus(b'"seed": 1'), "The policy `sandbox` takes no seed"),
    "seed below 0": (plus(b'"seed": -1'), "The field `seed` is wrong: expected a whole number >= 0"),
    "lone surrogate in code": (b'{"code": "return \'\\ud800\'"}', NOT_JSON),
    "input 01": (plus(b'"input": 01'), NOT_JSON),
    "input NaN": (plus(b'"input": NaN'), NOT_JSON),
    "input with a bad escape": (plus(b'"input": "\\x"'), NOT_JSON),
    "input with a line break": (plus(b'"input": "\n"'), NOT_JSON),
    "input with a lone surrogate": (plus(b'"input": "\\ud800"'), NOT_JSON),
    "input nested without end": (b'{"input": %b' % (b"[" * 100_000), "The input is nested too deeply"),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_bad_body_is_refused(client: Client, name: str) -> None:
    """400 ValidationError with a message that says what is wrong, and the id under which it is logged."""
    body, message = BODIES[name]
    answer = client.post(body)
    assert (answer.status, answer.error["type"]) == (400, "ValidationError")
    assert answer.error["message"].startswith(message)
    assert list(answer.json)[:3] == ["success", "error", "timestamp"]
    assert len(answer.json["executionId"]) == 32
    assert "result" not in answer.json


def test_unknown_field_comes_with_the_nearest_known() -> None:
    """The hint names the field that was meant, where one is near."""
    from host.api.intake import read_request
    from host.errors import ValidationError

    for name, near in {"codebase": "codebase64", "timeoutMS": "timeoutMs", "inputs": "input"}.items():
        with pytest.raises(ValidationError) as caught:
            read_request(json.dumps({name: 1}).encode())
        assert caught.value.hint == f"Did you mean `{near}`?"


@pytest.mark.parametrize(
    "text",
    [
        "cmV0dXJuIDE==", "cmV0dXJuIDE=\n", "cmV0 dXJuIDE=", "cmV0\ndXJuIDE=", "c", "====", "cmV0dXJuIDF", "QR==",
        "+-==", "cmV0dXJuIDE=cmV0", "﹣", "cmV0dXJuIDE\x00",
    ],
)  # fmt: skip
def test_base64_that_decoders_disagree_on_is_refused(client: Client, text: str) -> None:
    """Blanks, wrong padding, mixed alphabets, bits that mean nothing: one spelling of a source, or an error."""
    answer = client.execute(codebase64=text)
    assert (answer.status, answer.error["message"]) == (400, "`codebase64` is not base64")


def test_base64_of_other_than_utf8_is_refused(client: Client) -> None:
    """The source inside of the base64 is UTF-8 too."""
    answer = client.execute(codebase64=base64.b64encode("return 'é'".encode("latin-1")).decode())
    assert (answer.status, answer.error["message"]) == (400, "The code is not UTF-8 at byte 8")


@pytest.mark.parametrize(
    "content_type",
    [
        "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp",
        "application/json; charset=utf-16", "application/json, text/plain", "text/json",
    ],
)  # fmt: skip
def test_form_of_another_site_is_refused(client: Client, content_type: str) -> None:
    """A page of another site can send only what forms send; that is not JSON to us, whatever the body holds."""
    answer = client.post(b'{"code": "return 1"}', content_type=content_type)
    assert (answer.status, answer.error["message"]) == (400, "The Content-Type is not application/json")


def test_compressed_body_is_refused(client: Client) -> None:
    """A body with a content encoding is not decoded: small bodies stay small."""
    answer = client.post(b'{"code": "return 1"}', content_encoding="gzip")
    assert (answer.status, answer.error["message"]) == (400, "The body has a Content-Encoding")


@pytest.mark.parametrize("name", [b"content-type", b"authorization", b"host", b"content-length"])
def test_header_that_stands_twice_is_refused(client: Client, name: bytes) -> None:
    """Two parties that take different ones of two headers see two requests."""
    values = {
        b"content-type": b"application/json",
        b"host": b"localhost",
        b"content-length": b"20",
        b"authorization": b"Bearer x",
    }
    answer = client.send("POST", PATH, Sender(parts(b'{"code": "return 1"}')), [*values.items(), (name, values[name])])
    assert (answer.status, answer.error["message"]) == (400, f"The header {name.decode()} stands twice")


def test_code_over_its_limit(client: Client) -> None:
    """413 ValidationError, with both figures, for the code as it is decoded and not as it was sent."""
    fits = "return 1" + " " * 92
    assert client.execute(ALICE, code=fits).status == 200
    for fields in ({"code": fits + " "}, {"codebase64": base64.b64encode(fits.encode() + b" ").decode()}):
        answer = client.execute(ALICE, **fields)
        assert (answer.status, answer.error["type"]) == (413, "ValidationError")
        assert answer.error["message"] == "The code has 101 bytes; the limit is 100"
        assert answer.json["policy"]["name"] == "small"


def test_input_over_its_limit(client: Client) -> None:
    """413 ValidationError, for the input as it was sent."""
    assert client.execute(ALICE, code="return 1", input="x" * 48).status == 200
    answer = client.execute(ALICE, code="return 1", input="x" * 49)
    assert (answer.status, answer.error["message"]) == (413, "The input has 51 bytes; the limit is 50")


@pytest.mark.parametrize("character", ["\\u000a", "\\n", "é", "\\u00e9", "\U0001f600"])
def test_code_at_its_limit_fits_in_any_spelling(client: Client, character: str) -> None:
    """The ceiling of the body leaves room for every way to escape code that is within its own limit."""
    size = len(json.loads(f'"{character}"').encode())
    code = "return 1//" + character * ((100 - 10) // size)
    assert client.post(f'{{"code": "{code}"}}'.encode(), authorization=f"Bearer {ALICE}").status == 200


def test_declared_size_is_refused_before_the_body_is_read(client: Client) -> None:
    """A Content-Length over the ceiling gets its 413 while not a byte of the body has been taken."""
    sender = Sender(parts(b"x"))
    answer = client.send("POST", PATH, sender, [*RAW, (b"content-length", b"99999999999999")])
    assert (answer.status, answer.error["type"], sender.taken) == (413, "ValidationError", 0)


def test_endless_body_is_refused_while_it_comes(client: Client) -> None:
    """Without a Content-Length reading stops at the ceiling."""
    sender = Sender(parts(*[b" " * 100_000] * 100))
    answer = client.send("POST", PATH, sender, RAW)
    assert (answer.status, answer.error["type"]) == (413, "ValidationError")
    assert sender.taken == ALL_LIMITS["sandbox"] // 100_000 + 1


def test_token_is_checked_before_the_body_is_read(client: Client) -> None:
    """Who has no right to call does not get its body buffered."""
    sender = Sender(parts(b"x" * 1000))
    answer = client.send("POST", PATH, sender, [*RAW, (b"authorization", b"Bearer wrong")])
    assert (answer.status, answer.error["type"], sender.taken) == (401, "AuthenticationError", 0)


def test_slow_sender_is_not_waited_for(serve, unharmed: None) -> None:
    """A body that does not come within its time is given up."""
    client = serve(body_timeout_s=0)
    answer = client.send("POST", PATH, Sender([{"type": "http.request", "body": b"{", "more_body": True}]), RAW)
    assert (answer.status, answer.error["message"]) == (400, "The body did not come in time")


def test_broken_framing_is_the_clients_fault(client: Client) -> None:
    """A body that breaks off (bad chunks, a closed connection) is 400 and never 500."""
    messages = [{"type": "http.request", "body": b'{"code": ', "more_body": True}, DISCONNECT]
    answer = client.send("POST", PATH, Sender(messages), RAW)
    assert (answer.status, answer.error["message"]) == (400, "The body ended too early")


def test_client_that_goes_away_cancels_its_execution(client: Client, guests) -> None:
    """An endless loop whose client hangs up is stopped, gets no answer and gives its slot back."""
    body = json.dumps({"code": "while (true) {} return 1", "policy": "sandbox"}).encode()
    sender = Sender([*parts(body), DISCONNECT])
    headers = [*RAW, (b"authorization", f"Bearer {BOB}".encode())]
    assert client.send("POST", PATH, sender, headers) is None
    assert guests.executor.admission.running == 0


def test_client_that_goes_away_leaves_others_alone(client: Client, guests) -> None:
    """Only the execution of the client that hung up is cancelled."""

    async def both() -> list:
        gone = Sender([*parts(b'{"code": "while (true) {} return 1"}'), DISCONNECT])
        stays = Sender(parts(b'{"code": "await new Promise(done => setTimeout(done, 60)); return 1"}'))
        sent: list[dict] = []

        async def send(message: dict) -> None:
            sent.append(message)

        await asyncio.gather(
            *(client.app(scope_of("POST", PATH, RAW), sender.receive, send) for sender in (gone, stays))
        )
        return sent

    assert [message.get("status") for message in guests.wait(both())] == [200, None]


def test_error_bodies_are_the_same_json_everywhere(client: Client) -> None:
    """Unknown paths, wrong methods and broken hosts get the error shape too."""
    for method, path, status in (
        ("GET", "/flow/codeblock", 405), ("DELETE", "/flow/codeblock", 405), ("POST", "/health", 405),
        ("GET", "/nothing", 404), ("POST", "/flow/codeblock/x", 404), ("GET", "/schema/nothing", 404),
        ("GET", "/../etc/passwd", 404), ("GET", "/flow/codeblock\x00", 404), ("BREW", "/", 405),
    ):  # fmt: skip
        answer = client.request(method, path)
        assert (answer.status, answer.error["type"]) == (status, "ValidationError"), (method, path)
        assert set(answer.error) <= {"type", "message", "hint"}
    assert client.request("POST", PATH, b"{}", {**JSON, "host": "a b"}).status == 400


def test_wrong_method_says_which_is_right(client: Client) -> None:
    """405 comes with Allow."""
    assert client.request("PUT", PATH).headers["allow"] == "POST"
    assert "GET" in client.request("POST", "/").headers["allow"]
