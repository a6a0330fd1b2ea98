"""`tests:`: what the author of a policy expects of it, as a file says it. `cases.py` runs those that need no guest."""

import re
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from host.policy.algorithms import ALGORITHMS
from host.policy.diagnose import Findings, Mark, quote, suggest
from host.policy.document import Broken, Mapping, Node, Scalar, Sequence
from host.policy.fields import Reader, read_list, read_map, read_set, wrong_type
from host.policy.pattern.addresses import parse_address
from host.policy.units import BYTES, UnitError
from host.policy.url import UrlError, parse_url
from host.policy.vocabulary import ERROR_TYPES

CODE_CHARS_MAX = 65_536
_WORDS = re.compile(r"\S+")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)")


class Expect(Struct, frozen=True):
    """The decision that is expected, and, where it is named, the rule that has to make it."""

    decision: Literal["allow", "deny"]
    rule: str | None = None


class RunExpect(Struct, frozen=True):
    """How an execution has to end. `result_json` is compared as JSON; None, as `error`: any success."""

    error: str | None = None
    message: str | None = None
    result_json: bytes | None = None


class FetchCase(Struct, frozen=True, tag="fetch"):
    """A request, and the addresses that its host is taken to resolve to; without any, only the request is decided."""

    method: str
    url: str
    resolves: tuple[str, ...] = ()


class CryptoCase(Struct, frozen=True, tag="crypto"):
    """`hash sha256`, `random`, or `key invoice sign`."""

    operation: str
    algorithm: str | None = None
    key: str | None = None


class ModuleCase(Struct, frozen=True, tag="module"):
    module: str


class XlsxCase(Struct, frozen=True, tag="xlsx"):
    operation: Literal["read", "write"]
    size_bytes: int | None = None


class TasksCase(Struct, frozen=True, tag="tasks"):
    operation: Literal["add", "get"]
    pool: str


class RunCase(Struct, frozen=True, tag="run"):
    """Code to run under the policy. Whoever can run guests does; here it is a value."""

    code: str
    input_json: bytes = b"{}"
    seed: int | None = None


Subject = FetchCase | CryptoCase | ModuleCase | XlsxCase | TasksCase | RunCase


class Case(Struct, frozen=True):
    """One test of a policy. `title` is its `name`, or what it is about."""

    title: str
    subject: Subject
    expect: Expect | RunExpect
    mark: Mark


def read_tests(found: Findings, node: Node, path: str) -> tuple[Case, ...] | UnsetType:
    tests = read_list(found, node, path, _read_test)
    return UNSET if tests is UNSET else tuple(tests)


def _read_test(found: Findings, node: Node, path: str) -> Case | UnsetType:
    values = read_map(found, node, path, _READERS, required=("expect",))
    if values is UNSET:
        return UNSET
    written = [key for key in SUBJECTS if f"{path}.{key}" in found.marks]
    if not written and found.failed:
        return UNSET
    if len(written) != 1:
        what = "nothing" if not written else " and ".join(f"`{key}`" for key in written)
        fix = f"Give each test exactly one of {', '.join(SUBJECTS)}."
        found.error("bad-test", node.mark, f"`{path}` tests {what}", fix)
        return UNSET
    kind = written[0]
    if kind not in values or "expect" not in values:
        return UNSET
    subject = _with_options(found, values[kind], values, path)
    expect = _expect(found, values["expect"], kind, path)
    if subject is UNSET or expect is UNSET:
        return UNSET
    return Case(values.get("name") or _title(kind, subject), subject, expect, node.mark)


def _title(kind: str, subject: Subject) -> str:
    if isinstance(subject, RunCase):
        return "run " + " ".join(subject.code.split())[:60]
    return f"{kind} " + " ".join(str(each) for each in msgspec.structs.astuple(subject) if each not in (None, ()))


