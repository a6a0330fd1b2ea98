"""Signed folders: what was signed is taken, and nothing that differs from it by a byte, a file or a name."""

import base64
import hashlib
import json
import os
from pathlib import Path

import pytest

from host.policy import PolicyFolderError, load_folder
from host.policy.folder import read_contents, read_signed_folder
from host.policy.signing import manifest as manifests
from host.policy.signing.keys import (
    KeyFault,
    PrivateKey,
    private_key_from_pem,
    read_public_key,
    signature_from_text,
    signature_text,
)
from host.policy.signing.manifest import MANIFEST_FILE, SIGNATURE_FILE, Manifest, ManifestError, SignedFile
from host.policy.signing.verify import check_serial

KEY = PrivateKey.generate()
OTHER = PrivateKey.generate()


def policy(name: str) -> bytes:
    return f"version: 1\npolicy: {name}\n".encode()


def sign(folder: Path, serial: int = 7, key: PrivateKey = KEY) -> None:
    """As `cellblock policy sign` does."""
    files = {name: data for name, data in read_contents(folder).files.items() if not name.startswith("MANIFEST")}
    sign_text(folder, manifests.encode(manifests.manifest_of(files, serial)), key)


def sign_text(folder: Path, data: bytes, key: PrivateKey = KEY) -> None:
    (folder / MANIFEST_FILE).write_bytes(data)
    (folder / SIGNATURE_FILE).write_bytes(signature_text(key.sign(data)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two policies and a page about them, signed."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_bytes(policy(name))
    (tmp_path / "README.md").write_text("about them")
    sign(tmp_path)
    return tmp_path


def faults(folder: Path) -> list[tuple[str, str]]:
    """What is told of a folder that the key has to have signed, by code and file."""
    try:
        load_folder(folder, KEY.public)
    except PolicyFolderError as error:
        return [(each.code, each.file) for each in error.diagnostics]
    return []


def test_a_signed_folder_is_taken(folder: Path) -> None:
    """With all of its policies, and hidden files are left alone as ever."""
    (folder / ".a.yaml.swp").write_text("junk")
    assert list(load_folder(folder, KEY.public).policies) == ["a", "b"]
    assert read_signed_folder(folder, KEY.public)[1].serial == 7


@pytest.mark.parametrize("missing", [MANIFEST_FILE, SIGNATURE_FILE])
def test_an_unsigned_folder_is_refused(folder: Path, missing: str) -> None:
    """Without either of the two files it is not signed, whatever the other says."""
    (folder / missing).unlink()
    assert faults(folder) == [("unsigned", ".")]


def _extend(folder: Path) -> None:
    (folder / "c.yaml").write_bytes(policy("c"))


def _extend_by_page(folder: Path) -> None:
    (folder / "notes.txt").write_text("")


def _extend_by_folder(folder: Path) -> None:
    (folder / "more").mkdir()


def _extend_by_dead_link(folder: Path) -> None:
    (folder / "c.yaml").symlink_to("nowhere")


def _rename_case(folder: Path) -> None:
    (folder / "a.yaml").rename(folder / "A.yaml")


def _remove(folder: Path) -> None:
    (folder / "b.yaml").unlink()


def _change(folder: Path) -> None:
    (folder / "a.yaml").write_bytes(policy("a") + b"modules: all\n")


def _change_blank(folder: Path) -> None:
    (folder / "a.yaml").write_bytes(policy("a") + b"\n")


def _swap(folder: Path) -> None:
    (folder / "a.yaml").write_bytes(policy("b"))
    (folder / "b.yaml").write_bytes(policy("a"))


def _link(folder: Path) -> None:
    (folder / ".other").write_bytes(policy("a") + b"modules: all\n")
    (folder / "a.yaml").unlink()
    (folder / "a.yaml").symlink_to(".other")


def _other_key(folder: Path) -> None:
    sign(folder, key=OTHER)


def _no_signature(folder: Path) -> None:
    (folder / SIGNATURE_FILE).write_bytes(b"")


def _longer_signature(folder: Path) -> None:
    (folder / SIGNATURE_FILE).write_bytes(base64.b64encode(bytes(65)))


def _zero_signature(folder: Path) -> None:
    (folder / SIGNATURE_FILE).write_bytes(signature_text(bytes(64)))


def _other_manifest(folder: Path) -> None:
    data = (folder / MANIFEST_FILE).read_bytes()
    (folder / MANIFEST_FILE).write_bytes(data.replace(b'"serial": 7', b'"serial": 8'))


ATTACKS = {
    "a policy more": (_extend, [("not-signed", "c.yaml")]),
    "a file more": (_extend_by_page, [("not-signed", "notes.txt")]),
    "a folder more": (_extend_by_folder, [("not-signed", "more")]),
    "a dead link more": (_extend_by_dead_link, [("not-signed", "c.yaml")]),
    "another case": (_rename_case, [("not-signed", "A.yaml"), ("signed-missing", "a.yaml")]),
    "a policy less": (_remove, [("signed-missing", "b.yaml")]),
    "a policy changed": (_change, [("signed-changed", "a.yaml")]),
    "a blank line more": (_change_blank, [("signed-changed", "a.yaml")]),
    "two policies swapped": (_swap, [("signed-changed", "a.yaml"), ("signed-changed", "b.yaml")]),
    "a link to something else": (_link, [("signed-changed", "a.yaml")]),
    "another signer": (_other_key, [("bad-signature", SIGNATURE_FILE)]),
    "no signature": (_no_signature, [("bad-signature", SIGNATURE_FILE)]),
    "a longer signature": (_longer_signature, [("bad-signature", SIGNATURE_FILE)]),
    "a signature of zeros": (_zero_signature, [("bad-signature", SIGNATURE_FILE)]),
    "a manifest that was changed": (_other_manifest, [("bad-signature", SIGNATURE_FILE)]),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_whoever_has_no_key_changes_nothing(folder: Path, attack: str) -> None:
    """Each way to make the folder another one is refused, and says which file it is about and what mends it."""
    change, expected = ATTACKS[attack]
    change(folder)
    assert faults(folder) == expected
    with pytest.raises(PolicyFolderError) as caught:
        load_folder(folder, KEY.public)
    assert all(each.fix for each in caught.value.diagnostics)
    assert str(folder) not in str(caught.value)


def test_everything_that_differs_is_told_at_once(folder: Path) -> None:
    """Not one file after the other."""
    _extend(folder)
    _remove(folder)
    _change(folder)
    assert faults(folder) == [("signed-changed", "a.yaml"), ("signed-missing", "b.yaml"), ("not-signed", "c.yaml")]


def test_a_link_to_what_was_signed_is_as_good_as_the_file(folder: Path) -> None:
    """A mounted ConfigMap is a folder of links; the bytes are what counts."""
    (folder / "..data").mkdir()
    for name in ("a.yaml", MANIFEST_FILE, SIGNATURE_FILE):
        (folder / name).rename(folder / "..data" / name)
        (folder / name).symlink_to(Path("..data") / name)
    assert faults(folder) == []


def test_what_is_checked_is_what_is_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is opened twice: who swaps one between the check and the use swaps nothing."""
    opened: list[str] = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, *rest: opened.append(os.path.basename(path)) or real(path, *rest))
    load_folder(folder, KEY.public)
    assert sorted(opened) == sorted({"a.yaml", "b.yaml", "README.md", MANIFEST_FILE, SIGNATURE_FILE})


# Manifests that the right key signed, and that are none.


def canonical(value: object) -> bytes:
    return (json.dumps(value, sort_keys=True, indent=2) + "\n").encode()


FILE = {"bytes": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}
GOOD = {"cellblock_policies": 1, "serial": 1, "files": {"a.yaml": FILE}}


def test_the_manifest_in_canonical_form_is_one() -> None:
    """What the next test changes is right to begin with."""
    assert manifests.decode(canonical(GOOD)) == Manifest(1, 1, {"a.yaml": SignedFile(**FILE)})


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"null", b"\xff", b"[" * 100_000,
        json.dumps(GOOD).encode(),
        canonical(GOOD) + b"\n",
        canonical(GOOD).replace(b'  "serial": 1', b'  "serial": 1,\n  "serial": 1'),
        canonical(GOOD | {"cellblock_policies": 2}),
        canonical(GOOD | {"more": 1}),
        canonical(GOOD | {"serial": 0}),
        canonical(GOOD | {"serial": 2**53}),
        canonical(GOOD | {"serial": 1.0}),
        canonical(GOOD | {"files": {"a.yaml": FILE | {"sha256": FILE["sha256"].upper()}}}),
        canonical(GOOD | {"files": {"a.yaml": FILE | {"bytes": -1}}}),
        *(canonical(GOOD | {"files": {name: FILE}}) for name in (
            "", ".", "..", ".hidden.yaml", "../a.yaml", "/a.yaml", "x\\a.yaml", "a\n.yaml", "a\u202e.yaml",
            MANIFEST_FILE, SIGNATURE_FILE, "n" * 256,
        )),
        canonical(GOOD | {"files": {"a.yaml": FILE, "A.yaml": FILE}}),
        canonical(GOOD | {"files": {"\u00e9.yaml": FILE, "e\u0301.yaml": FILE}}),
    ],
)  # fmt: skip
def test_what_is_no_manifest_is_refused_although_it_is_signed(tmp_path: Path, data: bytes) -> None:
    """A key signs anything; only the canonical form of a manifest counts as one."""
    with pytest.raises(ManifestError):
        manifests.decode(data)
    sign_text(tmp_path, data)
    assert faults(tmp_path) == [("bad-manifest", MANIFEST_FILE)]


def test_an_older_folder_is_told_from_a_newer_one() -> None:
    """Lower serials, and other folders of the same serial, do not follow the one in force; the same one does."""
    now = manifests.manifest_of({"a.yaml": b"1"}, 7)
    for fine in (now, manifests.manifest_of({"a.yaml": b"2"}, 8)):
        check_serial(fine, now)
    check_serial(now, None)
    for old in (manifests.manifest_of({"a.yaml": b"1"}, 6), manifests.manifest_of({"a.yaml": b"2"}, 7)):
        with pytest.raises(PolicyFolderError) as caught:
            check_serial(old, now)
        assert [each.code for each in caught.value.diagnostics] == ["rolled-back"]


# Keys


def test_keys_are_read_in_each_form(tmp_path: Path) -> None:
    """PEM of a pair, and base64 of the public one."""
    private, public = KEY.pem()
    (tmp_path / "k.pub").write_bytes(public)
    assert read_public_key(str(tmp_path / "k.pub")).raw == KEY.public.raw
    assert read_public_key(KEY.public.text).raw == KEY.public.raw
    again = private_key_from_pem(private)
    assert KEY.public.verifies(again.sign(b"x"), b"x")
    assert not KEY.public.verifies(again.sign(b"x"), b"y")


def _pem(kind: str) -> bytes:
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    key = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else ed25519.Ed25519PrivateKey.generate()
    if kind == "ec public":
        key = ec.generate_private_key(ec.SECP256R1())
        return key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    locked = form.BestAvailableEncryption(b"x") if kind == "encrypted" else form.NoEncryption()
    return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, locked)


@pytest.mark.parametrize(
    ("data", "said"),
    [(_pem("ec public"), "not Ed25519"), (_pem("private"), "private key"), (b"junk", "without a public key")],
)
def test_what_is_no_public_key_is_told_apart(tmp_path: Path, data: bytes, said: str) -> None:
    """Also the mistake that matters most: the private key in the place of the public one."""
    (tmp_path / "k").write_bytes(data)
    with pytest.raises(KeyFault, match=said):
        read_public_key(str(tmp_path / "k"))


@pytest.mark.parametrize("value", ["AAAA", "", "no/such/file", "A" * 44, "/dev/null", "A" * 42 + "B="])
def test_what_is_neither_base64_nor_a_file_is_refused(value: str) -> None:
    """Base64 of other than 32 bytes, in another spelling, and paths that lead nowhere."""
    with pytest.raises(KeyFault):
        read_public_key(value)


@pytest.mark.parametrize(
    ("data", "said"), [(_pem("ec"), "not Ed25519"), (_pem("encrypted"), "encrypted"), (KEY.pem()[1], "no private key")]
)
def test_what_is_no_private_key_is_told_apart(data: bytes, said: str) -> None:
    """And an encrypted one says how it is decrypted."""
    with pytest.raises(KeyFault, match=said):
        private_key_from_pem(data)


def test_signatures_have_one_spelling() -> None:
    """64 bytes in base64, and blanks around them at most."""
    assert signature_from_text(signature_text(bytes(64))) == bytes(64)
    for wrong in (b"", b"\xff", base64.b64encode(bytes(63)), base64.b64encode(bytes(64))[:-3] + b"B=="):
        assert signature_from_text(wrong) is None
