"""A node of four workers, and who may call it."""

from collections.abc import Callable
from pathlib import Path

from host.policy.model import token_sha256
from tests.api.server import Answer, Connection, Server

LIMITS = "wall_time: 5min, fuel: 10000G"
POLICIES = {
    f"{name}.yaml": f"version: 1\npolicy: {name}\nlimits: {{{limits}}}\n"
    for name, limits in {
        "sandbox": LIMITS,
        "single": f"{LIMITS}, concurrency: 1",
        "small": f"{LIMITS}, input: 100, code: 200",
        "paced": f"{LIMITS}, rate: 5/h",
        "slow": f"{LIMITS}, rate: 4/h",
        "other": LIMITS,
    }.items()
}
ALL = "[sandbox, single, small, other, paced, slow]"
QUOTAS = {
    "alice": f"policies: {ALL}",
    "bob": f"policies: {ALL}",
    "olga": f"policies: {ALL}, operator: true",
    "carol": "policies: [sandbox], quota: {rate: 7/h}",
    "dave": "policies: [sandbox], quota: {fuel_per_day: 5M}",
    "erin": "policies: [sandbox, single], quota: {concurrency: 2, rate: 1000/s}",
    "nobody": "policies: []",
}
POLICIES["access.yaml"] = "anonymous: sandbox\nprincipals:\n" + "".join(
    f"  - {{name: {name}, token_sha256: {token_sha256(name + '-token')}, {rest}}}\n" for name, rest in QUOTAS.items()
)
ALICE, BOB, OLGA, CAROL, DAVE, ERIN, NOBODY = (f"{name}-token" for name in QUOTAS)
WORKERS = 4
SLEEP = "await new Promise(resolve => setTimeout(resolve, 250_000)); return 1"
LOOP = "for (;;) {} return 1"


def node(folder: Path) -> Server:
    """Four workers, and a queue of three that wait for minutes."""
    return Server(folder, WORKERS, POLICIES, QUEUE_SIZE=3, QUEUE_TIMEOUT_MS=300_000)


def at_each(server: Server, ask: Callable[[Connection], None]) -> list[Answer]:
    """The answers of every worker to the same request."""
    answers = []
    for worker in server.workers():
        with server.connect_to(worker) as connection:
            ask(connection)
            answers.append(connection.answer())
    return answers


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def wait_for(server: Server, token: str, *states: str) -> list[str]:
    return [each["executionId"] for each in server.wait_for_states(*states, token=token)]
