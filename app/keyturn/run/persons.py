"""Finds the one person that an operator means. Never guesses between two."""

from keyturn.decide.names import fold
from keyturn.decide.people import Person
from keyturn.decide.world import World

_MOST_NAMED = 5


class NoSuchPerson(Exception):
    """Nobody, or more than one person, is called this."""

    def __init__(
        self, text: str, candidates: tuple[Person, ...], near: tuple[Person, ...] = ()
    ) -> None:
        self.text = text
        self.candidates = candidates
        if candidates:
            why = f"{len(candidates)} people are called this: {_shown(candidates)}."
            next_step = "Give a login, e-mail or id that only one of them has."
        elif near:
            why = "no account in the snapshots has exactly this login, e-mail, id or name."
            next_step = f"Did you mean {_shown(near)}?"
        else:
            why = "no account in the snapshots has this login, e-mail, id or name."
            next_step = "Check the spelling, or run `keyturn refresh` first."
        who = text if text.strip() else "an empty name"
        super().__init__(f"{who}: cannot tell who that is: {why} {next_step}")


def _shown(people: tuple[Person, ...]) -> str:
    words = [f"{one.name} ({login_of(one)})" for one in people]
    # Two accounts nobody could pair may have one name and one login: then only the id tells.
    apart = [
        f"{one.name} ({login_of(one)}, id {_id_of(one)})" if words.count(said) > 1 else said
        for one, said in zip(people, words, strict=True)
    ]
    named = ", ".join(apart[:_MOST_NAMED])
    rest = len(people) - _MOST_NAMED
    return f"{named} and {rest} more" if rest > 0 else named


def _id_of(person: Person) -> str:
    account = person.directory or person.secrets
    return account.id if account else person.key


def login_of(person: Person) -> str:
    """The login to show beside a name: the directory's, else the secret manager's."""
    account = person.directory or person.secrets
    return (account.name or account.id) if account else person.key


def find_person(world: World, text: str) -> Person:
    """The person by key, else by id, login or verified e-mail, else by exact name (case does not
    count). Raises NoSuchPerson, also where several fit."""
    exact = world.people.get(text)
    if exact is not None:
        return exact
    wanted = fold(text)
    found = [world.people[key] for key in world.people_called(text)]
    if not found and wanted:
        found = [one for one in world.people.values() if wanted in _names(one)]
    if len(found) != 1:
        raise NoSuchPerson(text, tuple(found), () if found else near(world, text))
    return found[0]


def near(world: World, text: str) -> tuple[Person, ...]:
    """The people with a login, address or name that contains `text`, by name. Only ever offered
    or read about: nothing is done to a person who was not named whole."""
    wanted = fold(text)
    if not wanted:
        return ()
    found = [one for one in world.people.values() if any(wanted in said for said in _said(one))]
    return tuple(sorted(found, key=lambda one: (fold(one.name), one.key)))


def _said(person: Person) -> frozenset[str]:
    accounts = [one for one in (person.directory, person.secrets) if one is not None]
    logins = {fold(account.name) for account in accounts}
    addresses = {fold(mail.address) for account in accounts for mail in account.emails}
    return _names(person) | logins | addresses


def _names(person: Person) -> frozenset[str]:
    return frozenset(
        fold(account.display_name)
        for account in (person.directory, person.secrets)
        if account is not None and account.display_name
    )
