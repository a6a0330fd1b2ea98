"""`cellblock policy schema`: what editors complete from is what the readers take."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from host.policy.describe import DESCRIPTIONS
from host.policy.schema import schema
from tests.cli.policy_folder import PolicyFolder
from tests.test_docs import _FENCE, read

ROOT = Path(__file__).parents[2]
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": int | float}
WRONG = ROOT / "tests" / "policies" / "wrong"


class Text(yaml.SafeLoader):
    """As YAML 1.2 is read by an editor: no dates, no numbers in base 60, `no` and `on` are text."""


Text.yaml_implicit_resolvers = {}
KINDS = {"bool": "true|false", "null": "null|~|", "int": "[-+]?[0-9]+", "float": r"[-+]?[0-9]+\.[0-9]+"}
for tag, pattern in KINDS.items():
    Text.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^({pattern})$"), None)
Text.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))


def fits(value: Any, rules: Any, root: dict) -> bool:
    """Whether a value fits a schema, as far as this one's words go."""
    if isinstance(rules, bool):
        return rules
    known = {"$ref", "type", "const", "enum", "pattern", "minimum", "maximum", "maxLength", "minItems", "maxItems",
             "items", "required", "properties", "additionalProperties", "propertyNames", "minProperties",
             "maxProperties", "oneOf", "anyOf", "if", "then", "else", "description", "examples", "title", "$schema",
             "$defs"}  # fmt: skip
    assert set(rules) <= known, set(rules) - known
    checks = [_fits_plain, _fits_numbers, _fits_list, _fits_map, _fits_others]
    return all(check(value, rules, root) for check in checks)


def _fits_plain(value: Any, rules: dict, root: dict) -> bool:
    if "$ref" in rules and not fits(value, root["$defs"][rules["$ref"].removeprefix("#/$defs/")], root):
        return False
    wanted = rules.get("type", [])
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if wanted and not any(_is(value, each) for each in wanted):
        return False
    if "const" in rules and (value != rules["const"] or isinstance(value, bool)):
        return False
    return "enum" not in rules or value in rules["enum"]


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _fits_numbers(value: Any, rules: dict, root: dict) -> bool:
    if isinstance(value, str):
        long = len(value) > rules.get("maxLength", len(value))
        return not long and re.search(rules.get("pattern", ""), value) is not None
    if _is(value, "number"):
        return rules.get("minimum", value) <= value <= rules.get("maximum", value)
    return True


def _fits_list(value: Any, rules: dict, root: dict) -> bool:
    if not isinstance(value, list):
        return True
    right = rules.get("minItems", 0) <= len(value) <= rules.get("maxItems", len(value))
    return right and all(fits(each, rules.get("items", True), root) for each in value)


def _fits_map(value: Any, rules: dict, root: dict) -> bool:
    if not isinstance(value, dict):
        return True
    properties = rules.get("properties", {})
    return (
        set(rules.get("required", [])) <= set(value)
        and rules.get("minProperties", 0) <= len(value) <= rules.get("maxProperties", len(value))
        and all(fits(key, rules.get("propertyNames", True), root) for key in value)
        and all(
            fits(each, properties.get(key, rules.get("additionalProperties", True)), root)
            for key, each in value.items()
        )
    )


def _fits_others(value: Any, rules: dict, root: dict) -> bool:
    if "oneOf" in rules and sum(fits(value, each, root) for each in rules["oneOf"]) != 1:
        return False
    if "anyOf" in rules and not any(fits(value, each, root) for each in rules["anyOf"]):
        return False
    if "if" not in rules:
        return True
    return fits(value, rules.get("then" if fits(value, rules["if"], root) else "else", True), root)


def valid(text: str) -> bool:
    rules = schema()
    return fits(yaml.load(text, Text), rules, rules)


def test_the_committed_schema_is_the_one_of_the_readers(tmp_path: Path) -> None:
    """policies/schema.json is what the command prints; `cellblock policy schema > policies/schema.json` mends it."""
    shown = PolicyFolder(tmp_path / "any").run("schema")
    assert shown.exit_code == 0
    assert (ROOT / "policies" / "schema.json").read_text() == shown.stdout
    assert json.loads(shown.stdout)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_each_description_is_used() -> None:
    """A key that is gone takes its words with it."""
    text = json.dumps(schema())
    assert [key for key, words in DESCRIPTIONS.items() if json.dumps(words) not in text] == []


@pytest.mark.parametrize("path", sorted((ROOT / "policies").glob("*.yaml")), ids=lambda path: path.name)
def test_shipped_files_fit_and_name_the_schema(path: Path) -> None:
    """Every shipped file begins with the line that editors look for, and fits."""
    assert path.read_text().startswith("# yaml-language-server: $schema=schema.json\n")
    assert valid(path.read_text())


def test_documented_policies_fit() -> None:
    """Whatever docs/policies.md shows an editor takes too."""
    examples = [text for language, text in _FENCE.findall(read("docs/policies.md")) if language == "yaml"]
    assert [text for text in examples if not valid(text)] == []


def wrong_files(code: str) -> list[Path]:
    expected = {path: path.with_suffix(".expected").read_text() for path in sorted(WRONG.glob("*.yaml"))}
    return [path for path, told in expected.items() if f"error {code} " in told and told.count("error") == 1]


@pytest.mark.parametrize("code", ["unknown-key", "missing-key", "unknown-algorithm", "unknown-module", "bad-method"])
def test_the_schema_refuses_what_an_editor_can_tell(code: str) -> None:
    """Of the corpus of wrong files: words that there are not, and keys that are missing or unknown."""
    files = wrong_files(code)
    assert files
    assert [path.name for path in files if valid(path.read_text())] == []


def test_nothing_that_only_warns_is_refused() -> None:
    """A file that loads fits: an editor marks nothing that the service takes, except for text that is a number to it,
    of which the service warns."""
    expected = {path: path.with_suffix(".expected").read_text() for path in sorted(WRONG.glob("*.yaml"))}
    legal = [path for path, told in expected.items() if "error" not in told]
    assert len(legal) > 10
    assert [path.name for path in legal if not valid(path.read_text())] == ["yaml-octal-as-description.yaml"]
