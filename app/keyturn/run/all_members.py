"""Who is in every group of a source now, where it cannot say in which groups one account is."""

from dataclasses import dataclass

from keyturn_providers.abilities import Ability, ListsGroups, ListsMemberships, Page, able
from keyturn_providers.contract import About
from keyturn_providers.errors import ProviderError
from keyturn_providers.fan_out import in_order
from keyturn_providers.records import Group, Membership

GROUPS_AT_MOST = 500
"""Of a source with more groups, what the refresh knew has to do: somebody waits to cut access."""

AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class AllMembers:
    """The members as they were listed just now. `whole`: every group, and each to its end; else
    `failed` says in words what could not be, and somebody may be in a group that is not here."""

    members: tuple[Membership, ...]
    whole: bool
    failed: tuple[str, ...]

    def of(self, account_id: str) -> tuple[Membership, ...]:
        """The memberships of one account."""
        return tuple(one for one in self.members if one.member_id == account_id)


def can_list_all(about: About, groups: int) -> bool:
    """Whether so many groups may be listed while somebody waits, and the source lets them be."""
    asked = {Ability.LIST_GROUPS, Ability.LIST_MEMBERSHIPS}
    return asked <= about.abilities and groups <= GROUPS_AT_MOST


async def all_members(reader: object, about: About) -> AllMembers:
    """Lists the groups and the members of each. Never raises a ProviderError."""
    name = about.source.name
    groups: list[Group] = []
    try:
        last: Page[Group] | None = None
        odd = 0
        async for last in able(reader, ListsGroups).groups():
            groups += last.records
            odd += len(last.unreadable)
    except ProviderError as error:
        return AllMembers(
            (), False, (f"the groups of {name} could not be listed now ({error.why})",)
        )
    if last is None or not last.proof or odd:
        return AllMembers((), False, (f"the groups of {name} could not all be listed now",))

    async def of_one(group: Group) -> tuple[tuple[Membership, ...], str]:
        return await _members_of(reader, group, name)

    found = await in_order(groups, of_one, about.parallel or AT_ONCE)
    failed = tuple(words for _, words in found if words)
    return AllMembers(tuple(one for members, _ in found for one in members), not failed, failed)


def _none(why: str) -> AllMembers:
    return AllMembers((), False, (why,))


async def _members_of(
    reader: object, group: Group, source: str
) -> tuple[tuple[Membership, ...], str]:
    """The members, and in words why these may not be all."""
    members: list[Membership] = []
    proof, odd = "", 0
    try:
        async for page in able(reader, ListsMemberships).memberships(group.id):
            members += page.records
            odd += len(page.unreadable)
            proof = page.proof
    except ProviderError as error:
        return tuple(members), (
            f"the members of {group.name} in {source} could not be listed now ({error.why})"
        )
    whole = bool(proof) and not odd
    return tuple(members), "" if whole else (
        f"the members of {group.name} in {source} could not all be listed now"
    )
