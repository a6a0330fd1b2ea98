"""Every setting: one table that the environment, the TOML file, the options of `serve` and the docs are made from.

Options win over the environment, the environment over the file, the file over the defaults. A value that is not
accepted stops the start with the setting's name, the value and what is accepted.
"""

import difflib
import ipaddress
import os
import stat
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, structs

from host.errors import SettingError
from host.machine import cores, memory_bytes
from host.setting_kinds import (
    ADDRESS,
    FOLDER,
    FOLDER_OR_NONE,
    KEY,
    ORIGINS,
    REDIS,
    SWITCH,
    Kind,
    choice,
    number,
    whole,
)

if TYPE_CHECKING:
    from host.policy.model import Limits

MIB = 1 << 20
_SHOWN_CHARS = 60

Source = Literal["default", "computed", "file", "environment", "option"]
Level = Literal["debug", "info", "warning", "error"]


class Setting(Struct, frozen=True):
    """One row of the table. A `default` that is a function is worked out from the settings before it."""

    name: str
    kind: Kind
    default: Any
    meaning: str
    unit: str = ""

    @property
    def key(self) -> str:
        """The name in the TOML file, and of the field of Settings."""
        return self.name.lower()

    @property
    def option(self) -> str:
        """The option of `cellblock serve`."""
        return "--" + self.key.replace("_", "-")


def _default_policy_dir(_: Mapping[str, Any]) -> Path:
    """`policies` here, else the one that comes with this program."""
    package = Path(__file__).parent
    candidates = [Path("policies"), package.parent / "policies", package / "policies"]
    return next((folder for folder in candidates if folder.is_dir()), candidates[0])


def _default_data_dir(_: Mapping[str, Any]) -> Path:
    """The user's folder for state (XDG base directory specification, which wants a relative path ignored)."""
    base = os.environ.get("XDG_STATE_HOME", "")
    try:
        return (Path(base) if os.path.isabs(base) else Path.home() / ".local" / "state") / "cellblock"
    except RuntimeError:
        raise SettingError("DATA_DIR is not set, and this user has no home folder for it", "Set DATA_DIR.") from None