def _with_options(found: Findings, subject: Subject, values: dict[str, Any], path: str) -> Subject | UnsetType:
    """The subject with the keys beside it that belong to it."""
    for key, kind in (("resolves", FetchCase), ("input", RunCase), ("seed", RunCase)):
        if key in values and not isinstance(subject, kind):
            belongs = "fetch" if kind is FetchCase else "run"
            found.error(
                "bad-test", found.marks[f"{path}.{key}"], f"`{key}` belongs to a test with `{belongs}`", "Remove it."
            )
            return UNSET
    if isinstance(subject, FetchCase):
        return msgspec.structs.replace(subject, resolves=values.get("resolves", ()))
    if isinstance(subject, RunCase):
        return msgspec.structs.replace(subject, input_json=values.get("input", b"{}"), seed=values.get("seed"))
    return subject


def _expect(found: Findings, node: Node, kind: str, path: str) -> Expect | RunExpect | UnsetType:
    path = f"{path}.expect"
    if kind == "run":
        return _read_run_expect(found, node, path)
    words = _WORDS.findall(node.text) if isinstance(node, Scalar) else []
    if words[:1] in (["allow"], ["deny"]) and len(words) <= 2:
        return Expect(words[0], words[1] if len(words) == 2 else None)
    fix = suggest(words[0], ["allow", "deny"]) if words else "Write `allow`, `allow RULE` or `deny`."
    shown = quote(node.text) if isinstance(node, Scalar) else node.kind
    found.error("bad-test", node.mark, f"`{path}` must be `allow`, `allow RULE` or `deny`, and is {shown}", fix)
    return UNSET


def _read_run_expect(found: Findings, node: Node, path: str) -> RunExpect | UnsetType:
    if isinstance(node, Scalar) and node.text == "success":
        return RunExpect()
    if isinstance(node, Scalar):
        fix = "Write `success`, `{result: …}` or `{error: CapabilityError}`."
        found.error("bad-test", node.mark, f"`{path}` of a test with `run` cannot be {quote(node.text)}", fix)
        return UNSET
    values = read_map(found, node, path, {"error": _read_error, "message": _read_message, "result": _read_json})
    if values is UNSET or (values.keys() & {"error", "result"} and "result" in values and "error" in values):
        if values is not UNSET:
            found.error("bad-test", node.mark, f"`{path}` has both a result and an error", "Keep one of them.")
        return UNSET
    if not values:
        if not found.failed:
            found.error("bad-test", node.mark, f"`{path}` expects nothing", "Write `success`, say.")
        return UNSET
    return RunExpect(values.get("error"), values.get("message"), values.get("result"))


def _read_error(found: Findings, node: Node, path: str) -> str | UnsetType:
    if isinstance(node, Scalar) and node.text in ERROR_TYPES:
        return node.text
    if not isinstance(node, Scalar):
        return wrong_type(found, node, path, "the type of an error")
    found.error("bad-value", node.mark, f"{quote(node.text)} is no type of error", suggest(node.text, ERROR_TYPES))
    return UNSET


def _read_message(found: Findings, node: Node, path: str) -> str | UnsetType:
    return node.text if isinstance(node, Scalar) else wrong_type(found, node, path, "a part of the message")


def _read_fetch(found: Findings, node: Node, path: str) -> FetchCase | UnsetType:
    words = _WORDS.findall(node.text) if isinstance(node, Scalar) else []
    if len(words) != 2:
        fix = "Write a method and a URL, such as `GET https://api.example.com/users`."
        found.error("bad-test", node.mark, f"`{path}` is not a method and a URL", fix)
        return UNSET
    method, url = words
    if method != method.upper():
        found.error(
            "bad-method",
            node.mark,
            f"{quote(method)} is not in capitals, and methods are",
            f"Write `{method.upper()}`.",
        )
        return UNSET
    try:
        parse_url(url)
    except UrlError as fault:
        # A URL that is refused can be tested for being refused; one that is none is a slip of the pen.
        if "absolute" in str(fault):
            found.error("bad-test", node.mark, f"{quote(url)} {fault}", "Write it with `https://`.")
            return UNSET
    return FetchCase(method, url)


