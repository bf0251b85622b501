"""Who could take over a vault that nobody but a leaver manages, the most likely first."""

from collections.abc import Collection
from dataclasses import dataclass

from keyturn.decide.concerned import login_of
from keyturn.decide.guards_of_objects import is_untouchable
from keyturn.decide.index import members_of
from keyturn.decide.names import LEVEL_WORDS, fold
from keyturn.decide.people import Person
from keyturn.decide.world import World
from keyturn_providers.records import AccountState, Level, PrincipalKind, Side


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whose account is active and who stays. `because` says what speaks for them; empty
    where nothing does."""

    key: str
    name: str
    login: str
    because: str = ""


def successors(world: World, vault_id: str, leaving: Collection[str]) -> tuple[Candidate, ...]:
    """Everybody who could take the vault over when the people with the keys in `leaving` go: first
    their managers, then who can open it already, the strongest first, then their colleagues, then
    all others by name. Whom `never_touch` names is left out: no plan gives them anything."""
    open_to = _levels(world, vault_id)
    gone = [world.people[key] for key in leaving if key in world.people]
    bosses = {fold(said) for one in gone if (said := _said(one, "manager"))}
    teams = {fold(said) for one in gone if (said := _said(one, "department"))}
    found: list[tuple[int, int, str, Candidate]] = []
    for person in world.people.values():
        account = person.secrets
        if account is None or account.state is not AccountState.ACTIVE or person.key in leaving:
            continue
        if person.directory is not None and person.directory.state.is_off:
            continue
        if world.is_ambiguous(Side.SECRETS, account.id) or is_untouchable(world, person):
            continue
        level = open_to.get(account.id, Level.NONE)
        reasons: list[str] = []
        boss = bool(bosses & set(_called(person)))
        if boss:
            reasons.append("their manager")
        if level is not Level.NONE:
            reasons.append(f"can {LEVEL_WORDS[level]} it")
        mate = fold(_said(person, "department")) in teams
        if mate:
            reasons.append("same department")
        order = 0 if boss else 1 if level is not Level.NONE else 2 if mate else 3
        candidate = Candidate(person.key, person.name, login_of(person), ", ".join(reasons))
        found.append((order, -level.rank, fold(person.name), candidate))
    found.sort(key=lambda one: (*one[:3], one[3].key))
    return tuple(one[3] for one in found)


def _levels(world: World, vault_id: str) -> dict[str, Level]:
    """What each account may do with a vault, directly or through groups: the most of it."""
    found: dict[str, Level] = {}
    for grant in world.secrets.grants_on.get(vault_id, ()):
        ids = frozenset({grant.principal_id})
        if grant.principal_kind is PrincipalKind.GROUP:
            ids = members_of(world.secrets, grant.principal_id)
        elif grant.principal_kind is not PrincipalKind.ACCOUNT:
            continue
        for account_id in ids:
            if grant.level.rank > found.get(account_id, Level.NONE).rank:
                found[account_id] = grant.level
    return found


def _said(person: Person, field: str) -> str:
    """What the directory says of somebody, else the secret manager."""
    for account in (person.directory, person.secrets):
        if account is not None and (value := str(getattr(account, field))):
            return value
    return ""


def _called(person: Person) -> tuple[str, ...]:
    accounts = [one for one in (person.directory, person.secrets) if one is not None]
    named = [(one.id, one.name, one.display_name) for one in accounts]
    mails = [mail.address for one in accounts for mail in one.emails]
    return tuple(fold(said) for said in (*(word for three in named for word in three), *mails))
