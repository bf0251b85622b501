"""Looking again, later, whether what a run cut is still cut: when it is due, and what it found."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from keyturn.decide.logged import by_whom, moment
from keyturn.decide.values import NotThatValue, from_plain

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Moment:
    """A time after the end of a run at which it is to be looked at again."""

    name: str
    after_ms: int


MOMENTS = (
    Moment("T+5 min", 5 * MINUTE_MS),
    Moment("T+24 h", DAY_MS),
    Moment("T+7 d", 7 * DAY_MS),
)
"""Soon, for what a push or a rule puts back at once; after the night's imports; after a week's."""


@dataclass(frozen=True, slots=True)
class Due:
    """`now`: the moment whose time has come, None where it was looked at already, or none has come.
    `missed` are earlier ones at which nobody looked. `next_ms` is when the next one comes, None
    after the last."""

    now: Moment | None
    missed: tuple[Moment, ...] = ()
    next_ms: int | None = None


def due(ended_ms: int, now_ms: int, looked_ms: Iterable[int]) -> Due:
    """What is due of a run that ended at `ended_ms` and was looked at, wholly, at `looked_ms`.

    A moment lasts until the next one: whoever looks meanwhile has looked for it. One that nobody
    looked at is missed as soon as the next has come; a look after it has told so.
    """
    come = [moment for moment in MOMENTS if ended_ms + moment.after_ms <= now_ms]
    later = MOMENTS[len(come)] if len(come) < len(MOMENTS) else None
    last = max(looked_ms, default=ended_ms - 1)
    open_ones = tuple(moment for moment in come if last < ended_ms + moment.after_ms)
    next_ms = ended_ms + later.after_ms if later is not None else None
    if not open_ones:
        return Due(None, (), next_ms)
    return Due(open_ones[-1], open_ones[:-1], next_ms)


ARCHIVE, AUDIT_LOG = "archive", "audit log"


@dataclass(frozen=True, slots=True)
class CameBack:
    """Something that the run cut, and that is there again. `words` names whom and what, `likely`
    says what most likely did it where the audit log does not name who.

    `since_ms` and `by` are of the event in the source's audit log that brought it back, `event` its
    id and `address` whence it came; None and "" where none was found. Then it came back after
    `after_ms`, when it was last seen cut. `account` is the account it is of, as side/id. `known_by`
    says whether the event was in keyturn's own archive (`ARCHIVE`) or asked for now (`AUDIT_LOG`).
    """

    words: str
    likely: str
    operation: str = ""
    """The run's operation that had cut it; empty for what was cut before the run."""
    account: str = ""
    after_ms: int | None = None
    since_ms: int | None = None
    by: str = ""
    event: str = ""
    address: str = ""
    known_by: str = ""

    @property
    def when(self) -> str:
        """Since when, and who did it, as far as is known."""
        if self.since_ms is not None:
            place = ", from the archive" if self.known_by == ARCHIVE else ""
            return f"since {by_whom(self.by, self.since_ms, self.address)} ({self.event}{place})"
        return f"at some time after {moment(self.after_ms)}" if self.after_ms is not None else ""

    @property
    def why(self) -> str:
        """Who did it where the audit log names them, else what most likely did."""
        return self.when if self.event else self.likely


@dataclass(frozen=True, slots=True)
class NotSeen:
    """Something of which nobody knows whether it is still cut."""

    words: str
    reason: str


@dataclass(frozen=True, slots=True)
class Upgraded:
    """A step with another verdict since: its audit event has appeared, or its time for that is
    up."""

    number: int
    words: str
    before: str
    verdict: str

    @property
    def told(self) -> str:
        """In one line."""
        return f"step {self.number} is {self.verdict} now ({self.before} before): {self.words}"


@dataclass(frozen=True, slots=True)
class Recheck:
    """One look at what a run cut, as it is kept in the journal. `moment` is that for which it was
    made, "" for one on demand. `put_back` is what an undo of the run brought back on purpose.
    `remarks` are about the look itself."""

    run_id: str
    title: str
    at_ms: int
    checked: int
    moment: str = ""
    missed: tuple[str, ...] = ()
    came_back: tuple[CameBack, ...] = ()
    not_seen: tuple[NotSeen, ...] = ()
    put_back: tuple[str, ...] = ()
    upgraded: tuple[Upgraded, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether everything could be looked at; else it stays due."""
        return not self.not_seen

    @property
    def words(self) -> str:
        """The sum in one line."""
        if self.came_back:
            number = len(self.came_back)
            said = f"{number} thing{'' if number == 1 else 's'} came back"
        else:
            said = "nothing came back"
        blind = f"; {len(self.not_seen)} could not be looked at" if self.not_seen else ""
        back = f"; {len(self.put_back)} put back by an undo" if self.put_back else ""
        return f"{self.title}: {said} of {self.checked}{blind}{back}."


@dataclass(frozen=True, slots=True)
class RecheckOf:
    """A look at a run in which several left, as far as it is about the person with this key."""

    person: str
    look: Recheck


def kept_recheck_of(body: str) -> RecheckOf:
    """One as the journal keeps it. Raises NotThatValue for what is none."""
    try:
        return from_plain(RecheckOf, json.loads(body))
    except ValueError:
        raise NotThatValue("it is no JSON") from None


def kept_recheck(body: str) -> Recheck:
    """A recheck as the journal keeps it, also one of an older keyturn. Raises NotThatValue for what
    is none."""
    try:
        plain = json.loads(body)
    except ValueError:
        raise NotThatValue("it is no JSON") from None
    back = plain.get("came_back") if isinstance(plain, dict) else None
    if isinstance(back, list):
        older = [{"known_by": "", **one} if isinstance(one, dict) else one for one in back]
        plain = {**plain, "came_back": older}
    return from_plain(Recheck, plain)
