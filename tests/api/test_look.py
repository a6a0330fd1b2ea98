"""What the service says of itself."""

import pytest

from host.api.look import ENDPOINTS, Phase, Readiness
from host.api.wire import ExecuteRequest, ExecuteSuccess
from tests.api.client import Client


def test_index_lists_routes_that_are_there(client: Client) -> None:
    """Every endpoint of the list answers, to its own method, with something else than 404 and 405."""
    listed = client.request("GET", "/").json["endpoints"]
    assert len(listed) == len(ENDPOINTS)
    for endpoint in listed:
        answer = client.request(endpoint["method"], endpoint["path"])
        assert answer.status != 405
        assert answer.status != 404 or "execution" in answer.error["message"]


def test_health(client: Client) -> None:
    """The fields of the contract."""
    answer = client.request("GET", "/health")
    assert answer.status == 200
    assert list(answer.json) == ["status", "timestamp", "service", "version"]
    assert (answer.json["status"], answer.json["service"]) == ("ok", "cellblock")


@pytest.mark.parametrize(("phase", "status"), [(Phase.STARTING, 503), (Phase.READY, 200), (Phase.DRAINING, 503)])
def test_ready_is_503_while_starting_or_draining(
    client: Client, readiness: Readiness, phase: Phase, status: int
) -> None:
    """Whoever balances load learns when to send none; the process is alive all the same."""
    readiness.phase = phase
    answer = client.request("GET", "/health/ready")
    assert (answer.status, answer.json["status"]) == (status, phase.value)
    assert client.request("GET", "/health").status == 200


def test_schema_describes_the_execute_route(client: Client) -> None:
    """OpenAPI 3.1 with the route that is not Litestar's own, field by field, and no reference that leads nowhere."""
    answer = client.request("GET", "/schema/openapi.json")
    schema = answer.json
    assert (answer.status, schema["openapi"][:4]) == (200, "3.1.")
    listed = {endpoint.path.replace("{id}", "{execution_id}") for endpoint in ENDPOINTS}
    assert set(schema["paths"]) == {path for path in listed if not path.startswith("/schema")}
    schemas = schema["components"]["schemas"]
    assert set(schemas["ExecuteRequest"]["properties"]) == set(ExecuteRequest.__struct_encode_fields__)
    assert schemas["ExecuteRequest"]["additionalProperties"] is False
    assert set(schemas["ExecuteSuccess"]["properties"]) == set(ExecuteSuccess.__struct_encode_fields__)
    for name in answer.body.decode().split('"$ref":"#/components/schemas/')[1:]:
        assert name.split('"')[0] in schemas


def test_other_sites_are_not_let_in_by_default(client: Client) -> None:
    """CORS is off: no header allows an origin, and a preflight is no success."""
    answer = client.request("OPTIONS", "/flow/codeblock", headers={"origin": "https://evil.example"})
    assert answer.status == 405
    answer = client.post(b'{"code": "return 1"}', origin="https://evil.example")
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_origins_that_are_configured_are_let_in(serve, unharmed: None) -> None:
    """With CORS_ORIGINS those origins may call, and no others."""
    client = serve(cors_origins=("https://app.example",))
    for origin, allowed in (("https://app.example", "https://app.example"), ("https://evil.example", None)):
        answer = client.post(b'{"code": "return 1"}', origin=origin)
        assert answer.headers.get("access-control-allow-origin") == allowed
