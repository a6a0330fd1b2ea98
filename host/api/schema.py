"""/schema: OpenAPI 3.1 of the whole service, with Litestar's user interface.

Litestar describes its own handlers. POST /flow/codeblock is an ASGI handler, which it cannot see into, so that route
is described here, from the same structs that decode its requests and encode its answers.
"""

from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, ScalarRenderPlugin

from host.api.executions import PATH
from host.api.problems import STATUS, problem_of_status
from host.api.wire import ExecuteFailure, ExecuteRequest, ExecuteSuccess
from host.version import version

_REF = "#/components/schemas/{name}"
_EXAMPLE = {"input": {"numbers": [1, 2, 3]}, "code": "return input.numbers.map(n => n * 2)"}


def openapi_config() -> OpenAPIConfig:
    """What Litestar serves under /schema."""
    ui, text = _Ui(path="/scalar"), _Json()
    return OpenAPIConfig(
        title="Cellblock",
        version=version(),
        description="Runs JavaScript code blocks, each in a fresh sandbox, under a policy.",
        openapi_router=Router("/schema", route_handlers=[], include_in_schema=False, after_request=_missing_as_json),
        render_plugins=[ui, text],
    )


class _Json(JsonRenderPlugin):
    def render(self, request: Request, openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, _complete(openapi_schema))


class _Ui(ScalarRenderPlugin):
    def render(self, request: Request, openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, _complete(openapi_schema))


async def _missing_as_json(response: Response) -> Response:
    """Litestar answers an unknown path below /schema with a page of its own."""
    if response.status_code != HTTPStatus.NOT_FOUND:
        return response
    problem = problem_of_status(response.status_code)
    return Response(problem.body(None), status_code=problem.status, media_type="application/json")


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
    schemas["ExecuteRequest"]["properties"]["input"] = {"description": "Any JSON value; `input` in the code."}
    schemas["ExecuteSuccess"]["properties"]["result"] = {"description": "What the code returned: any JSON value."}
    operation = {
        "operationId": "execute",
        "summary": "Runs a code block",
        "description": "Runs a JavaScript function body in a fresh sandbox, and answers with what it returns.",
        "security": [{}, {"bearer": []}],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": request, "example": _EXAMPLE}},
        },
        "responses": {"200": _response("The code returned.", success), **_failures(failure)},
    }
    return {"post": operation}, schemas


def _failures(schema: dict[str, Any]) -> dict[str, Any]:
    statuses: dict[int, list[str]] = {500: ["InternalError"], 400: ["any error of the code"]}
    for status, kind in STATUS.values():
        statuses.setdefault(status, []).append(kind)
    return {
        str(status): _response(f"`error.type` is {' or '.join(kinds)}.", schema)
        for status, kinds in sorted(statuses.items())
    }


def _response(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
