"""How a case stands, worked out from its runs and decisions. It is nowhere stored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from keyturn.decide.names import counted, listed
from keyturn.decide.plans import PlanScope
from keyturn.decide.steps import ProofVerdict, State

_NOT_DONE = frozenset({State.REFUSED, State.GIVEN_UP})


class CaseState(StrEnum):
    """CUT: everything was accepted. VERIFIED: and seen in effect. CLOSED: somebody said so."""

    OPEN = "open"
    CUT = "cut"
    VERIFIED = "verified"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class CaseStep:
    """A step of a run, as far as it is about the leaver. Steps with the same `change` do the same
    to the same; `sent` is whether anything was: what was so already needed nothing."""

    number: int
    words: str
    state: State
    verdict: str = ""
    change: str = ""
    sent: bool = True

    @property
    def good(self) -> bool:
        """Whether its verdict says that the change is in effect; without one it does not."""
        verdict = self.verdict
        return verdict in set(ProofVerdict) and ProofVerdict(verdict).is_good


@dataclass(frozen=True, slots=True)
class CaseRun:
    """A run of the case, with the leaver's steps. An undo has what it takes back in `undoes`."""

    id: str
    scope: PlanScope
    steps: tuple[CaseStep, ...]
    undoes: str = ""

    @property
    def open_steps(self) -> int:
        """How many steps are to be called, or may have been done without anybody knowing."""
        return sum(step.state.open for step in self.steps)


@dataclass(frozen=True, slots=True)
class Standing:
    """The state, and everything that is missing before the case can be closed, in words."""

    state: CaseState
    missing: tuple[str, ...] = ()


def standing(
    runs: Sequence[CaseRun],
    *,
    closed: bool = False,
    reopened: str = "",
    unsaid: Sequence[str] = (),
) -> Standing:
    """How a case stands. `runs` are oldest first; `closed` is the last word where somebody closed
    the case, `reopened` why it was opened again since. `unsaid` are facts that nobody stated."""
    facts = (f"not said: {listed(unsaid, limit=len(unsaid))}",) if unsaid else ()
    if closed:
        return Standing(CaseState.CLOSED, facts)
    again = (f"opened again: {reopened}",) if reopened else ()
    cuts, taken_back = standing_cuts(runs)
    undone = (f"run {taken_back} took the cut back",) if taken_back else ()
    if not cuts:
        return Standing(CaseState.OPEN, (*again, *undone, "no plan was applied yet", *facts))
    cuts = _each_change_once(cuts)
    missing = (*again, *(words for run in cuts for words in _missing(run, run is cuts[-1])))
    return Standing(_state(cuts, again), (*missing, *facts))


def standing_cuts(runs: Sequence[CaseRun]) -> tuple[tuple[CaseRun, ...], str]:
    """The runs whose effect stands, oldest first, and the id of the undo before which nothing does.

    An undo that did anything takes every earlier run with it, not only the one that it names: what
    a later run found already so stands no more either."""
    cuts: tuple[CaseRun, ...] = ()
    taken_back = ""
    for run in runs:
        if run.undoes:
            if any(step.state.accepted for step in run.steps):
                cuts, taken_back = (), run.id
        else:
            cuts, taken_back = (*cuts, run), ""
    return cuts, taken_back


def _each_change_once(cuts: Sequence[CaseRun]) -> tuple[CaseRun, ...]:
    """The runs, with only the last accepted step of each change: the newest look at it counts. What
    it found so already is logged where an earlier run, which did it, was."""
    last: dict[str, tuple[str, CaseStep]] = {}
    for run in cuts:
        for step in run.steps:
            if step.change and step.state.accepted:
                _, before = last.get(step.change, ("", None))
                last[step.change] = run.id, _with_proof_of(before, step)
    return tuple(replace(run, steps=tuple(_counting(run, last))) for run in cuts)


def _with_proof_of(before: CaseStep | None, step: CaseStep) -> CaseStep:
    logged = ProofVerdict.EFFECTIVE_LOGGED.value
    if before is None or before.verdict != logged or step.sent or not step.good:
        return step
    return replace(step, verdict=logged)


def _counting(run: CaseRun, last: Mapping[str, tuple[str, CaseStep]]) -> Iterator[CaseStep]:
    for step in run.steps:
        run_id, counting = last.get(step.change, (run.id, step))
        if not step.state.accepted:
            yield step
        elif run_id == run.id:
            yield counting


def _state(cuts: Sequence[CaseRun], again: tuple[str, ...]) -> CaseState:
    last = cuts[-1]
    every = [step for run in cuts for step in run.steps]
    # What an earlier run could not do, a later one plans anew; what is open anywhere is open.
    not_done = any(run.open_steps for run in cuts) or any(s.state in _NOT_DONE for s in last.steps)
    if again or not_done:
        return CaseState.OPEN
    if not all(s.good for s in every if s.state.accepted):
        return CaseState.CUT
    return CaseState.VERIFIED


def _missing(run: CaseRun, last: bool) -> Iterator[str]:
    if run.open_steps:
        steps = counted(run.open_steps, "step")
        is_open = "is" if run.open_steps == 1 else "are"
        yield f"{steps} of run {run.id} {is_open} open: keyturn resume"
    for step in run.steps:
        if step.state in _NOT_DONE and last:
            yield f"step {step.number} was not done ({_state_words(step)}): {step.words}"
        elif step.state.accepted and not step.good:
            yield f"step {step.number} is not verified ({_state_words(step)}): {step.words}"
        elif step.verdict == ProofVerdict.EFFECTIVE_NOT_LOGGED.value:
            yield f"step {step.number} is in effect, but in no log: {step.words}"


def _state_words(step: CaseStep) -> str:
    return step.verdict or step.state.value.replace("_", " ")
