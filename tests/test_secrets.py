"""Secrets: where they come from, what is refused, and that none of them is ever shown."""

import copy
import os
import pickle
from pathlib import Path

import pytest

from host.policy import PolicySet, resolve_files
from host.policy.wants import missing, secrets_of, wants
from host.reload.source import why_not
from host.secrets import SECRET_BYTES_MAX, SecretSource, SecretStore, variable_of

VALUE = b"correct horse"
POLICY = """
modules: [crypto]
grants:
  fetch:
    - name: api
      hosts: [api.example.com]
      request:
        set_headers: {authorization: "Bearer ${secret:api_token}"}
        basic_auth: {username: me, password: "${secret:api-password}"}
  crypto:
    keys:
      seal: {secret: seal_key, algorithm: ed25519, use: [sign]}
"""


def folder(**files: str) -> PolicySet:
    return resolve_files({f"{name}.yaml": text.encode() for name, text in files.items()})


def policy(name: str, body: str = "") -> str:
    return f"version: 1\npolicy: {name}\n{body}"


@pytest.fixture
def secrets_dir(tmp_path: Path) -> Path:
    path = tmp_path / "secrets"
    path.mkdir()
    return path


def write(folder: Path, name: str, data: bytes = VALUE, mode: int = 0o600) -> None:
    (folder / name).write_bytes(data)
    (folder / name).chmod(mode)


def refused(source: SecretSource, name: str = "token") -> tuple[str, str]:
    """Why a secret cannot be had, and what to do about it."""
    store, faults = source.load([name])
    assert (len(store), list(faults)) == (0, [name])
    return faults[name].reason, faults[name].fix


@pytest.mark.parametrize(
    ("data", "secret"),
    [
        (b"abc", b"abc"), (b"abc\n", b"abc"), (b"abc\r\n", b"abc"), (b"abc\n\n", b"abc\n"), (b" abc ", b" abc "),
        (b"a\nb\n", b"a\nb"), (b"\x00\xff", b"\x00\xff"), (bytes(SECRET_BYTES_MAX) + b"\n", bytes(SECRET_BYTES_MAX)),
        (bytes(SECRET_BYTES_MAX) + b"\r\n", bytes(SECRET_BYTES_MAX)),
    ],
)  # fmt: skip
def test_a_file_is_a_secret_without_its_last_line_break(secrets_dir: Path, data: bytes, secret: bytes) -> None:
    """One is what an editor puts there; all else is the secret's own."""
    write(secrets_dir, "token", data)
    store, faults = SecretSource(secrets_dir, {}).load(["token"])
    assert (store.get("token"), faults) == (secret, {})


def test_a_variable_is_a_secret_too() -> None:
    """In capitals, with an underscore for a dash."""
    environ = {"CELLBLOCK_SECRET_API_TOKEN": "ü\n", "CELLBLOCK_SECRET_OTHER": "x", "TOKEN": "y"}
    store, faults = SecretSource(None, environ).load(["api-token", "token"])
    assert store.get("api-token") == "ü".encode()
    assert list(faults) == ["token"]
    assert variable_of("a-b_1") == "CELLBLOCK_SECRET_A_B_1"


def test_the_file_holds_where_there_are_both(secrets_dir: Path) -> None:
    """It alone can change while the service runs; that there are both is told."""
    write(secrets_dir, "token", b"file")
    source = SecretSource(secrets_dir, {variable_of("token"): "variable", variable_of("other"): "other"})
    store, _ = source.load(["token", "other"])
    assert (store.get("token"), store.get("other")) == (b"file", b"other")
    assert source.doubled(["token", "other"]) == ["token"]


def test_a_file_is_read_each_time(secrets_dir: Path) -> None:
    """A secret that was replaced is there at the next load, and one that was removed is not."""
    source = SecretSource(secrets_dir, {})
    write(secrets_dir, "token", b"old")
    before, seen = source.load(["token"])[0], source.seen()
    assert source.seen() == seen
    write(secrets_dir, "token", b"newer")
    assert source.seen() != seen
    assert (before.get("token"), source.load(["token"])[0].get("token")) == (b"old", b"newer")
    (secrets_dir / "token").unlink()
    assert source.load(["token"])[0].get("token") is None


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o606, 0o602])
def test_a_file_that_everybody_can_read_or_write_is_no_secret(secrets_dir: Path, mode: int) -> None:
    """Not even where a variable would be there in its place: the operator has to see it."""
    write(secrets_dir, "token", mode=mode)
    reason, fix = refused(SecretSource(secrets_dir, {variable_of("token"): "x"}))
    assert "everybody" in reason
    assert "chmod o= token" in fix


def test_a_folder_that_everybody_can_write_to_has_no_secrets(secrets_dir: Path) -> None:
    """Anybody could have put another in its place. In a sticky one, as Kubernetes mounts them, nobody can."""
    write(secrets_dir, "token")
    secrets_dir.chmod(0o777)
    assert "everybody can write to the folder" in refused(SecretSource(secrets_dir, {}))[0]
    secrets_dir.chmod(0o1777)
    assert SecretSource(secrets_dir, {}).load(["token"])[0].get("token") == VALUE


