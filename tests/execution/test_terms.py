"""What is worked out for policies goes with them: a folder that changes every minute fills nothing up."""

from host.execution.run import Executor
from host.policy.model import PolicySet
from tests.harness import Guests, policy_of


def test_terms_of_policies_that_are_gone_are_forgotten(executor: Executor, guests: Guests) -> None:
    """However often policies change, there are terms for those in force; what has not changed keeps its own."""
    stays = policy_of("stays", modules=["qs"])
    kept = executor._terms.of_policy(stays)
    for number in range(20):
        changes = policy_of("changes", code_bytes=1000 + number)
        assert guests.result("return 1", policy=changes) == 1
        executor.take_up(PolicySet({"stays": stays, "changes": changes}))
        assert set(executor._terms._policies) == {stays.digest, changes.digest}
        assert {key[0] for key in executor._terms._terms} <= {stays.digest, changes.digest}
    assert executor._terms.of_policy(stays) is kept
