"""Where one operation of a run stands, and what may happen to it next. One total table."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """`applied` is not done: only `verified` is. `unknown` must be re-read before anything else."""

    PLANNED = "planned"
    INTENDED = "intended"
    APPLIED = "applied"
    ALREADY_SO = "already_so"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    VERIFIED = "verified"
    NOT_SEEN = "not_seen"
    GIVEN_UP = "given_up"

    @property
    def settled(self) -> bool:
        """Whether nothing more is to be done in this run, except that what was not seen may still
        be seen later."""
        return self in SETTLED


SETTLED = frozenset({State.REFUSED, State.VERIFIED, State.NOT_SEEN, State.GIVEN_UP})


class Event(StrEnum):
    INTEND = "intend"
    """The exact request is about to be written down, then sent."""
    ACCEPTED = "accepted"
    """The target took it."""
    WAS_SO = "was so"
    """The target, read or written to, is already as wanted."""
    DECLINED = "declined"
    """The target, or the precondition, says no; nothing was done."""
    NOT_SENT = "not sent"
    """The request surely never arrived; it may be sent again."""
    LOST = "lost"
    """The request may have arrived; nobody knows."""
    FOUND_OTHERWISE = "found otherwise"
    """A re-read after a lone intent or a lost answer shows that it was not done."""
    SEEN = "seen"
    """Read back as wanted."""
    NOT_SEEN = "not seen"
    """Not read back as wanted by the deadline, or not readable."""
    GIVE_UP = "give up"
    """Stopped, or something it depends on was not done."""


@dataclass(frozen=True, slots=True)
class Illegal:
    """An event that cannot happen in that state: a fault in the caller, with the reason."""

    state: State
    event: Event
    reason: str


_NEXT: dict[tuple[State, Event], State] = {
    (State.PLANNED, Event.INTEND): State.INTENDED,
    (State.PLANNED, Event.WAS_SO): State.ALREADY_SO,
    (State.PLANNED, Event.DECLINED): State.REFUSED,
    (State.PLANNED, Event.GIVE_UP): State.GIVEN_UP,
    (State.INTENDED, Event.ACCEPTED): State.APPLIED,
    (State.INTENDED, Event.WAS_SO): State.ALREADY_SO,
    (State.INTENDED, Event.DECLINED): State.REFUSED,
    (State.INTENDED, Event.NOT_SENT): State.PLANNED,
    (State.INTENDED, Event.LOST): State.UNKNOWN,
    (State.INTENDED, Event.FOUND_OTHERWISE): State.PLANNED,
    (State.INTENDED, Event.GIVE_UP): State.GIVEN_UP,
    (State.UNKNOWN, Event.WAS_SO): State.ALREADY_SO,
    (State.UNKNOWN, Event.FOUND_OTHERWISE): State.PLANNED,
    (State.UNKNOWN, Event.LOST): State.UNKNOWN,
    (State.UNKNOWN, Event.GIVE_UP): State.GIVEN_UP,
    (State.APPLIED, Event.SEEN): State.VERIFIED,
    (State.APPLIED, Event.NOT_SEEN): State.NOT_SEEN,
    (State.ALREADY_SO, Event.SEEN): State.VERIFIED,
    (State.ALREADY_SO, Event.NOT_SEEN): State.NOT_SEEN,
    (State.NOT_SEEN, Event.SEEN): State.VERIFIED,
    (State.NOT_SEEN, Event.NOT_SEEN): State.NOT_SEEN,
    (State.VERIFIED, Event.SEEN): State.VERIFIED,
}

_WHY_NOT: dict[State, str] = {
    State.PLANNED: "nothing was sent yet",
    State.INTENDED: "the outcome of what was sent must be known first",
    State.UNKNOWN: "the target must be re-read first",
    State.APPLIED: "it was accepted; only a read-back can follow",
    State.ALREADY_SO: "nothing had to be done; only a read-back can follow",
    State.REFUSED: "it was refused, and nothing was done",
    State.VERIFIED: "it is done",
    State.NOT_SEEN: "it was accepted; only another read-back can follow",
    State.GIVEN_UP: "it was given up",
}


def advance(state: State, event: Event) -> State | Illegal:
    """The state after `event`. Total: every pair has an answer."""
    after = _NEXT.get((state, event))
    if after is not None:
        return after
    return Illegal(state, event, f"{event.value!r} after {state.value!r}: {_WHY_NOT[state]}")


class ReadBack(StrEnum):
    AS_WANTED = "as wanted"
    OTHERWISE = "otherwise"
    UNREADABLE = "unreadable"
    NOT_TO_BE_READ = "not to be read"
    """The source shows nobody whether it is so."""


class AuditAnswer(StrEnum):
    FOUND = "found"
    NOT_FOUND = "not found"
    NO_ACCESS = "no access"


class ProofVerdict(StrEnum):
    """What can be said about one operation: the words shown and kept as evidence. LOGGED is for
    what no source can be asked about: its audit log is all the proof there is."""

    EFFECTIVE_LOGGED = "effective and logged"
    EFFECTIVE_NOT_LOGGED = "effective, not logged"
    LOGGED_NOT_EFFECTIVE = "logged, not effective"
    LAGGING = "lagging"
    LOGGED = "logged, cannot be read back"
    UNKNOWN = "unknown"

    @property
    def is_good(self) -> bool:
        """Whether all that the source lets anybody see says that the change is in effect."""
        return self in _GOOD


_GOOD = frozenset(
    {ProofVerdict.EFFECTIVE_LOGGED, ProofVerdict.EFFECTIVE_NOT_LOGGED, ProofVerdict.LOGGED}
)


def judge_proof(read: ReadBack, audit: AuditAnswer, *, deadline_passed: bool) -> ProofVerdict:
    """The verdict from a read-back by id and the target's audit log.

    Before the deadline a missing half may still come (lagging), unless the log cannot be read at
    all. An effect that could not be read is unknown, whatever the log says; one that nobody can
    read stands or falls by the log.
    """
    if read is ReadBack.NOT_TO_BE_READ:
        if audit is AuditAnswer.FOUND:
            return ProofVerdict.LOGGED
        waits = audit is AuditAnswer.NOT_FOUND and not deadline_passed
        return ProofVerdict.LAGGING if waits else ProofVerdict.UNKNOWN
    if read is ReadBack.UNREADABLE:
        return ProofVerdict.UNKNOWN if deadline_passed else ProofVerdict.LAGGING
    if read is ReadBack.AS_WANTED:
        if audit is AuditAnswer.FOUND:
            return ProofVerdict.EFFECTIVE_LOGGED
        if audit is AuditAnswer.NO_ACCESS or deadline_passed:
            return ProofVerdict.EFFECTIVE_NOT_LOGGED
        return ProofVerdict.LAGGING
    if not deadline_passed:
        return ProofVerdict.LAGGING
    if audit is AuditAnswer.FOUND:
        return ProofVerdict.LOGGED_NOT_EFFECTIVE
    return ProofVerdict.UNKNOWN
