"""Policies as values: what they allow as made, what they refuse to be, and the digest of their meaning."""

import itertools

import msgspec
import pytest

from host.policy import (
    FORBIDDEN,
    MODULES,
    WIDEST,
    Clock,
    Language,
    Limits,
    Modules,
    Policy,
    Quota,
    Rate,
    bounds,
    load_folder,
    resolve_files,
)

FULL = """
version: 1
policy: full
description: Every key there is
limits:
  wall_time: 2min
  fuel: 2G
  memory: 128MiB
  code: 64KiB
  input: 1MiB
  result: 2MiB
  logs: 0
  host_calls: 0
  concurrency: 32
  rate: 600/min
language:
  eval: true
  console: false
  clock: fixed:2026-01-01T00:00:00.250Z
  random: seeded
  require_return: false
modules: [lodash, timers/promises]
grants: {}
deny: {}
tests: []
"""

HEAD = "version: 1\npolicy: p\n"

SAME = [
    ("limits: {memory: 64MiB}", "limits: {memory: 65536KiB}"),
    ("limits: {memory: 64MiB}", "limits: {memory: 67108864}"),
    ("limits: {code: 64KiB}", "limits: {code: '65536'}"),
    ("limits: {fuel: 2G}", "limits: {fuel: 2000M}"),
    ("limits: {wall_time: 60s}", "limits: {wall_time: 1min}"),
    ("limits: {fuel: 2G, memory: 1MiB}", "limits:\n  memory: 1MiB\n  fuel: 2G"),
    ("modules: [qs, uuid]", "modules:\n  - uuid   # first\n  - qs"),
    ("language: {eval: false}", "language: {eval: False}"),
    ("language: {}", ""),
    ("limits: {wall_time: 5s}", ""),
    ("grants: {}\ndeny: {}\ntests: []", ""),
    ("description: One", "description: Another"),
    ("modules: []", ""),
]

DIFFERENT = [
    "",
    "limits: {fuel: 1G}",
    "limits: {memory: 1MiB}",
    "limits: {rate: 60/min}",
    "limits: {rate: 1/s}",
    "language: {eval: true}",
    "language: {console: false}",
    "language: {clock: coarse:1s}",
    "language: {clock: coarse:2s}",
    "language: {clock: 'fixed:2026-01-01T00:00:00Z'}",
    "language: {random: seeded}",
    "language: {require_return: false}",
    "modules: [qs]",
    "modules: [uuid]",
    "modules: all",
]


def test_every_key_of_a_policy_is_read(parse):
    """Each key of the format sets its field, in the unit of the field's name."""
    assert parse(FULL).diagnostics == ()
    assert parse(FULL).policy == Policy(
        name="full",
        description="Every key there is",
        limits=Limits(
            wall_time_ms=120_000,
            fuel=2_000_000_000,
            memory_bytes=134_217_728,
            code_bytes=65_536,
            input_bytes=1_048_576,
            result_bytes=2_097_152,
            log_bytes=0,
            host_calls=0,
            concurrency=32,
            rate=Rate(600, 60),
        ),
        language=Language(
            eval=True,
            console=False,
            clock=Clock("fixed", fixed_epoch_ms=1_767_225_600_250),
            random="seeded",
            require_return=False,
        ),
        modules=Modules(names=frozenset({"lodash", "timers/promises"})),
    )


def test_a_policy_that_names_nothing_grants_nothing(parse_body):
    """Without `modules` and `grants` there are none, and `eval` is off."""
    policy = parse_body("").policy
    assert policy == Policy("p")
    assert not any(policy.modules.allows(name) for name in MODULES)
    assert policy.language.eval is False


def test_an_empty_list_of_modules_grants_nothing(parse_body):
    """`modules: []` is no module, and not all of them."""
    assert not any(parse_body("modules: []").policy.modules.allows(name) for name in MODULES)


@pytest.mark.parametrize(
    ("listed", "asked", "allowed"),
    [
        ("[lodash]", "lodash", True),
        ("[lodash]", "lodash/fp", True),
        ("[lodash]", "lodash/get", True),
        ("[date-fns]", "date-fns/locale/zh-CN", True),
        ("[dayjs]", "dayjs/plugin/utc.js", True),
        ("[timers]", "timers/promises", False),
        ("[timers/promises]", "timers", False),
        ("[stream/web]", "stream/web", True),
        ("[stream/web]", "stream", False),
        ("[lodash]", "lodash-es", False),
        ("[lodash]", "qs", False),
        ("[lodash]", "Lodash", False),
        ("[lodash]", "lodash/", False),
        ("[lodash]", "lodash//fp", False),
        ("[lodash]", "lodash/../fs", False),
        ("[lodash]", "lodash/.hidden", False),
        ("[lodash]", "lodash/fp\n", False),
        ("[lodash]", "./lodash", False),
        ("[lodash]", "", False),
        ("[url]", "node:url", False),
        ("all", "lodash/fp", True),
        ("all", "tasks", True),
        ("all", "fs", False),
        ("all", "fs/promises", False),
        ("all", "left-pad", False),
        ("all", "__proto__", False),
        ("all", "constructor", False),
    ],
)
def test_a_listing_governs_a_package_and_its_subpaths(parse_body, listed, asked, allowed):
    """A subpath goes with its package, a module in its own right by its own name, and a path that climbs nowhere."""
    assert parse_body(f"modules: {listed}").policy.modules.allows(asked) is allowed


