"""The page at /schema: all of it comes from here, and its Content-Security-Policy holds it to that."""

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from host.api.executions import PATH
from host.api.problems import STATUS
from host.execution.outcome import FAILURE_TYPES
from tests.api.client import Answer, Client


class Markup(HTMLParser):
    """What the page has that could load or run something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": []}
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in self.texts:
            self.texts[self._inside].append(data)


@pytest.fixture
def page(client: Client) -> Answer:
    return client.request("GET", "/schema")


@pytest.fixture
def schema(client: Client) -> dict:
    return client.request("GET", "/schema/openapi.json").json


def test_page_is_html_that_nobody_keeps(page: Answer) -> None:
    """Of its type, whatever a browser would guess, and as new as the service."""
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-store"


def test_page_names_no_other_origin(page: Answer) -> None:
    """No address with a scheme or a host, and nothing that loads by itself."""
    text = page.body.decode()
    assert "://" not in text
    markup = Markup(text)
    for name, value in markup.attributes:
        assert name not in ("src", "srcset", "style", "action")
        assert not name.startswith("on")
        assert not (value or "").startswith(("//", "data:"))
    assert not re.search(r"@import|url\(", "".join(markup.texts["style"]))


def test_policy_lets_nothing_run_but_the_page_s_own(page: Answer) -> None:
    """One script and one style, each by its hash; connections only to the service."""
    markup = Markup(page.body.decode())
    directives = dict(
        directive.strip().split(" ", 1) for directive in page.headers["content-security-policy"].split(";")
    )
    for tag in ("script", "style"):
        (text,) = markup.texts[tag]
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert directives.pop(f"{tag}-src") == f"'sha256-{digest}'"
    assert directives == {
        "default-src": "'none'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


def test_page_makes_no_markup_out_of_text(page: Answer) -> None:
    """What the service or a code block says is shown, never read as HTML."""
    assert not re.search(rb"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(", page.body)


def test_policy_is_only_the_page_s(client: Client) -> None:
    """JSON has none, and an unknown path below /schema is answered as anywhere else."""
    assert "content-security-policy" not in client.request("GET", "/schema/openapi.json").headers
    answer = client.request("GET", "/schema/scalar")
    assert (answer.status, answer.error["type"]) == (404, "ValidationError")
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/json", "no-store")


def test_schema_is_openapi(schema: dict) -> None:
    """What OpenAPI 3.1 demands, and no reference that leads nowhere."""
    assert re.fullmatch(r"3\.1\.\d", schema["openapi"])
    assert schema["info"]["title"] == "Cellblock"
    assert schema["info"]["version"]
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["responses"]
        for status, response in operation["responses"].items():
            assert re.fullmatch("[1-5][0-9][0-9]", status)
            assert response["description"]
    for described in schema["components"]["schemas"].values():
        assert set(described["required"]) <= set(described["properties"])
    for reference in _references(schema):
        assert reference.removeprefix("#/components/schemas/") in schema["components"]["schemas"]


def test_schema_has_the_request_with_defaults(schema: dict) -> None:
    """Of each field its type, or that any value will do, and what it is for."""
    fields = schema["components"]["schemas"]["ExecuteRequest"]["properties"]
    assert fields["code"]["type"] == "string"
    assert fields["timeoutMs"]["minimum"] == 1
    assert {name: field["default"] for name, field in fields.items() if "default" in field} == {
        "input": {},
        "record": False,
    }
    assert all(field["description"] for field in fields.values())


def test_schema_has_every_error_type_with_its_status(schema: dict) -> None:
    """The types that the service can give, each explained, and each at the statuses that it comes with."""
    types = schema["components"]["schemas"]["WireError"]["properties"]["type"]["oneOf"]
    assert {each["const"] for each in types} == {*FAILURE_TYPES, *(kind for _, kind in STATUS.values())}
    assert all(each["description"] for each in types)
    given = {
        (int(status), kind)
        for status, response in schema["paths"][PATH]["post"]["responses"].items()
        for kind in response.get("x-error-types", ())
    }
    ran = {(500 if kind == "InternalError" else 400, kind) for kind in FAILURE_TYPES}
    refused = {each for each in STATUS.values() if each[0] != 404}
    assert given == {*refused, *ran, (503, "CancelledError")}


def _references(value: object) -> Iterator[str]:
    match value:
        case dict():
            if "$ref" in value:
                yield value["$ref"]
            for inner in value.values():
                yield from _references(inner)
        case list():
            for inner in value:
                yield from _references(inner)
