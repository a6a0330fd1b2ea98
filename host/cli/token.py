"""`cellblock token`: the secret that a principal calls with."""

import secrets
import sys

import click

from host.cli.policy.common import json_option, paint, print_json
from host.policy.access import ANONYMOUS
from host.policy.diagnose import quote
from host.policy.model import token_sha256
from host.policy.vocabulary import NAME, NO_POLICY

_TOKEN_BYTES = 32
_PREFIX = "cb_"


@click.group("token")
def command() -> None:
    """Tokens: what a principal calls with. No file holds one, only its SHA-256."""


@command.command("new")
@click.argument("name", default="reports")
@click.option("--policy", "policies", multiple=True, metavar="NAME", help="A policy that it may use; the first is its "
              "default. By default `sandbox`.")  # fmt: skip
@json_option
def new(name: str, policies: tuple[str, ...], as_json: bool) -> None:
    """Makes a token for the principal NAME, and prints it once, with the lines for access.yaml.

    The token goes to standard output and is kept nowhere; what is to be pasted goes there too, unless standard output
    is a pipe: then the token alone does.
    """
    policies = policies or ("sandbox",)
    for each in (name, *policies):
        if not NAME.fullmatch(each) or each == NO_POLICY or name == ANONYMOUS:
            message = f"{quote(each)} is not 1 to 64 of a-z, 0-9 and -, or is a word with a meaning of its own"
            raise click.BadParameter(message, param_hint="NAME")
    token = _PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
    digest = token_sha256(token)
    lines = f"  - name: {name}\n    token_sha256: {digest}\n    policies: [{', '.join(policies)}]"
    if as_json:
        print_json({"token": token, "sha256": digest, "yaml": lines})
        return
    is_pipe = not sys.stdout.isatty()
    click.echo(token if is_pipe else f"{paint('token', bold=True)}   {token}\n{paint('sha256', bold=True)}  {digest}")
    click.echo("\nThe token is shown this once. Under `principals:` in access.yaml:\n", err=is_pipe)
    click.echo(lines, err=is_pipe)
    if is_pipe:
        click.echo(f"\nsha256  {digest}", err=True)
