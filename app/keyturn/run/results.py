"""How a run ended: every step with its verdict, and the sum of it in words."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from keyturn.decide.names import counted
from keyturn.decide.plans import Operation, Plan, PlanScope
from keyturn.decide.steps import DRIFTED, ProofVerdict, State
from keyturn_storage.rows import StepRow


@dataclass(frozen=True, slots=True)
class StepResult:
    """One operation and where it stands. `verdict` is "" while it is not verified. `sent` says
    whether a call was, or may have been, made, `drifted` whether what the plan rested on
    was not so any more: such a step goes back to the plan."""

    operation: Operation
    state: State
    words: str
    verdict: str
    error: str
    sent: bool
    drifted: bool = False


@dataclass(frozen=True, slots=True)
class RunResult:
    """The end of one run. `state` is "ended", or "stopped" with steps still open for `resume`.

    `blocked` says which sources could not be worked with any more, and why.
    """

    run_id: str
    plan: Plan
    state: str
    steps: tuple[StepResult, ...]
    blocked: tuple[str, ...] = ()

    @property
    def counts(self) -> Mapping[str, int]:
        """How many steps by verdict, or by state where there is no verdict."""
        return Counter(step.verdict or step.state.value.replace("_", " ") for step in self.steps)

    @property
    def open(self) -> tuple[StepResult, ...]:
        """The steps that `resume` would go on with."""
        return tuple(step for step in self.steps if step.state.open or _lagging(step))

    @property
    def back_to_plan(self) -> tuple[StepResult, ...]:
        """The steps that are to be planned anew, from how things are now."""
        return tuple(step for step in self.steps if step.drifted)

    @property
    def effective(self) -> bool:
        """Whether every change was read back as wanted, or is logged where nothing can be read."""
        return all(_good(step.verdict) for step in self.steps)

    @property
    def proven(self) -> bool:
        """Whether every change is in effect and, where a log can be read, found in it."""
        return self.effective and not any(step.error for step in self.steps)

    @property
    def words(self) -> str:
        """The sum in one line, e.g. "Dana is out: 5 of 6 effective and logged, 1 already so"."""
        total = len(self.steps)
        if not total:
            return f"{self.plan.title}: there was nothing to do."
        parts = Counter(_part(step) for step in self.steps)
        told = (", " if not any("," in part for part in parts) else "; ").join(
            f"{count} of {total} {part}" if not place else f"{count} {part}"
            for place, (part, count) in enumerate(parts.items())
        )
        steps = counted(len(self.open), "step is", "steps are")
        left = f" {steps} open: keyturn resume." if self.open else ""
        anew = len(self.back_to_plan)
        back = f" {anew} of them changed meanwhile: refresh and plan again." if anew else ""
        return f"{self.plan.title}: {self._headline()}: {told}.{back}{left}"

    def _headline(self) -> str:
        if self.open:
            return "not finished"
        if not self.effective:
            return "not everything is done"
        if not self.proven:
            return "in effect, but not all of it is proven"
        return "out" if self.plan.scope is PlanScope.OFFBOARD else "done"


def _lagging(step: StepResult) -> bool:
    waits = step.state is State.ALREADY_SO and not _good(step.verdict)
    return waits or step.state is State.APPLIED


def _good(verdict: str) -> bool:
    return verdict in set(ProofVerdict) and ProofVerdict(verdict).is_good


def _part(step: StepResult) -> str:
    if not step.verdict:
        return step.state.value.replace("_", " ")
    if not step.sent and _good(step.verdict):
        return "already so"
    return step.verdict


def result_of(
    run_id: str,
    plan: Plan,
    state: str,
    steps: Mapping[str, StepRow],
    blocked: tuple[str, ...] = (),
) -> RunResult:
    """The result as the journal's steps tell it."""
    found: list[StepResult] = []
    for operation in plan.operations:
        row = steps.get(operation.id)
        found.append(
            StepResult(
                operation,
                State(row.state),
                row.words,
                row.verdict,
                row.error,
                row.intent != "",
                row.state == State.REFUSED and row.outcome == DRIFTED,
            )
            if row
            else StepResult(operation, State.PLANNED, operation.words, "", "", sent=False)
        )
    return RunResult(run_id, plan, state, tuple(found), blocked)
