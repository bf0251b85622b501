"""A plan without some of its changes: left out by hand, each with its reason, judged anew."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from keyturn.decide.context import PlanContext
from keyturn.decide.findings import Change
from keyturn.decide.names import counted
from keyturn.decide.plan import confirmation, plan_of
from keyturn.decide.plans import LeftAlone, Operation, Plan, PlanScope

SKIPPED = "Skipped: "
"""How the reason of what was left out by hand begins in `Plan.left_alone`."""
NOT_NOW = "this is only about what failed before"
_FOR_FINDINGS = frozenset({PlanScope.SYNC, PlanScope.FINDINGS})


def skipped(plan: Plan) -> tuple[LeftAlone, ...]:
    """What was left out of a plan by hand, and what had to wait for it."""
    return tuple(one for one in plan.left_alone if one.reason.startswith(SKIPPED))


def skip(plan: Plan, context: PlanContext, skips: Mapping[Change, str]) -> Plan:
    """`plan` without the changes in `skips`, which give the reason, and without whatever must not
    be done before one of them. All of it stands in `left_alone`, and every guard judges what is
    left. A change that the plan does not make is passed over."""
    out = _left_out(plan.operations, skips)
    if not out:
        return plan
    kept = [one for one in plan.operations if one.id not in out]
    operations = tuple(replace(one, number=n) for n, one in enumerate(kept, start=1))
    left = [LeftAlone(one.words, out[one.id]) for one in plan.operations if one.id in out]
    title, confirm = plan.title, plan.confirm_with
    if plan.scope in _FOR_FINDINGS:
        findings = {finding for one in operations for finding in one.finding_ids}
        changes = counted(len(operations), "change")
        title = f"{changes} for {counted(len(findings), 'finding')}, {len(out)} skipped"
        confirm = confirmation(context, operations)
    elif plan.scope is PlanScope.UNDO and confirm == str(len(plan.operations)):
        confirm = str(len(operations))
    return plan_of(
        context,
        plan.scope,
        title=title,
        subject=plan.subject_key,
        operations=operations,
        left=(*left, *plan.left_alone),
        confirm_with=confirm,
    )


def all_but(plan: Plan, wanted: Collection[Change]) -> dict[Change, str]:
    """What `skip` has to leave out of `plan` for these changes alone to be made, and those that
    they have to wait for: without them none of these would be left either."""
    kept: set[str] = set()
    for one in reversed(plan.operations):  # what an operation waits for stands before it
        if one.change in wanted or one.id in kept:
            kept.update((one.id, *one.depends_on))
    return {one.change: NOT_NOW for one in plan.operations if one.id not in kept}


def _left_out(operations: Iterable[Operation], skips: Mapping[Change, str]) -> dict[str, str]:
    """The reason for each operation that is left out, by its id. What an operation waits for
    stands before it."""
    out: dict[str, str] = {}
    words: dict[str, str] = {}
    for one in operations:
        words[one.id] = one.words
        waits = [other for other in one.depends_on if other in out]
        if one.change in skips:
            out[one.id] = f"{SKIPPED}{skips[one.change]}"
        elif waits:
            out[one.id] = f"{SKIPPED}it waits for: {words[waits[0]]}"
    return out
