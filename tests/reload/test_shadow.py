"""Candidates: read from a folder of their own, and no matter to the policies in force, whatever is in it."""

import time
from pathlib import Path

import pytest

from host.node.board import Board
from host.reload.keeper import Keeper
from host.reload.shadow import Shadow
from tests.reload.house import EVERY_S, House


class Shadowed(House):
    """A house with a folder of candidates."""

    def __init__(self, path: Path, board_bytes: int = 1 << 20, **candidates: str) -> None:
        super().__init__(path, p="modules: [qs]\n")
        self.candidates = path / "candidates"
        self.candidates.mkdir()
        for name, body in candidates.items():
            self.suggest(name, body)
        self.board.close()
        self.board = Board(board_bytes)
        self.shadow = Shadow(self.candidates, EVERY_S, lambda policies: policies)
        self.keeper = Keeper(self.source, self.board, EVERY_S, lambda found: found.warnings, self.shadow)
        self.keeper.announce = self._announce

    def suggest(self, name: str, body: str = "") -> None:
        (self.candidates / f"{name}.yaml").write_text(f"version: 1\npolicy: {name}\n{body}")
        time.sleep(0.001)

    def candidate(self, name: str = "p") -> frozenset[str]:
        return self.worker().candidates.policies[name].modules.names


def test_candidates_come_to_the_workers_beside_the_policies(tmp_path: Path) -> None:
    """Each under its name; they are no part of what is in force."""
    made = Shadowed(tmp_path, p="modules: [lodash]\n", other="")
    made.keeper.begin()
    worker = made.worker()
    assert made.candidate() == {"lodash"}
    assert worker.policies.policies["p"].modules.names == {"qs"}
    assert set(worker.policies.policies) == {"p"}
    assert (worker.state.shadow.policies, worker.state.shadow.last_error) == (2, None)


def test_a_changed_candidate_is_taken_when_it_is_at_rest(tmp_path: Path) -> None:
    """Without the policies in force being loaded again."""
    made = Shadowed(tmp_path, p="modules: [lodash]\n")
    made.keeper.begin()
    announced = made.announced
    made.suggest("p", "modules: [uuid]\n")
    made.keeper.look()
    assert made.candidate() == {"lodash"}
    made.keeper.look()
    assert made.candidate() == {"uuid"}
    assert (made.announced, made.worker().state.loads) == (announced + 1, 1)


@pytest.mark.parametrize("broken", ["modules: [nothing]\n", "modules: [", "extends: other\n", "access"])
def test_a_broken_candidate_is_told_and_the_last_good_one_stays(tmp_path: Path, broken: str) -> None:
    """In the state that health and metrics show; what is in force is not touched by it."""
    made = Shadowed(tmp_path, p="modules: [lodash]\n")
    made.keeper.begin()
    if broken == "access":
        (made.candidates / "access.yaml").write_text("principals: [{}]\n")
    else:
        made.suggest("p", broken)
    made.look()
    state = made.worker().state
    assert made.candidate() == {"lodash"}
    assert state.shadow.last_error.file in ("p.yaml", "access.yaml")
    assert (state.last_error, state.failures) == (None, 0)
    made.write("p", "modules: [dayjs]\n")
    made.look()
    assert made.policies.policies["p"].modules.names == {"dayjs"}


def test_a_service_starts_with_a_broken_candidate(tmp_path: Path) -> None:
    """Or with a folder that is not there; and takes up good ones later."""
    made = Shadowed(tmp_path, p="nonsense: 1\n")
    made.keeper.begin()
    assert made.worker().candidates.policies == {}
    assert made.worker().state.shadow.last_error is not None
    made.suggest("p", "modules: [uuid]\n")
    made.look()
    assert made.candidate() == {"uuid"}
    gone = Shadow(tmp_path / "gone", EVERY_S, lambda policies: policies)
    gone.take()
    assert gone._state.last_error.message.startswith("the policy folder cannot be read")


def test_broken_policies_do_not_keep_candidates_from_being_taken(tmp_path: Path) -> None:
    """Nor do they lose them."""
    made = Shadowed(tmp_path, p="modules: [lodash]\n")
    made.keeper.begin()
    made.write("p", "nonsense: 1\n")
    made.look()
    assert made.worker().state.last_error is not None
    assert made.candidate() == {"lodash"}
    made.suggest("p", "modules: [uuid]\n")
    made.look()
    assert made.candidate() == {"uuid"}


def test_candidates_that_there_is_no_room_for_are_left_out(tmp_path: Path) -> None:
    """A flood of them does not keep policies from coming into force."""
    made = Shadowed(tmp_path, board_bytes=2_000, **{f"c{number}": "" for number in range(50)})
    made.keeper.begin()
    assert made.policies.policies["p"].modules.names == {"qs"}
    assert made.worker().candidates.policies == {}
    assert made.worker().state.shadow.last_error.message == "there is no room for the candidates"


def test_a_secret_that_a_candidate_wants_need_not_be_there(tmp_path: Path) -> None:
    """It is asked and never used."""
    made = Shadowed(tmp_path, p='grants: {fetch: [{name: a, hosts: [a.example], request: {set_headers: '
                                '{x-token: "${secret:not-there}"}}}]}\n')  # fmt: skip
    made.keeper.begin()
    assert made.worker().candidates.policies["p"].grants.fetch[0].request.secrets == ("not-there",)
