"""Whom a run was about, with the accounts of both sides as they were when it was planned."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from keyturn.decide.groups import link_groups
from keyturn.decide.match import match
from keyturn.decide.people import Person
from keyturn.decide.permissions import resolved
from keyturn.decide.plans import Plan
from keyturn.decide.rules import Rules
from keyturn.decide.world import World, look
from keyturn.evidence.readings import Reading
from keyturn_providers.records import Account, Side


@dataclass(frozen=True, slots=True)
class Subject:
    """`world` and `person` are None where the cache has the plan's snapshots no more; `ids` are
    then those that the plan names. `names` are how the plan calls those accounts."""

    world: World | None
    person: Person | None
    ids: dict[Side, frozenset[str]] = field(default_factory=dict)
    names: dict[Side, str] = field(default_factory=dict)

    def account(self, side: Side) -> Account | None:
        if self.person is None:
            return None
        return self.person.directory if side is Side.DIRECTORY else self.person.secrets

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Those of the person, or of all whom the plan changes."""
        if self.world is None:
            return ()
        found = {one.id: one for one in (self.account(side) for side in Side) if one is not None}
        for side in Side:
            known = self.world.side(side).accounts
            found.update({x: known[x] for x in self.ids.get(side, ()) if x in known})
        return tuple(found.values())


def subject_of(plan: Plan, readings: Iterable[Reading], rules: Rules | None) -> Subject:
    """Who `plan` is about. With the `rules` it was made with, accounts that only an alias ties
    together are one person, and paths are held against the policy."""
    ids: dict[Side, set[str]] = {side: set() for side in Side}
    names: dict[Side, str] = {}
    for operation in plan.operations:
        change = operation.change
        for ref in (change.account, change.principal):
            if ref is not None and ref.kind.value == "account":
                ids[ref.side].add(ref.id)
                names.setdefault(ref.side, ref.name)
    of_side = {one.side: one.snapshot for one in readings}
    world = person = None
    left, right = of_side.get(Side.DIRECTORY), of_side.get(Side.SECRETS)
    if left is not None and right is not None:
        known = resolved(rules or Rules(), right.permission_rules)
        matching = match(left, right, known)
        links = link_groups(left, right, known)
        world = look(left, right, matching, links, known, plan.created_ms)
        person = world.people.get(plan.subject_key)
    if person is not None:
        for side, account in ((Side.DIRECTORY, person.directory), (Side.SECRETS, person.secrets)):
            if account is not None:
                ids[side].add(account.id)
    frozen = {side: frozenset(found) for side, found in ids.items()}
    return Subject(world, person, frozen, names)
