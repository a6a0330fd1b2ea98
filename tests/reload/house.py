"""A folder of policies, what keeps it, and a worker's view of it: the parts of a reload without a server."""

import os
from pathlib import Path

from host.node.board import Board
from host.policy.model import PolicySet
from host.policy.signing.keys import PrivateKey, PublicKey, signature_text
from host.policy.signing.manifest import MANIFEST_FILE, SIGNATURE_FILE, encode, manifest_of
from host.reload.in_force import InForce
from host.reload.keeper import Keeper
from host.reload.source import Source
from host.secrets import SecretSource

#: Between two looks, where a test looks by itself.
EVERY_S = 1e-9
HEADER = """grants:
  fetch:
    - {name: api, hosts: [a.example], request: {set_headers: {x-token: "${secret:token}"}}}
"""


class House:
    """`keeper.look()` twice is what two looks of the service are."""

    def __init__(self, path: Path, key: PublicKey | None = None, every_s: float = EVERY_S, **policies: str) -> None:
        self.folder = path / "policies"
        self.folder.mkdir()
        self.secrets = path / "secrets"
        self.secrets.mkdir()
        for name, body in policies.items():
            self.write(name, body)
        self.board = Board(1 << 20)
        self.announced = 0
        self.source = Source(self.folder, key, SecretSource(self.secrets, {}))
        self.keeper = Keeper(self.source, self.board, every_s, lambda found: found.warnings)
        self.keeper.announce = self._announce

    def _announce(self) -> None:
        self.announced += 1

    def write(self, name: str, body: str = "") -> None:
        """A policy of that name, put in place in one step as a careful editor does it."""
        self.replace(f"{name}.yaml", f"version: 1\npolicy: {name}\n{body}".encode())

    def replace(self, file: str, data: bytes) -> None:
        (self.folder / f".{file}").write_bytes(data)
        os.replace(self.folder / f".{file}", self.folder / file)

    def write_secret(self, name: str, value: str) -> None:
        (self.secrets / name).write_text(value)
        (self.secrets / name).chmod(0o600)

    def sign(self, key: PrivateKey, serial: int) -> None:
        files = {path.name: path.read_bytes() for path in self.folder.glob("*.yaml")}
        data = encode(manifest_of(files, serial))
        (self.folder / MANIFEST_FILE).write_bytes(data)
        (self.folder / SIGNATURE_FILE).write_bytes(signature_text(key.sign(data)))

    def look(self) -> None:
        """As often as it takes for a change to be noticed, and found at rest."""
        self.keeper.look()
        self.keeper.look()

    def worker(self) -> InForce:
        """A worker that starts now."""
        return InForce(self.board)

    @property
    def policies(self) -> PolicySet:
        return self.worker().policies
