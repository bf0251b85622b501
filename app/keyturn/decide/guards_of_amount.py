"""Guards of how much is taken away: by count, by share, and per day.

They are there against mistakes that repeat. An offboarding names one person, and the operator
types that name; so the number of that person's sessions and grants is not held against it, and it
counts as one; so does taking back what a run did to one person. Of several people who leave at once
the people are counted, and the operator types how many. Within the count a sync of more than one
removal asks for the number to be typed.
"""

from keyturn.decide.concerned import one_person
from keyturn.decide.context import PlanContext
from keyturn.decide.findings import ChangeKind
from keyturn.decide.names import counted, listed
from keyturn.decide.plans import GuardVerdict, Operation, PlanScope, Verdict
from keyturn_providers.records import AccountState, Side


def _one_named(operations: tuple[Operation, ...], context: PlanContext, scope: PlanScope) -> bool:
    """Whether the operator types the name of the one person whom everything is taken from."""
    if scope is PlanScope.UNDO:
        return one_person(context.world, operations) is not None
    return scope is PlanScope.OFFBOARD and len(_leaving(operations, context)) < 2


def _leaving(operations: tuple[Operation, ...], context: PlanContext) -> frozenset[str]:
    """Whom the removals take from: the keys of the persons, or the ids of accounts of nobody."""
    found: set[str] = set()
    for operation in _removals(operations):
        ref = operation.change.account or operation.change.principal
        if ref is not None:
            person = context.world.person_of.get((ref.side, ref.id))
            found.add(person.key if person is not None else f"{ref.side.value}:{ref.id}")
    return frozenset(found)


def _removals(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
    return tuple(o for o in operations if o.change.kind.removes)


def count(
    operations: tuple[Operation, ...], context: PlanContext, scope: PlanScope
) -> GuardVerdict:
    """Refuses more removals than `limits.removals.count`; asks for the number beyond one."""
    removals, limit = _removals(operations), context.world.rules.limits.removals_count
    number = len(removals)
    if _one_named(operations, context, scope):
        return GuardVerdict(
            "removals: count",
            Verdict.ALLOW,
            f"{counted(number, 'removal')} from one named person, who counts as one of {limit}.",
        )
    if scope is PlanScope.OFFBOARD:
        return _count_people(len(_leaving(operations, context)), limit)
    names = tuple(o.words for o in removals)
    if number > limit:
        return GuardVerdict(
            "removals: count",
            Verdict.REFUSE,
            f"{counted(number, 'removal')}; the policy allows {limit} in one plan.",
            names,
            f"Choose at most {limit} of them, or raise limits.removals.count.",
        )
    if number > 1:
        return GuardVerdict(
            "removals: count",
            Verdict.ASK,
            f"{counted(number, 'removal')} of at most {limit} in one plan.",
            names,
            "Type the number of changes to confirm.",
        )
    return GuardVerdict(
        "removals: count", Verdict.ALLOW, f"{counted(number, 'removal')} of at most {limit}.", names
    )


def _count_people(number: int, limit: int) -> GuardVerdict:
    words = f"{number} people leave at once; the policy allows {limit} in one plan."
    if number > limit:
        return GuardVerdict(
            "removals: count",
            Verdict.REFUSE,
            words,
            next_step=f"Offboard at most {limit} at once, or raise limits.removals.count.",
        )
    return GuardVerdict(
        "removals: count", Verdict.ASK, words, next_step="Type the number of people to confirm."
    )


def share(
    operations: tuple[Operation, ...], context: PlanContext, scope: PlanScope
) -> GuardVerdict:
    """Refuses a plan that takes more than `limits.removals.share` of the active accounts, of the
    memberships or of the grants of a side. One of a kind is always within its share."""
    limit = context.world.rules.limits.removals_share
    if _one_named(operations, context, scope):
        return GuardVerdict(
            "removals: share",
            Verdict.ALLOW,
            "Not counted: the share guards against many people at once, this is one.",
        )
    over: list[str] = []
    for side in (Side.DIRECTORY, Side.SECRETS):
        for kind, what, total in _totals(context, side):
            if scope is PlanScope.OFFBOARD and what != "active accounts":
                continue
            number = len(
                {
                    o.change
                    for o in _removals(operations)
                    if o.change.kind is kind and o.change.side is side
                }
            )
            if number > max(1.0, total * limit):
                over.append(
                    f"{number} of {total} {what} in {context.world.side(side).name} "
                    f"({number / max(total, 1):.0%})"
                )
    if over:
        return GuardVerdict(
            "removals: share",
            Verdict.REFUSE,
            f"{listed(over)}; the policy allows {limit:.0%} in one plan.",
            tuple(over),
            "Choose fewer, or raise limits.removals.share.",
        )
    return GuardVerdict("removals: share", Verdict.ALLOW, f"Within {limit:.0%} of every kind.")


def _totals(context: PlanContext, side: Side) -> tuple[tuple[ChangeKind, str, int], ...]:
    snapshot = context.world.side(side).snapshot
    active = sum(1 for a in snapshot.accounts if a.state is AccountState.ACTIVE)
    grants = len({g.carrier for g in snapshot.grants})
    return (
        (ChangeKind.SUSPEND, "active accounts", active),
        (ChangeKind.DEACTIVATE, "active accounts", active),
        (ChangeKind.REMOVE_MEMBERSHIP, "memberships", len(snapshot.memberships)),
        (ChangeKind.REVOKE, "grants", grants),
        (ChangeKind.NARROW, "grants", grants),
    )


def per_day(
    operations: tuple[Operation, ...], context: PlanContext, scope: PlanScope
) -> GuardVerdict:
    """Refuses a sync that, with the removals of the last 24 hours, goes over `per_day`. An
    offboarding is asked about instead: nobody who has to leave stays in because of a number."""
    limit, before = context.world.rules.limits.removals_per_day, context.removals_last_day
    number = len(_removals(operations))
    named = _one_named(operations, context, scope) or scope is PlanScope.OFFBOARD
    people = len(_leaving(operations, context)) if scope is PlanScope.OFFBOARD else 1
    now = min(number, people) if named else number
    words = f"{before} in the last 24 hours and {now} now, of at most {limit} a day."
    if now == 0 or before + now <= limit:
        return GuardVerdict("removals: per day", Verdict.ALLOW, words)
    if named:
        return GuardVerdict(
            "removals: per day",
            Verdict.ASK,
            words,
            next_step="Make sure that these offboardings are all meant.",
        )
    return GuardVerdict(
        "removals: per day",
        Verdict.REFUSE,
        words,
        next_step="Wait, choose fewer, or raise limits.removals.per_day.",
    )
