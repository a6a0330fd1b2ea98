"""The guest's header, the host's abi.py and the bootstrap's bridge.js say the same."""

import re
import struct
from pathlib import Path

import pytest

from host.capabilities import echo
from host.sandbox import abi, hostcalls
from host.sandbox.image import ImageBundle
from tests.harness import Guests

GUEST = Path(__file__).parents[2] / "guest" / "quickjs-wasm"
HEADER = (GUEST / "c" / "abi.h").read_text()
BRIDGE = (GUEST / "js" / "bootstrap" / "bridge.js").read_text()
CONSOLE = (GUEST / "js" / "bootstrap" / "console.js").read_text()
WEB_CRYPTO = (GUEST / "js" / "web" / "crypto" / "index.js").read_text()
ECHO = (GUEST / "js" / "capabilities" / "echo.js").read_text()

SIZES = {"uint32_t": 4, "uint64_t": 8, "double": 8}


def mailbox() -> dict[str, tuple[int, int]]:
    """Offset and size of each field of cb_mailbox_t, as C lays it out: naturally aligned, in order."""
    body = re.search(r"typedef struct \{(.*?)\} cb_mailbox_t;", HEADER, re.S)[1]
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
    fields, at = {}, 0
    for kind, names in re.findall(r"(uint32_t|uint64_t|double)\s+([^;]+);", body):
        for name in names.split(","):
            at += -at % SIZES[kind]
            fields[name.strip()] = (at, SIZES[kind])
            at += SIZES[kind]
    fields["end"] = (at + -at % 8, 0)
    return fields


def defined(name: str) -> int:
    return int(re.search(rf"\b{name}\b(?: =)? \(?(-?\d+)\)?", HEADER)[1])


def exported(text: str, name: str) -> int:
    return int(re.search(rf"const {name} = (\d+);", text)[1])


def offsets(first: str, codes: struct.Struct, names: list[str]) -> None:
    """The fields from `first` on lie as the struct of abi.py has them, one after the other."""
    fields = mailbox()
    start = fields[first][0]
    sizes = [8 if code in "dQ" else 4 for code in _expanded(codes.format)]
    assert len(sizes) == len(names)
    at = start
    for name, size in zip(names, sizes, strict=True):
        assert fields[name] == (at, size), name
        at += size
    assert codes.size == at - start


def _expanded(form: str) -> str:
    return "".join(code * int(count or 1) for count, code in re.findall(r"(\d*)([a-zA-Z])", form))


def test_the_mailbox_lies_as_the_host_reads_it() -> None:
    """Every field that abi.py touches, by its offset and size."""
    fields = mailbox()
    assert fields["clock_ms"][0] == abi._CLOCKS_AT
    offsets("clock_ms", abi._clocks, ["clock_ms", "elapsed_ms"])
    offsets("wake_ms", abi._wake, ["wake_ms"])
    assert fields["seed"][0] == abi._SEED_AT
    offsets("seed", abi._start, [
        "seed", "code_ptr", "code_len", "input_ptr", "input_len", "modules_ptr", "modules_len", "permit",
        "result_max_bytes", "log_max_bytes",
    ])  # fmt: skip
    assert fields["operations_open"][0] == abi._OUTCOME_AT
    offsets("operations_open", abi._outcome, [
        "operations_open", "noted", "out_ptr", "out_len", "log_ptr", "log_len", "log_dropped", "heap_used",
    ])  # fmt: skip
    assert fields["inbox_ptr"][0] == abi._INBOX_AT
    offsets("inbox_ptr", abi._inbox, ["inbox_ptr", "inbox_len"])


def test_the_fields_of_an_outbox_are_in_the_mailboxs_order() -> None:
    """Outbox is made from the unpacked struct by position."""
    assert list(abi.Outbox.__init__.__code__.co_varnames[1:9]) == [
        "operations_open", "noted", "out_ptr", "out_len", "log_ptr", "log_len", "log_dropped", "heap_used",
    ]  # fmt: skip


def test_the_mailbox_is_as_long_as_the_host_says() -> None:
    """Nothing lies behind its last field."""
    assert mailbox()["end"][0] == abi.MAILBOX_BYTES


