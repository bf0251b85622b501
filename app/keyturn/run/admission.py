"""Whether a plan may be applied now, and what has to be held while it is."""

from collections.abc import Mapping
from typing import Protocol

from keyturn.decide.plans import Plan, PlanScope, Verdict
from keyturn.decide.rules import Rules
from keyturn.run.connections import Connections
from keyturn_providers.contract import About
from keyturn_providers.errors import ProviderError, ReadOnly
from keyturn_providers.records import Side


class HasRules(Protocol):
    """A loaded policy, as far as a run needs it."""

    @property
    def rules(self) -> Rules: ...


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
    for side in Side:
        try:
            abouts[side] = await connections.of(side).about()
        except ProviderError as failure:
            failures[side] = failure
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

    The plan's own age counts: its listings were fresh when it was made. An offboarding is not
    decided by what a listing lacks, so its age does not matter; each step is checked live.
    """
    age_ms = now_ms - plan.created_ms
    removes = any(operation.change.kind.removes for operation in plan.operations)
    if plan.scope is PlanScope.OFFBOARD or not removes or age_ms <= rules.limits.snapshot_age_ms:
        return
    raise NotAdmitted(
        plan,
        f"it is {age_ms // 60_000} minutes old, and removals may rest on listings of at most "
        f"{rules.limits.snapshot_age_ms // 60_000} minutes (limits.snapshot_age).",
        "Refresh and plan again.",
    )


def lease_targets(plan: Plan) -> tuple[str, ...]:
    """What nobody else may work on meanwhile, by id: accounts, groups and other principals.

    A plan that is not about one person holds its tenants too.
    """
    targets: set[str] = set()
    for operation in plan.operations:
        change = operation.change
        for ref in (change.account, change.group, change.principal):
            if ref is not None:
                targets.add(f"{ref.side.value}/{ref.kind.value}/{ref.id}")
    if plan.scope is not PlanScope.OFFBOARD:
        targets.update(f"tenant/{used.source}/{used.tenant}" for used in plan.snapshots)
    return tuple(sorted(targets)) or (f"plan/{plan.id}",)


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
