"""The world around one person or one vault, as `decide` sees it, without reading the rest.

Decided from the newest assessment: who is who and which groups are linked is as stored with it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from keyturn.decide.cut import Others, OthersIn
from keyturn.decide.groups import GroupLink, LinkedBy
from keyturn.decide.people import Ambiguity, MatchedBy, Matching, Person
from keyturn.decide.permissions import resolved
from keyturn.decide.rules import Mapping as GroupMapping
from keyturn.decide.rules import Rules
from keyturn.decide.world import World, look
from keyturn_providers.records import Group
from keyturn_storage.queries.neighbourhood import (
    LinkRow,
    MatchRow,
    Neighbourhood,
    around_person,
    around_vault,
    some_members,
)
from keyturn_storage.queries.reader import Reader


@dataclass(frozen=True, slots=True)
class Near:
    """A part of the world. `sizes` counts the accounts of secrets groups, by id."""

    world: World
    sizes: Mapping[str, int]


def near_person(
    reader: Reader, rules: Rules, person_key: str, now_ms: int, *, vault_id: str = ""
) -> tuple[Near, Person] | None:
    """The world around a person; with a vault, also around what could lead there. None for nobody
    that the newest assessment knows."""
    wanting = {
        mapping.group.id
        for mapping in rules.mappings
        if any(grant.vault.id == vault_id for grant in mapping.grants)
    }
    found = around_person(reader, person_key, group_ids=wanting, vault_id=vault_id)
    if found is None:
        return None
    near = _near(found, rules, now_ms)
    return near, near.world.people[person_key]


def near_vault(
    reader: Reader,
    rules: Rules,
    vault_id: str,
    now_ms: int,
    *,
    carriers: Collection[str] | None = None,
) -> Near | None:
    """The world around a vault: who holds a grant on it; with `carriers` only one of those. None
    before the first assessment."""
    found = around_vault(reader, vault_id, carriers)
    return None if found is None else _near(found, rules, now_ms)


def others_near(reader: Reader, near: Near, person: Person) -> OthersIn:
    """Who else is in a group, by the counts of the newest assessment."""

    # By id: one account's name may be another's, and differ from the person's on the other side.
    own = person.secrets.id if person.secrets is not None else ""

    def others(group_id: str) -> Others:
        size = near.sizes.get(group_id, 0)
        return Others(max(0, size - 1), some_members(reader, group_id, but=own))

    return others


def _near(found: Neighbourhood, rules: Rules, now_ms: int) -> Near:
    here = {group.id: group for group in found.directory.groups}
    there = {group.id: group for group in found.secrets.groups}
    # What the policy says of other groups is about nobody here.
    mappings = tuple(one for one in rules.mappings if one.group.id in here)
    rules = resolved(replace(rules, mappings=mappings), found.secrets.permission_rules)
    by_group: dict[str, list[GroupMapping]] = defaultdict(list)
    for mapping in rules.mappings:
        by_group[mapping.group.id].append(mapping)
    matching = Matching(*_matching(found))
    links = [_link(row, here, there, by_group) for row in found.links]
    world = look(found.directory, found.secrets, matching, links, rules, now_ms)
    world = replace(world, directory=replace(world.directory, pushes=found.pushes))
    sizes = {
        row.secrets_id: row.secrets_members
        for row in found.links
        if row.secrets_id is not None and row.secrets_members is not None
    }
    return Near(world, sizes)


def _matching(found: Neighbourhood) -> tuple[tuple[Person, ...], tuple[Ambiguity, ...]]:
    mine = {account.id: account for account in found.directory.accounts}
    theirs = {account.id: account for account in found.secrets.accounts}
    people = tuple(
        Person(
            row.key,
            mine.get(row.directory_id or ""),
            theirs.get(row.secrets_id or ""),
            MatchedBy(row.matched_by),
        )
        for row in found.people
    )
    return people, tuple(_ambiguity(row) for row in found.people if row.disputed)


def _ambiguity(row: MatchRow) -> Ambiguity:
    return Ambiguity(
        row.disputed,
        (row.directory_id,) if row.directory_id is not None else (),
        (row.secrets_id,) if row.secrets_id is not None else (),
        (row.key,),
    )


def _link(
    row: LinkRow,
    here: Mapping[str, Group],
    there: Mapping[str, Group],
    by_group: Mapping[str, Sequence[GroupMapping]],
) -> GroupLink:
    directory, secrets = here.get(row.directory_id or ""), there.get(row.secrets_id or "")
    mappings = tuple(by_group.get(row.directory_id or "", ()))
    return GroupLink(
        row.key,
        directory,
        secrets,
        _linked_by(directory, secrets, mappings),
        mappings,
        row.problem,
    )


def _linked_by(
    directory: Group | None, secrets: Group | None, mappings: tuple[GroupMapping, ...]
) -> LinkedBy:
    if directory is None or secrets is None:
        return LinkedBy.NOTHING
    if any(
        one.secrets_group is not None and one.secrets_group.id == secrets.id for one in mappings
    ):
        return LinkedBy.POLICY
    known_as = {directory.id, directory.external_id} - {None}
    if secrets.external_id in known_as or directory.external_id == secrets.id:
        return LinkedBy.EXTERNAL_ID
    return LinkedBy.NAME
