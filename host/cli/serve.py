"""`cellblock serve`: the HTTP service, in as many worker processes as there are cores."""

import multiprocessing
import os
import signal
import socket
from functools import partial
from pathlib import Path
from typing import Any

import click

from host import telemetry
from host.app import make_shadow, make_shared, make_source
from host.cli.exits import Exit
from host.cli.options import config_option, load_policies, setting_options
from host.errors import ImageError, SettingError
from host.node.board import Board
from host.policy.ceilings import over_ceilings
from host.policy.diagnose import Diagnostic
from host.policy.model import PolicySet
from host.reload.in_force import NOTE
from host.reload.keeper import Keeper
from host.secrets import SecretSource
from host.settings import Settings, ceilings, load_settings, require_access_rules, require_data_dir

#: Connections that a worker holds at once; each costs some KB. Executions have a limit of their own.
_CONNECTIONS_MAX = 10_000
_BACKLOG = 2048
_HEADER_TIMEOUT_MS = 10_000
#: What a connection buffers: so large can the head of a request be. (granian's default is 400 KiB.)
_BUFFER_BYTES_MAX = 64 * 1024


@click.command("serve")
@config_option
@setting_options
def command(config: Path | None, **options: Any) -> None:
    """Serves requests over HTTP until SIGINT or SIGTERM.

    Every setting is also an environment variable and a key of the TOML file; `cellblock settings` explains them.
    """
    settings = load_settings(options, config=config)
    secrets = SecretSource(settings.secrets_dir, os.environ)
    board = Board()
    keeper = _keeper(settings, secrets, board)
    policies = load_policies(settings.policy_dir, keeper.begin).policies
    require_access_rules(settings, policies.access is not None)
    require_data_dir(settings)
    _require_free_port(settings)
    telemetry.check()
    secrets.take_out_of(os.environ)
    # Until the service runs: then it means that policies are to be read anew.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    preparing = _prepare_image()
    # Imported before the workers are forked: they share it, and need not import it themselves.
    from host import logs
    from host.api import service  # noqa: F401

    log_config = logs.configure(settings)
    _finish(preparing)
    _log_start(settings, policies)
    keeper.warn()
    _serve(settings, keeper, board, log_config)


def _keeper(settings: Settings, secrets: SecretSource, board: Board) -> Keeper:
    """What keeps the policies of this node, and puts them on the board for its workers."""

    def warnings(policies: PolicySet) -> list[Diagnostic]:
        return [*policies.warnings, *over_ceilings(policies, ceilings(settings))]

    source, shadow = make_source(settings, secrets), make_shadow(settings)
    return Keeper(source, board, settings.policy_reload_s, warnings, shadow)


def _serve(settings: Settings, keeper: Keeper, board: Board, log_config: dict[str, Any]) -> None:
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    from host.cli.workers import STOP_MARGIN_S, Workers, load_worker, run_worker

    server = Workers(
        "cellblock",
        keeper=keeper,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADER_TIMEOUT_MS, max_buffer_size=_BUFFER_BYTES_MAX),
        websockets=False,
        backlog=_BACKLOG,
        backpressure=_CONNECTIONS_MAX,
        log_dictconfig=log_config,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=settings.shutdown_grace_ms // 1000 + STOP_MARGIN_S,
    )
    shared = make_shared(settings)
    keeper.announce = lambda: shared.sockets.tell(shared.segment.readers(), NOTE)
    loader = partial(load_worker, settings, board, shared, server.starts)
    server.serve(spawn_target=run_worker, target_loader=loader, wrap_loader=False)


def _require_free_port(settings: Settings) -> None:
    """Raises SettingError where the port is taken: the workers share it among themselves, and so would a stranger."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host.strip("[]"), settings.port))
        except OSError as error:
            raise SettingError(
                f"HOST {settings.host} and PORT {settings.port} cannot be listened on: {error.strerror or error}",
                "Stop what listens there, or choose another port.",
            ) from error


def _prepare_image() -> multiprocessing.Process:
    """Builds and compiles the image where that has not been done, once and before the workers would each do it.

    In a process of its own, because an engine does not survive the fork that makes the workers.
    """
    process = multiprocessing.Process(target=_prepare, name="cellblock-image")
    process.start()
    return process


def _prepare() -> None:
    from host.cli.exits import say
    from host.errors import SetupError
    from host.sandbox.engine import open_engine
    from host.sandbox.image import find_image

    try:
        open_engine(find_image(), instances_max=1, warm_slots=0)
    except SetupError as error:
        say(error)
        raise SystemExit(Exit.SETUP) from None


def _finish(preparing: multiprocessing.Process) -> None:
    preparing.join()
    if preparing.exitcode != Exit.OK:
        raise ImageError("the guest image is not ready", "`cellblock doctor` says more.")


def _log_start(settings: Settings, policies: PolicySet) -> None:
    import structlog

    from host.version import version

    log = structlog.get_logger()
    for note in settings.notes:
        log.warning(note)
    log.info(
        "serving",
        url=f"http://{settings.host}:{settings.port}",
        version=version(),
        workers=settings.workers,
        environment=settings.environment,
        policies=len(policies.policies),
        policies_digest=policies.digest,
    )
