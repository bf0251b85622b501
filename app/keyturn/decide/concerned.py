"""Whom the operations of a plan are about."""

from collections.abc import Iterable

from keyturn.decide.findings import ObjectKind
from keyturn.decide.people import Person
from keyturn.decide.plans import Operation
from keyturn.decide.world import World


def one_person(world: World, operations: Iterable[Operation]) -> Person | None:
    """The one person whose accounts all the operations are about; None where there are several, or
    where one is about a group, a machine identity, or an account of nobody who is known."""
    found: dict[str, Person] = {}
    for operation in operations:
        ref = operation.change.account or operation.change.principal
        if ref is None or ref.kind is not ObjectKind.ACCOUNT:
            return None
        person = world.person_of.get((ref.side, ref.id))
        if person is None:
            return None
        found[person.key] = person
    return next(iter(found.values())) if len(found) == 1 else None


def login_of(person: Person) -> str:
    """What is typed to confirm that this person is meant: the directory's login, else the other."""
    account = person.directory or person.secrets
    return (account.name or account.id) if account else person.key
