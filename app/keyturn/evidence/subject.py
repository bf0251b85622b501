"""Whom a report is about, with the accounts of both sides as they were when the run was planned."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from keyturn.decide.findings import ObjectKind
from keyturn.decide.groups import link_groups
from keyturn.decide.match import match
from keyturn.decide.people import Person
from keyturn.decide.permissions import resolved
from keyturn.decide.plans import Operation, Plan
from keyturn.decide.rules import Rules
from keyturn.decide.world import World, look
from keyturn.evidence.case_record import Beside
from keyturn.evidence.readings import Reading
from keyturn_providers.records import Account, Side
from keyturn_storage.case_rows import CaseRow


class WhichPerson(Exception):
    """Several people left in one run, and a report is about one."""


class NoRuns(Exception):
    """There is a case and no run of it, so that nothing was done and nothing is to be proven."""


@dataclass(frozen=True, slots=True)
class Subject:
    """`key` is the person's, "" for a run that is about nobody in particular. `world` and `person`
    are None where the cache has the plan's snapshots no more; `ids` are then those that the case
    and the plan name, `names` how the plan calls them. `others` are accounts of people who left in
    the same run."""

    key: str
    world: World | None
    person: Person | None
    ids: dict[Side, frozenset[str]] = field(default_factory=dict)
    names: dict[Side, str] = field(default_factory=dict)
    others: frozenset[tuple[Side, str]] = frozenset()

    def account(self, side: Side) -> Account | None:
        if self.person is None:
            return None
        return self.person.directory if side is Side.DIRECTORY else self.person.secrets

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Those of the person, or of all whom the plan changes."""
        if self.world is None:
            return ()
        found = {
            (side, x): known[x]
            for side in Side
            for known in (self.world.side(side).accounts,)
            for x in self.ids.get(side, ())
            if x in known
        }
        return tuple(found.values())

    def concerns(self, operation: Operation, plan: Plan) -> bool:
        """Whether an operation is not only about somebody else who left in the same run: done to
        them, or, as a vault that is handed over, only waited for by what is; or, as one that goes
        back, only waiting for that."""
        if _is_of(operation, self.others):
            return False
        if _is_of(operation, {(side, x) for side, ids in self.ids.items() for x in ids}):
            return True
        beside = [
            one
            for one in plan.operations
            if operation.id in one.depends_on or one.id in operation.depends_on
        ]
        return not beside or not all(_is_of(one, self.others) for one in beside)


def _is_of(operation: Operation, accounts: AbstractSet[tuple[Side, str]]) -> bool:
    refs = (operation.change.account, operation.change.principal)
    return any(ref is not None and (ref.side, ref.id) in accounts for ref in refs)


def together(subjects: Sequence[Subject]) -> Subject:
    """One subject of several runs about the same person, oldest first: as the first run has the
    person, with the accounts and the others of all."""
    first = next((one for one in subjects if one.person is not None), subjects[0])
    ids = {side: frozenset(x for one in subjects for x in one.ids.get(side, ())) for side in Side}
    names: dict[Side, str] = {}
    for one in reversed(subjects):
        names |= one.names
    others = frozenset(x for one in subjects for x in one.others)
    return replace(first, ids=ids, names=names, others=others)


def subject_of(
    plan: Plan, key: str, readings: Iterable[Reading], rules: Rules | None, besides: Beside
) -> Subject:
    """The person with this key in `plan`. With the `rules` it was made with, accounts that only an
    alias ties together are one person, and paths are held against the policy.

    Raises WhichPerson where several left and nothing tells whose account is whose.
    """
    world = _world(plan, readings, rules)
    person = world.people.get(key) if world and key else None
    others: set[tuple[Side, str]] = set()
    for other in plan.subjects:
        if other != key:
            case = next((one for one in besides.others if one.person_key == other), None)
            found = _accounts(world.people.get(other) if world else None, case)
            if not found:
                raise WhichPerson(
                    f"{other}: cannot be told from the others who left in this run: neither a case "
                    "nor the cache has their accounts. Give the evidence of the run by whoever "
                    "still has the cache of that time."
                )
            others |= found
    own = _accounts(person, besides.case)
    if key and not person:
        own |= _planned(plan, others)
    if not key:
        own = {
            (ref.side, ref.id)
            for operation in plan.operations
            for ref in (operation.change.account, operation.change.principal)
            if ref is not None and ref.kind is ObjectKind.ACCOUNT
        }
    names = {
        ref.side: ref.name
        for operation in plan.operations
        for ref in (operation.change.account,)
        if ref is not None and (ref.side, ref.id) in own
    }
    ids = {side: frozenset(x for where, x in own if where is side) for side in Side}
    return Subject(key, world, person, ids, names if key else {}, frozenset(others))


def _world(plan: Plan, readings: Iterable[Reading], rules: Rules | None) -> World | None:
    of_side = {one.side: one.snapshot for one in readings}
    left, right = of_side.get(Side.DIRECTORY), of_side.get(Side.SECRETS)
    if left is None or right is None:
        return None
    known = resolved(rules or Rules(), right.permission_rules)
    matching = match(left, right, known)
    links = link_groups(left, right, known)
    return look(left, right, matching, links, known, plan.created_ms)


def _accounts(person: Person | None, case: CaseRow | None) -> set[tuple[Side, str]]:
    found: set[tuple[Side, str]] = set()
    if person is not None and person.directory is not None:
        found.add((Side.DIRECTORY, person.directory.id))
    if person is not None and person.secrets is not None:
        found.add((Side.SECRETS, person.secrets.id))
    if case is not None and person is None:
        named = ((Side.DIRECTORY, case.directory_id), (Side.SECRETS, case.secrets_id))
        found |= {(side, id_) for side, id_ in named if id_}
    return found


def _planned(plan: Plan, others: set[tuple[Side, str]]) -> set[tuple[Side, str]]:
    """The accounts that the plan takes something from: whoever is given something is another."""
    return {
        (ref.side, ref.id)
        for operation in plan.operations
        if operation.change.kind.removes
        for ref in (operation.change.account, operation.change.principal)
        if ref is not None and ref.kind is ObjectKind.ACCOUNT and (ref.side, ref.id) not in others
    }
