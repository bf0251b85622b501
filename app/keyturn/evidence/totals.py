"""What is done and what is open over all runs of a case, worked out from what the pack tells of
each step: whoever checks a bundle works it out again."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from keyturn.decide.each_change import Stand, Tried, each_change
from keyturn.decide.each_change import taken_back as steps_taken_back
from keyturn.decide.findings import ChangeKind
from keyturn.decide.steps import State
from keyturn.evidence.pack_runs import RunTold, StepTold, TotalsTold, VerdictTold
from keyturn.evidence.proof_words import is_good


def stands(steps: Sequence[StepTold], last_run: int) -> tuple[tuple[Stand, StepTold], ...]:
    """How each change of these steps stands, as `decide.each_change` has it. Raises ValueError for
    a step in a state, or of a kind, that there is not."""
    return tuple((stand, steps[one.at]) for stand, one in each_change(_tried(steps), last_run))


def taken_back(run: int, steps: Sequence[StepTold]) -> tuple[str, ...]:
    """The labels of the steps of a run that a later one took back, whatever came after that."""
    return tuple(steps[one.at].label for one in steps_taken_back(_tried(steps), run))


def totals_of(runs: Sequence[RunTold], steps: Sequence[StepTold]) -> TotalsTold:
    """The totals. Raises ValueError for a step in a state that there is not."""
    planned = [run.number for run in runs if run.undoes is None]
    changes = stands(steps, (planned or [runs[-1].number])[-1])
    found: dict[Stand, list[str]] = defaultdict(list)
    for stand, step in changes:
        found[stand].append(step.label)
    verdicts = Counter(step.verdict for stand, step in changes if stand is Stand.PROVEN)
    return TotalsTold(
        runs=len(runs),
        steps=len(steps),
        changes=len(changes),
        proven=len(found[Stand.PROVEN]),
        verdicts=tuple(VerdictTold(*one) for one in sorted(verdicts.items())),
        open=tuple(step.label for step in steps if _state(step).open),
        unproven=tuple(found[Stand.UNPROVEN]),
        not_done=tuple(found[Stand.NOT_DONE]),
        put_back=tuple(found[Stand.PUT_BACK]),
        not_planned_again=tuple(found[Stand.NOT_PLANNED_AGAIN]),
    )


def lacking(totals: TotalsTold) -> tuple[str, ...]:
    """The labels of all steps that keep the whole from being proven, each once."""
    every = (*totals.open, *totals.unproven, *totals.not_done, *totals.put_back)
    return tuple(dict.fromkeys(every))


def verdict_of(runs: Sequence[RunTold], totals: TotalsTold) -> str:
    """The sum of several runs in words."""
    over = f"over {totals.runs} runs"
    if not totals.changes:
        return f"There was nothing to do, {over}."
    if lacking(totals):
        proven = f"{totals.proven} of {totals.changes} changes are proven, {over}."
        return " ".join((*_lacking(totals), proven))
    parts = ", ".join(f"{one.changes} {one.verdict}" for one in totals.verdicts)
    unfinished = [f"run {run.number} is {run.state}" for run in runs if run.state != "ended"]
    end = f" {'; '.join(unfinished).capitalize()}." if unfinished else ""
    return f"All {totals.changes} changes proven ({parts}), {over}.{end}"


def all_proven(runs: Sequence[RunTold], totals: TotalsTold) -> bool:
    """Whether every run has ended and everything that was to be cut is, as far as is proven."""
    return all(run.state == "ended" for run in runs) and not lacking(totals)


def _lacking(totals: TotalsTold) -> Iterator[str]:
    if totals.put_back:
        yield f"PUT BACK by an undo: steps {', '.join(totals.put_back)}."
    rest = (*totals.open, *totals.unproven, *totals.not_done)
    if rest:
        yield f"NOT PROVEN: steps {', '.join(dict.fromkeys(rest))}."


def _state(step: StepTold) -> State:
    return State(step.state.replace(" ", "_"))


def _tried(steps: Sequence[StepTold]) -> list[Tried]:
    return [
        Tried(
            at=at,
            run=step.run,
            change=step.change,
            about=step.about,
            removes=ChangeKind(step.kind).removes,
            state=_state(step),
            sent=step.sent,
            good=is_good(step.verdict),
            proven=step.proven,
        )
        for at, step in enumerate(steps)
    ]
