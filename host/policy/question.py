"""A call to ask a policy about, as a person types it: in the words of `tests:`."""

from host.policy.diagnose import START, Findings
from host.policy.document import Scalar, Sequence
from host.policy.testcase import SUBJECTS, FetchCase, Subject, read_resolves


class QuestionError(ValueError):
    """Why a question is none, with what mends it."""


def ask(kind: str, text: str, resolves: tuple[str, ...] = ()) -> Subject:
    """What `kind: text` is about, as a test has it (`fetch: GET https://…`). Raises QuestionError."""
    found = Findings("")
    subject = SUBJECTS[kind](found, Scalar(text, False, START), kind)
    if resolves and not found.failed:
        items = tuple(Scalar(each.strip(), False, START) for each in resolves)
        addresses = read_resolves(found, Sequence(items, START), "resolves")
        if isinstance(subject, FetchCase) and not found.failed:
            return FetchCase(subject.method, subject.url, addresses)
    if found.failed:
        first = found.sorted()[0]
        raise QuestionError(f"{first.message}. {first.fix or ''}".strip())
    return subject
