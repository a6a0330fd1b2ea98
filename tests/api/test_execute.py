"""POST /flow/codeblock when all is well: the fields of the contract."""

import base64
import json
import re

import pytest

from tests.api.client import Client, Sender, parts
from tests.api.conftest import ALICE, BOB


def test_answer_has_the_fields_of_the_contract(client: Client) -> None:
    """Every field of the contract, and no other, with its type."""
    answer = client.execute(code="console.log('hi'); return {sum: input.a + 1}", input={"a": 41})
    assert answer.status == 200
    body = answer.json
    assert list(body) == ["success", "result", "executionId", "timing", "usage", "logs", "policy", "timestamp"]
    assert (body["success"], body["result"]) == (True, {"sum": 42})
    assert re.fullmatch(r"[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}", body["executionId"])
    assert {name: type(value) for name, value in body["timing"].items()} == dict.fromkeys(
        ["executionTime", "totalTime", "queueTime"], int
    )
    assert list(body["usage"]) == ["fuel", "memoryPeakBytes", "hostCalls", "cpuMs"]
    assert body["usage"]["fuel"] > 0
    assert [(log["level"], log["text"]) for log in body["logs"]] == [("info", "hi")]
    assert body["policy"]["name"] == "sandbox"
    assert re.fullmatch("sha256:[0-9a-f]{64}", body["policy"]["digest"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["timestamp"])


def test_answer_is_json_that_nobody_guesses_or_keeps(client: Client) -> None:
    """The headers say JSON, forbid sniffing and caching, and give the length."""
    answer = client.execute(code="return 1")
    assert answer.headers == {
        "content-type": "application/json",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        "content-length": str(len(answer.body)),
    }


SOURCE = "return '÷?>' + input.x + `ÿ`"


@pytest.mark.parametrize("field", ["codebase64", "codeBase64"])
@pytest.mark.parametrize(
    "encode",
    [
        base64.b64encode,
        base64.urlsafe_b64encode,
        lambda data: base64.b64encode(data).rstrip(b"="),
        lambda data: base64.urlsafe_b64encode(data).rstrip(b"="),
    ],
)
def test_base64_in_either_alphabet_with_or_without_padding(client: Client, field: str, encode) -> None:
    """Four spellings of base64 and two of the field give the same source."""
    answer = client.execute(**{field: encode(SOURCE.encode()).decode()}, input={"x": 1})
    assert answer.json["result"] == "÷?>1ÿ"


def test_input_is_an_empty_object_by_default(client: Client) -> None:
    """A request without `input` gives the code `{}`."""
    assert client.execute(code="return input").json["result"] == {}


@pytest.mark.parametrize(
    "text", ["null", "[1,  2]", '"\\u00e9"', "1e400", "0.1", "9007199254740993", '{"a": {"a": 1}}']
)
def test_input_is_any_json_value(client: Client, text: str) -> None:
    """What `input` is in the code is what JSON.parse makes of the text."""
    body = b'{"code": "return JSON.stringify(input)", "input": %b}' % text.encode()
    expected = {"1e400": "null", "9007199254740993": "9007199254740992"}.get(text)
    assert json.loads(client.post(body).json["result"]) == json.loads(expected or text)


def test_result_reaches_the_client_as_the_guest_wrote_it(client: Client) -> None:
    """The host does not read the result: key order, escapes and numbers stay."""
    body = client.execute(code="return {b: 1, a: '\\ud800é', n: 1e21, z: -0}").body
    assert '"result":{"b":1,"a":"\\ud800é","n":1e+21,"z":0},'.encode() in body


def test_body_in_pieces_is_put_together(client: Client) -> None:
    """A body of several messages is one body, also where a character is cut in two."""
    body = '{"code": "return \'é\'"}'.encode()
    headers = [(b"content-type", b"application/json"), (b"host", b"localhost")]
    middle = body.index(b"\xc3") + 1
    answer = client.send("POST", "/flow/codeblock", Sender(parts(b"", body[:middle], body[middle:], b"")), headers)
    assert answer.json["result"] == "é"


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", 'application/json;charset="UTF-8"']
)
def test_content_type_in_other_spellings(client: Client, content_type: str) -> None:
    """The media type is read without regard to case, with UTF-8 as its only charset."""
    assert client.post(b'{"code": "return 1"}', content_type=content_type).status == 200


def test_token_names_the_principal_and_its_default_policy(client: Client) -> None:
    """Without `policy` the principal's first one holds; with it, the one that is named."""
    assert client.execute(code="return 1").json["policy"]["name"] == "sandbox"
    assert client.execute(ALICE, code="return 1").json["policy"]["name"] == "small"
    assert client.execute(ALICE, code="return 1", policy="sandbox").json["policy"]["name"] == "sandbox"


def test_seed_repeats_an_execution(client: Client) -> None:
    """Under a seeded policy the same seed gives the same numbers, and another seed others."""
    draws = [
        client.execute(BOB, policy="seeded", seed=seed, code="return Math.random()").json["result"]
        for seed in (7, 7, 8)
    ]
    assert draws[0] == draws[1] != draws[2]


def test_return_is_not_required_where_the_policy_says_so(client: Client) -> None:
    """With `require_return: false` code without a value gives null."""
    answer = client.execute(BOB, policy="loose", code="1 + 1")
    assert (answer.status, answer.json["result"]) == (200, None)


def test_dropped_messages_are_counted_in_the_last_log(serve, guests, unharmed: None) -> None:
    """What is over the log limit is dropped, and the answer says how many messages that were."""
    answer = serve().execute(
        BOB, policy="sandbox", code="for (let i = 0; i < 3000; i++) console.log('x'.repeat(50)); return 1"
    )
    *kept, last = answer.json["logs"]
    assert last["level"] == "warn"
    assert last["text"] == f"[{3000 - len(kept)} more messages were over the log limit]"
