"""`cellblock policy schema`: for completion in an editor."""

import click

from host.cli.policy.common import json_option, policies_option, print_json


@click.command("schema")
@policies_option
@json_option
def command(**_: object) -> None:
    """Prints the JSON Schema (2020-12) of policies and of access.yaml. It is the same for every folder.

    An editor that knows YAML completes and explains keys where a file begins with the line
    `# yaml-language-server: $schema=schema.json`.
    """
    from host.policy.schema import schema

    print_json(schema())