def _default_concurrent(_: Mapping[str, Any]) -> int:
    """As many as memory and cores carry: an execution that waits takes a fraction of 8 MiB, and no core at all."""
    return max(100, min(2000, memory_bytes() // (8 * MIB), cores() * 1000))


def _default_memory_mb(_: Mapping[str, Any]) -> int:
    """Three quarters of what there is; the rest is for the workers themselves and for what waits on the way."""
    return max(128, memory_bytes() * 3 // 4 // MIB)


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "ENVIRONMENT", choice("production", "development"), "development",
        "Where this runs: `development` allows the console and colours the log, `production` writes the log as JSON.",
    ),
    Setting(
        "ALLOW_CONSOLE", SWITCH, lambda so_far: so_far["environment"] == "development",
        "Whether code may use `console` where its policy allows it. Off, no policy can. By default on in development.",
    ),
    Setting("HOST", ADDRESS, "127.0.0.1", "The address to listen on; other than loopback only with an access.yaml."),
    Setting("PORT", whole(1, 65535), 3002, "The TCP port to listen on."),
    Setting(
        "WORKERS", whole(1, 256), lambda _: cores(),
        "How many processes serve requests. By default as many as there are cores.", "processes",
    ),
    Setting(
        "MAX_CONCURRENT_EXECUTIONS", whole(1, 20_000), _default_concurrent,
        "How many executions run at once, all workers together. By default from memory and cores, 100 to 2000.",
        "executions",
    ),
    Setting(
        "MAX_EXECUTION_MEMORY_MB", whole(128, 16 * MIB), _default_memory_mb,
        "What executions may have together: the memory caps and native stacks (28 MiB each) of those that run, and "
        "what those have that wait. By default three quarters of the machine's memory.", "MiB",
    ),
    Setting(
        "QUEUE_SIZE", whole(0, 1_000_000), lambda so_far: so_far["max_concurrent_executions"] * 5,
        "How many requests wait for a free execution slot, all workers together; any more are answered with "
        "ConcurrencyError at once. By default five for each slot.", "requests",
    ),
    Setting(
        "QUEUE_TIMEOUT_MS", whole(0, 600_000), 10_000,
        "How long a request waits for a free execution slot before it is answered with ConcurrencyError.", "ms",
    ),
    Setting(
        "EXECUTION_TIMEOUT_MS", whole(1, 3_600_000), 300_000,
        "The most wall time that any policy can give an execution.", "ms",
    ),
    Setting("MAX_CODE_LENGTH", whole(1, 16 * MIB), 65_535, "The most code that any policy can allow.", "bytes"),
    Setting("MAX_INPUT_SIZE", whole(2, 256 * MIB), 2 * MIB, "The most input that any policy can allow.", "bytes"),
    Setting("MAX_RESULT_SIZE", whole(4, 256 * MIB), 5 * MIB, "The largest result that any policy can allow.", "bytes"),
    Setting(
        "FETCH_TIMEOUT_MS", whole(1, 3_600_000), 30_000,
        "The most time that any policy can give a request that code fetches, redirects and the whole body included.",
        "ms",
    ),
    Setting(
        "FETCH_TOTAL_MB", whole(1, MIB), 1_024,
        "What the requests of one execution can send and receive, all bodies together.", "MiB",
    ),
    Setting(
        "BODY_TIMEOUT_MS", whole(100, 3_600_000), 30_000,
        "How long a client may take to send the body of its request.", "ms",
    ),
    Setting(
        "BODY_BUFFER_MB", whole(1, MIB), 256,
        "How much memory each worker gives to the bodies of requests that have no answer yet; more are answered with "
        "ConcurrencyError.", "MiB",
    ),
    Setting(
        "SHUTDOWN_GRACE_MS", whole(0, 3_600_000), 10_000,
        "How long running executions may go on after SIGTERM or SIGINT; then they are cancelled.", "ms",
    ),
    Setting(
        "CODE_CACHE_SIZE", whole(0, 100_000), 100,
        "How many code blocks each worker keeps compiled, with at most 32 MiB of bytecode.", "code blocks",
    ),
    Setting(
        "REDIS_URL", REDIS, "",
        "Where rates and quotas are counted, so that they hold for all nodes that share it. By default each node "
        "counts for itself.",
    ),
    Setting(
        "RUNTIME_POOL_SIZE", whole(0, 10_000), 100,
        "How many unused instance slots a worker keeps warm, within the next two settings.", "slots",
    ),
    Setting("MIN_RUNTIME_POOL_SIZE", whole(0, 10_000), 0, "The least that RUNTIME_POOL_SIZE can come to.", "slots"),
    Setting("MAX_RUNTIME_POOL_SIZE", whole(0, 10_000), 1_000, "The most that RUNTIME_POOL_SIZE can come to.", "slots"),
    Setting(
        "RUNTIME_IDLE_TIMEOUT_MIN", whole(0, 10_000), 5,
        "Accepted for configurations of the older service, and without effect: warm slots do not age.", "min",
    ),
    Setting(
        "POLICY_DIR", FOLDER, _default_policy_dir,
        "The folder of the policies and of access.yaml. By default `policies`, or the policies of the installation.",
    ),
    Setting(
        "POLICY_RELOAD_S", number(0, 3600), 2,
        "How often the policy folder and SECRETS_DIR are looked at. What has changed, and is at rest for a quarter of "
        "that time, is taken if all of it is valid. 0: on SIGHUP alone.", "s",
    ),
    Setting(
        "POLICY_PUBLIC_KEY", KEY, "",
        "The Ed25519 key whose owner signs the policy folder; one that it has not signed is refused.",
    ),
    Setting(
        "SECRETS_DIR", FOLDER_OR_NONE, None,
        "The folder of the secrets that policies name, a file each. By default they are environment variables alone.",
    ),
    Setting(
        "DATA_DIR", FOLDER, _default_data_dir,
        "The folder of what outlives a restart: answers kept for an Idempotency-Key. Made if it is not there. By "
        "default `cellblock` in `$XDG_STATE_HOME` or `~/.local/state`.",
    ),
    Setting(
        "SHADOW_POLICY_DIR", FOLDER_OR_NONE, None,
        "A folder of candidates: policies that are asked beside those of the same names, and change nothing. Where "
        "they would decide otherwise is counted and recorded. By default there is none.",
    ),
    Setting(
        "DECISIONS_DIR", FOLDER_OR_NONE, None,
        "The folder where each decision of a policy is recorded, a line of JSON each. Made if it is not there. By "
        "default none is.",
    ),
    Setting(
        "DECISIONS_MB", whole(1, MIB), 256,
        "How much the files of DECISIONS_DIR may have together; the oldest lines are dropped.", "MiB",
    ),
    Setting("CORS_ORIGINS", ORIGINS, (), "The web origins whose pages may call the service. By default none."),
    Setting("LOG_LEVEL", choice("debug", "info", "warning", "error"), "info", "The least severe messages to log."),
)  # fmt: skip

BY_KEY: dict[str, Setting] = {setting.key: setting for setting in SETTINGS}


class Settings(Struct, frozen=True, kw_only=True):
    """The values of one process, the same in every worker. `sources` says where each comes from, `notes` what an
    operator should know about them."""

    environment: Literal["production", "development"]
    allow_console: bool
    host: str
    port: int
    workers: int
    max_concurrent_executions: int
    max_execution_memory_mb: int
    queue_size: int
    queue_timeout_ms: int
    execution_timeout_ms: int
    max_code_length: int
    max_input_size: int
    max_result_size: int
    fetch_timeout_ms: int
    fetch_total_mb: int
    body_timeout_ms: int
    body_buffer_mb: int
    shutdown_grace_ms: int
    code_cache_size: int
    redis_url: str
    runtime_pool_size: int
    min_runtime_pool_size: int
    max_runtime_pool_size: int
    runtime_idle_timeout_min: int
    policy_dir: Path
    policy_reload_s: float
    policy_public_key: str
    secrets_dir: Path | None
    data_dir: Path
    shadow_policy_dir: Path | None
    decisions_dir: Path | None
    decisions_mb: int
    cors_origins: tuple[str, ...]
    log_level: Level
    sources: dict[str, Source] = {}
    notes: tuple[str, ...] = ()

    @property
    def warm_slots(self) -> int:
        """How many unused instance slots a worker keeps warm."""
        return min(max(self.runtime_pool_size, self.min_runtime_pool_size), self.max_runtime_pool_size)


def load_settings(
    options: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> Settings:
    """The settings in force. `options` are by key, None for one that was not given. Raises SettingError."""
    environ = os.environ if environ is None else environ
    table = _read_toml(config) if config is not None else {}
    values: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    for setting in SETTINGS:
        values[setting.key], sources[setting.key] = _one(setting, options or {}, environ, table, values)
    return Settings(**values, sources=sources, notes=tuple(_misspelt(environ)))


def _one(
    setting: Setting,
    options: Mapping[str, Any],
    environ: Mapping[str, str],
    table: Mapping[str, Any],
    so_far: Mapping[str, Any],
) -> tuple[Any, Source]:
    """The value of one setting and its source. An empty variable counts as one that is not set."""
    if options.get(setting.key) is not None:
        return _read(setting, options[setting.key], setting.option), "option"
    if environ.get(setting.name, "").strip():
        return _read(setting, environ[setting.name].strip(), setting.name), "environment"
    if setting.key in table:
        return _read(setting, table[setting.key], setting.key), "file"
    if callable(setting.default):
        return setting.default(so_far), "computed"
    return setting.default, "default"


def _read(setting: Setting, value: Any, written_as: str) -> Any:
    try:
        return setting.kind.read(value)
    except ValueError:
        shown = ascii(value)[:_SHOWN_CHARS]
        unit = f", in {setting.unit}" if setting.unit else ""
        message = f"{written_as} is {shown}; accepted is {setting.kind.accepted}{unit}"
        raise SettingError(message, f"It means: {setting.meaning}") from None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise SettingError(f"the settings file {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"the settings file {path} is not TOML: {error}") from error
    for key in table:
        if key not in BY_KEY:
            near = difflib.get_close_matches(key.lower(), BY_KEY, 1)
            hint = f"Did you mean `{near[0]}`?" if near else "`cellblock settings` lists those that there are."
            raise SettingError(f"{path} has `{key[:_SHOWN_CHARS]}`, which is not a setting", hint)
    return table


def _misspelt(environ: Mapping[str, str]) -> list[str]:
    """Variables that look like one of ours and are none. Only a note: the environment belongs to everybody."""
    long_names = [setting.name for setting in SETTINGS if "_" in setting.name]
    notes = []
    for name in environ:
        if name in long_names or "_" not in name:
            continue
        near = difflib.get_close_matches(name.upper(), long_names, 1, cutoff=0.9)
        if near:
            notes.append(f"{name} is set, which is not a setting; {near[0]} is")
    return notes


def ceilings(settings: Settings) -> "Limits":
    """What no policy exceeds on a server with these settings."""
    # Imported late: who only reads settings needs no policies.
    from host.policy.model import WIDEST

    return structs.replace(
        WIDEST,
        wall_time_ms=settings.execution_timeout_ms,
        code_bytes=settings.max_code_length,
        input_bytes=settings.max_input_size,
        result_bytes=settings.max_result_size,
    )


def require_access_rules(settings: Settings, has_access_file: bool) -> None:
    """Raises SettingError where others than this machine could call and nothing says who may."""
    if has_access_file or ipaddress.ip_address(settings.host).is_loopback:
        return
    raise SettingError(
        f"HOST is {settings.host}, which other machines can reach, and {settings.policy_dir} has no access.yaml",
        "Write access.yaml to say who may use which policy, or listen on 127.0.0.1.",
    )


def require_data_dir(settings: Settings) -> None:
    """Makes DATA_DIR and DECISIONS_DIR where they are not there. Raises SettingError where one cannot be used."""
    _require_folder("DATA_DIR", settings.data_dir)
    if settings.decisions_dir is not None:
        _require_folder("DECISIONS_DIR", settings.decisions_dir)


def _require_folder(name: str, folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            open_to_all = folder.stat().st_mode & stat.S_IWOTH
    except OSError as error:
        raise SettingError(
            f"{name} is {folder}, which cannot be used: {error.strerror}", "Name a folder that can be written to."
        ) from error
    if open_to_all:
        raise SettingError(
            f"{name} is {folder}, which everybody can write to", "Name a folder below it, or `chmod o-w` it."
        )
