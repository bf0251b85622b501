"""Finds the one person that an operator means. Never guesses between two."""

from keyturn.decide.names import fold
from keyturn.decide.people import Person
from keyturn.decide.world import World

_MOST_NAMED = 5


class NoSuchPerson(Exception):
    """Nobody, or more than one person, is called this."""

    def __init__(self, text: str, candidates: tuple[Person, ...]) -> None:
        self.text = text
        self.candidates = candidates
        if candidates:
            shown = ", ".join(f"{one.name} ({login_of(one)})" for one in candidates[:_MOST_NAMED])
            rest = len(candidates) - _MOST_NAMED
            more = f" and {rest} more" if rest > 0 else ""
            why = f"{len(candidates)} people are called this: {shown}{more}."
            next_step = "Give the login or the e-mail instead."
        else:
            why = "no account in the snapshots has this login, e-mail, id or name."
            next_step = "Check the spelling, or run `keyturn refresh` first."
        super().__init__(f"{text}: cannot tell who that is: {why} {next_step}")


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
        raise NoSuchPerson(text, tuple(found))
    return found[0]


def _names(person: Person) -> frozenset[str]:
    return frozenset(
        fold(account.display_name)
        for account in (person.directory, person.secrets)
        if account is not None and account.display_name
    )
