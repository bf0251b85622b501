"""What a filter finds in the small organisation, worked out in plain Python."""

from collections.abc import Callable, Sequence

from tests.storage.filtered_office import FINDINGS, INNER, OPENS, PEOPLE, RANKS

from keyturn_storage.filters import Field, Filter, Term

PLAIN = {"Ána O'Neil": "ana o'neil", "Ünal": "unal", "ana ÅSE": "ana ase"}
"""Names in plain letters, which all text of a person has too."""


def groups_of(key: str) -> set[str]:
    """The groups somebody is in, also through another group."""
    own = set(PEOPLE[key].groups)
    return own | {INNER[g] for g in own if g in INNER}


def vaults_of(key: str) -> set[str]:
    """The vaults somebody may open."""
    human = PEOPLE[key]
    if human.s is None:
        return set()
    return set(human.direct).union(*(OPENS[g] for g in groups_of(key)))


def _begins(states: Sequence[str | None], value: str) -> bool:
    if value == "none":
        return None in states
    if value == "any":
        return any(states)
    return any(state is not None and state.startswith(value) for state in states)


def _rank(ranks: Sequence[str], value: str) -> bool:
    return _begins(ranks or [None], value)


def _in(texts: Sequence[str], value: str) -> bool:
    there = [text.casefold() for text in texts if text]
    if value == "none":
        return not there
    if value == "any":
        return bool(there)
    return any(value in text for text in there)


def person_is(key: str, term: Term, value: str) -> bool:
    """Whether one word of a term holds of a person."""
    human = PEOPLE[key]
    mine = [f for f in FINDINGS if f[2] == key]
    match term.field:
        case Field.NAME:
            return value in human.name.casefold()
        case Field.DEPARTMENT:
            return _in([human.department], value)
        case Field.DIRECTORY:
            return _begins([human.d], value)
        case Field.SECRETS:
            return _begins([human.s], value)
        case Field.STATE:
            return _begins([human.d, human.s], value)
        case Field.DRIFT:
            return _in([f[0] for f in mine], value)
        case Field.SEVERITY:
            return _rank([RANKS[f[1]] for f in mine], value)
        case Field.TITLE:
            return value in human.title.casefold()
        case Field.GROUP:
            return _in([f"{g} name" for g in groups_of(key)], value)
        case Field.VAULT:
            return _in([f"{v} name" for v in vaults_of(key)], value)
        case Field.ANY:
            states = [state or "" for state in (human.d, human.s)]
            said = [" ".join([human.name, key, *states]).casefold(), PLAIN.get(human.name, "")]
            return any(value in text for text in (*said, *(f[0] for f in mine)))
    raise AssertionError(term.field)


def group_is(group: str, term: Term, value: str) -> bool:
    """Whether one word of a term holds of a group."""
    mine = [f for f in FINDINGS if f"secrets/group/{group}" in f]
    match term.field:
        case Field.NAME:
            return value in f"{group} name"
        case Field.DRIFT:
            return _in([f[0] for f in mine], value)
        case Field.SEVERITY:
            return _rank([RANKS[f[1]] for f in mine], value)
        case Field.VAULT:
            return _in([f"{v} name" for v in OPENS[group]], value)
        case Field.PERSON:
            inside = [key for key in PEOPLE if group in groups_of(key)]
            if value in {"none", "any"}:
                return bool(inside) is (value == "any")
            return any(person_is(key, Term(Field.ANY), value) for key in inside)
        case Field.ANY:
            return value in f"{group} name" or any(value in f[0] for f in mine)
    raise AssertionError(term.field)


def line_is(number: int, term: Term, value: str) -> bool:
    """Whether one word of a term holds of a finding."""
    kind, rank, person, subject, name, about, _at = FINDINGS[number]
    about_name = f"{about.rpartition('/')[2]} name" if about else ""
    human = PEOPLE.get(person)
    match term.field:
        case Field.DRIFT:
            return _in([kind], value)
        case Field.SEVERITY:
            return _begins([RANKS[rank]], value)
        case Field.NAME:
            return value in name.casefold()
        case Field.VAULT:
            return _in([about_name] if about.startswith("secrets/vault/") else [], value)
        case Field.GROUP:
            named = [(subject, name), (about, about_name)]
            return _in([text for ref, text in named if "/group/" in ref], value)
        case Field.DEPARTMENT:
            return _in([human.department] if human else [], value)
        case Field.DIRECTORY:
            return _begins([human.d if human else None], value)
        case Field.SECRETS:
            return _begins([human.s if human else None], value)
        case Field.STATE:
            states = [state for state in (human.d, human.s) if state] if human else []
            return not states if value == "none" else _begins(states, value)
        case Field.TITLE:
            return human is not None and value in human.title.casefold()
        case Field.PERSON:
            return _in([name, human.name] if human else [], value)
        case Field.ANY:
            text = f"{RANKS[rank]} {kind} {name} {about_name} words"
            return value in text.casefold()
    raise AssertionError(term.field)


def holds_of(wanted: Filter, one: Callable[[Term, str], bool], since: Sequence[int]) -> bool:
    """Whether a whole filter holds, with `since` the times of what was found."""
    for term in wanted.terms:
        if term.field is Field.SINCE:
            found = any(at * 1000 >= term.after_ms for at in since)
        else:
            found = any(one(term, value) for value in term.values)
        if found is term.negated:
            return False
    return True
