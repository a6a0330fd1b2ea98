"""Requirement 6: every instance has randomness of its own, and memory that shows nothing of another execution."""

import pytest

from host.capabilities.random import RandomSource
from host.execution.calls import ExecutionCalls
from host.sandbox.instance import Instance
from tests.harness import Guests, result_of

GENERATORS = {
    "Math.random": "return [Math.random(), Math.random()]",
    "crypto.randomUUID": "return [crypto.randomUUID(), crypto.randomUUID()]",
    "crypto.getRandomValues": "return [...crypto.getRandomValues(new Uint32Array(4))]",
    "uuid.v4": "const {v4} = require('uuid'); return [v4(), v4()]",
    "uuid.v7": "const {v7} = require('uuid'); return [v7(), v7()]",
    "lodash's uniqueness and random": (
        "const _ = require('lodash'); return [_.random(1e15), _.sample(_.range(1e5)), _.shuffle(_.range(20)).join()]"
    ),
    "crypto-js": "return [require('crypto-js').lib.WordArray.random(16).toString()]",
}


@pytest.mark.parametrize("kind", GENERATORS)
def test_randomness_differs_between_executions(guests: Guests, kind: str) -> None:
    """50 executions give 50 sequences: nothing random is part of the snapshot."""
    reports = guests.run_all([GENERATORS[kind]] * 50)
    sequences = [tuple(map(str, result_of(report))) for report in reports]
    assert len(set(sequences)) == 50
    assert all(len(set(sequence)) == len(sequence) for sequence in sequences)


def test_numbers_of_math_random_lie_where_they_should(guests: Guests) -> None:
    """From 0 up to 1, spread evenly enough."""
    code = "const n = Array(10).fill(0); for (let i = 0; i < 10000; i++) n[Math.floor(Math.random() * 10)]++; return n"
    assert all(800 < count < 1200 for count in guests.result(code))


def test_a_seed_makes_an_execution_reproducible(guests: Guests) -> None:
    """Where the policy says so; another seed is another sequence, and no seed is the seed 0."""
    code = (
        "const {v4} = require('uuid'); return [Math.random(), crypto.randomUUID(), v4(), "
        "[...crypto.getRandomValues(new Uint8Array(8))]]"
    )
    first = guests.result(code, random="seeded", seed=7)
    assert guests.result(code, random="seeded", seed=7) == first
    assert guests.result(code, random="seeded", seed=8) != first
    assert guests.result(code, random="seeded") == guests.result(code, random="seeded", seed=0)


def test_a_seed_counts_for_nothing_where_randomness_is_secure(guests: Guests) -> None:
    """A client cannot take the secrecy out of a policy that has it."""
    assert guests.result("return crypto.randomUUID()", seed=7) != guests.result("return crypto.randomUUID()", seed=7)


MARKER = "0x5ec2e7ba"
FILL = (
    "const kept = [];"
    f"for (let i = 0; i < 10; i++) {{ kept.push(new Uint32Array(65536).fill({MARKER})); }}"
    "for (let i = 0; i < 5000; i++) kept.push('s3cr3t-marker-' + i);"
    "await null; return kept.length"
)
SCAN = (
    "let seen = 0;"
    "const look = (words) => { for (let i = 0; i < words.length; i++) if (words[i] !== 0) seen++ };"
    "for (const size of [8, 64, 1000, 4096, 30000]) look(new Uint32Array(size));"
    "const grown = new ArrayBuffer(16, {maxByteLength: 1 << 16}); grown.resize(1 << 16); look(new Uint32Array(grown));"
    "look(new Uint32Array(new ArrayBuffer(1 << 12).transfer(1 << 15)));"
    f"for (const size of [300000, 1000000]) if (new Uint32Array(size).includes({MARKER})) seen++;"
    "return seen"
)


def test_fresh_memory_holds_nothing_of_another_execution(guests: Guests) -> None:
    """Executions that fill their memory and executions that look for what is not zero, interleaved over all threads."""
    for _ in range(3):
        reports = guests.run_all([FILL, SCAN, SCAN, SCAN] * 25, wall_time_ms=60_000)
        assert [result_of(report) for report in reports] == [5_010, 0, 0, 0] * 25


def test_the_whole_memory_of_a_fresh_instance_holds_nothing_of_another(guests: Guests) -> None:
    """Looked at from the host, where even what the guest's allocator would never hand out can be seen."""
    engine = guests.executor.engine
    guests.run_all([FILL] * 60)
    secret, marker = b"s3cr3t-marker", int(MARKER, 16).to_bytes(4, "little") * 4
    calls = ExecutionCalls(engine.bundle, RandomSource(), (), 0)
    for _ in range(40):
        with Instance(engine, engine.images["base"], 10**9, 64 << 20, calls) as fresh:
            memory = fresh.memory.read(0, fresh.memory_bytes())
            assert (secret in memory, marker in memory) == (False, False)
