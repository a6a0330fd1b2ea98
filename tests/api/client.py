"""Calls to the service's ASGI application in this process: what a client sends, message by message, and gets."""

import asyncio
import json
from collections.abc import Iterable, Mapping

import msgspec

from tests.harness import Guests

JSON = {"content-type": "application/json"}
DISCONNECT = {"type": "http.disconnect"}


class Answer(msgspec.Struct, frozen=True):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)

    @property
    def error(self) -> dict:
        assert self.json["success"] is False
        return self.json["error"]


class Sender:
    """The client's side of one request: gives its messages one by one, and counts how many were taken."""

    def __init__(self, messages: Iterable[dict]) -> None:
        self._messages = list(messages)
        self.taken = 0

    async def receive(self) -> dict:
        if self.taken == len(self._messages):
            await asyncio.Future()  # a client that stays connected and says nothing more
        self.taken += 1
        return self._messages[self.taken - 1]


def parts(*bodies: bytes) -> list[dict]:
    """A body that comes in pieces."""
    return [
        {"type": "http.request", "body": body, "more_body": index < len(bodies) - 1}
        for index, body in enumerate(bodies)
    ]


def scope_of(method: str, path: str, headers: Iterable[tuple[bytes, bytes]]) -> dict:
    """A request as a server hands it to an application."""
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "method": method,
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": list(headers),
        "server": ("127.0.0.1", 1), "client": ("127.0.0.1", 2), "state": {},
    }  # fmt: skip


class Client:
    """Sends requests to an ASGI application on the event loop of `guests`."""

    def __init__(self, app, guests: Guests) -> None:
        self.app = app
        self._guests = guests

    def send(
        self, method: str, path: str, sender: Sender, headers: Iterable[tuple[bytes, bytes]] = ()
    ) -> Answer | None:
        """One request; None where the service gives no answer."""
        return self._guests.wait(self.exchange(method, path, sender, headers))

    async def exchange(
        self, method: str, path: str, sender: Sender, headers: Iterable[tuple[bytes, bytes]] = ()
    ) -> Answer | None:
        """The same on the running event loop, for requests that are under way at once."""
        sent: list[dict] = []

        async def send(message: dict) -> None:
            sent.append(message)

        await self.app(scope_of(method, path, headers), sender.receive, send)
        if not sent:
            return None
        given = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], given, b"".join(message.get("body", b"") for message in sent[1:]))

    def request(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """One request with a whole body."""
        listed = {"host": "127.0.0.1:3002", "content-length": str(len(body)), **(headers or {})}
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in listed.items()]
        answer = self.send(method, path, Sender(parts(body)), raw)
        assert answer is not None
        return answer

    def post(self, body: bytes, **headers: str) -> Answer:
        """POST /flow/codeblock with these bytes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", "/flow/codeblock", body, {**JSON, **named})

    def execute(self, token: str | None = None, **fields: object) -> Answer:
        """POST /flow/codeblock with these fields."""
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return self.post(json.dumps(fields).encode(), **headers)
