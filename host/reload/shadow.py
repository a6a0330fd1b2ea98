"""Candidates: policies that are asked beside those in force, and change nothing.

They are read as the others are, from a folder of their own: as a whole, when they are valid and at rest, and the last
good ones stay otherwise. Nothing about them keeps the service from starting or the policies in force from being taken.
They need no secrets and no signature, and who may use them is no question.
"""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog

from host.policy.folder import load_folder
from host.policy.model import PolicySet
from host.policy.resolve import PolicyFolderError, folder_error
from host.reload.snapshot import Snapshot, pack_all
from host.reload.state import ShadowState, errors_of, load_error
from host.secrets import look_at

log = structlog.get_logger()


class Shadow:
    """The candidates, in the main process. `every_s` is how long the folder has to be at rest; `adapt` makes of
    policies what this server lets them have."""

    def __init__(self, folder: Path, every_s: float, adapt: Callable[[PolicySet], PolicySet]) -> None:
        self._folder = folder
        self._every_s = every_s
        self._adapt = adapt
        self._pieces: dict[str, bytes] = {}
        self._state = ShadowState(0)
        self._tried: object = None
        self._changed: tuple[object, float] | None = None
        self._errors = 0
        self._told = self._state

    def look(self) -> bool:
        """Takes what has changed, if it is at rest since the last look. Whether there is anything to tell."""
        seen, now = look_at(self._folder), time.monotonic()
        if seen == self._tried:
            self._changed = None
        elif self._changed is None or self._changed[0] != seen:
            self._changed = seen, now
        elif now - self._changed[1] >= self._every_s:
            self.take()
            return True
        return False

    def take(self) -> None:
        """Takes what is there now, if it is valid. Never raises."""
        self._tried, self._changed = look_at(self._folder), None
        try:
            policies = self._adapt(load_folder(self._folder))
            pieces = pack_all(policies)
            if look_at(self._folder) != self._tried:
                # Something has changed meanwhile: it is taken at a later look.
                self._tried = None
                return
        except PolicyFolderError as error:
            self._refuse(error)
        except Exception as fault:
            log.error("candidate policies could not be loaded", exc_info=fault)
            self._refuse(PolicyFolderError((folder_error("unreadable", "a fault of the service's own"),), {}))
        else:
            self._pieces = pieces
            self._state = ShadowState(len(pieces), policies.digest)

    def _refuse(self, error: PolicyFolderError) -> None:
        last = load_error(error, time.time())
        self._state = msgspec.structs.replace(self._state, last_error=last)
        self._errors = len(errors_of(error))

    def tell(self) -> None:
        """Logs how the last try went, once. Apart from the try, for which there may be no log yet."""
        state = self._state
        if self._told is state:
            return
        self._told = state
        if state.last_error is None:
            log.info("candidate policies loaded", policies=state.policies, policies_digest=state.digest)
            return
        first = state.last_error
        log.error(
            "candidate policies not loaded: the last good ones, if any, stay",
            errors=self._errors, first=first.message, file=first.file, line=first.line,
        )  # fmt: skip

    def drop(self) -> None:
        """There is no room for the candidates beside the policies in force."""
        self._pieces, self._state = {}, ShadowState(0)
        self._refuse(PolicyFolderError((folder_error("too-large", "there is no room for the candidates"),), {}))

    def joined(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with the candidates in it."""
        state = msgspec.structs.replace(snapshot.state, shadow=self._state)
        return msgspec.structs.replace(snapshot, state=state, candidates=self._pieces)