def test_the_version_agrees(bundle: ImageBundle, guests: Guests) -> None:
    """In the header, in the host, and in the image's manifest."""
    assert defined("CB_ABI_VERSION") == abi.ABI_VERSION == bundle.manifest.abi_version


STATES = {"CB_IDLE": abi.IDLE, "CB_DONE": abi.DONE, "CB_FAILED": abi.FAILED, "CB_WAITING": abi.WAITING}
PERMITS = {
    "CB_PERMIT_EVAL": abi.PERMIT_EVAL,
    "CB_PERMIT_CONSOLE": abi.PERMIT_CONSOLE,
    "CB_PERMIT_NO_RETURN": abi.PERMIT_NO_RETURN,
    "CB_PERMIT_ALL_MODULES": abi.PERMIT_ALL_MODULES,
    "CB_PERMIT_ASK_MODULES": abi.PERMIT_ASK_MODULES,
}
OTHERS = {
    "CB_NOTED_GROWTH_REFUSED": abi.NOTED_GROWTH_REFUSED,
    "CB_CODE_HEADROOM": abi.CODE_HEADROOM_BYTES,
    "CB_CODE_TAILROOM": abi.CODE_TAILROOM_BYTES,
    "CB_HOST_FAULT": hostcalls.FAULT,
    "CB_HOST_LATER": hostcalls.LATER,
}


@pytest.mark.parametrize("name", [*STATES, *PERMITS, *OTHERS])
def test_a_number_of_the_header_is_the_hosts(name: str) -> None:
    """States, permits, what the guest notes, room around the code, and the status of a fault."""
    assert defined(name) == (STATES | PERMITS | OTHERS)[name]


def test_permits_are_bits_of_their_own() -> None:
    """Each a power of two, none twice."""
    assert sorted(PERMITS.values()) == [1 << bit for bit in range(len(PERMITS))]


def test_an_error_of_the_host_begins_at_minus_two() -> None:
    """An answer of length n that is an error is -2 - n, so that no error is taken for a fault."""
    assert hostcalls.ERROR_BASE == hostcalls.FAULT - 1
    assert "-2 - n" in HEADER


def test_the_bridge_has_the_same_permits_and_operations() -> None:
    """Those that the bootstrap asks for."""
    assert exported(BRIDGE, "PERMIT_CONSOLE") == abi.PERMIT_CONSOLE
    assert exported(BRIDGE, "PERMIT_ALL_MODULES") == abi.PERMIT_ALL_MODULES
    assert exported(BRIDGE, "PERMIT_ASK_MODULES") == abi.PERMIT_ASK_MODULES
    assert exported(BRIDGE, "MODULE_LOAD") == hostcalls.MODULE_LOAD
    assert exported(BRIDGE, "MODULE_ASK") == hostcalls.MODULE_ASK
    assert exported(WEB_CRYPTO, "RANDOM_BYTES") == hostcalls.RANDOM_BYTES


def test_the_consoles_levels_are_the_hosts() -> None:
    """By the number in a record."""
    levels = [exported(CONSOLE, name.upper()) for name in abi.LEVELS]
    assert levels == list(range(len(abi.LEVELS)))


def test_the_echo_capability_has_the_same_operations_on_both_sides() -> None:
    """And they are out of the range of the sandbox's own."""
    assert exported(ECHO, "REPLY") == echo.REPLY >= hostcalls.CAPABILITY_OPERATIONS_FROM
    assert exported(ECHO, "REPLY_LATER") == echo.REPLY_LATER >= hostcalls.CAPABILITY_OPERATIONS_FROM


def test_abi_md_names_every_import_and_export() -> None:
    """The document is where a writer of another guest looks."""
    document = (GUEST / "ABI.md").read_text()
    sources = "".join(path.read_text() for path in (GUEST / "c").glob("*.c"))
    names = [*re.findall(r'CB_EXPORT\("(\w+)"\)', sources), "call", "take", "start", "cb_mailbox", "memory"]
    assert [name for name in names if f"`{name}" not in document] == []


def test_the_images_export_what_the_host_calls(guests: Guests) -> None:
    """And nothing of the boot is left in them."""
    for image in guests.executor.engine.images.values():
        assert image.memory_bytes > 0
        assert image.mailbox > 0
