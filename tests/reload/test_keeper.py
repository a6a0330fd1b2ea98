"""The keeper: a folder is taken as a whole, when it is valid and at rest, and the last good one stays otherwise."""

import os
import shutil
import time
from collections.abc import Callable

import pytest

from host.policy import PolicyFolderError
from host.policy.signing.keys import PrivateKey
from host.reload.source import Source
from tests.reload.house import HEADER, House

Made = Callable[..., House]
KEY = PrivateKey.generate()


def error_of(house: House) -> tuple[str, str | None, int | None]:
    """The last error as a worker tells it: message, file and line."""
    error = house.worker().state.last_error
    assert error is not None
    return error.message, error.file, error.line


def in_force(house: House) -> list[str]:
    return list(house.policies.policies)


def test_a_change_is_taken_at_the_second_look(house: Made) -> None:
    """At the first one it is noticed; it may still be going on."""
    made = house(a="")
    before = made.policies.digest
    made.write("b")
    made.keeper.look()
    assert in_force(made) == ["a"]
    made.keeper.look()
    assert in_force(made) == ["a", "b"]
    state = made.worker().state
    assert (state.loads, state.failures, state.last_error) == (2, 0, None)
    assert state.digest == made.policies.digest != before


def test_a_folder_that_goes_on_changing_is_not_taken(house: Made) -> None:
    """Each look finds something else, as while a large folder is copied."""
    made = house(a="")
    for number in range(10):
        made.write(f"b{number}")
        made.keeper.look()
        assert in_force(made) == ["a"]
    made.keeper.look()
    assert len(in_force(made)) == 11


def test_looks_that_come_too_soon_wait(house: Made) -> None:
    """A worker that dies wakes the main process: two looks one after the other are not the rest of an interval."""
    made = house(a="", every_s=3600)
    made.write("b")
    for _ in range(5):
        made.keeper.look()
    assert in_force(made) == ["a"]


def test_the_second_look_comes_soon(house: Made) -> None:
    """Not after a whole interval: whoever changed the folder waits for it."""
    made = house(a="", every_s=8)
    assert made.keeper.wait_s == 8
    made.write("b")
    made.keeper.look()
    assert made.keeper.wait_s == 2
    made.keeper._every_s = 0
    assert made.keeper.wait_s is None


