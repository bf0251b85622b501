"""The people of the demo: the named sixty, and others with made-up names, until every team is full.

Always the same: nothing here is random. Logins are ASCII; the address is the login at `DOMAIN`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from keyturn.demo.okta_onepassword.teams import (
    ROLE_GROUPS,
    RULE_GROUP,
    TEAMS,
    Team,
)
from keyturn.demo.people import DOMAIN, members

# By what the sixty do, the team they are in here.
_TEAM_OF: dict[str, tuple[str, ...]] = {
    "Directors": ("directors",),
    "Platform": ("eng-platform",),
    "Mobile": ("eng-ios", "eng-android"),
    "Engineering": ("eng-checkout",),
    "Security": ("sec-response",),
    "Finance": ("fin-billing", "fin-treasury"),
    "Payroll": ("fin-payroll",),
    "People": ("people-ops",),
    "Legal": ("legal",),
    "Support": ("support-first",),
    "Data": ("eng-data",),
    "Office": ("it-helpdesk",),
}

# Given and family names of one place each, so that they go together.
_NAMES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("Amina", "Chidi", "Ngozi", "Tunde", "Folake", "Emeka", "Zainab", "Ifeoma"),
        ("Balogun", "Eze", "Okonkwo", "Bello", "Adeyemi", "Ibrahim", "Nnamdi"),
    ),
    (
        ("Jonas", "Lena", "Felix", "Miriam", "Anton", "Clara", "Paul", "Greta"),
        ("Weber", "Hoffmann", "Krause", "Lehmann", "Vogel", "Brandt", "Seidel"),
    ),
    (
        ("Arjun", "Kavya", "Rohan", "Meera", "Vikram", "Divya", "Nikhil", "Sunita"),
        ("Iyer", "Reddy", "Kulkarni", "Banerjee", "Chopra", "Desai", "Pillai"),
    ),
    (
        ("Camila", "Mateo", "Valentina", "Diego", "Luciana", "Andres", "Paula"),
        ("Rojas", "Herrera", "Castillo", "Vargas", "Mendoza", "Fuentes", "Salazar"),
    ),
    (
        ("Claire", "Antoine", "Manon", "Julien", "Elodie", "Bastien", "Camille"),
        ("Moreau", "Girard", "Lambert", "Rousseau", "Fontaine", "Chevalier"),
    ),
    (
        ("Haruto", "Aoi", "Sota", "Hina", "Ren", "Yui", "Daiki"),
        ("Yamamoto", "Kobayashi", "Nakamura", "Fujita", "Okada", "Matsuda"),
    ),
    (
        ("Ewa", "Marek", "Agata", "Piotr", "Hanna", "Jakub", "Magda"),
        ("Kowalczyk", "Mazur", "Lewandowska", "Dudek", "Zawada", "Sikora"),
    ),
    (
        ("Grace", "Owen", "Harriet", "Callum", "Freya", "Dylan", "Beth"),
        ("Ashworth", "Pembroke", "Llewellyn", "Kendrick", "Hargreaves", "Rowe"),
    ),
)


@dataclass(frozen=True, slots=True)
class Colleague:
    """One person. `groups` are the directory groups besides Everyone, the team's first."""

    login: str
    name: str
    team: str
    department: str
    title: str
    manager: str
    groups: tuple[str, ...]

    @property
    def email(self) -> str:
        return f"{self.login}@{DOMAIN}"


def workforce() -> tuple[Colleague, ...]:
    """Everybody, in a fixed order, team by team."""
    seats = {team.group: team.size for team in TEAMS}
    filled: dict[str, list[tuple[str, str, str]]] = {team.group: [] for team in TEAMS}
    for member in members():
        team = next(one for one in _TEAM_OF[member.department] if len(filled[one]) < seats[one])
        filled[team].append((member.login, member.name, member.title))
    others = _others({login for team in filled.values() for login, _, _ in team})
    for one in TEAMS:
        while len(filled[one.group]) < one.size:
            filled[one.group].append((*next(others), one.title))
    return tuple(_with_roles(filled))


def _others(taken: set[str]) -> Iterator[tuple[str, str]]:
    """More people than are needed, from everywhere in turn; each login once."""
    for turn in count():
        given, family = _NAMES[turn % len(_NAMES)]
        nth = turn // len(_NAMES)
        if nth >= len(given) * len(family):
            continue
        first = given[nth % len(given)]
        # One further with every round, so that each given name meets each family name.
        last = family[(nth + nth // len(given)) % len(family)]
        login = f"{first}.{last}".lower()
        if login not in taken:
            taken.add(login)
            yield login, f"{first} {last}"


def _with_roles(filled: dict[str, list[tuple[str, str, str]]]) -> Iterator[Colleague]:
    teams = {team.group: team for team in TEAMS}
    everybody = [
        (teams[group], login, name, title)
        for group, people in filled.items()
        for login, name, title in people
    ]
    roles = _roles(everybody)
    chief = filled["directors"][0][0]
    leads = {group: _lead(people) for group, people in filled.items()}
    for team, login, name, title in everybody:
        lead = leads[team.group]
        manager = lead if login != lead else ("" if login == chief else chief)
        yield Colleague(
            login,
            name,
            team.group,
            team.department,
            title,
            manager,
            (team.group, *roles.get(login, ())),
        )


def _lead(people: list[tuple[str, str, str]]) -> str:
    """Who leads a team: whoever is called head or general of something, else the first."""
    heads = [login for login, _, title in people if title.startswith(("Head", "General", "Man"))]
    return (heads or [people[0][0]])[0]


def _roles(everybody: list[tuple[Team, str, str, str]]) -> dict[str, tuple[str, ...]]:
    """Login -> the groups it is in besides its team's."""
    found: dict[str, tuple[str, ...]] = {}
    engineers = [login for team, login, _, _ in everybody if team.department == "Engineering"]
    technical = [
        login for team, login, _, _ in everybody if team.department in ("Engineering", "Security")
    ]
    everyone = [login for _, login, _, _ in everybody]
    chosen: dict[str, list[str]] = {RULE_GROUP: engineers}
    for nth, (group, (size, _)) in enumerate(ROLE_GROUPS.items()):
        if group == RULE_GROUP:
            continue
        few = technical if group.startswith(("on-call", "rel", "sec", "inc", "vault")) else everyone
        step = max(1, len(few) // size)
        chosen[group] = few[nth % step :: step][:size]
    for group, logins in chosen.items():
        for login in logins:
            found[login] = (*found.get(login, ()), group)
    return found
