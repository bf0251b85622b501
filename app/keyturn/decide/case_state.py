"""How a case stands, worked out from its runs and decisions. It is nowhere stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from keyturn.decide.each_change import (
    Stand,
    Tried,
    each_change,
    taken_back,
    taken_back_by,
    takes_back,
)
from keyturn.decide.names import counted, listed
from keyturn.decide.plans import PlanScope
from keyturn.decide.steps import ProofVerdict, State


class CaseState(StrEnum):
    """CUT: everything was accepted. VERIFIED: and seen in effect. CLOSED: somebody said so."""

    OPEN = "open"
    CUT = "cut"
    VERIFIED = "verified"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class CaseStep:
    """A step of a run, as far as it is about the leaver. Steps with the same `change` do the same
    to the same; what is taken back again has the same `about` and another `removes`, and what
    nothing takes back is `lasting`. `sent` is whether anything was: what was so already needed
    nothing. `cut_ms` is when it was taken, None where nobody knows that it was."""

    number: int
    words: str
    state: State
    verdict: str = ""
    change: str = ""
    sent: bool = True
    about: tuple[str, ...] = ()
    removes: bool = True
    lasting: bool = False
    cut_ms: int | None = None

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
    waiting = tuple(_waiting(run) for run in runs if run.open_steps)
    tried = _tried(runs)
    changes = each_change([one for one, _ in tried], _last_planned(runs))
    undone = _all_taken_back(changes, tried, runs)
    if undone or all(run.undoes for run in runs):
        return Standing(
            CaseState.OPEN, (*again, *waiting, *undone, "no plan was applied yet", *facts)
        )
    missing = tuple(words for stand, one in changes for words in _missing(stand, one, tried, runs))
    state = _state({stand for stand, _ in changes}, opened=bool(again or waiting))
    return Standing(state, (*again, *waiting, *missing, *facts))


def standing_cuts(runs: Sequence[CaseRun]) -> tuple[CaseRun, ...]:
    """The runs whose effect stands, at least in part, oldest first. One of which every step that
    can be taken back was taken back is not among them, whichever run the undo names; an undo that
    was itself undone has cut again."""
    tried = _tried(runs)
    return tuple(run for number, run in enumerate(runs) if _stands(number, run, tried))


def cut_ms(runs: Sequence[CaseRun]) -> int | None:
    """When the last step of the cuts that stand was taken. None where something of them is open, or
    was taken back: what came back by itself was cut all the same when it was."""
    cuts = standing_cuts(runs)
    if not cuts or standing(runs).state is CaseState.OPEN:
        return None
    moments = (step.cut_ms for run in cuts for step in run.steps if step.cut_ms is not None)
    return max(moments, default=None)


def _tried(runs: Sequence[CaseRun]) -> list[tuple[Tried, CaseStep]]:
    found: list[tuple[Tried, CaseStep]] = []
    for number, run in enumerate(runs):
        for step in run.steps:
            one = Tried(
                at=len(found),
                run=number,
                change=step.change,
                about=step.about or (step.change,),
                removes=step.removes,
                state=step.state,
                sent=step.sent,
                good=step.good,
                proven=step.good,
            )
            found.append((one, step))
    return found


def _last_planned(runs: Sequence[CaseRun]) -> int:
    return max((number for number, run in enumerate(runs) if not run.undoes), default=0)


def _stands(number: int, run: CaseRun, tried: Sequence[tuple[Tried, CaseStep]]) -> bool:
    every = [one for one, _ in tried]
    cut = [
        one
        for one, step in tried
        if one.run == number and one.state.accepted and not step.lasting
        if not takes_back(one, every)
    ]
    if run.open_steps or not cut:
        return not run.undoes
    return len(taken_back(every, number)) < len(cut)


def _all_taken_back(
    changes: Sequence[tuple[Stand, Tried]],
    tried: Sequence[tuple[Tried, CaseStep]],
    runs: Sequence[CaseRun],
) -> tuple[str, ...]:
    """That an undo left nothing of the cut but what nothing can take back, in words; empty where it
    left something."""
    back = [one for stand, one in changes if stand is Stand.PUT_BACK]
    left = any(
        one.state.accepted and not tried[one.at][1].lasting
        for stand, one in changes
        if stand is not Stand.PUT_BACK
    )
    if not back or left:
        return ()
    last = max(by.run for one in back if (by := _by(one, tried)) is not None)
    return (f"run {runs[last].id} took the cut back",)


def _by(one: Tried, tried: Sequence[tuple[Tried, CaseStep]]) -> Tried | None:
    return taken_back_by(one, [other for other, _ in tried])


def _state(stands: set[Stand], *, opened: bool) -> CaseState:
    # What an earlier run could not do, a later one plans anew; what is open anywhere is open.
    if opened or stands & {Stand.OPEN, Stand.NOT_DONE, Stand.PUT_BACK}:
        return CaseState.OPEN
    return CaseState.CUT if Stand.UNPROVEN in stands else CaseState.VERIFIED


def _waiting(run: CaseRun) -> str:
    steps = counted(run.open_steps, "step")
    is_open = "is" if run.open_steps == 1 else "are"
    return f"{steps} of run {run.id} {is_open} open: keyturn resume"


def _missing(
    stand: Stand,
    one: Tried,
    tried: Sequence[tuple[Tried, CaseStep]],
    runs: Sequence[CaseRun],
) -> Iterator[str]:
    step = tried[one.at][1]
    by = _by(one, tried) if stand is Stand.PUT_BACK else None
    if by is not None:
        yield f"step {step.number} was taken back by run {runs[by.run].id}: {step.words}"
    elif stand is Stand.NOT_DONE:
        yield f"step {step.number} was not done ({_state_words(step)}): {step.words}"
    elif stand is Stand.UNPROVEN:
        yield f"step {step.number} is not verified ({_state_words(step)}): {step.words}"
    elif stand is Stand.PROVEN and step.verdict == ProofVerdict.EFFECTIVE_NOT_LOGGED.value:
        yield f"step {step.number} is in effect, but in no log: {step.words}"


def _state_words(step: CaseStep) -> str:
    return step.verdict or step.state.value.replace("_", " ")
