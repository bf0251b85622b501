"""Who goes first and what is held back while a run sends: `decide.alike`, kept up to date."""

import asyncio
from dataclasses import dataclass, field

from keyturn.decide.alike import Breaker, Cause, Like, Streak, like, tried_out_first
from keyturn.decide.names import counted
from keyturn.decide.plans import Operation
from keyturn.decide.steps import State
from keyturn.run.running import Run
from keyturn_providers.errors import (
    BadAnswer,
    NotAllowed,
    NotAuthenticated,
    OutcomeUnknown,
    ProviderError,
    Throttled,
    Unreachable,
)

_CAUSES: tuple[tuple[type[ProviderError], Cause], ...] = (
    (NotAuthenticated, Cause.NOT_AUTHENTICATED),
    (NotAllowed, Cause.NOT_ALLOWED),
    (Unreachable, Cause.UNREACHABLE),
    (Throttled, Cause.THROTTLED),
    (BadAnswer, Cause.BAD_ANSWER),
    (OutcomeUnknown, Cause.LOST),
)


@dataclass(slots=True)
class Gate:
    """Lets one operation of a kind through at a time until one of them was seen in effect."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    open: bool = False


class Holding:
    """What is alike in one run: the gates of what is tried out first, and the breaker."""

    def __init__(self, run: Run) -> None:
        self._breaker = Breaker()
        waiting = [o.change for o in run.plan.operations if run.state(o) is State.PLANNED]
        self._gates = {one: Gate() for one in tried_out_first(waiting)}
        self._held: dict[Like, int] = {}

    def gate(self, operation: Operation) -> Gate | None:
        """The gate that is still shut before this operation; None where it may just go."""
        gate = self._gates.get(like(operation.change))
        return None if gate is None or gate.open else gate

    def holds(self, operation: Operation) -> Streak | None:
        """Why this operation is not to be sent; counted as held."""
        one = like(operation.change)
        streak = self._breaker.holds(one)
        if streak is not None:
            self._held[one] = self._held.get(one, 0) + 1
        return streak

    def failed(self, operation: Operation, failure: ProviderError, *, first: bool) -> None:
        """The call failed; failures that are about this object alone count for nothing."""
        cause = next((cause for kind, cause in _CAUSES if isinstance(failure, kind)), None)
        if cause is not None:
            one = like(operation.change)
            self._breaker = self._breaker.failed(one, cause, str(failure), first=first)

    def accepted(self, operation: Operation) -> None:
        """The source took it."""
        self._breaker = self._breaker.accepted(like(operation.change))

    def in_effect(self, operation: Operation) -> None:
        """It was seen in effect, so the rest of its kind may follow."""
        one = like(operation.change)
        self._breaker = self._breaker.in_effect(one)
        if one in self._gates:
            self._gates[one].open = True

    def not_in_effect(self, operation: Operation, words: str, *, first: bool) -> None:
        """It was accepted, and is not so."""
        one = like(operation.change)
        self._breaker = self._breaker.failed(one, Cause.NOT_IN_EFFECT, words, first=first)

    def words(self) -> tuple[str, ...]:
        """What is held back and why, a sentence or two for each kind."""
        return tuple(
            f"{counted(self._held[one], 'step')} of {one.kind.value} held back: {why(streak)}. "
            f"{streak.words}"
            for one, streak in self._breaker.held.items()
            if one in self._held
        )


def why(streak: Streak) -> str:
    """Why the rest of a kind is held back, as a phrase."""
    if streak.count == 1:
        return f"{streak.cause.value}, as the first of them showed"
    return f"{streak.cause.value}, as {streak.count} of them in a row showed"
