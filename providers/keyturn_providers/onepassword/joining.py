"""Joins what several surfaces say of the same people. Pure.

The surfaces share a person's id. Only where one of them has an id that no other knows does the
e-mail address decide, and only if it fits one person; an address that fits several joins nobody.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from keyturn_providers.onepassword.view import Surface
from keyturn_providers.records import Account, AccountState, Unreadable
from keyturn_providers.text import safe


@dataclass(frozen=True, slots=True)
class SurfaceList:
    """What one surface lists."""

    surface: Surface
    accounts: tuple[Account, ...]
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """`by_mail` are the ids, by surface and the joined account's id, under which a surface knows
    somebody else than the others do."""

    accounts: tuple[Account, ...]
    unreadable: tuple[Unreadable, ...]
    by_mail: dict[tuple[Surface, str], str] = field(default_factory=dict)
    conflicts: int = 0


@dataclass(slots=True)
class _Person:
    told: list[tuple[Surface, Account]]

    @property
    def id(self) -> str:
        return self.told[0][1].id


def joined(lists: Sequence[SurfaceList]) -> Joined:
    """One account for each person, the lists given with the most exact first.

    What the most exact one says goes, also that it does not know; others fill in what it leaves
    open. Whoever only a lesser surface lists is an account too. A record that a surface gave and
    that could not be understood stays `Unreadable`, unless a more exact one has the same id.
    """
    people: dict[str, _Person] = {}
    unreadable: dict[str, Unreadable] = {}
    nameless: list[Unreadable] = []
    by_mail: dict[tuple[Surface, str], str] = {}
    for number, one in enumerate(lists):
        for odd in one.unreadable:
            if odd.id is not None and odd.id not in people:
                unreadable.setdefault(odd.id, odd)
            elif odd.id is None and number == 0:
                nameless.append(odd)
        unknown: list[Account] = []
        for account in one.accounts:
            if account.id in people:
                people[account.id].told.append((one.surface, account))
            elif account.id not in unreadable:
                unknown.append(account)
        if number == 0:
            people.update({account.id: _Person([(one.surface, account)]) for account in unknown})
        else:
            _by_address(one.surface, unknown, people, unreadable, by_mail)
    accounts = tuple(_merged(person.told) for person in people.values())
    conflicts = sum(_conflict(person.told) != "" for person in people.values())
    return Joined(accounts, (*unreadable.values(), *nameless), by_mail, conflicts)


def _by_address(
    surface: Surface,
    unknown: Sequence[Account],
    people: dict[str, _Person],
    unreadable: dict[str, Unreadable],
    by_mail: dict[tuple[Surface, str], str],
) -> None:
    open_to: defaultdict[str, list[_Person]] = defaultdict(list)
    for person in people.values():
        if all(told is not surface for told, _ in person.told):
            for mail in _mails(person.told[0][1]):
                open_to[mail].append(person)
    claims: defaultdict[str, int] = defaultdict(int)
    for account in unknown:
        for mail in _mails(account):
            claims[mail] += 1
    for account in unknown:
        mails = _mails(account)
        fitting = {person.id: person for mail in mails for person in open_to[mail]}
        if not fitting and all(claims[mail] == 1 for mail in mails):
            people[account.id] = _Person([(surface, account)])
        elif len(fitting) == 1 and all(claims[mail] == 1 for mail in mails):
            (person,) = fitting.values()
            person.told.append((surface, account))
            by_mail[surface, person.id] = account.id
        else:
            unreadable[account.id] = Unreadable(account.id, _ambiguous(surface, account, fitting))


def _ambiguous(surface: Surface, account: Account, fitting: dict[str, _Person]) -> str:
    rivals = ", ".join(sorted(fitting)) or "another account there"
    return (
        f"The {surface.value} has {safe(account.name, 120)} under an id that no other surface"
        f" knows, and the address also fits {rivals}: it is joined with nobody."
    )


def _merged(told: Sequence[tuple[Surface, Account]]) -> Account:
    (_, best), *others = told
    rest = [account for _, account in others]
    conflict = _conflict(told)
    return replace(
        best,
        state_raw=f"{best.state_raw or best.state.value}; {conflict}"
        if conflict
        else best.state_raw,
        emails=next((one.emails for one in (best, *rest) if one.emails), ()),
        external_id=next((one.external_id for one in (best, *rest) if one.external_id), None),
        created_ms=next((one.created_ms for one in (best, *rest) if one.created_ms), None),
    )


def _conflict(told: Sequence[tuple[Surface, Account]]) -> str:
    """What other surfaces say otherwise of whether the account is off."""
    best = told[0][1].state
    return "; ".join(
        f"{surface.value}: {account.state_raw or account.state.value}"
        for surface, account in told[1:]
        if AccountState.UNKNOWN not in (best, account.state) and account.state.is_off != best.is_off
    )


def _mails(account: Account) -> frozenset[str]:
    every = (account.name, *(mail.address for mail in account.emails))
    return frozenset(one.strip().casefold() for one in every if "@" in one)
