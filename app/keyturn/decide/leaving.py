"""Several leavers, and who takes over from them: what is given first, what is cut, what waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from keyturn.decide.context import PlanContext
from keyturn.decide.drift.revoking import give
from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.guards_of_managers import managed_by_nobody_else, managers
from keyturn.decide.leaver import Cut, cut
from keyturn.decide.left_out import cannot
from keyturn.decide.names import account_ref, vault_ref
from keyturn.decide.operations import word
from keyturn.decide.order import waits_for
from keyturn.decide.people import Person
from keyturn.decide.permissions import closed_to_give, in_order, of_level
from keyturn.decide.plans import LeftAlone
from keyturn.decide.rules import GrantRule, NamedId
from keyturn_providers.records import Level, Session, Side


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody who leaves, with the live sessions in the secret manager, read just now."""

    person: Person
    sessions: tuple[Session, ...] = ()


@dataclass(slots=True)
class Leaving:
    """`hand_over` comes before everything else. `waits` says for every other change what must be
    done first."""

    hand_over: list[Change] = field(default_factory=list)
    cut: Cut = field(default_factory=Cut)
    waits: dict[Change, tuple[Change, ...]] = field(default_factory=dict)


def leaving(
    context: PlanContext, leavers: Sequence[Leaver], successors: Mapping[str, Person]
) -> Leaving:
    """Everything that puts these people out. `successors` are by vault id; what a leaver alone can
    manage is taken only after it was handed over."""
    found = Leaving()
    given = {vault_id: _hand_over(context, found, vault_id, who)
             for vault_id, who in successors.items()}  # fmt: skip
    before = managers(context.world)
    for leaver in leavers:
        own = cut(context, leaver.person, leaver.sessions)
        secrets = leaver.person.secrets
        mine = [
            change
            for vault_id, change in given.items()
            if change is not None and secrets is not None
            if secrets.id in before.get(vault_id, frozenset())
        ]
        for change in own.changes:
            handed = mine if _waits_for_hand_over(change) else []
            found.waits[change] = (*handed, *waits_for(change, own.changes))
        found.cut.changes += own.changes
        found.cut.also |= own.also
        # Of several who leave, whose group or account it is does not show otherwise.
        whose = f"{leaver.person.name}: " if len(leavers) > 1 else ""
        found.cut.left_alone += [
            LeftAlone(f"{whose}{one.words}", one.reason) for one in own.left_alone
        ]
    return found


def last_managed(context: PlanContext, people: Sequence[Person]) -> tuple[str, ...]:
    """The ids of the vaults that nobody but these people can manage."""
    ids = frozenset(person.secrets.id for person in people if person.secrets is not None)
    return managed_by_nobody_else(context.world, ids)


def _waits_for_hand_over(change: Change) -> bool:
    """Sessions end at once; a suspended account whose vaults nobody manages is hard to mend."""
    ends = change.kind in {ChangeKind.END_SESSION, ChangeKind.END_ALL_SESSIONS}
    return change.side is Side.SECRETS and not ends


def _hand_over(
    context: PlanContext, found: Leaving, vault_id: str, successor: Person
) -> Change | None:
    """The grant that makes the successor a manager; None where there is nothing to give."""
    world, account = context.world, successor.secrets
    vault = world.secrets.vaults.get(vault_id)
    if account is None or vault is None:
        return None
    if account.id in managers(world).get(vault_id, frozenset()):
        found.cut.left_alone.append(
            LeftAlone(
                f"{vault.name} for {successor.name}", "Manages it already: there is nothing to do."
            )
        )
        return None
    rules = world.secrets.snapshot.permission_rules
    names = of_level(rules, Level.MANAGE) if rules else frozenset[str]()
    wish = GrantRule(
        NamedId(vault.id, vault.name),
        Level.MANAGE,
        permissions=in_order(rules, closed_to_give(rules, names)) if rules else (),
    )
    change = give(world, account_ref(Side.SECRETS, account), vault_ref(vault), wish)
    reason = cannot(context, change)
    if reason:
        found.cut.left_alone.append(LeftAlone(word(world, change).words, reason))
        return None
    found.hand_over.append(change)
    return change
