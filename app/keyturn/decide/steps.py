"""Where one operation of a run stands, and what may happen to it next. One total table.

Whoever writes a step down asks it (`advance`), and so does whoever reads a run back from the
journal (`replayed`): a step cannot be written, nor believed, that the table does not know.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


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

    @property
    def open(self) -> bool:
        """Whether it is still to be called, or nobody knows yet whether it was done."""
        return self in OPEN

    @property
    def accepted(self) -> bool:
        """Whether the target took it, or was so already, whatever was seen of it since."""
        return self in ACCEPTED


SETTLED = frozenset({State.REFUSED, State.VERIFIED, State.NOT_SEEN, State.GIVEN_UP})
OPEN = frozenset({State.PLANNED, State.INTENDED, State.UNKNOWN})
ACCEPTED = frozenset({State.APPLIED, State.ALREADY_SO, State.VERIFIED, State.NOT_SEEN})


class Event(StrEnum):
    """What may happen to a step."""

    INTEND = "intend"
    """The exact request is about to be written down, then sent."""
    ACCEPTED = "accepted"
    """The target took it."""
    WAS_SO = "was so"
    """The target, read or written to, is already as wanted."""
    DECLINED = "declined"
    """The target says no, or nothing may be sent; nothing was done."""
    DRIFTED = "drifted"
    """What the plan rested on is not so any more; nothing was done, and it is planned anew."""
    NOT_SENT = "not sent"
    """The request surely never arrived; it may be sent again."""
    LOST = "lost"
    """The request may have arrived; nobody knows."""
    FOUND_OTHERWISE = "found otherwise"
    """A re-read after a lone intent or a lost answer shows that it was not done."""
    HELD = "held"
    """It is not sent for now: others like it failed of a cause that would hit it too."""
    SEEN = "seen"
    """Read back as wanted."""
    NOT_SEEN = "not seen"
    """Not read back as wanted by the deadline, or not readable."""
    LAGGING = "lagging"
    """A half of its proof may still come."""
    GIVE_UP = "give up"
    """Stopped, or something it depends on was not done."""


WAITED = "it waits for step "
"""How it begins in the words of a step that was given up, since one before it was not done."""
DRIFTED = "drifted"
"""The outcome that is kept of a step whose object was not as the plan says any more."""


class Impossible(RuntimeError):
    """An event that cannot happen in that state: a fault in the caller, or in what was stored."""


_PROVEN = {Event.SEEN: State.VERIFIED, Event.NOT_SEEN: State.NOT_SEEN}
_POSSIBLE: dict[State, dict[Event, State]] = {
    State.PLANNED: {
        Event.INTEND: State.INTENDED,
        Event.WAS_SO: State.ALREADY_SO,
        Event.DECLINED: State.REFUSED,
        Event.DRIFTED: State.REFUSED,
        Event.HELD: State.PLANNED,
        Event.GIVE_UP: State.GIVEN_UP,
    },
    State.INTENDED: {
        Event.ACCEPTED: State.APPLIED,
        Event.WAS_SO: State.ALREADY_SO,
        Event.DECLINED: State.REFUSED,
        Event.DRIFTED: State.REFUSED,
        Event.NOT_SENT: State.PLANNED,
        Event.LOST: State.UNKNOWN,
        Event.FOUND_OTHERWISE: State.PLANNED,
        Event.GIVE_UP: State.GIVEN_UP,
    },
    State.UNKNOWN: {
        Event.WAS_SO: State.ALREADY_SO,
        Event.LOST: State.UNKNOWN,
        Event.FOUND_OTHERWISE: State.PLANNED,
        Event.GIVE_UP: State.GIVEN_UP,
    },
    State.APPLIED: {**_PROVEN, Event.LAGGING: State.APPLIED},
    State.ALREADY_SO: {**_PROVEN, Event.LAGGING: State.ALREADY_SO},
    State.NOT_SEEN: _PROVEN,
    State.VERIFIED: {Event.SEEN: State.VERIFIED},
    State.REFUSED: {},
    State.GIVEN_UP: {},
}
_TABLE: Mapping[State, Mapping[Event, State | None]] = MappingProxyType(
    {state: {event: _POSSIBLE[state].get(event) for event in Event} for state in State}
)
"""Every event of every state; None is impossible."""

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

_AFTER: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        state: frozenset(after for after in row.values() if after is not None)
        for state, row in _TABLE.items()
    }
)


def advance(state: State, event: Event) -> State:
    """The state after `event`. Every pair has an entry; raises Impossible for those that cannot
    be, saying why."""
    after = _TABLE[state][event]
    if after is None:
        raise Impossible(f"{event.value!r} after {state.value!r}: {_WHY_NOT[state]}")
    return after


def replayed(states: Iterable[str]) -> State:
    """Where a step stands whose states were written down in this order. Raises Impossible for an
    order that the table does not know, or a word that is no state."""
    now: State | None = None
    for word in states:
        if word not in set(State):
            raise Impossible(f"{word!r} is no state of a step")
        after = State(word)
        if now is None and after is not State.PLANNED:
            raise Impossible(f"it began as {word!r}, and every step begins as planned")
        if now is not None and after not in _AFTER[now]:
            raise Impossible(f"{word!r} came after {now.value!r}: {_WHY_NOT[now]}")
        now = after
    return State.PLANNED if now is None else now


class ReadBack(StrEnum):
    """What reading the object back by id says of a change."""

    AS_WANTED = "as wanted"
    AS_FAR_AS_SEEN = "as wanted, as far as can be seen"
    """There is more to it, which the source shows nobody."""
    OTHERWISE = "otherwise"
    UNREADABLE = "unreadable"
    NOT_TO_BE_READ = "not to be read"
    """The source shows nobody whether it is so."""


class AuditAnswer(StrEnum):
    """What the target's audit log says of a change."""

    FOUND = "found"
    NOT_FOUND = "not found"
    NO_ACCESS = "no access"


class ProofVerdict(StrEnum):
    """What can be said about one operation: the words shown and kept as evidence. LOGGED is for
    what this source could not be asked about: its audit log is all the proof there is."""

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


_BY_THE_LOG = {
    ReadBack.NOT_TO_BE_READ: ProofVerdict.LOGGED,
    ReadBack.AS_FAR_AS_SEEN: ProofVerdict.EFFECTIVE_LOGGED,
}


def judge_proof(read: ReadBack, audit: AuditAnswer, *, deadline_passed: bool) -> ProofVerdict:
    """The verdict from a read-back by id and the target's audit log.

    Before the deadline a missing half may still come (lagging), unless the log cannot be read at
    all. An effect that could not be read is unknown, whatever the log says; one that nobody can
    read, or not the whole of it, stands or falls by the log.
    """
    if read in _BY_THE_LOG:
        if audit is AuditAnswer.FOUND:
            return _BY_THE_LOG[read]
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
