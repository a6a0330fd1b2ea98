"""Settings: where a value comes from, and what is not accepted."""

from pathlib import Path

import msgspec
import pytest

from host.errors import SettingError
from host.settings import SETTINGS, Settings, load_settings, require_access_rules, require_data_dir


def config(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "cellblock.toml"
    path.write_text(text)
    return path


def test_table_and_values_are_the_same_settings() -> None:
    """Each row of the table is a field of Settings, and each field has a row."""
    fields = [field for field in Settings.__struct_fields__ if field not in ("sources", "notes")]
    assert sorted(setting.key for setting in SETTINGS) == sorted(fields)


def test_defaults_are_accepted_values() -> None:
    """What a setting is by default could be written down too."""
    settings = load_settings(environ={})
    for setting in SETTINGS:
        value = getattr(settings, setting.key)
        assert setting.kind.read(str(value) if isinstance(value, Path) else value) == value
    assert set(settings.sources.values()) == {"default", "computed"}


def test_documented_defaults() -> None:
    """The figures of the contract."""
    settings = load_settings(environ={})
    expected = {
        "host": "127.0.0.1", "port": 3002, "max_code_length": 65535, "max_input_size": 2097152,
        "max_result_size": 5242880, "execution_timeout_ms": 300000,
    }  # fmt: skip
    assert {key: getattr(settings, key) for key in expected} == expected
    assert 100 <= settings.max_concurrent_executions <= 2000
    assert settings.workers >= 1


def test_options_win_over_environment_over_file_over_default(tmp_path: Path) -> None:
    """Each source hides the ones below it, and each value knows its source."""
    path = config(tmp_path, "port = 1001\nworkers = 1\nmax_input_size = 10\n")
    environ = {"PORT": "1002", "WORKERS": "2"}
    settings = load_settings({"port": "1003", "workers": None}, environ, path)
    keys = ("port", "workers", "max_input_size", "host")
    assert [getattr(settings, key) for key in keys] == [1003, 2, 10, "127.0.0.1"]
    assert [settings.sources[key] for key in keys] == ["option", "environment", "file", "default"]


def test_empty_variable_is_not_set() -> None:
    """`PORT= cellblock serve` and a variable of blanks mean the default."""
    assert load_settings(environ={"PORT": "", "WORKERS": "  "}).port == 3002


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"), ("PORT", "65536"), ("PORT", "-1"), ("PORT", "3002.0"), ("PORT", "0x10"), ("PORT", "٣"),
        ("PORT", "1" * 5000), ("WORKERS", "many"), ("WORKERS", "0"), ("ENVIRONMENT", "prod"),
        ("ENVIRONMENT", "Production"), ("ALLOW_CONSOLE", "2"),
        ("HOST", "example.org"), ("HOST", "127.0.0.1:3002"), ("HOST", "999.1.1.1"), ("LOG_LEVEL", "loud"),
        ("CORS_ORIGINS", "*"), ("CORS_ORIGINS", "app.example.com"), ("CORS_ORIGINS", "https://app.example.com/path"),
        ("MAX_INPUT_SIZE", "2MiB"), ("EXECUTION_TIMEOUT_MS", "3600001"),
    ],
)  # fmt: skip
def test_wrong_value_stops_the_start(name: str, value: str) -> None:
    """The message names the variable, the value and what is accepted, on one line of bounded length."""
    with pytest.raises(SettingError) as caught:
        load_settings(environ={name: value})
    message = caught.value.message
    kind = next(setting.kind for setting in SETTINGS if setting.name == name)
    assert message.startswith(f"{name} is {ascii(value)[:60]}; accepted is {kind.accepted}")
    assert "\n" not in message
    assert len(message) < 300


def test_wrong_types_in_the_file(tmp_path: Path) -> None:
    """A number in quotes is read; a list or a truth where a number belongs is not."""
    assert load_settings(environ={}, config=config(tmp_path, 'port = "1234"')).port == 1234
    for text in (
        "port = true",
        "port = [1]",
        "port = 1.5",
        "allow_console = 3",
        "cors_origins = [1]",
        'policy_dir = ""',
    ):
        with pytest.raises(SettingError):
            load_settings(environ={}, config=config(tmp_path, text))