def test_what_changes_while_it_is_read_is_not_taken(house: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is replaced after it was read, and before all others were, gives a folder that never was."""
    made = house(a="", b="")
    real = Source.load
    writes = iter(["modules: [lodash]", "modules: [qs]", None])

    def load(source: Source):
        loaded = real(source)
        if (body := next(writes)) is not None:
            made.write("b", body)
        return loaded

    monkeypatch.setattr(Source, "load", load)
    made.write("a", "modules: [lodash]")
    made.look()
    assert made.worker().state.loads == 1
    made.look()
    assert made.worker().state.loads == 1
    made.look()
    assert made.policies.policies["b"].modules.names == {"qs"}
    assert made.worker().state.loads == 2


def test_one_bad_file_changes_nothing(house: Made) -> None:
    """The good changes beside it wait for it to be mended; then all of them come."""
    made = house(a="", b="")
    digest = made.policies.digest
    made.write("a", "modules: [lodash]")
    made.write("b", "modules: [lodahs]")
    made.look()
    assert made.policies.digest == digest
    message, file, line = error_of(made)
    assert (message, file, line) == ("the guest has no module `lodahs`", "b.yaml", 3)
    made.write("b", "modules: [qs]")
    made.look()
    assert made.policies.policies["a"].modules.names == {"lodash"}
    state = made.worker().state
    assert (state.loads, state.failures, state.last_error) == (2, 1, None)


def test_a_failure_is_told_once(house: Made) -> None:
    """However often it is looked at; and once more for each change that does not mend it."""
    made = house(a="")
    made.write("b", "junk")
    for _ in range(6):
        made.look()
    assert made.worker().state.failures == 1
    made.write("b", "more junk")
    made.look()
    assert made.worker().state.failures == 2


def test_what_could_not_be_read_is_tried_again(house: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that was out of files for a moment leaves no trace in the folder; it is told once all the same."""
    made = house(a="")
    made.write("b")
    real = os.open
    monkeypatch.setattr(os, "open", lambda *_: (_ for _ in ()).throw(OSError(24, "Too many open files")))
    for _ in range(3):
        made.look()
    assert (made.worker().state.failures, error_of(made)[0]) == (1, "the file cannot be read: Too many open files")
    monkeypatch.setattr(os, "open", real)
    made.look()
    assert in_force(made) == ["a", "b"]


def test_what_is_asked_for_is_told_each_time(house: Made) -> None:
    """Who sends SIGHUP wants to know how it went."""
    made = house(a="")
    made.write("b", "junk")
    made.keeper.reload()
    made.keeper.reload()
    assert made.worker().state.failures == 2


def test_what_was_wrong_and_is_as_before_is_mended(house: Made) -> None:
    """Taking the change back is as good as correcting it."""
    made = house(a="")
    digest = made.policies.digest
    made.write("b", "junk")
    made.look()
    (made.folder / "b.yaml").unlink()
    made.look()
    state = made.worker().state
    assert (state.last_error, state.digest) == (None, digest)


@pytest.mark.parametrize("how", ["empty", "gone", "a file"])
def test_a_folder_that_is_no_more_keeps_the_last_good_one(house: Made, how: str) -> None:
    """Empty, deleted, or something else in its place: an error about the folder, which names no path."""
    made = house(a="")
    shutil.rmtree(made.folder)
    if how == "empty":
        made.folder.mkdir()
    elif how == "a file":
        made.folder.write_text("version: 1\npolicy: a\n")
    made.look()
    message, file, line = error_of(made)
    assert (file, line) == (None, None)
    assert str(made.folder) not in message
    assert in_force(made) == ["a"]
    made.folder.unlink() if how == "a file" else None
    made.folder.mkdir(exist_ok=True)
    made.write("c")
    made.look()
    assert in_force(made) == ["c"]


def test_a_folder_is_swapped_by_its_link(house: Made, tmp_path) -> None:
    """Deployments point a link at the next folder: that is a change, though no file of either has changed."""
    made = house(begin=False, a="")
    made.folder.rename(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    (tmp_path / "two" / "b.yaml").write_text("version: 1\npolicy: b\n")
    made.folder.symlink_to("one")
    made.keeper.begin()
    made.folder.unlink()
    made.folder.symlink_to("two")
    made.look()
    assert in_force(made) == ["a", "b"]


def test_what_editors_leave_beside_is_no_change(house: Made) -> None:
    """Hidden files are neither read nor looked at."""
    made = house(a="")
    (made.folder / ".a.yaml.swp").write_text("junk")
    made.look()
    assert made.worker().state.loads == 1


def test_access_rules_do_not_go_away(house: Made) -> None:
    """Without them everybody on this machine would be an operator: that takes a start, and no slip of a copy."""
    made = house(begin=False, a="")
    made.replace("access.yaml", b"anonymous: none\n")
    made.keeper.begin()
    (made.folder / "access.yaml").unlink()
    made.look()
    assert error_of(made)[0] == "the folder had an access.yaml, and has none any more"
    assert made.policies.access is not None


def test_access_rules_may_come(house: Made) -> None:
    """That only takes away."""
    made = house(a="")
    made.replace("access.yaml", b"anonymous: none\n")
    made.look()
    assert made.policies.access.anonymous is None


def test_a_reload_takes_what_is_there(house: Made) -> None:
    """Without a second look, without a change, and where nobody looks at all."""
    made = house(a="", every_s=0)
    made.write("b")
    made.look()
    assert in_force(made) == ["a"]
    made.keeper.reload()
    assert in_force(made) == ["a", "b"]
    made.keeper.reload()
    assert made.worker().state.loads == 3


def test_a_reload_of_what_does_not_come_to_rest_says_so(house: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not take half of it, and it ends."""
    made = house(a="")
    looks = iter(range(10_000))
    monkeypatch.setattr(Source, "seen", lambda _: next(looks))
    monkeypatch.setattr(time, "sleep", lambda _: None)
    made.keeper.reload()
    assert error_of(made)[0] == "the files change while they are read"
    assert in_force(made) == ["a"]


def test_a_fault_of_our_own_keeps_the_last_good_one(house: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong in reading, the main process goes on, and tells."""
    made = house(a="")
    made.write("b")
    monkeypatch.setattr(Source, "load", lambda _: 1 // 0)
    made.look()
    assert error_of(made)[0] == "a fault of the service's own; its log has more"
    assert in_force(made) == ["a"]


@pytest.mark.parametrize("name", [b"\xff.yaml", b"\xff", b"a\n.yaml", "\u202e.yaml".encode()])
@pytest.mark.parametrize("key", [None, KEY.public])
def test_names_of_any_bytes_are_told_and_end_nothing(house: Made, name: bytes, key) -> None:
    """A name that is no text cannot be read as a policy, and must not be what the main process falls over."""
    made = house(begin=False, key=key, a="")
    made.sign(KEY, 1)
    made.keeper.begin()
    os.symlink("nowhere", os.fsencode(made.folder) + b"/" + name)
    made.look()
    if name.endswith(b".yaml") or key is not None:
        assert made.worker().state.failures == 1
        assert "\udcff" not in error_of(made)[1]
    assert in_force(made) == ["a"]
    made.keeper.reload()
    assert in_force(made) == ["a"]


def test_a_fault_in_telling_a_fault_ends_nothing(house: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """The main process has workers to look after."""
    made = house(a="")
    made.write("b", "junk")
    monkeypatch.setattr(made.board, "write", lambda _: 1 // 0)
    made.look()
    made.keeper.reload()
    assert in_force(made) == ["a"]


def test_policies_without_room_on_the_board_are_refused(house: Made) -> None:
    """The workers keep what they have, and are told why."""
    made = house(a="")
    made.write("b", "description: " + "".join(chr(0x4E00 + number * 7 % 20_000) for number in range(300)) + "\n")
    made.keeper._board._size = 1200
    made.look()
    assert error_of(made)[0] == "the policies are larger than the workers have room for"
    assert in_force(made) == ["a"]


def test_workers_are_told_of_each_verdict(house: Made) -> None:
    """Of policies that were taken, and of those that were refused; not of looks that found nothing."""
    made = house(a="")
    told = made.announced
    made.look()
    assert made.announced == told
    made.write("b", "junk")
    made.look()
    assert made.announced == told + 1
    made.write("b")
    made.look()
    assert made.announced == told + 2


# Secrets


def test_a_missing_secret_keeps_the_last_good_ones(house: Made) -> None:
    """A policy that could not work is not taken; when the secret comes, it is, without a change of the policies."""
    made = house(a="")
    made.write("a", HEADER)
    made.look()
    assert error_of(made) == ("`a` wants the secret `token`, which is not there", "a.yaml", 5)
    assert made.worker().secret("token") is None
    made.write_secret("token", "first\n")
    made.look()
    assert made.worker().secret("token") == b"first"


def test_a_secret_is_replaced_while_the_service_runs(house: Made) -> None:
    """The policies have not changed, and the next call has the new one."""
    made = house(begin=False, a=HEADER)
    made.write_secret("token", "first")
    made.keeper.begin()
    worker = made.worker()
    assert worker.secret("token") == b"first"
    made.write_secret("token", "second, and longer")
    made.look()
    assert not worker.is_newest
    assert made.worker().secret("token") == b"second, and longer"


def test_no_secret_goes_where_no_policy_wants_it(house: Made) -> None:
    """Only what a policy names is read at all."""
    made = house(begin=False, a=HEADER)
    made.write_secret("token", "x")
    made.write_secret("other", "y")
    made.keeper.begin()
    assert made.worker().secret("other") is None


# Signed folders


def signed(house: Made, serial: int = 5) -> House:
    made = house(begin=False, key=KEY.public, a="")
    made.sign(KEY, serial)
    made.keeper.begin()
    return made


def test_a_signed_folder_is_followed_by_a_newer_one(house: Made) -> None:
    """And by no older one, no other one of the same serial, no unsigned one and none of another signer."""
    made = signed(house)
    made.write("b")
    for sign in (
        lambda: None, lambda: made.sign(KEY, 4), lambda: made.sign(KEY, 5), lambda: made.sign(PrivateKey.generate(), 9)
    ):  # fmt: skip
        sign()
        made.look()
        made.keeper.reload()
        assert in_force(made) == ["a"]
        assert error_of(made)[1] in ("b.yaml", "MANIFEST.json", "MANIFEST.sig")
    made.sign(KEY, 6)
    made.look()
    assert in_force(made) == ["a", "b"]


def test_the_same_signed_folder_can_be_loaded_again(house: Made) -> None:
    """A reload is no rollback."""
    made = signed(house)
    made.keeper.reload()
    assert made.worker().state.last_error is None
    assert made.worker().state.loads == 2


def test_a_service_does_not_begin_with_an_unsigned_folder(house: Made) -> None:
    """Where a key is set, the first load is held to it as every other."""
    made = house(begin=False, key=KEY.public, a="")
    with pytest.raises(PolicyFolderError) as caught:
        made.keeper.begin()
    assert [each.code for each in caught.value.diagnostics] == ["unsigned"]
