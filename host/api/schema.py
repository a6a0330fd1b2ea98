"""/schema: OpenAPI 3.1 of the whole service, as JSON and as a page for people.

The page is a file of ours that loads nothing but the JSON: it works on a network without a way out, and its
Content-Security-Policy lets no other script run.

Litestar describes its own handlers. POST /flow/codeblock is an ASGI handler, which it cannot see into, so that route
is described here, from the same structs that decode its requests and encode its answers.
"""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin

from host.api.executions import PATH
from host.api.idempotency import KEY_CHARS_MAX
from host.api.problems import HEADERS, STATUS, problem_of_status
from host.api.wire import ExecuteFailure, ExecuteRequest, ExecuteSuccess
from host.execution.outcome import FAILURE_TYPES
from host.version import version

_REF = "#/components/schemas/{name}"
_EXAMPLE = {"input": {"numbers": [1, 2, 3]}, "code": "return input.numbers.map(n => n * 2)"}
_PAGE = Path(__file__).with_name("schema_page.html")

_KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same body within 24 hours gives the answer of the first request, with the "
    "header `Idempotency-Replayed: true`, and runs nothing.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_CHARS_MAX, "pattern": "^[!-~]+$"},
}

#: Every `error.type`, and when it is given.
_ERROR_TYPES = {
    "ValidationError": "The request is wrong, too large or not the one that its key belongs to, or the code returned "
    "`undefined` or has no `return`.",
    "SyntaxError": "The code does not compile.",
    "ReferenceError": "Thrown and not caught.",
    "TypeError": "Thrown and not caught.",
    "RangeError": "Thrown and not caught, or the recursion is too deep.",
    "RuntimeError": "Another value thrown and not caught, a result that is not JSON, or a promise never settled.",
    "SecurityError": "A module that no policy can give, or text made into code where the policy forbids it.",
    "CapabilityError": "A module or a host call that the policy does not grant, or too many host calls.",
    "TimeoutError": "Wall time or fuel was used up; `error.limit` says which.",
    "MemoryLimitError": "The memory limit was reached, and the code did not survive it.",
    "ResultTooLargeError": "The result is over its limit.",
    "ConsoleDisabledError": "`console` was used where the policy has it off.",
    "AuthenticationError": "A token is needed, or is not known.",
    "PolicyError": "A policy that the caller may not use.",
    "RateLimitError": "The rate or quota of the caller, or of the policy, or the room for its idempotency keys is used "
    "up; `Retry-After` says when to try again.",
    "CancelledError": "Ended from outside: by a DELETE, or because the server stops (then 503).",
    "ConcurrencyError": "There is no room now, or the first request with the same key still runs; `Retry-After` says "
    "when to try again.",
    "InternalError": "A fault of the service; with 503, of its store for the answers of an Idempotency-Key.",
}


def openapi_config() -> OpenAPIConfig:
    """What Litestar serves under /schema."""
    page = _Page()
    return OpenAPIConfig(
        title="Cellblock",
        version=version(),
        description="Runs JavaScript code blocks, each in a fresh sandbox, under a policy.",
        openapi_router=Router("/schema", route_handlers=[], include_in_schema=False, after_request=page.finish),
        render_plugins=[page, _Json()],
    )


class _Json(JsonRenderPlugin):
    def render(self, request: Request, openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, _complete(openapi_schema))


class _Page(OpenAPIRenderPlugin):
    """The page, read once, with the policy that lets its own script and style run and no others."""

    def __init__(self) -> None:
        super().__init__(path="/")
        page = _PAGE.read_text(encoding="utf-8")
        self._page = page.encode()
        self._headers = {"content-security-policy": _content_security_policy(page), "referrer-policy": "no-referrer"}

    def render(self, request: Request, openapi_schema: dict[str, Any]) -> bytes:
        return self._page

    async def finish(self, response: Response) -> Response:
        """Gives an answer below /schema its headers; an unknown path, which has a page of Litestar's, ours."""
        if response.status_code == HTTPStatus.NOT_FOUND:
            problem = problem_of_status(response.status_code)
            headers = {name.decode(): value.decode() for name, value in HEADERS}
            return Response(problem.body(None), status_code=problem.status, headers=headers)
        if response.media_type == self.media_type:
            response.headers.update(self._headers)
        return response


def _content_security_policy(page: str) -> str:
    script, style = (
        f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
        for tag in ("script", "style")
        for text in re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    )
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {script}",
            f"style-src {style}",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",  # what makes markup out of text (innerHTML) throws
            "trusted-types 'none'",
        ]
    )


def _complete(openapi_schema: dict[str, Any]) -> dict[str, Any]:
    path, components = _executions()
    schemas = {**openapi_schema.get("components", {}).get("schemas", {}), **components}
    return {
        **openapi_schema,
        "paths": {PATH: path, **openapi_schema["paths"]},
        "components": {
            **openapi_schema.get("components", {}),
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


@cache
def _executions() -> tuple[dict[str, Any], dict[str, Any]]:
    """The path item of the route, and the schemas that it refers to."""
    (request, success, failure), schemas = msgspec.json.schema_components(
        [ExecuteRequest, ExecuteSuccess, ExecuteFailure], ref_template=_REF
    )
    # A field of raw JSON has no schema of its own in msgspec: any value.
    field = {"description": "Any JSON value; `input` in the code.", "default": {}}
    schemas["ExecuteRequest"]["properties"]["input"] = field
    schemas["ExecuteSuccess"]["properties"]["result"] = {"description": "What the code returned: any JSON value."}
    schemas["WireError"]["properties"]["type"] = {
        "type": "string",
        "description": "One of the error types.",
        "oneOf": [{"const": name, "description": when} for name, when in _ERROR_TYPES.items()],
    }
    operation = {
        "operationId": "execute",
        "summary": "Runs a code block",
        "description": "Runs a JavaScript function body in a fresh sandbox, and answers with what it returns.",
        "security": [{}, {"bearer": []}],
        "parameters": [_KEY_PARAMETER],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": request, "example": _EXAMPLE}},
        },
        "responses": {"200": _response("The code returned.", success), **_failures(failure)},
    }
    return {"post": operation}, schemas


def _failures(schema: dict[str, Any]) -> dict[str, Any]:
    ran = [name for name in FAILURE_TYPES if name != "InternalError"]
    statuses = {500: ["InternalError"], 400: ran, HTTPStatus.SERVICE_UNAVAILABLE: ["CancelledError"]}
    for status, kind in STATUS.values():
        if status != HTTPStatus.NOT_FOUND and kind not in statuses.setdefault(status, []):
            statuses[status].append(kind)
    return {str(int(status)): _failure(kinds, schema) for status, kinds in sorted(statuses.items())}


def _failure(kinds: list[str], schema: dict[str, Any]) -> dict[str, Any]:
    names = ", ".join(f"`{kind}`" for kind in kinds)
    text = f"`error.type` is {'one of ' if len(kinds) > 1 else ''}{names}."
    return {**_response(text, schema), "x-error-types": kinds}


def _response(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
