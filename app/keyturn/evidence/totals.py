"""What is done and what is open over all runs of a case, worked out from what the pack tells of
each step: whoever checks a bundle works it out again."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from enum import StrEnum

from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.index import edge_of
from keyturn.decide.steps import State
from keyturn.evidence.pack_runs import RunTold, StepTold, TotalsTold, VerdictTold
from keyturn.evidence.proof_words import is_good

_ON_OR_OFF = frozenset({ChangeKind.SUSPEND, ChangeKind.DEACTIVATE, ChangeKind.REACTIVATE})
_EDGE = "edge "


class Stand(StrEnum):
    """How a change stands over all runs."""

    PROVEN = "proven"
    UNPROVEN = "unproven"
    OPEN = "open"
    NOT_DONE = "not done"
    NOT_PLANNED_AGAIN = "not planned again"
    PUT_BACK = "put back"


def about_of(change: Change) -> tuple[str, ...]:
    """What a change is about, the same for what takes it back: an account that is on or off, one
    membership, one grant. Of a grant the pairs of holder and vault come after it, for one that is
    made anew has no edge yet."""
    refs = (change.account, change.principal, change.group)
    ids = " ".join(ref.id for ref in refs if ref is not None)
    if change.kind in _ON_OR_OFF:
        return (f"{change.side.value} account {ids}",)
    if change.group is not None:
        return (f"{change.side.value} membership {ids}",)
    if change.vaults or change.carrier:
        pairs = tuple(f"{ids} {vault.id}" for vault in change.vaults)
        edge = edge_of(change.carrier) if change.carrier else ""
        return (f"{_EDGE}{edge}" if edge else f"grant {' '.join(pairs)}", *pairs)
    return (f"{change.side.value} {change.kind.value} {ids} {change.session_id}{change.email}",)


def each_change(steps: Sequence[StepTold], last_run: int) -> tuple[tuple[Stand, StepTold], ...]:
    """How each change of these steps stands, oldest run first, with the step that says so. The same
    change in several runs is one; what an undo does is none of its own. `last_run` is the number of
    the last one that was planned by what was so then, and is no undo."""
    by_change: dict[str, list[StepTold]] = defaultdict(list)
    others = _of_several(steps)
    for step in steps:
        if not _takes_back(step, others):
            by_change[step.change].append(step)
    found = (_stand(same, others, last_run) for same in by_change.values())
    return tuple(one for one in found if one is not None)


def taken_back(run: int, steps: Sequence[StepTold]) -> tuple[str, ...]:
    """The labels of the steps of a run that a later one took back, whatever came after that."""
    mine = (step for step in steps if step.run == run and _state(step).accepted)
    others = _of_several(steps)
    return tuple(step.label for step in mine if any(_back(step, others)))


def totals_of(runs: Sequence[RunTold], steps: Sequence[StepTold]) -> TotalsTold:
    """The totals. Raises ValueError for a step in a state that there is not."""
    planned = [run.number for run in runs if run.undoes is None]
    changes = each_change(steps, (planned or [runs[-1].number])[-1])
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


def _of_several(steps: Sequence[StepTold]) -> Sequence[StepTold]:
    """The steps, or none where all are of one run, which takes nothing of its own back."""
    return steps if len({step.run for step in steps}) > 1 else ()


def _state(step: StepTold) -> State:
    return State(step.state.replace(" ", "_"))


def _removes(step: StepTold) -> bool:
    return ChangeKind(step.kind).removes


def _same_thing(one: StepTold, other: StepTold) -> bool:
    if one.about[0] == other.about[0]:
        return True
    known = one.about[0].startswith(_EDGE) and other.about[0].startswith(_EDGE)
    return not known and bool({*one.about[1:]} & {*other.about[1:]})


def _takes_back(step: StepTold, steps: Sequence[StepTold]) -> bool:
    """Whether a step does the opposite of the first one about the same."""
    first = next((one for one in steps if _same_thing(one, step)), step)
    return first.run < step.run and _removes(first) != _removes(step)


def _back(step: StepTold, steps: Sequence[StepTold]) -> Iterator[StepTold]:
    """The later steps that were accepted and do the opposite to the same."""
    for other in steps:
        opposite = _removes(other) != _removes(step) and _same_thing(step, other)
        if other.run > step.run and opposite and _state(other).accepted:
            yield other


def _stand(
    same: Sequence[StepTold], steps: Sequence[StepTold], last_run: int
) -> tuple[Stand, StepTold] | None:
    """How one change stands by all steps that were to make it; None where another change did the
    same to the same after it had been put back."""
    newest = same[-1]
    if any(_state(step).open for step in same):
        return Stand.OPEN, newest
    accepted = [step for step in same if _state(step).accepted]
    if not _state(newest).accepted and (newest.run == last_run or not accepted):
        return Stand.NOT_DONE if newest.run == last_run else Stand.NOT_PLANNED_AGAIN, newest
    step = accepted[-1]
    back = [*_back(step, steps)]
    if back:
        again = any(
            other.run > back[-1].run
            and _same_thing(step, other)
            and _removes(other) == _removes(step)
            and _state(other).accepted
            for other in steps
        )
        return None if again else (Stand.PUT_BACK, step)
    # What a later run found so already is logged where the earlier one is that did it.
    before = accepted[-2] if len(accepted) > 1 else None
    found_so = not step.sent and is_good(step.verdict)
    if before is not None and found_so and before.proven and not any(_back(before, steps)):
        return Stand.PROVEN, before
    return (Stand.PROVEN if step.proven else Stand.UNPROVEN), step
