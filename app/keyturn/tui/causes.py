"""Failures grouped by what caused them, each with what to try first.

Nothing is guessed: an error of a source says who, what, why and what to do next, and is taken apart
as it was put together.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from keyturn.decide.steps import WAITED, State
from keyturn.run.giving_up import GIVEN_UP_BY
from keyturn_storage.queries.activity import ReadLine
from keyturn_storage.rows import StepRow

_ONE_OF_MANY = re.compile(r"[“\"'][^“”\"']*[”\"']|\b[\w-]*\d[\w-]*\b")
"""What differs between two failures of one cause: quoted names, ids, counts, times."""

SOURCE_MOST = 40

_TRY = {
    State.UNKNOWN: "R resumes: it reads the object first, and learns what became of the call.",
    State.REFUSED: (
        "Nothing was done. Mend what the words say and read again with r; then T plans it anew."
    ),
    State.NOT_SEEN: (
        "It was accepted and is not seen in effect. Read again with r; if it is still so, T plans "
        "it anew."
    ),
    State.GIVEN_UP: "No run will do it any more. Read again with r; then T plans it anew.",
}
_WAITED = (
    "It waited for another step: mend first what became of that. Then T plans this anew, with what "
    "it waits for."
)
_TRY_OPEN = "R resumes: it reads again before anything is sent."
_TRY_PROOF = "The change is in effect. R looks for its entry in the audit log again."
_TRY_READ = "r reads again. What was known before stays, and nothing is taken away meanwhile."


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that failed: a step of a run, or the read of a source."""

    what: str
    run_id: str
    words: str
    at_ms: int
    operation_id: str = ""
    settled: bool = False

    @property
    def can_be_retried(self) -> bool:
        """Whether it can be planned anew: a step that no resume will take up."""
        return bool(self.operation_id) and self.settled


@dataclass(frozen=True, slots=True)
class Cause:
    """`source` is empty where nobody is named. `first` is the first thing to try. `open` counts
    what a resume would go on with."""

    number: int
    source: str
    why: str
    first: str
    failures: tuple[Failure, ...]
    open: int
    at_ms: int

    @property
    def decided(self) -> bool:
        """Whether somebody gave all of it up, with a reason: nothing failed since."""
        return all(failure.words.startswith(GIVEN_UP_BY) for failure in self.failures)

    @property
    def looks_again(self) -> bool:
        """Whether a resume would look for the proof of what is done already."""
        return self.first == _TRY_PROOF


def causes(
    steps: Iterable[StepRow], reads: Sequence[ReadLine], names: Mapping[str, str]
) -> tuple[Cause, ...]:
    """The most failures first, after all what only waited for others, and last what somebody
    decided. `names` say what an operation was to do.
    Of reads, only a source's newest counts: what a later read made good is no failure any more."""
    found: dict[tuple[str, str, str], list[tuple[Failure, bool]]] = {}
    words_of: dict[tuple[str, str, str], tuple[str, str, str]] = {}
    for step in steps:
        error, named = step.error or step.words, names.get(step.operation_id, "")
        told = _in_its_words(error, named)
        source, why, following = taken_apart(error)
        if error.startswith(f"not done: {WAITED}"):
            # Which step each waited for is told one by one.
            source, why, following = "", "not done: it waited for a step that was not done", _WAITED
        if source:
            # What the steps were to do is told one by one; the cause is what they have in common.
            why = why.partition(": ")[2] or why
        first = following or _try_first(step)
        key = (source, _ONE_OF_MANY.sub("…", why), step.state if not following else first)
        words_of.setdefault(key, (source, why, first))
        settled = State(step.state).settled
        failure = Failure(
            named or f"step {step.number}",
            step.run_id,
            told,
            step.at_ms,
            step.operation_id,
            settled,
        )
        found.setdefault(key, []).append((failure, not settled))
    for read in newest(reads):
        if read.state == "reading" or (read.complete and read.state == "sealed"):
            continue
        said = _of_the_source(read)
        source, why, following = taken_apart(said)
        key = (source or read.source, _ONE_OF_MANY.sub("…", why), "read")
        words_of.setdefault(key, (read.source, why, following or _TRY_READ))
        at_ms = read.ended_ms or read.started_ms
        failure = Failure(f"read {read.source}", "", said, at_ms)
        found.setdefault(key, []).append((failure, False))
    made = [_cause(key, words_of[key], failures) for key, failures in found.items()]
    return tuple(
        sorted(made, key=lambda one: (
            one.decided, one.first == _WAITED, -len(one.failures), -one.at_ms,
        ))
    )  # fmt: skip


def newest(reads: Sequence[ReadLine]) -> tuple[ReadLine, ...]:
    """The newest read of each source, of reads given newest first."""
    found: dict[str, ReadLine] = {}
    for read in reads:
        if read.state != "reading":
            found.setdefault(read.source, read)
    return tuple(found.values())


def _of_the_source(read: ReadLine) -> str:
    """What the source said, without the listing it was said of, which is the first of many."""
    of_listing = read.why.partition(": ")[2]
    return of_listing if of_listing.startswith(f"{read.source}: ") else read.why


def taken_apart(error: str) -> tuple[str, str, str]:
    """(source, why, what to do next) of an error's words "source: what: why next". Words that are
    not so come back whole as the why."""
    source, _, rest = error.partition(": ")
    what, _, why = rest.partition(": ")
    if not why or " " in source or len(source) > SOURCE_MOST:
        source, what, why = "", "", error
    first, dot, following = why.partition(". ")
    sentence = f"{first}{dot}".strip()
    return source, f"{what}: {sentence}" if what else sentence, following.strip()


def _in_its_words(error: str, named: str) -> str:
    """An error's words with what the operation was to do by names; what a source calls it may have
    nothing but ids. The same where nobody knows the names, or no source said it."""
    source, _, rest = error.partition(": ")
    _, _, why = rest.partition(": ")
    known = named and why and " " not in source and len(source) <= SOURCE_MOST
    return f"{source}: {named.replace(': ', ' – ')}: {why}" if known else error


def _try_first(step: StepRow) -> str:
    if step.verdict and step.state == State.VERIFIED:
        return _TRY_PROOF
    return _TRY.get(State(step.state), _TRY_OPEN)


def _cause(
    key: tuple[str, str, str], words: tuple[str, str, str], failures: list[tuple[Failure, bool]]
) -> Cause:
    source, why, first = words
    digits = hashlib.sha256("\x00".join(key).encode()).hexdigest()[:12]
    return Cause(
        int(digits, 16), source, why, first, tuple(failure for failure, _ in failures),
        sum(is_open for _, is_open in failures), max(failure.at_ms for failure, _ in failures),
    )  # fmt: skip
