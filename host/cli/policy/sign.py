"""`cellblock policy sign`: a manifest of the folder, and a signature of the manifest."""

import stat
import sys
import time
from pathlib import Path

import click

from host.cli.policy.common import (
    STDIN,
    counted,
    json_option,
    paint,
    policies_option,
    print_json,
    refuse,
    shown_path,
)
from host.cli.policy.replace import replace_file
from host.policy.folder import read_contents, read_signed_folder
from host.policy.resolve import PolicyFolderError, folder_error, is_policy_file, resolve_files
from host.policy.signing.keys import KeyFault, PrivateKey, private_key_from_pem, signature_text
from host.policy.signing.manifest import (
    MANIFEST_FILE,
    SERIAL_MAX,
    SIGNATURE_FILE,
    SIGNING_FILES,
    Manifest,
    ManifestError,
    decode,
    encode,
    manifest_of,
)
from host.policy.signing.verify import Contents

_KEY_BYTES_MAX = 16 * 1024
_PRIVATE = b"PRIVATE KEY-----"


@click.command("sign")
@click.option("--key", "key_path", type=click.Path(path_type=Path), required=True, metavar="FILE",
              help="The private key, in PEM; `-` is standard input.")  # fmt: skip
@policies_option
@click.option(
    "--serial",
    type=click.IntRange(1, SERIAL_MAX),
    metavar="N",
    help="The manifest's serial. By default the time in seconds since 1970, or one more than the last.",
)
@json_option
def command(key_path: Path, folder: Path, serial: int | None, as_json: bool) -> None:
    """Signs the folder of the policies: writes MANIFEST.json and MANIFEST.sig into it.

    The manifest names every file with its SHA-256; a service with POLICY_PUBLIC_KEY takes just these files, and no
    folder with a lower serial while it runs. A folder with an error is not signed.
    """
    key = _read_key(key_path)
    try:
        contents = read_contents(folder)
        manifest = _manifest(contents, serial)
        _write(folder, manifest, key)
        # What lies there now, and not what lay there before: nothing else was signed.
        _, signed = read_signed_folder(folder, key.public)
    except PolicyFolderError as error:
        raise refuse(folder, error) from None
    if as_json:
        print_json({"serial": signed.serial, "files": list(signed.files), "public_key": key.public.text})
        return
    files = counted(len(signed.files), "file")
    click.echo(f"{paint('signed', fg='green', bold=True)}: {files} in {folder}, serial {signed.serial}")
    click.echo(f"POLICY_PUBLIC_KEY={key.public.text}")


def _manifest(contents: Contents, serial: int | None) -> Manifest:
    """The manifest of a folder without errors. Raises PolicyFolderError."""
    files = {name: data for name, data in contents.files.items() if name not in SIGNING_FILES}
    if contents.others:
        message = "something that is not a file stands in the folder, and cannot be signed"
        raise PolicyFolderError(tuple(folder_error("not-signed", message, name) for name in contents.others), {})
    if private := [name for name, data in files.items() if _PRIVATE in data]:
        message, fix = "the file holds a private key, and would be shipped", "Take it out of the folder."
        raise PolicyFolderError(tuple(folder_error("inline-secret", message, name, fix) for name in private), {})
    resolve_files({name: data for name, data in files.items() if is_policy_file(name)})
    try:
        return manifest_of(files, _serial(contents.files.get(MANIFEST_FILE), serial))
    except ManifestError as fault:
        raise PolicyFolderError((folder_error("bad-manifest", str(fault)),), {}) from None


def _serial(last: bytes | None, asked: int | None) -> int:
    """What was asked for, or the time, so that a checkout without the last manifest counts on all the same."""
    try:
        before = decode(last).serial if last is not None else 0
    except ManifestError:
        before = 0
    if asked is not None and asked <= before:
        message = f"{asked} is not more than {before}, with which the folder is signed: no service would take it"
        raise click.BadParameter(message, param_hint="--serial")
    return asked or max(before + 1, int(time.time()))


def _write(folder: Path, manifest: Manifest, key: PrivateKey) -> None:
    data = encode(manifest)
    try:
        # Between the two the folder is not valid, and a service that looks keeps what it has.
        replace_file(folder / MANIFEST_FILE, data)
        replace_file(folder / SIGNATURE_FILE, signature_text(key.sign(data)))
    except OSError as fault:
        message = f"{folder} cannot be written to: {fault.strerror}"
        raise click.BadParameter(message, param_hint="--policies") from None


def _read_key(path: Path) -> PrivateKey:
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(_KEY_BYTES_MAX)
        else:
            with path.open("rb") as file:
                data = file.read(_KEY_BYTES_MAX)
            if path.stat().st_mode & (stat.S_IROTH | stat.S_IRGRP):
                click.echo(f"cellblock: others than its owner can read {path}: `chmod 600` it", err=True)
        return private_key_from_pem(data)
    except OSError as fault:
        raise click.BadParameter(f"{shown_path(path)} cannot be read: {fault.strerror}", param_hint="--key") from None
    except KeyFault as fault:
        raise click.BadParameter(f"{shown_path(path)} {fault}", param_hint="--key") from None
