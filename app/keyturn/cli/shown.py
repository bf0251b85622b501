"""Findings and plans as lines for people and as JSON for programs."""

from collections import Counter
from collections.abc import Sequence

from keyturn.cli.invocation import Answer, Json
from keyturn.decide.findings import Finding, Ref
from keyturn.decide.plans import GuardVerdict, Operation, Plan, Verdict
from keyturn.decide.undo import not_undoable

_STAGE_TITLES = {Verdict.ALLOW: "ok", Verdict.ASK: "ASK", Verdict.REFUSE: "REFUSED"}


def _ref(ref: Ref | None) -> Json:
    if ref is None:
        return None
    return {"side": ref.side.value, "kind": ref.kind.value, "id": ref.id, "name": ref.name}


def finding_json(finding: Finding) -> Json:
    """One finding: stable id, kind, severity, subject, object, words and what would mend it."""
    return {
        "id": finding.id,
        "kind": finding.kind.value,
        "severity": finding.severity.value,
        "sign": finding.sign.value,
        "subject": _ref(finding.subject),
        "object": _ref(finding.object),
        "person": finding.person,
        "words": finding.words,
        "path": finding.path,
        "remedy": [change.kind.value for change in finding.remedy],
        "remedy_words": finding.remedy_words,
        "policy_line": finding.policy_line,
    }


def show_findings(answer: Answer, findings: Sequence[Finding]) -> None:
    """The findings, most urgent first, and their count by severity."""
    ordered = sorted(findings, key=lambda f: (f.severity.rank, f.kind.value, f.subject.name, f.id))
    for finding in ordered:
        answer.line(f"{finding.sign.value} {finding.severity.value:7} {finding.words}")
        if not finding.remedy and finding.remedy_words:
            answer.line(f"          {finding.remedy_words}")
    counts = Counter(finding.severity.value for finding in findings)
    tally = ", ".join(f"{number} {severity}" for severity, number in counts.items())
    answer.line(f"{len(findings)} findings" + (f": {tally}" if tally else ": in step"))


def _guard_json(guard: GuardVerdict) -> Json:
    return {
        "guard": guard.guard,
        "verdict": guard.verdict.value,
        "words": guard.words,
        "names": list(guard.names),
        "next_step": guard.next_step,
    }


def _operation_json(operation: Operation) -> Json:
    return {
        "id": operation.id,
        "number": operation.number,
        "kind": operation.change.kind.value,
        "words": operation.words,
        "precondition": operation.precondition,
        "expected": operation.expected,
        "irreversible": operation.irreversible,
        "depends_on": list(operation.depends_on),
        "also": list(operation.also),
    }


def plan_json(plan: Plan) -> Json:
    """A plan as scripts read it; the file `keyturn plan --out` writes is the one apply takes."""
    return {
        "id": plan.id,
        "title": plan.title,
        "scope": plan.scope.value,
        "refused": plan.refused,
        "confirm_with": plan.confirm_with,
        "operations": [_operation_json(operation) for operation in plan.operations],
        "guards": [_guard_json(guard) for guard in plan.guards],
        "left_alone": [{"words": left.words, "reason": left.reason} for left in plan.left_alone],
        "blind_spots": list(plan.blind_spots),
        "not_undoable": [
            {"words": lost.words, "reason": lost.reason} for lost in not_undoable(plan)
        ],
    }


def show_plan(answer: Answer, plan: Plan) -> None:
    """The whole plan: every operation with its side effects, every guard, what is left alone."""
    answer.line(f"Plan {plan.id}: {plan.title}")
    for used in plan.snapshots:
        state = "complete" if used.complete else "INCOMPLETE"
        answer.line(f"  from {used.source} snapshot {used.snapshot_id}, {state}")
    answer.line("")
    for operation in plan.operations:
        sign = "-" if operation.change.kind.removes else "+"
        answer.line(f"{sign} {operation.number:3}. {operation.words}")
        for effect in operation.also:
            answer.line(f"       also: {effect}")
    if not plan.operations:
        answer.line("  nothing to do")
    answer.line("")
    show_guards(answer, plan)
    for lost in not_undoable(plan):
        answer.line(f"an undo would not bring back: {lost.words} ({lost.reason})")
    for left in plan.left_alone:
        answer.line(f"left alone: {left.words} ({left.reason})")
    for spot in plan.blind_spots:
        answer.line(f"not visible to keyturn: {spot}")


def show_guards(answer: Answer, plan: Plan) -> None:
    """Every guard with its verdict, the names it is about, and what to do where it stops."""
    for guard in plan.guards:
        answer.line(f"guard {_STAGE_TITLES[guard.verdict]:7} {guard.guard}: {guard.words}")
        for name in guard.names:
            answer.line(f"              {name}")
        if guard.verdict is not Verdict.ALLOW and guard.next_step:
            answer.line(f"              {guard.next_step}")
