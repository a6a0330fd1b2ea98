"""Mutants of policies: what is left out to be quick has no part in what is found."""

from hypothesis import given, settings
from hypothesis import strategies as st

from host.policy.cases import run_case
from host.policy.decide.rulebook import Rulebook
from host.policy.diagnose import START
from host.policy.mutate import case_rule, mutants, reduce, survey
from host.policy.testcase import Case, Expect, FetchCase
from tests.policy.folders import folder
from tests.policy.test_policy_properties import body, policies, requests, url_of


@settings(max_examples=150, deadline=None)
@given(policies(5), st.lists(requests, min_size=1, max_size=8))
def test_rules_without_a_part_can_be_left_out(policy, asked) -> None:
    """Each case ends with the same decision, by the same rule, in the mutant as a whole and in what is tried of it."""
    found = folder(p=body(*policy)).policies["p"]
    before = Rulebook(found)
    cases = [Case("", FetchCase(each[0], url_of(each), ("1.1.1.1",)), Expect("allow"), START) for each in asked]
    touched = {case_rule(before, case) for case in cases}
    for mutant in mutants(found):
        whole, tried = Rulebook(mutant.policy), Rulebook(reduce(mutant, touched))
        for case in cases:
            assert run_case(tried, case).got.split(":")[0] == run_case(whole, case).got.split(":")[0]
            assert case_rule(tried, case) == case_rule(whole, case), mutant.change


def test_mutants_beyond_the_work_are_counted() -> None:
    """Too many are not tried, and are told."""
    tests = "tests:\n  - {module: qs, expect: allow}\n  - {module: lodash, expect: deny}\n"
    found = folder(p="modules: [qs]\n" + tests)
    done = survey(found.policies["p"], found.tests["p"], {"modules"}, work=2)
    assert (done.tried, done.survived, done.left_out) == (1, (), 1)