def test_a_denied_module_is_not_there():
    """What `deny` names is taken off the list, off `all` too, for whoever asks the policy."""
    body = b"version: 1\npolicy: p\nmodules: all\ndeny: {modules: [qs]}\n"
    modules = resolve_files({"p.yaml": body}).policies["p"].modules
    assert not modules.allows("qs")
    assert modules.names == MODULES - {"qs"}


def test_no_forbidden_module_can_be_listed(parse_body, places):
    """Each module that no policy can give is refused with a reason, and is none of the guest's."""
    assert not MODULES & FORBIDDEN.keys()
    for name in FORBIDDEN:
        assert places(parse_body(f"modules: [{name}]").diagnostics) == [("forbidden-module", 3, 11)]


def test_every_module_of_the_guest_can_be_listed(parse_body):
    """The list of all modules is the same as `all`."""
    modules = parse_body(f"modules: [{', '.join(MODULES)}]").policy.modules
    assert modules.names == MODULES


@pytest.mark.parametrize(
    ("written", "clock"),
    [
        ("real", Clock()),
        ("coarse:100ms", Clock("coarse", coarse_ms=100)),
        ("coarse:1min", Clock("coarse", coarse_ms=60_000)),
        ("fixed:1970-01-01T00:00:00Z", Clock("fixed", fixed_epoch_ms=0)),
        ("fixed:9999-12-31T23:59:59.999Z", Clock("fixed", fixed_epoch_ms=253_402_300_799_999)),
    ],
)
def test_a_clock_is_real_coarse_or_fixed(parse_body, written, clock):
    """Each kind of clock is read with its step or its instant."""
    assert parse_body(f"language: {{clock: {written}}}").policy.language.clock == clock


@pytest.mark.parametrize(
    "make",
    [
        lambda: Limits(fuel=0),
        lambda: Limits(wall_time_ms=3_600_001),
        lambda: Limits(host_calls=-1),
        lambda: Limits(memory_bytes=0),
        lambda: Limits(fuel=True),
        lambda: Limits(fuel=1e9),
        lambda: Rate(0, 1),
        lambda: Rate(1, 0),
        lambda: Quota(concurrency=0),
        lambda: Clock("real", coarse_ms=1),
        lambda: Clock("coarse"),
        lambda: Clock("fixed", coarse_ms=1),
    ],
)
def test_a_value_outside_of_its_range_cannot_be_made(make):
    """The constructors refuse what a file may not hold either."""
    with pytest.raises(ValueError, match=r"must be an integer from|belongs to"):
        make()


def test_decoding_is_as_strict_as_the_constructors():
    """A policy that comes back from another process is checked again, and an unknown field is refused."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"fuel": 0}, Limits)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"fuell": 5000}, Limits)


def test_every_limit_has_a_minimum_and_a_ceiling():
    """No limit is open upwards, and WIDEST is where each ends."""
    ranges = bounds(Limits)
    assert set(ranges) | {"rate"} == set(Limits.__struct_fields__)
    assert all(0 <= least < most for least, most in ranges.values())
    assert all(getattr(WIDEST, field) == most for field, (_, most) in ranges.items())


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spelling_does_not_move_the_digest(parse, one, other):
    """Order, units, comments, defaults written out and the description leave the digest as it is."""
    assert parse(HEAD + one).policy.digest == parse(HEAD + other).policy.digest


def test_meaning_moves_the_digest(parse):
    """Policies that mean different things have different digests, each with each."""
    digests = [parse(HEAD + body).policy.digest for body in DIFFERENT]
    digests.append(parse("version: 1\npolicy: q").policy.digest)
    assert all(one != other for one, other in itertools.combinations(digests, 2))


def test_the_digest_of_a_policy_is_pinned():
    """Receipts name policies by digest: a change of the canonical form is a decision, and shows here."""
    assert Policy("p").digest == "sha256:297d19ea49ad9a6f0b92f792d3479a0096f18484de421e34c400ee58498692b9"


def test_a_changed_copy_has_a_digest_of_its_own():
    """A digest that was asked for once does not stick to a copy with other limits."""
    policy = Policy("p")
    assert msgspec.structs.replace(policy, limits=Limits(fuel=5_000)).digest != policy.digest


def test_policies_are_frozen():
    """Nobody who holds a policy can change it for the others."""
    policy = Policy("p")
    with pytest.raises(AttributeError):
        policy.name = "q"
    with pytest.raises(AttributeError):
        policy.limits.fuel = 1


def test_the_shipped_sandbox_writes_out_the_defaults(shipped_policies):
    """sandbox.yaml says what a limit and a language feature are when they are left out; it grants nothing."""
    sandbox = load_folder(shipped_policies).policies["sandbox"]
    assert sandbox.limits == Limits()
    assert sandbox.language == Language()
    assert {"lodash", "date-fns", "dayjs", "qs", "uuid", "crypto-js"} <= sandbox.modules.names
