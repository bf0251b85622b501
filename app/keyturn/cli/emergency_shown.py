"""A plan on one screen, for who has to confirm it within a minute: what is cut, in names and
numbers, what somebody has to decide about, and what no undo brings back. The rest is counted."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from keyturn.cli.invocation import Answer
from keyturn.decide.blast_radius import BlastRadius
from keyturn.decide.blast_words import parts_of
from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.names import counted, listed
from keyturn.decide.plans import Operation, Plan, Verdict
from keyturn.decide.undo import not_undoable
from keyturn_providers.records import Side

_MANY = {
    ChangeKind.REMOVE_MEMBERSHIP: ("Leave", "group"),
    ChangeKind.REVOKE: ("Revoke", "grant"),
    ChangeKind.NARROW: ("Narrow", "grant"),
    ChangeKind.END_SESSION: ("End", "session"),
}


def show_emergency(
    answer: Answer, plan: Plan, held: Sequence[BlastRadius], names: dict[Side, str]
) -> None:
    """The plan in short; `held` is what those who leave can reach now."""
    answer.line(f"EMERGENCY: {plan.title} (plan {plan.id})")
    for radius in held:
        parts = [part for part in parts_of(radius, names) if not part.heading.startswith("0 ")]
        answer.line(f"  {radius.name} can reach: {', '.join(part.heading for part in parts)}")
        for part in parts:
            if part.warns and part.lines:
                answer.line(f"! {part.heading}: {listed(part.lines)}")
    for words in _steps(plan.operations, names):
        answer.line(words)
    allowed = sum(guard.verdict is Verdict.ALLOW for guard in plan.guards)
    for guard in plan.guards:
        if guard.verdict is not Verdict.ALLOW:
            answer.line(f"! {guard.verdict.value} {guard.guard}: {guard.words} {guard.next_step}")
    answer.line(f"= {counted(allowed, 'guard')} of {len(plan.guards)} without objection")
    lost = not_undoable(plan)
    if lost:
        answer.line(f"! no undo brings back: {listed(dict.fromkeys(x.words for x in lost))}")
    if plan.blind_spots:
        answer.line(f"? {counted(len(plan.blind_spots), 'thing')} keyturn cannot see")
    answer.line("  --plan-only shows all of it, step by step, with every guard and what is left")


def _steps(operations: Sequence[Operation], names: dict[Side, str]) -> Iterator[str]:
    """One line for each operation, and for several of a kind in a row one for all of them."""
    for (kind, side), run in groupby(operations, key=lambda o: (o.change.kind, o.change.side)):
        mine = list(run)
        sign = "-" if kind.removes else "+"
        if len(mine) == 1 or kind not in _MANY:
            yield from (f"{sign} {one.number:3}. {one.words}" for one in mine)
            continue
        verb, noun = _MANY[kind]
        objects = listed((_object(one.change) for one in mine), limit=6)
        span = f"{mine[0].number}-{mine[-1].number}"
        yield f"{sign} {span}. {verb} {counted(len(mine), noun)} in {names[side]}: {objects}"


def _object(change: Change) -> str:
    if change.group is not None:
        return change.group.name
    return ", ".join(vault.name for vault in change.vaults) or change.session_id
