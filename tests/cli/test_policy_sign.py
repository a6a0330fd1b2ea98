"""`cellblock policy sign` and `keygen`: what they write, and what they refuse to sign."""

import shutil
import stat
import subprocess
import time
from base64 import b64decode
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from host.cli import main
from host.policy.folder import read_signed_folder
from host.policy.signing.keys import read_public_key
from tests.cli.policy_folder import PolicyFolder

SECRETIVE = """grants:
  fetch:
    - name: api
      hosts: [a.example]
      request: {set_headers: {x-token: "${secret:token}"}}
"""


def run(*arguments: object, **options: object) -> Result:
    return CliRunner().invoke(main, ["policy", *map(str, arguments)], **options)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    assert run("keygen", tmp_path / "team").exit_code == 0
    return tmp_path / "team.key"


@pytest.fixture
def folder(tmp_path: Path) -> PolicyFolder:
    return PolicyFolder(tmp_path / "policies", a="", b="modules: [lodash]\n")


def signed(folder: PolicyFolder, key: Path) -> int:
    """The serial of a folder that the key has signed."""
    return read_signed_folder(folder.path, read_public_key(str(key.with_suffix(".pub"))))[1].serial


def test_keys_are_made_for_their_owner_alone(key: Path) -> None:
    """And never written over: the old one may be in use."""
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    result = run("keygen", key.with_suffix(""))
    assert result.exit_code == 2
    assert "is there already" in result.stderr
    assert key.read_bytes() == before


def test_a_folder_is_signed_with_the_time_and_then_counts_on(folder: PolicyFolder, key: Path) -> None:
    """Signed again within a second, its serial is still higher; and a lower one is refused."""
    began = int(time.time())
    assert folder.run("sign", "--key", key).exit_code == 0
    first = signed(folder, key)
    assert began <= first <= time.time()
    code, shown = folder.json("sign", "--key", key)
    assert (code, shown["serial"], shown["files"]) == (0, signed(folder, key), ["a.yaml", "b.yaml"])
    assert shown["serial"] > first
    result = folder.run("sign", "--key", key, "--serial", first)
    assert result.exit_code == 2
    assert "no service would take it" in result.stderr


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")
def test_openssl_says_the_same(folder: PolicyFolder, key: Path, tmp_path: Path) -> None:
    """The keys are its own kind, and the signature is over just the manifest."""
    made = tmp_path / "made.key"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", made], check=True)
    assert folder.run("sign", "--key", made).exit_code == 0
    signature = tmp_path / "signature"
    signature.write_bytes(b64decode((folder.path / "MANIFEST.sig").read_bytes()))
    subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-rawin", "-inkey", made, "-in", folder.path / "MANIFEST.json",
         "-sigfile", signature], check=True, capture_output=True,
    )  # fmt: skip


def test_the_key_may_come_from_standard_input(folder: PolicyFolder, key: Path) -> None:
    """So that a CI need not write it to a file."""
    assert folder.run("sign", "--key", "-", stdin=key.read_bytes()).exit_code == 0
    assert signed(folder, key)


def test_a_folder_with_an_error_is_not_signed(folder: PolicyFolder, key: Path) -> None:
    """Nothing is written; every mistake is told."""
    folder.write("c", "modules: [lodahs]\n")
    result = folder.run("sign", "--key", key)
    assert result.exit_code == 4
    assert "unknown-module" in result.stderr
    assert not (folder.path / "MANIFEST.json").exists()


def test_a_private_key_in_the_folder_is_not_shipped(folder: PolicyFolder, key: Path) -> None:
    """It lies there where `keygen` is run in the wrong place."""
    shutil.copy(key, folder.path)
    result = folder.run("sign", "--key", key)
    assert result.exit_code == 4
    assert "team.key:1:1: error[inline-secret]: the file holds a private key" in result.stderr
    assert not (folder.path / "MANIFEST.json").exists()


@pytest.mark.parametrize("what", ["folder", "case", "dead link"])
def test_what_could_not_be_checked_is_not_signed(folder: PolicyFolder, key: Path, what: str) -> None:
    """A folder below, a link that leads nowhere, and two names that a file system may take for one."""
    if what == "folder":
        (folder.path / "more").mkdir()
    elif what == "case":
        (folder.path / "notes").write_text("")
        (folder.path / "NOTES").write_text("")
    else:
        (folder.path / "x.yaml").symlink_to("nowhere")
    assert folder.run("sign", "--key", key).exit_code == 4
    assert not (folder.path / "MANIFEST.json").exists()


@pytest.mark.parametrize("wrong", ["public", "none", "junk"])
def test_what_is_no_key_signs_nothing(folder: PolicyFolder, key: Path, wrong: str) -> None:
    """The public key in its place, a file that is not there, and no PEM at all."""
    given = {"public": key.with_suffix(".pub"), "none": key.with_name("none"), "junk": folder.path / "a.yaml"}[wrong]
    assert folder.run("sign", "--key", given).exit_code == 2
    assert not (folder.path / "MANIFEST.json").exists()


def test_a_key_that_others_can_read_is_told(folder: PolicyFolder, key: Path) -> None:
    """It signs all the same: the owner may have reasons, and knows now."""
    key.chmod(0o644)
    result = folder.run("sign", "--key", key)
    assert result.exit_code == 0
    assert "others than its owner can read" in result.stderr


def test_check_tells_what_is_not_as_it_was_signed(folder: PolicyFolder, key: Path) -> None:
    """With the diagnostics of the policies, in one list; without the option nothing is asked of a signature."""
    folder.run("sign", "--key", key)
    public = key.with_suffix(".pub")
    assert folder.json("check", "--public-key", public) == (0, [])
    folder.write("a", "modules: [lodahs]\n")
    (folder.path / "b.yaml").unlink()
    code, told = folder.json("check", "--public-key", public)
    assert code == 1
    assert {(each["code"], Path(each["file"]).name) for each in told} == {
        ("signed-changed", "a.yaml"), ("unknown-module", "a.yaml"), ("signed-missing", "b.yaml"),
    }  # fmt: skip
    assert [each["code"] for each in folder.json("check")[1]] == ["unknown-module"]
    assert folder.run("check", "--public-key", "junk").exit_code == 2


def test_check_tells_of_secrets_where_it_can_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing where this machine has none; a warning where it has others; an error where it is asked."""
    folder = PolicyFolder(tmp_path / "policies", a=SECRETIVE)
    monkeypatch.delenv("SECRETS_DIR", raising=False)

    def told(*options: str) -> tuple[int, list[tuple[str, str]]]:
        code, found = folder.json("check", *options)
        return code, [(each["code"], each["severity"]) for each in found]

    assert told() == (0, [])
    assert told("--secrets") == (1, [("missing-secret", "error")])
    monkeypatch.setenv("CELLBLOCK_SECRET_OTHER", "x")
    assert told() == (0, [("missing-secret", "warning")])
    monkeypatch.setenv("CELLBLOCK_SECRET_TOKEN", "x")
    assert told() == told("--secrets") == (0, [])
    monkeypatch.setenv("CELLBLOCK_SECRET_TOKEN", "a\nb")
    assert told("--secrets") == (1, [("missing-secret", "error")])
