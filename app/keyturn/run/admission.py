"""Whether a plan may be applied now, and what has to be held while it is."""

from collections.abc import Mapping
from typing import Protocol

from keyturn.decide.guards_of_evidence import CLOCK_PLAY_MS
from keyturn.decide.plans import Plan, PlanScope, Verdict
from keyturn.decide.rules import Rules
from keyturn.run.connections import Connections
from keyturn.run.together import together
from keyturn_providers.contract import About
from keyturn_providers.errors import ProviderError, ReadOnly, TenantChanged
from keyturn_providers.records import Side
from keyturn_storage import leases
from keyturn_storage.journal import Journal

DAY_MS = 86_400_000


class HasRules(Protocol):
    """A loaded policy, as far as a run needs it."""

    @property
    def rules(self) -> Rules:
        """What the policy says."""
        ...


class NotAdmitted(Exception):
    """The plan may not be applied as it stands. Nothing was done.

    `why` names the guard, the change since planning, or the missing confirmation.
    """

    def __init__(self, plan: Plan, why: str, next_step: str = "") -> None:
        self.plan = plan
        self.why = why
        self.next_step = next_step
        super().__init__(f"plan {plan.id} ({plan.title}): not applied: {why} {next_step}".strip())


class ConfirmationWrong(NotAdmitted):
    """What was typed is not what the plan asks for."""


async def ask_both(
    connections: Connections,
) -> tuple[dict[Side, About], dict[Side, ProviderError]]:
    """Who both sources are now, and the error of a side that could not say."""
    abouts: dict[Side, About] = {}
    failures: dict[Side, ProviderError] = {}

    async def ask(side: Side) -> None:
        try:
            abouts[side] = await connections.of(side).about()
        except ProviderError as failure:
            failures[side] = failure

    await together(ask(side) for side in Side)
    return abouts, failures


def refuse_writing_read_only(connections: Connections, what: str) -> None:
    """Raises `ReadOnly` where no writer may exist."""
    if connections.read_only:
        raise ReadOnly(
            "keyturn",
            what,
            "it was started read-only.",
            "Start it without --read-only, and with `mode: read-write` in keyturn.yaml.",
        )


def refuse_by_guards(plan: Plan) -> None:
    """Raises `NotAdmitted` with the words of every guard that refuses."""
    refusing = [guard for guard in plan.guards if guard.verdict is Verdict.REFUSE]
    if refusing:
        why = " ".join(f"{guard.guard}: {guard.words}" for guard in refusing)
        raise NotAdmitted(plan, why, refusing[0].next_step or "Change the plan, or the policy.")


def refuse_unconfirmed(plan: Plan, confirmed: str) -> None:
    """Raises `ConfirmationWrong` unless exactly what the plan asks for was typed."""
    if plan.confirm_with and confirmed.strip() != plan.confirm_with:
        what = f'"{confirmed.strip()}" was typed' if confirmed.strip() else "nothing was typed"
        raise ConfirmationWrong(
            plan, f"{what} to confirm it.", f'Type "{plan.confirm_with}" to confirm it.'
        )


def refuse_if_old(plan: Plan, rules: Rules, now_ms: int) -> None:
    """Raises `NotAdmitted` for removals planned from listings longer ago than the policy allows.

    The oldest listing counts, from when its reading began. An offboarding or an undo is not decided
    by what a listing lacks, so its age does not matter; each step is checked live.
    """
    if plan.scope.by_name or not _removals(plan):
        return
    moments = [plan.created_ms, *(used.taken_ms for used in plan.snapshots)]
    age_ms, limit_ms = now_ms - min(moments), rules.limits.snapshot_age_ms
    if max(moments) - now_ms > CLOCK_PLAY_MS:
        raise NotAdmitted(
            plan,
            "it was made later than this machine's clock says it is now, so nobody knows how old "
            "what it rests on is.",
            "Set the clock right, refresh and plan again.",
        )
    if age_ms > limit_ms:
        raise NotAdmitted(
            plan,
            f"what it rests on is {age_ms // 60_000} minutes old, and removals may rest on "
            f"listings of at most {limit_ms // 60_000} minutes (limits.snapshot_age).",
            "Refresh and plan again.",
        )


def removals_last_day(journal: Journal, now_ms: int) -> int:
    """The removals of the last 24 hours; an offboarding counts as many as people left by it, as it
    does in its plan."""
    return sum(
        min(number, people) if scope == PlanScope.OFFBOARD.value else number
        for scope, number, people in journal.removals_of_runs_since(now_ms - DAY_MS)
    )


def refuse_over_day(plan: Plan, rules: Rules, journal: Journal, now_ms: int) -> None:
    """Raises `NotAdmitted` for a sync that by now goes over the day's removals: others may have
    been applied since it was planned. An offboarding was asked about when it was planned."""
    number = _removals(plan)
    if plan.scope is PlanScope.OFFBOARD or not number:
        return
    before, limit = removals_last_day(journal, now_ms), rules.limits.removals_per_day
    if before + number > limit:
        raise NotAdmitted(
            plan,
            f"{before} removals in the last 24 hours and {number} now, of at most {limit} a day "
            "(limits.removals.per_day).",
            "Wait, choose fewer, or raise the limit.",
        )


def _removals(plan: Plan) -> int:
    return sum(operation.change.kind.removes for operation in plan.operations)


def lease_targets(plan: Plan) -> tuple[str, ...]:
    """What nobody else may work on meanwhile, by id: accounts, groups, other principals, and the
    vaults whose grants change, for two who each take a manager away leave none.

    A plan that rests on what whole listings lack holds its tenants too.
    """
    targets: set[str] = set()
    for operation in plan.operations:
        change = operation.change
        for ref in (change.account, change.group, change.principal, *change.vaults):
            if ref is not None:
                targets.add(f"{ref.side.value}/{ref.kind.value}/{ref.id}")
    if not plan.scope.by_name:
        targets.update(f"tenant/{used.source}/{used.tenant}" for used in plan.snapshots)
    return tuple(sorted(targets)) or (f"plan/{plan.id}",)


def refuse_if_at_work(plan: Plan, journal: Journal, now_ms: int) -> None:
    """Raises LeaseHeld where another keyturn works on anything of the plan: to be said before
    somebody is asked to confirm it. Nothing is taken; applying looks again."""
    leases.refuse_if_held(journal, lease_targets(plan), now_ms=now_ms)


def refuse_other_sources(plan: Plan, abouts: Mapping[Side, About], doing: str) -> None:
    """Raises `TenantChanged` where a run was made for other sources than those that answer now."""
    for side, used in zip(Side, plan.snapshots, strict=False):
        if side not in abouts:
            continue
        now = abouts[side].source
        if (now.name, now.kind, now.tenant) != (used.source, used.kind, used.tenant):
            raise TenantChanged(
                now.name,
                f"cannot {doing} {plan.title}",
                f"the run was made for {used.source} ({used.kind}, tenant {used.tenant!r}), and "
                f"{now.name} ({now.kind}, tenant {now.tenant!r}) answers now.",
                "Check the address and the source's name in keyturn.yaml.",
            )


def tenants_now(plan: Plan, abouts: Mapping[Side, About]) -> dict[str, str]:
    """The tenant ids by source name. A source that could not be asked counts as unchanged: nothing
    is sent to it."""
    found = {
        used.source: used.tenant
        for side, used in zip(Side, plan.snapshots, strict=False)
        if side not in abouts
    }
    found.update({about.source.name: about.source.tenant for about in abouts.values()})
    return found
