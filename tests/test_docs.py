"""What the docs say and code decides is compared: error types, settings, policy keys, the mailbox, routes, links.

`python -m tests.test_docs` writes the table of docs/settings.md anew.
"""

import math
import re
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
import yaml

from host.api.look import ENDPOINTS, Readiness
from host.api.problems import STATUS
from host.api.service import make_service
from host.api.status import Status
from host.api.wire import ExecuteFailure, ExecuteRequest, ExecuteSuccess, WireError, WireLog, WireTiming, WireUsage
from host.execution.outcome import FAILURE_TYPES
from host.policy import resolve_files
from host.policy.access import Access, Principal
from host.policy.limits import LIMIT_KEYS, QUOTA_KEYS
from host.policy.model import Language, Limits, bounds
from host.policy.parse import _READERS
from host.policy.units import COUNT
from host.sandbox import abi, engine, hostcalls
from host.settings import SETTINGS, Setting

ROOT = Path(__file__).parents[1]
GUEST = ROOT / "guest" / "quickjs-wasm"
ABI = GUEST / "ABI.md"
DOCS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ABI, GUEST / "MODULES.md", ROOT / "perf" / "README.md"]
)

_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"(?:host|guest|tests|perf|policies|docs|\.ci)/[\w./-]*")
_GUEST_PATH = re.compile(r"(?:c|js)/[\w./-]*|[\w-]+\.(?:py|json)")


def read(name: str) -> str:
    return (ROOT / name).read_text()


