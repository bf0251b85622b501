"""Whether a bundle says of its plans, and of each step, what the plans say.

A plan that names nobody else is there word for word, and the journal's line has its digest. Of one
that was minimised the line holds the outline: every operation by ids, without words.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from keyturn.decide.about import about_of, same_change
from keyturn.decide.outline import Outline, Outlined, outline_in, outline_of, spots_digest
from keyturn.decide.planfile import PlanFileError, recorded
from keyturn.decide.plans import Plan
from keyturn.decide.values import NotThatValue
from keyturn.evidence.manifest import sha256
from keyturn.evidence.names_of_files import OUTLINE, PACK, PLAN, PLAN_MINIMISED, before_names
from keyturn.evidence.pack import Pack
from keyturn.evidence.pack_runs import GuardTold, LeftTold, RunTold, StepTold
from keyturn.evidence.step_telling import object_of
from keyturn.evidence.wrong import Wrong

Lines = Sequence[tuple[int, dict[str, object]]]


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of one run, as far as the bundle holds it: `plan` where it is there word for word,
    `outline` None where no line holds one. `words` counts what a minimised plan says in words."""

    run: RunTold
    plan: Plan | None
    outline: Outline | None
    words: int = 0


def planned_in(
    pack: Pack, lines: Lines, files: Mapping[str, bytes]
) -> tuple[tuple[Planned, ...], tuple[Wrong, ...]]:
    """The plans of the runs, and what is wrong with their files themselves."""
    held = {
        str(content.get("run")): str(content.get("outline_sha256", ""))
        for _, content in lines
        if content.get("kind") == "run"
    }
    found: list[Planned] = []
    wrong: list[Wrong] = []
    for number, run in enumerate(pack.runs, start=1):
        before = before_names(number, len(pack.runs))
        plan = _whole(files.get(before + PLAN))
        outline = outline_of(plan) if plan is not None else None
        text = files.get(before + OUTLINE)
        if text is not None and plan is None:
            if sha256(text) == held.get(run.run):
                outline = _outline(text)
            if outline is None:
                told = "it is not the outline that the journal's lines hold"
                wrong.append(Wrong(before + OUTLINE, "", told))
        found.append(Planned(run, plan, outline, _words(files.get(before + PLAN_MINIMISED))))
    return tuple(found), tuple(wrong)


def _whole(text: bytes | None) -> Plan | None:
    try:
        return recorded(text.decode("utf-8")) if text is not None else None
    except (PlanFileError, UnicodeDecodeError):
        return None


def _outline(text: bytes) -> Outline | None:
    try:
        return outline_in(text.decode("utf-8"))
    except (NotThatValue, UnicodeDecodeError):
        return None


def _words(text: bytes | None) -> int:
    """How many operations, guards, things left alone and blind spots a minimised plan has."""
    try:
        plain = json.loads(text or b"{}")
    except (ValueError, RecursionError):
        return 0
    parts = ("operations", "guards", "left_alone", "blind_spots")
    lists = (plain.get(part) for part in parts) if isinstance(plain, dict) else ()
    return sum(len(one) for one in lists if isinstance(one, list))


def wrong_plans(pack: Pack, planned: Sequence[Planned]) -> Iterator[Wrong]:
    """Everything of steps, guards and what is not told that the plans have otherwise."""
    untold = set(pack.journal.not_told)
    for one in planned:
        steps = [step for step in pack.steps if step.run == one.run.number]
        if one.outline is not None:
            yield from _steps(pack, one.outline, one.run, steps)
            untold -= {operation.id for operation in one.outline.operations}
        if one.plan is not None:
            yield from _words_of(one.plan, one.run, steps)
    if untold and all(one.outline is not None for one in planned):
        yield Wrong(PACK, "journal.not_told", "there are operations among them that are in no plan")


def _steps(
    pack: Pack, outline: Outline, run: RunTold, steps: Sequence[StepTold]
) -> Iterator[Wrong]:
    there = {one.id: one for one in outline.operations}
    told = {step.operation for step in steps}
    for step in steps:
        operation = there.get(step.operation)
        if operation is None or not _same(step, operation):
            yield Wrong(PACK, f"step {step.label}", "it is not what the plan says")
    not_told = set(pack.journal.not_told) & there.keys()
    for missing in there.keys() - told - not_told:
        words = f"the operation {missing}, which is in the plan, is missing"
        yield Wrong(PACK, f"runs, {run.number}", words)
    mine = _accounts(pack, [there[x] for x in told if x in there])
    alone = len(outline.subjects) == 1
    for one in sorted(not_told):
        if alone or (pack.person is not None and _id(there[one]) in mine):
            words = f"the operation {one} is about nobody else, and is not told"
            yield Wrong(PACK, "journal.not_told", words)


def _accounts(pack: Pack, told: Sequence[Outlined]) -> set[str]:
    """The person's accounts: those that the key and the sources name, and that something which is
    told switches off or takes out of a group."""
    key = pack.person.key.partition(":")[2] if pack.person is not None else ""
    named = {key, *(one.account_id or "" for one in pack.systems)}
    off = (one.change.account for one in told if one.change.kind.removes)
    return (named | {ref.id for ref in off if ref is not None}) - {""}


def _id(operation: Outlined) -> str:
    ref = operation.change.account or operation.change.principal
    return ref.id if ref is not None else ""


def _same(step: StepTold, operation: Outlined) -> bool:
    change = operation.change
    about = about_of(change)
    # An address stands in none of the outlines.
    same_about = step.about == about or (len(about) == 1 and step.about[0].startswith(about[0]))
    return same_about and (step.number, step.kind, step.change, step.depends_on) == (
        operation.number,
        change.kind.value,
        sha256(same_change(change).encode())[:16],
        operation.depends_on,
    )


def _words_of(plan: Plan, run: RunTold, steps: Sequence[StepTold]) -> Iterator[Wrong]:
    """A plan that is there word for word names nobody else, so that nothing of it is minimised."""
    there = {one.id: one for one in plan.operations}
    for step in steps:
        one = there.get(step.operation)
        if one is not None and (
            step.words, step.object, step.precondition, step.expected, step.irreversible, step.also
        ) != (
            one.words, object_of(one), one.precondition, one.expected, one.irreversible, one.also
        ):  # fmt: skip
            yield Wrong(PACK, f"step {step.label}", "its words are not those of the plan")
    guards = tuple(
        GuardTold(one.guard, one.verdict.value, one.words, one.names, one.next_step)
        for one in plan.guards
    )
    left = tuple(LeftTold(one.words, one.reason) for one in plan.left_alone)
    told = (run.title, run.plan.guards, run.plan.left_alone, run.undoes)
    if told != (plan.title, guards, left, plan.undoes or None):
        words = "its title, guards or what was left alone are not those of the plan"
        yield Wrong(PACK, f"runs, {run.number}", words)


def plans_not_held(planned: Sequence[Planned], files: Mapping[str, bytes]) -> Iterator[str]:
    """What of the plans no line holds, in words and counted."""
    for one in planned:
        if one.plan is not None:
            continue
        number = one.run.number
        if one.outline is None:
            yield f"the plan of run {number} ({one.words} parts), which is not there word for word"
            continue
        before = before_names(number, len(planned))
        spots = json.loads(files.get(before + PLAN_MINIMISED) or b"{}").get("blind_spots", [])
        held = spots_digest(tuple(spots)) == one.outline.blind_spots
        words = one.words - (len(spots) if held else 0)
        yield f"the words of {words} parts of the plan of run {number}, which was minimised"
