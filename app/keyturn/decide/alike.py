"""Operations that are alike: which go first to try it out, and when the rest is held back.

Where more than a few operations of one kind go to one source, one of them goes first, and the
others follow once it is seen in effect. And where one after the other fails of the same cause, no
more of that kind is sent there: what is held stays open, with the cause, for a later run.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from keyturn.decide.findings import Change, ChangeKind
from keyturn_providers.records import Side

A_FEW = 3
"""So many of a kind go without one that tries it out first."""
MOST_ALIKE = 3
"""So many failures of one cause in a row hold back whatever else there is of their kind."""


class Cause(StrEnum):
    """Why an operation failed, where others like it would most likely fail too."""

    NOT_AUTHENTICATED = "the credential is not taken"
    NOT_ALLOWED = "it is not allowed"
    UNREACHABLE = "the source cannot be reached"
    THROTTLED = "the source asks to wait for too long"
    BAD_ANSWER = "the answers are not understood"
    LOST = "the answers are lost"
    NOT_IN_EFFECT = "it is accepted and not in effect"

    @property
    def of_source(self) -> bool:
        """Whether it is the source's own, and cannot be about one object."""
        return self in _OF_SOURCE


_OF_SOURCE = frozenset({Cause.NOT_AUTHENTICATED, Cause.UNREACHABLE, Cause.THROTTLED, Cause.LOST})


@dataclass(frozen=True, slots=True)
class Like:
    """What operations have in common that are alike."""

    side: Side
    kind: ChangeKind


def like(change: Change) -> Like:
    """What a change is alike to."""
    return Like(change.side, change.kind)


def tried_out_first(changes: Iterable[Change]) -> frozenset[Like]:
    """Of which there are more than a few, so that one of them has to go first."""
    counts = Counter(like(change) for change in changes)
    return frozenset(one for one, count in counts.items() if count > A_FEW)


@dataclass(frozen=True, slots=True)
class Streak:
    """Failures of one cause, with nothing of their kind working in between. `words` are of the
    last of them, as the source said it."""

    cause: Cause
    count: int
    words: str


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is held back in a run. Every method gives the breaker as it is afterwards.

    That something was accepted says nothing of whether it comes into effect, so the two are counted
    apart. What is held back stays so until the run ends: what was under way may still work.
    """

    streaks: Mapping[tuple[Like, bool], Streak] = field(
        default_factory=lambda: MappingProxyType({})
    )
    held: Mapping[Like, Streak] = field(default_factory=lambda: MappingProxyType({}))

    def failed(self, one: Like, cause: Cause, words: str, *, first: bool) -> "Breaker":
        """After a failure. `first`: it was the one that went before the others, so a cause that is
        the source's own is enough; what may be about this one object is tried with the next."""
        key = (one, cause is Cause.NOT_IN_EFFECT)
        before = self.streaks.get(key)
        count = before.count + 1 if before is not None and before.cause is cause else 1
        streak = Streak(cause, count, words)
        after = replace(self, streaks=MappingProxyType({**self.streaks, key: streak}))
        if count < MOST_ALIKE and not (first and cause.of_source):
            return after
        return replace(after, held=MappingProxyType({one: streak, **self.held}))

    def accepted(self, one: Like) -> "Breaker":
        """After the source took one of them."""
        return self._worked(one, in_effect=False)

    def in_effect(self, one: Like) -> "Breaker":
        """After one of them was seen in effect."""
        return self._worked(one, in_effect=True)._worked(one, in_effect=False)

    def _worked(self, one: Like, *, in_effect: bool) -> "Breaker":
        left = {key: streak for key, streak in self.streaks.items() if key != (one, in_effect)}
        return replace(self, streaks=MappingProxyType(left))

    def holds(self, one: Like) -> Streak | None:
        """Why no more of these is sent; None where nothing holds them back."""
        return self.held.get(one)