def tables(text: str) -> list[list[list[str]]]:
    """Every Markdown table as its rows of cells, the head first."""
    found: list[list[list[str]]] = [[]]
    for line in _FENCE.sub("", text).splitlines():
        if line.startswith("|"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
                found[-1].append(cells)
        elif found[-1]:
            found.append([])
    return [table for table in found if table]


def table(text: str, *head: str) -> list[list[str]]:
    """The rows of the one table whose head begins with these cells."""
    matching = [rows[1:] for rows in tables(text) if rows[0][: len(head)] == list(head)]
    assert len(matching) == 1, f"{len(matching)} tables begin with {head}"
    return matching[0]


def words(cell: str) -> list[str]:
    """What stands in backticks."""
    return _CODE.findall(cell)


def names(rows: list[list[str]]) -> list[str]:
    """What stands in backticks in the first cells."""
    return [word for row in rows for word in words(row[0])]


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# docs/http-api.md


def test_every_error_type_is_documented_with_its_status() -> None:
    """The error table is what the service can answer: no row missing, none too many."""
    rows = table(read("docs/http-api.md"), "`error.type`")
    documented = {(kind, int(row[-1])) for row in rows for kind in words(row[0])}
    ran = {(kind, 500 if kind == "InternalError" else 400) for kind in FAILURE_TYPES}
    assert documented == ran | {("CancelledError", 503)} | {(kind, status) for status, kind in STATUS.values()}


def test_every_field_of_a_request_is_documented() -> None:
    """The fields of POST /flow/codeblock are those that are decoded."""
    rows = next(rows for rows in tables(read("docs/http-api.md")) if rows[0] == ["field", "type", "meaning"])
    assert sorted(names(rows[1:])) == sorted(ExecuteRequest.__struct_encode_fields__)


def test_every_field_of_an_answer_is_documented() -> None:
    """The fields of a success, of a failure and of its error are those that are encoded."""
    text = read("docs/http-api.md")
    success = next(rows for rows in tables(text) if rows[0] == ["field", "meaning"])[1:]
    assert sorted(names(success)) == sorted(ExecuteSuccess.__struct_encode_fields__)
    assert sorted(names(table(text, "field of `error`"))) == sorted(WireError.__struct_encode_fields__)
    inner = {word for row in success for word in words(row[1])}
    for struct in (WireTiming, WireUsage, WireLog):
        assert set(struct.__struct_encode_fields__) <= inner, struct.__name__
    assert set(ExecuteFailure.__struct_encode_fields__) - {"error"} <= set(names(success))


def test_documented_routes_are_the_routes_of_the_app() -> None:
    """Every route is documented, in the docs and in the service's own list, and there are no others."""
    status = Status(SimpleNamespace(registry=None), None, None, Readiness(), None, None)
    app = make_service(None, status, Readiness(), [])
    served = {route.path.replace("{execution_id:str}", "{id}") for route in app.routes}
    documented = {tuple(word.split()) for word in names(table(read("docs/http-api.md"), "route"))}
    assert documented == {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}
    assert {path for path in served if not path.startswith("/schema")} == {
        path for _, path in documented if not path.startswith("/schema")
    }
    assert {path for _, path in documented} <= served


# docs/settings.md


def settings_table() -> str:
    """The table of docs/settings.md as host/settings.py has it."""
    rows = [f"| `{each.name}` | {each.kind.accepted} | {_default(each)} | {each.meaning} |" for each in SETTINGS]
    return "\n".join(["| setting | accepted | default | meaning |", "| --- | --- | --- | --- |", *rows]) + "\n"


def _default(setting: Setting) -> str:
    if callable(setting.default):
        return "computed"
    value = setting.default if setting.default != () else "none"
    return f"{value} {setting.unit}".strip()


def test_settings_are_documented_as_they_are() -> None:
    """docs/settings.md has the table of host/settings.py, to the letter."""
    assert read("docs/settings.md").endswith("\n\n" + settings_table())


# docs/policies.md


def test_policy_keys_are_documented() -> None:
    """The keys at the top of a policy are those that are read."""
    text = read("docs/policies.md")
    documented = names(table(text, "key", "default", "meaning"))
    assert sorted(documented) == sorted(_READERS)


def test_limits_are_documented_with_default_and_range() -> None:
    """Each limit stands in the docs with the default, minimum and ceiling of its type."""
    rows = {words(row[0])[0]: row[1:4] for row in table(read("docs/policies.md"), "key", "default", "from")}
    default, ranges = Limits(), bounds(Limits)
    expected = {
        key: [unit.show(getattr(default, field)), *map(unit.show, ranges[field])]
        for key, (field, unit) in LIMIT_KEYS.items()
    }
    assert rows.pop("rate") == ["none", "1", COUNT.show(1_000_000)]
    assert rows == expected


def test_language_keys_are_documented_with_their_defaults() -> None:
    """The keys of `language` are those of the model, with its defaults."""
    rows = {words(row[0])[0]: words(row[1])[0] for row in table(read("docs/policies.md"), "key", "default", "values")}
    default = Language()
    values = {field: getattr(default, field) for field in Language.__struct_fields__}
    values["clock"] = default.clock.kind
    assert rows == {field: str(value).lower() for field, value in values.items()}


def test_access_keys_are_documented() -> None:
    """The keys of access.yaml are those of the model."""
    rows = next(rows for rows in tables(read("docs/policies.md")) if "`principals`" in rows[1][0])[1:]
    expected = [*Access.__struct_fields__, *(f"principals[].{field}" for field in Principal.__struct_fields__)]
    assert sorted(names(rows)) == sorted(expected)
    quota = next(row[1] for row in rows if "quota" in row[0])
    assert set(words(quota)) >= {*QUOTA_KEYS, "rate"}


def test_documented_policies_load() -> None:
    """The YAML in docs/policies.md is a folder that loads without an error or a warning."""
    examples = [text for language, text in _FENCE.findall(read("docs/policies.md")) if language == "yaml"]
    files = {("access" if "principals:" in text else f"policy{i}") + ".yaml": text for i, text in enumerate(examples)}
    files["sandbox.yaml"] = read("policies/sandbox.yaml")
    loaded = resolve_files({name: text.encode() for name, text in files.items()})
    assert loaded.warnings == ()
    assert len(loaded.policies) == len(examples)


def test_documented_packages_are_those_of_the_image() -> None:
    """docs/policies.md and the default policy name the packages that are bundled, and no others."""
    bundled = set(re.findall(r'"([\w-]+)"', re.search(r"^PACKAGES = \((.*)\)$", _guest("modules.py"), re.MULTILINE)[1]))
    sentence = re.search(r"The packages in the image are (.*?)\. A package", read("docs/policies.md"), re.DOTALL)[1]
    assert set(words(sentence)) == bundled
    listed = re.search(r"Modules of Node's that are there too: (.*?)\.\n", read("docs/policies.md"), re.DOTALL)[1]
    ours = set(words(listed))
    assert set(yaml.safe_load(read("policies/sandbox.yaml"))["modules"]) == bundled | ours


# guest/quickjs-wasm/ABI.md


def _guest(name: str) -> str:
    return (GUEST / name).read_text()


_SIZES = {"uint32_t": ("u32", 4), "double": ("f64", 8), "uint64_t": ("u64", 8)}


def mailbox_of_c() -> dict[str, tuple[int, str]]:
    """The fields of cb_mailbox_t with offset and type, by C's rules for naturally aligned fields."""
    struct = re.search(r"typedef struct \{(.*?)\} cb_mailbox_t;", _guest("c/abi.h"), re.DOTALL)[1]
    struct = re.sub(r"/\*.*?\*/", "", struct, flags=re.DOTALL)
    fields, at = {}, 0
    for declaration in filter(str.strip, struct.split(";")):
        kind, listed = declaration.strip().split(None, 1)
        shown, size = _SIZES[kind]
        for field in listed.split(","):
            at += -at % size
            fields[field.strip()] = (at, shown)
            at += size
    return fields


def test_mailbox_is_documented_field_by_field() -> None:
    """ABI.md has every field of the mailbox with its offset and type, in the order of c/abi.h."""
    rows = table(ABI.read_text(), "field", "offset")
    documented = {words(row[0])[0]: (int(row[1]), row[2]) for row in rows}
    assert list(documented.items()) == list(mailbox_of_c().items())
    assert f"(`cb_mailbox_t`) of {abi.MAILBOX_BYTES} bytes" in ABI.read_text()


def test_host_has_the_mailbox_of_the_guest() -> None:
    """The offsets in host/sandbox/abi.py and in the build's tool.py are those of c/abi.h."""
    fields = mailbox_of_c()
    ours = (abi._CLOCKS_AT, abi._CLOCKS_AT + abi._clocks.size, abi._SEED_AT, abi._OUTCOME_AT, abi._INBOX_AT)
    assert ours == tuple(fields[name][0] for name in ("clock_ms", "wake_ms", "seed", "operations_open", "inbox_ptr"))
    assert abi._SEED_AT + abi._start.size == abi._OUTCOME_AT
    assert abi._OUTCOME_AT + abi._outcome.size == abi._INBOX_AT
    last = max(offset + 4 for offset, _ in fields.values())
    assert last + -last % 8 == abi.MAILBOX_BYTES
    assert f"_OUT_AT = {fields['out_ptr'][0]}\n" in _guest("tool.py")


def test_bits_and_statuses_are_documented() -> None:
    """Every CB_ constant of c/abi.h stands in ABI.md, and the host has the same values."""
    header = re.sub(r"/\*.*?\*/", "", _guest("c/abi.h"), flags=re.DOTALL)
    constants = {name: int(value) for name, value in re.findall(r"CB_(\w+) = (\d+)", header)}
    constants["ABI_VERSION"] = int(re.search(r"#define CB_ABI_VERSION (\d+)", header)[1])
    text = ABI.read_text()
    for name, value in constants.items():
        assert getattr(abi, name) == value, name
        assert f"`CB_{name}`" in text, name
    statuses = {words(row[1])[0]: int(row[0]) for row in table(text, "status")}
    assert statuses == {f"CB_{name}": constants[name] for name in ("IDLE", "DONE", "FAILED", "WAITING")}
    permits = re.search(r"as bits: (.*?) \|$", text, re.MULTILINE)[1]
    bits = {name: int(bit) for bit, name in re.findall(r"(\d+) `CB_(\w+)`", permits)}
    assert bits == {name: value for name, value in constants.items() if name.startswith("PERMIT_")}
    room = {name: int(value) for name, value in re.findall(r"#define CB_CODE_(HEAD|TAIL)ROOM (\d+)", header)}
    assert room == {"HEAD": abi.CODE_HEADROOM_BYTES, "TAIL": abi.CODE_TAILROOM_BYTES}
    assert f"{room['HEAD']} bytes (`CB_CODE_HEADROOM`) before it and {room['TAIL']} (`CB_CODE_TAILROOM`)" in text


def test_imports_and_exports_are_documented() -> None:
    """ABI.md lists what the build lets an image import and export, and what boots one."""
    text = ABI.read_text()
    imports = re.findall(r'\("host", "(\w+)"\)', re.search(r"^IMPORTS = (.*)$", _guest("images.py"), re.MULTILINE)[1])
    assert names(table(text, "import")) == [f"host.{name}" for name in imports]
    exports = re.findall(r'"(\w+)"', re.search(r"^EXPORTS = (.*)$", _guest("images.py"), re.MULTILINE)[1])
    documented = [row for row in tables(text) if row[0][0] == "export"]
    assert [name.split("(")[0] for name in names(documented[0][1:])] == exports
    boots = re.findall(r'CB_EXPORT\("(boot_\w+)"\)', _guest("c/boot.c"))
    assert sorted(name.split("(")[0] for name in names(documented[1][1:])) == sorted(
        [*boots, "_initialize", "__stack_pointer"]
    )


def test_operation_numbers_are_documented_and_agree() -> None:
    """The numbers of the operations are the same in ABI.md, in the host and in the guest's JavaScript or C."""
    documented = {words(row[1])[0]: int(row[0]) for row in table(ABI.read_text(), "number")}
    script = "".join(path.read_text() for path in (GUEST / "js").rglob("*.js"))
    script += "".join(path.read_text() for path in (GUEST / "c").glob("*.h"))
    for name, number in documented.items():
        assert re.search(rf"const {name} = {number};|CB_OPERATION_{name} {number}u\n", script), name
    own = {name: number for name, number in documented.items() if number < hostcalls.CAPABILITY_OPERATIONS_FROM}
    assert own == {name: getattr(hostcalls, name) for name in own}
    assert {"MODULE_LOAD", "RANDOM_BYTES", "DOMAIN_TO_ASCII", "DOMAIN_TO_UNICODE"} <= own.keys()
    capabilities = "".join(path.read_text() for path in (ROOT / "host" / "capabilities").rglob("*.py"))
    for name in documented.keys() - own.keys():
        assert f"\n{name} = {documented[name]}\n" in capabilities, name


def test_types_of_refusals_are_documented() -> None:
    """ABI.md names the types that c/denial.c knows, in its order."""
    known = re.search(r"denial_types\[\] = \{(.*?)\};", _guest("c/denial.c"), re.DOTALL)[1]
    sentence = re.search(r"The type is one of(.*?); the guest reads", ABI.read_text(), re.DOTALL)[1]
    assert words(sentence) == re.findall(r'"(\w+)"', known)


def _product(file: str, pattern: str) -> int:
    """A number that stands in a source of the guest as factors."""
    return math.prod(map(int, re.search(pattern, _guest(file), re.MULTILINE)[1].split("*")))


def test_stack_and_memory_figures_are_documented() -> None:
    """The sizes in ABI.md are those of the code."""
    text, mib = ABI.read_text(), 1 << 20
    javascript = _product("c/abi.h", r"#define CB_STACK_MAX_BYTES \(([\d* ]+)\)")
    result = _product("c/abi.h", r"#define CB_STACK_RESULT_MAX_BYTES \(([\d* ]+)\)")
    shadow = _product("images.py", r"^STACK_BYTES = ([\d* ]+)$")
    boot = _product("compile.py", r"^BOOT_STACK_BYTES = ([\d* ]+)$")
    values = {words(row[2])[0]: row[1] for row in table(text, "limit") if words(row[2])}
    assert values == {
        "CB_STACK_MAX_BYTES": f"{javascript / mib:g} MiB ({javascript // 1024:,} KiB) of shadow stack",
        "STACK_BYTES": f"{shadow // mib} MiB",
        "WASM_STACK_BYTES": f"{engine.WASM_STACK_BYTES // mib} MiB",
        "FIBER_STACK_BYTES": f"{engine.FIBER_STACK_BYTES // mib} MiB",
    }
    assert javascript < shadow
    assert javascript * 16 <= engine.WASM_STACK_BYTES < engine.FIBER_STACK_BYTES
    for said in (
        f"the stack limit is {result // 1024} KiB (`CB_STACK_RESULT_MAX_BYTES`)",
        f"{boot // 1024} KiB data of the C code",
        f"stack of executions: {shadow // mib} MiB",
        f"{hostcalls.CALL_FUEL:,} units of fuel (`CALL_FUEL`)",
        f"at most {hostcalls.PAYLOAD_BYTES_MAX // mib} MiB (`PAYLOAD_BYTES_MAX`)",
        f"{hostcalls.SLICE_FUEL // 1_000_000} million units of fuel",
    ):
        assert said in " ".join(text.split()), said


# All docs


@pytest.mark.parametrize("doc", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_resolve(doc: Path) -> None:
    """Every link inside the project leads to a file, and to a heading where it names one."""
    for target in _LINK.findall(_FENCE.sub("", doc.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = doc.parent / path if path else doc
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked.read_text()), target


@pytest.mark.parametrize("doc", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_named_paths_exist(doc: Path) -> None:
    """Every path of the project that stands in backticks is there."""
    for code in _CODE.findall(_FENCE.sub("", doc.read_text())):
        if _PATH.fullmatch(code) and code != "perf/results/":
            path = ROOT / code
            assert path.is_file() or (path.is_dir() and any(path.rglob("*.*"))), code
        if doc.parent == GUEST and _GUEST_PATH.fullmatch(code):
            assert (GUEST / code).exists() or (ROOT / code).exists(), code


def test_named_commands_exist() -> None:
    """Every `cellblock COMMAND` and `just RECIPE` in the docs can be typed."""
    from host.cli.main import COMMANDS

    recipes = set(re.findall(r"^([a-z]+)[^:=\n]*:(?!=)", read("justfile"), re.MULTILINE))
    for doc in DOCS:
        for code in _CODE.findall(_FENCE.sub("", doc.read_text())):
            for command in re.findall(r"^cellblock ([a-z]+)\b", code):
                assert command in COMMANDS, f"{doc.name}: cellblock {command}"
            for recipe in re.findall(r"^(?:uv run )?just ([a-z]+)\b", code):
                assert recipe in recipes, f"{doc.name}: just {recipe}"


def test_json_in_the_docs_is_json() -> None:
    """Every example of JSON parses."""
    for doc in DOCS:
        for language, text in _FENCE.findall(doc.read_text()):
            if language == "json":
                msgspec.json.decode(text)


if __name__ == "__main__":
    page = ROOT / "docs" / "settings.md"
    before, _, _ = page.read_text().partition("| setting |")
    page.write_text(before.rstrip("\n") + "\n\n" + settings_table())
