"""`cellblock policy keygen`: the pair of keys with which folders are signed and checked."""

import os
from pathlib import Path

import click

from host.cli.policy.common import json_option, paint, print_json


@click.command("keygen")
@click.argument("path", default="policies", type=click.Path(path_type=Path), metavar="[NAME]")
@json_option
def command(path: Path, as_json: bool) -> None:
    """Makes an Ed25519 pair: NAME.key for who signs, NAME.pub for who checks. By default `policies`.

    Both are PEM, as OpenSSL writes them. What POLICY_PUBLIC_KEY takes is printed. Nothing is written over.
    """
    from host.policy.signing.keys import PrivateKey

    key = PrivateKey.generate()
    private, public = path.with_name(f"{path.name}.key"), path.with_name(f"{path.name}.pub")
    for file, data, mode in ((private, key.pem()[0], 0o600), (public, key.pem()[1], 0o644)):
        _write_new(file, data, mode)
    if as_json:
        print_json({"private_key": str(private), "public_key": str(public), "base64": key.public.text})
        return
    click.echo(f"{paint(str(private), bold=True)} signs: keep it where nobody else reads it, and out of the service")
    click.echo(f"{paint(str(public), bold=True)} checks: POLICY_PUBLIC_KEY={key.public.text}")


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as file:
            file.write(data)
    except FileExistsError:
        raise click.BadParameter(f"{path} is there already, and is left as it is", param_hint="NAME") from None
    except OSError as fault:
        raise click.BadParameter(f"{path} cannot be written: {fault.strerror}", param_hint="NAME") from None
