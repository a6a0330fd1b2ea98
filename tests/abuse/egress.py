"""Guest code that attacks what lies beyond its grants, and a server that tells what reached it."""

import asyncio
import json

from host.execution.outcome import Report
from host.policy.resolve import resolve_files
from tests.capabilities.fetch.targets import Target
from tests.harness import result_of
from tests.online import Online

#: Anywhere by any name, as long as it is public: what a server on loopback sees, it should not have seen.
PUBLIC = 'grants: {fetch: [{name: public, hosts: ["*"], schemes: any, ports: any, methods: any}]}'
#: The server's own port on loopback, and nothing beside it.
HERE = (
    "grants: {{fetch: [{{name: here, hosts: [127.0.0.1], schemes: [http], ports: [{port}], methods: any, "
    "paths: [/open/**], addresses: [127.0.0.0/8], max_redirects: 20{more}}}]}}"
)
_TELL = """
const { u } = input;
const tell = async (call) => {
  try { const response = await call(); await response.text(); return response.status }
  catch (error) { return error.cause?.code ?? error.name }
};
"""


class Egress:
    """Runs guest code under a policy, beside a server that it may or may not reach."""

    def __init__(self, online: Online) -> None:
        self._online = online
        online.target.reset()

    @property
    def target(self) -> Target:
        return self._online.target

    @property
    def port(self) -> int:
        return self.target.port

    def here(self, more: str = "") -> str:
        return HERE.format(port=self.port, more=more)

    def run(self, code: str, policy: str, **options: object) -> Report:
        """One execution; in its code `u` is the server's URL."""
        text = f"version: 1\npolicy: attacked\nmodules: all\nlimits: {{host_calls: 10000, fuel: 20G}}\n{policy}"
        made = resolve_files({"attacked.yaml": text.encode()}).policies["attacked"]
        given = {"u": f"http://127.0.0.1:{self.port}", **options.pop("given", {})}
        return self._online.guests.run(_TELL + code, given, policy=made, **options)

    def result(self, code: str, policy: str, **options: object) -> object:
        return result_of(self.run(code, policy, **options))

    def verdicts(self, urls: list[str], policy: str, init: str = "{}") -> dict[str, object]:
        """What fetching each of these comes to, in one execution: a status, a failure's code, or an error's name."""
        code = (
            f"const found = []; for (const url of {json.dumps(urls)})"
            f" found.push(await tell(() => fetch(url, {init}))); return found"
        )
        return dict(zip(urls, self.result(code, policy), strict=True))

    def settle(self) -> None:
        """Closes what is kept for the next request, on both sides."""

        async def close() -> None:
            self._online.client.connections.close()
            await self.target.drop()
            await asyncio.sleep(0.005)

        self._online.guests.wait(close())
