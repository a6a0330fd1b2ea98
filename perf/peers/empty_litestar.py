"""Baseline: the same HTTP stack (Litestar on granian) with nothing behind it.

It reads the same body and sends the same kind of answer, but runs no guest: what is between it and ours is the cost
of executing, and what is between it and the peers is the cost of the stack.
"""

import msgspec
from litestar import Litestar, Request, Response, get, post

ANSWER = b'{"success":true,"result":2}'


class Body(msgspec.Struct):
    code: str
    input: msgspec.Raw = msgspec.Raw(b"{}")


DECODER = msgspec.json.Decoder(Body)


@post("/flow/codeblock", status_code=200)
async def execute(request: Request) -> Response[bytes]:
    DECODER.decode(await request.body())
    return Response(ANSWER, media_type="application/json")


@get("/health/ready", sync_to_thread=False)
def ready() -> dict[str, str]:
    return {"status": "ok"}


app = Litestar([execute, ready], openapi_config=None)
