"""A run as the journal tells it: each operation, and whether this very run changed something."""

from dataclasses import dataclass

from keyturn.decide.before import Before, before_of
from keyturn.decide.meanwhile import done_meanwhile
from keyturn.decide.plans import Operation, Plan
from keyturn.decide.steps import State

_NOT_BY_US = ("already so", "gone")
_ANSWERED = ("applied", "already so")
NOT_KNOWN = "unknown"
"""The outcome that is kept of a step that somebody gave up before anybody knew what became of its
call."""


def request_ids_in(outcome: str) -> tuple[str, ...]:
    """The ids that the source gave to the requests of a call, from the outcome that is kept of it:
    an answer in words, then the ids. Of an outcome that is no answer there are none."""
    for said in _ANSWERED:
        if outcome.startswith(f"{said} "):
            return tuple(outcome.removeprefix(said).split())
    return ()


@dataclass(frozen=True, slots=True)
class StepDone:
    """One operation of a run with what the journal has of it: `intent` and `outcome` are "" where
    nothing was sent."""

    operation: Operation
    state: State
    intent: str = ""
    outcome: str = ""

    @property
    def made(self) -> bool:
        """Whether a call of this run changed something. One whose answer was lost, and that was
        then found done, counts."""
        sent = self.intent != "" and not self.outcome.startswith(_NOT_BY_US)
        return sent and self.state.accepted

    @property
    def open(self) -> bool:
        """Whether it is still to be done, or nobody knows whether it was."""
        return self.state.open

    @property
    def before(self) -> Before:
        """How its object was before the first call."""
        return before_of(self.intent)

    @property
    def by_another(self) -> str:
        """That it was otherwise when keyturn looked, and done when keyturn called, in words: it is
        in effect, and not by this run. Empty where it is not known to be so."""
        if self.made or not self.state.accepted:
            return ""
        return done_meanwhile(self.operation.change, self.intent)

    @property
    def why_not_made(self) -> str:
        """Why there is nothing of it to be undone."""
        if self.open:
            return "Whether it was done is not known yet: keyturn resume reads it first."
        if self.state.accepted:
            return self.by_another or "It was so before the run, which changed nothing there."
        if self.outcome == NOT_KNOWN:
            return "It was given up, and nobody knows whether it was done: look at it yourself."
        return "The run did not do it."


@dataclass(frozen=True, slots=True)
class RunDone:
    """A run, with its steps in the order of the plan."""

    id: str
    plan: Plan
    steps: tuple[StepDone, ...]

    @property
    def made(self) -> tuple[StepDone, ...]:
        """The steps that changed something."""
        return tuple(step for step in self.steps if step.made)