def _read_crypto(found: Findings, node: Node, path: str) -> CryptoCase | UnsetType:
    words = _WORDS.findall(node.text) if isinstance(node, Scalar) else []
    if words == ["random"]:
        return CryptoCase("random")
    if words[:1] == ["key"] and len(words) == 3:
        return CryptoCase(words[2], key=words[1])
    if len(words) == 2 and words[0] in ALGORITHMS:
        return CryptoCase(words[0], words[1])
    fix = "Write an operation and an algorithm (`hash sha256`), `random`, or a key and its use (`key invoice sign`)."
    if words and words[0] not in ALGORITHMS and words[0] not in ("key", "random"):
        fix = suggest(words[0], [*ALGORITHMS, "key", "random"])
    found.error("bad-test", node.mark, f"`{path}` is not an operation and an algorithm", fix)
    return UNSET


def _read_module(found: Findings, node: Node, path: str) -> ModuleCase | UnsetType:
    return ModuleCase(node.text) if isinstance(node, Scalar) else wrong_type(found, node, path, "the name of a module")


def _read_xlsx(found: Findings, node: Node, path: str) -> XlsxCase | UnsetType:
    words = _WORDS.findall(node.text) if isinstance(node, Scalar) else []
    if words and words[0] in ("read", "write") and len(words) <= 2:
        try:
            return XlsxCase(words[0], BYTES.read(words[1]) if len(words) == 2 else None)
        except UnitError as fault:
            found.error("bad-unit", node.mark, f"{quote(words[1])} for `{path}` {fault.message}", fault.fix)
            return UNSET
    found.error("bad-test", node.mark, f"`{path}` is neither `read` nor `write`", "Write `read 10MiB`, say.")
    return UNSET


def _read_tasks(found: Findings, node: Node, path: str) -> TasksCase | UnsetType:
    words = _WORDS.findall(node.text) if isinstance(node, Scalar) else []
    if len(words) == 2 and words[0] in ("add", "get"):
        return TasksCase(*words)
    found.error("bad-test", node.mark, f"`{path}` is not `add` or `get` and a pool", "Write `add reports-daily`, say.")
    return UNSET


def _read_run(found: Findings, node: Node, path: str) -> RunCase | UnsetType:
    if not isinstance(node, Scalar):
        return wrong_type(found, node, path, "code")
    if len(node.text) > CODE_CHARS_MAX:
        found.error("out-of-range", node.mark, f"`{path}` has more than {CODE_CHARS_MAX:,} characters", "Shorten it.")
        return UNSET
    return RunCase(node.text)


def read_resolves(found: Findings, node: Node, path: str) -> tuple[str, ...] | UnsetType:
    def read_one(found: Findings, node: Node, path: str) -> str | UnsetType:
        try:
            return str(parse_address(node.text if isinstance(node, Scalar) else ""))
        except ValueError:
            shown = quote(node.text) if isinstance(node, Scalar) else node.kind
            found.error("bad-address", node.mark, f"{shown} is not an IP address", "Write one such as `10.0.0.1`.")
            return UNSET

    return read_set(found, node, path, read_one)


def _read_seed(found: Findings, node: Node, path: str) -> int | UnsetType:
    if isinstance(node, Scalar) and _NUMBER.fullmatch(node.text) and len(node.text) <= 15:
        return int(node.text)
    return wrong_type(found, node, path, "a whole number")


def _read_json(found: Findings, node: Node, path: str) -> bytes:
    return msgspec.json.encode(_value(node))


def _value(node: Node) -> Any:
    """A node as plain values: what JSON would hold."""
    if isinstance(node, Mapping):
        return {entry.key.text: _value(entry.value) for entry in node.entries}
    if isinstance(node, Sequence):
        return [_value(item) for item in node.items]
    if isinstance(node, Broken):
        return None
    if node.kind != "a number":
        return node.value
    return int(node.text) if _NUMBER.fullmatch(node.text) and len(node.text) <= 300 else float(node.text)


SUBJECTS: dict[str, Reader] = {
    "fetch": _read_fetch,
    "crypto": _read_crypto,
    "module": _read_module,
    "xlsx": _read_xlsx,
    "tasks": _read_tasks,
    "run": _read_run,
}
_READERS: dict[str, Reader] = {
    **SUBJECTS,
    "name": _read_message,
    "expect": lambda found, node, path: node,
    "resolves": read_resolves,
    "input": _read_json,
    "seed": _read_seed,
}
