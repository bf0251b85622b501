"""How each change stands over all runs about a leaver: done and proven, open, put back by an undo.

The case, the rotation list, later looks and the evidence all go by this, so that none of them says
of a run that was taken back in part what another does not.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from keyturn.decide.about import same_thing
from keyturn.decide.steps import State


class Stand(StrEnum):
    """How a change stands over all runs."""

    PROVEN = "proven"
    UNPROVEN = "unproven"
    OPEN = "open"
    NOT_DONE = "not done"
    NOT_PLANNED_AGAIN = "not planned again"
    PUT_BACK = "put back"


@dataclass(frozen=True, slots=True)
class Tried:
    """A step of one of several runs, which are numbered as they came. `at` is its place among the
    steps that were given. `change` is equal for steps that do the same to the same, `about` for
    what is done and taken back again (`about.about_of`); `removes` tells these two apart.

    `good`: its verdict says that it is in effect. `proven`: and nothing is said against it.
    """

    at: int
    run: int
    change: str
    about: tuple[str, ...]
    removes: bool
    state: State
    sent: bool
    good: bool
    proven: bool


def each_change(steps: Sequence[Tried], last_run: int) -> tuple[tuple[Stand, Tried], ...]:
    """How each change of these steps stands, oldest run first, with the step that says so. The same
    change in several runs is one; what an undo does is none of its own. `last_run` is the number of
    the last one that was planned by what was so then, and is no undo."""
    by_change: dict[str, list[Tried]] = defaultdict(list)
    others = _of_several(steps)
    for step in steps:
        if not takes_back(step, others):
            by_change[step.change].append(step)
    found = (_stand(same, others, last_run) for same in by_change.values())
    return tuple(one for one in found if one is not None)


def taken_back(steps: Sequence[Tried], run: int) -> tuple[Tried, ...]:
    """The accepted steps of a run that a later one took back, whatever came after that."""
    mine = (step for step in steps if step.run == run and step.state.accepted)
    others = _of_several(steps)
    return tuple(step for step in mine if any(_back(step, others)))


def taken_back_by(step: Tried, steps: Sequence[Tried]) -> Tried | None:
    """The last step that took this one back; None where none did."""
    return next(reversed([*_back(step, steps)]), None)


def takes_back(step: Tried, steps: Sequence[Tried]) -> bool:
    """Whether a step does the opposite of the first one about the same."""
    first = next((one for one in steps if same_thing(one.about, step.about)), step)
    return first.run < step.run and first.removes != step.removes


def _of_several(steps: Sequence[Tried]) -> Sequence[Tried]:
    """The steps, or none where all are of one run, which takes nothing of its own back."""
    return steps if len({step.run for step in steps}) > 1 else ()


def _back(step: Tried, steps: Sequence[Tried]) -> Iterator[Tried]:
    """The later steps that were accepted and do the opposite to the same."""
    for other in steps:
        opposite = other.removes != step.removes and same_thing(step.about, other.about)
        if other.run > step.run and opposite and other.state.accepted:
            yield other


def _stand(
    same: Sequence[Tried], steps: Sequence[Tried], last_run: int
) -> tuple[Stand, Tried] | None:
    """How one change stands by all steps that were to make it; None where another change did the
    same to the same after it had been put back."""
    newest = same[-1]
    if any(step.state.open for step in same):
        return Stand.OPEN, newest
    accepted = [step for step in same if step.state.accepted]
    if not newest.state.accepted and (newest.run == last_run or not accepted):
        return Stand.NOT_DONE if newest.run == last_run else Stand.NOT_PLANNED_AGAIN, newest
    step = accepted[-1]
    back = taken_back_by(step, steps)
    if back is not None:
        again = any(
            other.run > back.run
            and same_thing(step.about, other.about)
            and other.removes == step.removes
            and other.state.accepted
            for other in steps
        )
        return None if again else (Stand.PUT_BACK, step)
    doer = _doer(accepted, steps)
    return (Stand.PROVEN if doer.proven else Stand.UNPROVEN), doer


def _doer(accepted: Sequence[Tried], steps: Sequence[Tried]) -> Tried:
    """The step that says how a change stands: the last. What it found so already is logged where
    the earlier one is that did it, so then that one, if it is proven and was not taken back."""
    step = accepted[-1]
    for before in reversed(accepted[:-1]):
        found_so = not step.sent and step.good
        if not found_so or not before.proven or any(_back(before, steps)):
            break
        step = before
    return step