def test_a_file_for_the_group_is_fine(secrets_dir: Path) -> None:
    """A mount may give it to the service's group."""
    write(secrets_dir, "token", mode=0o640)
    assert SecretSource(secrets_dir, {}).load(["token"])[0].get("token") == VALUE


def test_a_mounted_secret_is_a_link(secrets_dir: Path) -> None:
    """Kubernetes mounts links into a hidden folder; the mode of the file counts, not that of the link."""
    (secrets_dir / "..data").mkdir()
    write(secrets_dir / "..data", "token", mode=0o400)
    (secrets_dir / "token").symlink_to(Path("..data") / "token")
    assert SecretSource(secrets_dir, {}).load(["token"])[0].get("token") == VALUE


def test_what_is_no_secret_is_told_apart(secrets_dir: Path) -> None:
    """Nothing there, nothing in it, too much, a pipe and a folder: each with its own words, and none is waited for."""
    source = SecretSource(secrets_dir, {})
    assert refused(source) == (
        "which is not there",
        "Set the variable CELLBLOCK_SECRET_TOKEN, or write the secret to the file token in the folder SECRETS_DIR.",
    )
    assert "the folder that SECRETS_DIR names" in refused(SecretSource(None, {}))[1]
    write(secrets_dir, "token", b"\n")
    assert refused(source)[0] == "which is empty"
    write(secrets_dir, "token", bytes(SECRET_BYTES_MAX + 1))
    assert refused(source)[0] == "which is larger than 64 KiB"
    write(secrets_dir, "token", bytes(1 << 20))
    assert refused(source)[0] == "which is larger than 64 KiB"
    (secrets_dir / "token").unlink()
    os.mkfifo(secrets_dir / "token", 0o600)
    assert "not a regular one" in refused(source)[0]
    (secrets_dir / "token").unlink()
    (secrets_dir / "token").mkdir()
    assert "not a regular one" in refused(source)[0]
    assert "is empty" in refused(SecretSource(None, {variable_of("token"): ""}))[0]


def test_a_store_never_shows_a_secret() -> None:
    """Not by its name, in a traceback's variables, in a copy, or in a pickle."""
    store = SecretStore({"token": VALUE})
    assert "horse" not in f"{store} {store!r} {[store]!r} {vars(type(store))}"
    for way in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="secrets"):
            way(store)


def test_variables_are_taken_out_of_the_environment() -> None:
    """What the service starts later does not inherit them; what is loaded later has them all the same."""
    environ = {"CELLBLOCK_SECRET_TOKEN": "x", "PATH": "/bin"}
    source = SecretSource(None, environ)
    source.take_out_of(environ)
    assert environ == {"PATH": "/bin"}
    assert source.load(["token"])[0].get("token") == b"x"
    assert source.given


# What policies want


def test_wants_are_told_with_their_places() -> None:
    """Each use of a secret, at the rule that names it, and whether it is text."""
    found = wants(folder(p=policy("p", POLICY)))
    assert [(want.secret, want.place.line, want.as_text) for want in found] == [
        ("api-password", 7, True), ("api_token", 7, True), ("seal_key", 14, False),
    ]  # fmt: skip
    assert secrets_of(folder(p=policy("p", POLICY)).policies["p"]) == {"api-password", "api_token", "seal_key"}


def test_what_is_inherited_is_told_where_it_is_written() -> None:
    """Once, and not for each child."""
    found = wants(folder(p=policy("p", POLICY), q=policy("q", "extends: p\n")))
    assert {want.place.file for want in found} == {"p.yaml"}
    assert len(found) == 3


@pytest.mark.parametrize(
    ("access", "count"),
    [
        ("anonymous: p\n", 3), ("anonymous: q\n", 0), ("anonymous: none\n", 0),
        (f"principals: [{{name: x, token_sha256: '{'ab' * 32}', policies: [q, p]}}]\n", 3),
    ],
)  # fmt: skip
def test_a_policy_that_nobody_may_use_wants_nothing(access: str, count: int) -> None:
    """The folder that comes with the service has examples with secrets, and starts without any."""
    assert len(wants(folder(p=policy("p", POLICY), q=policy("q"), access=access))) == count


def test_a_missing_secret_says_which_policy_which_line_and_both_ways() -> None:
    """And one with a line break cannot be put into a header, though it may be a key."""
    found = wants(folder(p=policy("p", POLICY)))
    environ = {variable_of("api-password"): "a\r\nx: y", variable_of("seal_key"): "-----BEGIN\n-----END"}
    store, faults = SecretSource(None, environ).load(want.secret for want in found)
    diagnostics = missing(found, why_not(store, faults))
    told = [(each.code, each.severity, each.line, each.message, each.fix) for each in diagnostics]
    assert told == [
        (
            "missing-secret", "error", 7,
            "`p` wants the secret `api-password`, which holds a line break or another control character",
            "A header and a query take one line.",
        ),
        (
            "missing-secret", "error", 7, "`p` wants the secret `api_token`, which is not there",
            "Set the variable CELLBLOCK_SECRET_API_TOKEN, or write the secret to the file api_token in the folder that "
            "SECRETS_DIR names.",
        ),
    ]  # fmt: skip
    assert "BEGIN" not in str(told)
