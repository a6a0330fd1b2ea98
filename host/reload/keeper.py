"""The main process's end: what is in force, what was tried last, and when to try again. For one thread.

A folder is taken when it is valid as a whole, and at rest: it was the same at two looks, and nothing changed while it
was read. One that is not valid is tried once, and again when something has changed; meanwhile the last good one stays.
"""

import time
from collections.abc import Callable, Iterable

import msgspec
import structlog

from host.errors import InternalError
from host.node.board import Board
from host.policy.change import check_change, own_fault, unsettled
from host.policy.diagnose import Diagnostic
from host.policy.model import PolicySet
from host.policy.resolve import PolicyFolderError, folder_error
from host.policy.signing.verify import check_serial
from host.reload.shadow import Shadow
from host.reload.snapshot import Snapshot, encode, snapshot_of
from host.reload.source import Loaded, Source
from host.reload.state import LoadState, errors_of, load_error

_TOLD_MAX = 5
#: What part of the time between two looks a folder has to be at rest.
_REST_PART = 4
#: How long a folder has to be at rest when somebody asks to take it now, and how often that is looked at.
_REST_S = 0.1
_RESTS_MAX = 20

log = structlog.get_logger()


class Keeper:
    """`every_s` is how often the folder is looked at, 0: never. `warnings` are what an operator should know about
    policies that are taken."""

    def __init__(
        self,
        source: Source,
        board: Board,
        every_s: float,
        warnings: Callable[[PolicySet], Iterable[Diagnostic]],
        shadow: Shadow | None = None,
    ) -> None:
        self._every_s = every_s
        #: Tells the workers that there is something new, once there are any.
        self.announce: Callable[[], None] = lambda: None
        self._source = source
        self._board = board
        self._warnings = warnings
        self._shadow = shadow
        self._loaded: Loaded
        self._snapshot: Snapshot
        #: What the folder looked like when it was last tried, and what it has looked like since when.
        self._tried: object = None
        self._changed: tuple[object, float] | None = None
        #: The mistakes that were told last, and of what.
        self._told: tuple[object, list[str]] | None = None

    def begin(self) -> Loaded:
        """Takes the policies with which the service begins, before there is a worker. Raises PolicyFolderError."""
        self._tried = self._source.seen()
        self._loaded = self._source.load()
        policies = self._loaded.policies
        if self._shadow is not None:
            self._shadow.take()
        self._publish(snapshot_of(LoadState(policies.digest, time.time()), policies, self._loaded.secrets))
        return self._loaded

    @property
    def wait_s(self) -> float | None:
        """In how many seconds to look next; None: when something else happens."""
        if not self._every_s:
            return None
        return self._every_s if self._changed is None else self._every_s / _REST_PART

    def look(self) -> None:
        """Takes what has changed, if it is at rest since the last look and valid. Never raises."""
        if self._every_s:
            self._guarded(self._look)

    def reload(self) -> None:
        """Takes what is there now, whether it has changed or not. Never raises."""
        self._guarded(self._reload)

    def _guarded(self, act: Callable[[], None]) -> None:
        """A fault of ours must not end the main process, and the workers with it."""
        try:
            act()
        except Exception as fault:
            log.error("policies could not be loaded", exc_info=fault)

    def _look(self) -> None:
        if self._shadow is not None and self._shadow.look():
            self._publish(self._snapshot)
            self._shadow.tell()
        seen, now = self._source.seen(), time.monotonic()
        if seen == self._tried:
            self._changed = None
        elif self._changed is None or self._changed[0] != seen:
            self._changed = seen, now
        elif now - self._changed[1] >= self._every_s / _REST_PART:
            self._try(seen)

    def _reload(self) -> None:
        if self._shadow is not None:
            self._shadow.take()
            self._publish(self._snapshot)
            self._shadow.tell()
        self._told = None
        seen = self._source.seen()
        for _ in range(_RESTS_MAX):
            time.sleep(_REST_S)
            before, seen = seen, self._source.seen()
            if seen == before and self._try(seen):
                return
        self._refuse(unsettled(), seen)

    def _try(self, seen: object) -> bool:
        """Whether there was a verdict: not where something changed meanwhile."""
        self._changed, self._tried = None, seen
        found = self._load()
        if self._source.seen() != seen:
            self._tried = None
            return False
        if isinstance(found, Loaded):
            found = self._take(found)
        if found is not None:
            self._refuse(found, seen)
        return True

    def _load(self) -> Loaded | PolicyFolderError:
        """What is there now, if it may follow what is in force."""
        try:
            loaded = self._source.load()
            check_change(self._loaded.policies, loaded.policies)
            if loaded.manifest is not None:
                check_serial(loaded.manifest, self._loaded.manifest)
        except PolicyFolderError as error:
            return error
        except Exception as fault:
            log.error("policies could not be loaded", exc_info=fault)
            return own_fault()
        return loaded

    def _take(self, loaded: Loaded) -> PolicyFolderError | None:
        """Puts what was loaded into force, or says why it cannot be."""
        policies, before = loaded.policies, self._snapshot.state
        state = LoadState(policies.digest, time.time(), before.loads + 1, before.failures)
        try:
            self._publish(snapshot_of(state, policies, loaded.secrets))
        except InternalError:
            message = "the policies are larger than the workers have room for"
            return PolicyFolderError((folder_error("too-large", message),), {})
        self._loaded, self._told = loaded, None
        serial = {} if loaded.manifest is None else {"serial": loaded.manifest.serial}
        log.info(
            "policies loaded",
            policies=len(policies.policies), policies_digest=state.digest, changed=state.digest != before.digest,
            **serial,
        )  # fmt: skip
        self.warn()
        return None

    def _refuse(self, error: PolicyFolderError, seen: object) -> None:
        """Says why the last good policies stay. What the workers know of them stays too, but for this."""
        before, errors = self._snapshot.state, errors_of(error)
        if any(each.code == "unreadable" for each in errors):
            # It may be over without a change that anybody could see: too many open files, say.
            self._tried = None
        told = seen, [_line(each) for each in errors[:_TOLD_MAX]]
        if told == self._told:
            return
        self._told = told
        state = msgspec.structs.replace(before, failures=before.failures + 1, last_error=load_error(error, time.time()))
        self._publish(msgspec.structs.replace(self._snapshot, state=state))
        log.error(
            "policies not loaded: the last good ones stay in force",
            errors=len(errors), first=told[1], policies_digest=before.digest,
        )  # fmt: skip

    def _publish(self, snapshot: Snapshot) -> None:
        document = encode(snapshot if self._shadow is None else self._shadow.joined(snapshot))
        if self._shadow is not None and len(document) > self._board.room:
            # Candidates are not to keep policies from coming into force.
            self._shadow.drop()
            document = encode(self._shadow.joined(snapshot))
        self._board.write(document)
        self._snapshot = snapshot
        self.announce()

    def warn(self) -> None:
        """Logs what is unwise about what is in force."""
        if self._shadow is not None:
            self._shadow.tell()
        for warning in self._warnings(self._loaded.policies):
            log.warning(warning.message, file=warning.file, line=warning.line)
        for name in self._loaded.doubled:
            log.warning("a secret is both a file and a variable: the file holds", secret=name)


def _line(each: Diagnostic) -> str:
    return f"{each.file}:{each.line}:{each.column}: {each.code}: {each.message}"
