"""A plan as a diff reads: by person or by vault, each row with its sign and an id of its own."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from keyturn.cli.invocation import Answer, Json
from keyturn.cli.shown import show_guards
from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.plans import Operation, Plan
from keyturn.decide.skipping import SKIPPED, skipped
from keyturn.decide.values import to_plain

PERSON, VAULT = "person", "vault"
_NO_VAULT = "accounts and groups, no vault"
_NOBODY = "nobody in particular"
_CHANGES = frozenset({ChangeKind.NARROW, ChangeKind.REACTIVATE, ChangeKind.CONFIRM})
_WORDS = {"+": "to add", "~": "to change", "-": "to remove"}


def sign_of(change: Change) -> str:
    """`+` gives something, `-` takes something, `~` changes what is there."""
    if change.kind in _CHANGES:
        return "~"
    return "-" if change.kind.removes else "+"


def row_id(change: Change) -> str:
    """Eight digits that name the change as long as it is the same one, whenever it is planned."""
    plain = to_plain(replace(change, after_ms=None))
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:8]


def rows_called(plan: Plan, wanted: Iterable[str]) -> tuple[dict[str, Change], list[str]]:
    """The changes of these rows by row id, and the ids that are of no row."""
    known = {row_id(operation.change): operation.change for operation in plan.operations}
    asked = list(dict.fromkeys(wanted))
    found = {one: known[one] for one in asked if one in known}
    return found, [one for one in asked if one not in known]


def grouped(plan: Plan, by: str) -> dict[str, list[Operation]]:
    """The operations by person, or by vault; one that opens several vaults is with its first."""
    found: dict[str, list[Operation]] = {}
    for operation in plan.operations:
        found.setdefault(_heading(operation.change, by), []).append(operation)
    return found


def _heading(change: Change, by: str) -> str:
    if by == VAULT:
        return change.vaults[0].name if change.vaults else _NO_VAULT
    ref = change.account or change.principal or change.group
    return ref.name if ref is not None else _NOBODY


def counts(plan: Plan) -> dict[str, int]:
    """How many rows there are of each sign, how many were left alone, and how many skipped."""
    signs = [sign_of(operation.change) for operation in plan.operations]
    out = len(skipped(plan))
    return {
        "add": signs.count("+"),
        "change": signs.count("~"),
        "remove": signs.count("-"),
        "left_alone": len(plan.left_alone) - out,
        "skipped": out,
    }


def diff_json(plan: Plan) -> Mapping[str, Json]:
    """The rows for programs: id, sign, person and vaults of each, and the counts."""
    return {
        "counts": counts(plan),
        "rows": [
            {
                "row": row_id(one.change),
                "sign": sign_of(one.change),
                "number": one.number,
                "person": _heading(one.change, PERSON),
                "vaults": [vault.name for vault in one.change.vaults],
                "words": one.words,
            }
            for one in plan.operations
        ],
        "skipped": [
            {"words": one.words, "reason": one.reason.removeprefix(SKIPPED)}
            for one in skipped(plan)
        ],
    }


def show_diff(answer: Answer, plan: Plan, by: str) -> None:
    """The whole plan: rows in their groups, what is left alone and skipped, guards, and counts."""
    answer.line(f"Plan {plan.id}: {plan.title}")
    for used in plan.snapshots:
        state = "complete" if used.complete else "INCOMPLETE"
        answer.line(f"  from {used.source} snapshot {used.snapshot_id}, {state}")
    for heading, operations in grouped(plan, by).items():
        signs = [sign_of(one.change) for one in operations]
        told = " ".join(f"{sign}{signs.count(sign)}" for sign in _WORDS if sign in signs)
        answer.line("")
        answer.line(f"{heading}  {told}")
        for one in operations:
            show_row(answer, one)
    if not plan.operations:
        answer.line("")
        answer.line("  nothing to do")
    answer.line("")
    out = skipped(plan)
    for left in plan.left_alone:
        if left not in out:
            answer.line(f"= left alone: {left.words} ({left.reason})")
    for left in out:
        answer.line(f"= skipped: {left.words} ({left.reason.removeprefix(SKIPPED)})")
    show_guards(answer, plan)
    for spot in plan.blind_spots:
        answer.line(f"not visible to keyturn: {spot}")
    answer.line(_sum(plan))


def show_row(answer: Answer, operation: Operation) -> None:
    """One row: sign, id, its place in the order, and its side effects below."""
    change = operation.change
    answer.line(f"{sign_of(change)} {row_id(change)} {operation.number:3}. {operation.words}")
    for effect in operation.also:
        answer.line(f"               also: {effect}")
    if operation.irreversible:
        answer.line(f"               cannot be undone: {operation.irreversible}")


def _sum(plan: Plan) -> str:
    number = counts(plan)
    pairs = zip(_WORDS.items(), number.values(), strict=False)
    parts = [f"{sign} {count} {words}" for (sign, words), count in pairs]
    return f"{', '.join(parts)}; = {number['left_alone']} left alone, {number['skipped']} skipped"