def test_unknown_key_in_the_file_comes_with_the_nearest(tmp_path: Path) -> None:
    """A typo does not pass for a setting that is not set."""
    with pytest.raises(SettingError) as caught:
        load_settings(environ={}, config=config(tmp_path, "max_code_lenght = 10"))
    assert caught.value.hint == "Did you mean `max_code_length`?"


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    """Not there, not TOML, not UTF-8: each is a SettingError that names the file."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for path in (tmp_path / "absent", config(tmp_path, "port = "), tmp_path / "binary", tmp_path):
        with pytest.raises(SettingError) as caught:
            load_settings(environ={}, config=path)
        assert str(path) in caught.value.message


def test_misspelt_variable_is_noted() -> None:
    """A variable that looks like one of ours and is none is pointed out; others are nobody's business."""
    settings = load_settings(environ={"MAX_CODE_LENGHT": "1", "PATH": "/", "MY_PORT": "1", "MAX_CODE_LENGTH": "5"})
    assert settings.notes == ("MAX_CODE_LENGHT is set, which is not a setting; MAX_CODE_LENGTH is",)


def test_console_is_on_in_development_unless_said_otherwise() -> None:
    """ALLOW_CONSOLE follows ENVIRONMENT, and wins where it is set."""
    for environ, allowed in (
        ({"ENVIRONMENT": "development"}, True), ({"ENVIRONMENT": "production"}, False),
        ({"ENVIRONMENT": "production", "ALLOW_CONSOLE": "on"}, True),
        ({"ENVIRONMENT": "development", "ALLOW_CONSOLE": "0"}, False),
    ):  # fmt: skip
        assert load_settings(environ=environ).allow_console is allowed


def test_names_of_the_older_service_are_accepted() -> None:
    """Its runtime pool settings size the warm slots, or are at least no error."""
    environ = {
        "RUNTIME_POOL_SIZE": "50",
        "MIN_RUNTIME_POOL_SIZE": "60",
        "MAX_RUNTIME_POOL_SIZE": "200",
        "RUNTIME_IDLE_TIMEOUT_MIN": "10",
    }
    assert load_settings(environ=environ).warm_slots == 60


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "2001:db8::1"])
def test_open_address_without_access_rules_stops_the_start(host: str) -> None:
    """Other machines reach the service only where a file says who may."""
    settings = load_settings({"host": host}, environ={})
    with pytest.raises(SettingError, match="has no access"):
        require_access_rules(settings, has_access_file=False)
    require_access_rules(settings, has_access_file=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.8.9.1"])
def test_loopback_needs_no_access_rules(host: str) -> None:
    """This machine alone may call without a file."""
    require_access_rules(load_settings({"host": host}, environ={}), has_access_file=False)


def test_settings_cross_to_worker_processes() -> None:
    """Every worker gets the same values."""
    import pickle

    settings = load_settings(environ={"CORS_ORIGINS": "https://a.example, https://b.example"})
    assert pickle.loads(pickle.dumps(settings)) == settings
    assert msgspec.structs.asdict(settings)["cors_origins"] == ("https://a.example", "https://b.example")


def test_data_folder_is_made_for_its_user_alone(tmp_path: Path) -> None:
    """With the folders above it; one that is there is taken as it is."""
    settings = load_settings({"data_dir": str(tmp_path / "a" / "b")}, environ={})
    for _ in range(2):
        require_data_dir(settings)
    assert settings.data_dir.stat().st_mode & 0o777 == 0o700
    assert list(settings.data_dir.iterdir()) == []


def test_data_folder_is_in_the_users_folder_for_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """$XDG_STATE_HOME where it is an absolute path, else the place that the specification names."""
    for value, expected in (("/state", "/state"), ("state", "/home/me/.local/state"), ("", "/home/me/.local/state")):
        monkeypatch.setenv("HOME", "/home/me")
        monkeypatch.setenv("XDG_STATE_HOME", value)
        assert load_settings(environ={}).data_dir == Path(expected) / "cellblock"


def test_data_folder_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    """A file, a place where nothing can be made, and a folder that everybody can write to: each is named."""
    (tmp_path / "file").touch()
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/self/data"), tmp_path / "open"):
        with pytest.raises(SettingError) as caught:
            require_data_dir(load_settings({"data_dir": str(folder)}, environ={}))
        assert caught.value.message.startswith(f"DATA_DIR is {folder}, which ")
        assert caught.value.hint


def test_data_folder_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a home folder has to name one."""

    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    with pytest.raises(SettingError, match="DATA_DIR is not set"):
        load_settings(environ={})
    assert load_settings(environ={"DATA_DIR": "/data"}).data_dir == Path("/data")
