"""The reading half of the SCIM connector."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping

from keyturn_providers.abilities import Page
from keyturn_providers.errors import BadAnswer, Conflict, Gone
from keyturn_providers.records import Account, Group, Membership, Unreadable
from keyturn_providers.scim import translate
from keyturn_providers.scim.client import GROUPS, USERS, Resource, ScimClient
from keyturn_providers.scim.listing import T, pages
from keyturn_providers.scim.settings import ScimSettings

# One odd object is no reason to stop asking for the others: so Conflict, not BadAnswer.
_LOOK_THERE = "Look at it in the directory itself; nothing was taken from this answer."


class ScimReader:
    """Lists accounts, groups and memberships, and reads one account or one group's members.

    It remembers the ids of its own listings: with them a nested group, and a login given where an
    id belongs, are recognised among the members. `account` reads one user of this server. A
    server with ways of its own to list has a reader that overrides `_list`.
    """

    def __init__(
        self,
        client: ScimClient,
        settings: ScimSettings,
        *,
        account: Callable[[object], Account | Unreadable] = translate.account,
    ) -> None:
        self._client = client
        self._settings = settings
        self._account = account
        self._accounts: set[str] = set()
        self._logins: set[str] = set()
        self._groups: set[str] = set()
        self._shows_members = False

    async def accounts(self) -> AsyncIterator[Page[Account]]:
        async for page in self._list(USERS, "users", self._account):
            self._remember(page.records)
            yield page

    async def groups(self) -> AsyncIterator[Page[Group]]:
        without_members = {"excludedAttributes": "members"}
        async for page in self._list(GROUPS, "groups", translate.group, without_members):
            self._groups.update(group.id for group in page.records)
            yield page

    async def memberships(self, group_id: str) -> AsyncIterator[Page[Membership]]:
        """One page: a group's members come in its own record, whole or not at all.

        Some servers never show members. So a group without any counts as empty only if another of
        the groups that this reader listed shows some, or `members` came as an empty list. Raises
        `Gone` where the group is, and `BadAnswer` where emptiness cannot be told.
        """
        what = f"reading the members of group {group_id}"
        resource = await group_with_members(self._client, group_id, what=what)
        if resource is None:
            raise Gone(
                self._client.source,
                what,
                "The group does not exist any more.",
                "Refresh again to read the list of groups anew.",
            )
        raw = translate.members_of(resource.payload)
        if raw is None:
            await self._see_members_somewhere(group_id, what)
        else:
            self._shows_members = True
        members, unreadable = self._sorted_out(group_id, raw or ())
        whole = all(odd.id is not None for odd in unreadable)
        told = len(members) + len(unreadable)
        proof = f"the group's own record, with {told} members" if whole else ""
        yield Page(members, unreadable, told, proof)

    async def read_account(self, account_id: str) -> Account | None:
        what = f"reading account {account_id}"
        resource = await self._client.resource(USERS, account_id, what=what)
        if resource is None:
            return None
        account = self._account(resource.payload)
        if isinstance(account, Unreadable):
            raise Conflict(self._client.source, what, account.reason, _LOOK_THERE)
        self._remember((account,))
        return account

    async def read_members(self, group_id: str) -> tuple[Membership, ...] | None:
        what = f"reading the members of group {group_id}"
        resource = await group_with_members(self._client, group_id, what=what)
        if resource is None:
            return None
        raw = translate.members_of(resource.payload) or ()
        members, unreadable = self._sorted_out(group_id, raw)
        if unreadable:
            raise Conflict(self._client.source, what, unreadable[0].reason, _LOOK_THERE)
        return members

    def _list(
        self,
        endpoint: str,
        noun: str,
        translate: Callable[[object], T | Unreadable],
        extras: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Page[T]]:
        """A whole list, proven. `extras` are wishes that a server may refuse."""
        return pages(
            self._client,
            endpoint,
            noun,
            translate,
            count=self._settings.page_size,
            paging=self._settings.paging,
            extras=extras,
        )

    def _remember(self, accounts: Iterable[Account]) -> None:
        for account in accounts:
            self._accounts.add(account.id)
            if account.name:
                self._logins.add(account.name.casefold())

    async def _see_members_somewhere(self, group_id: str, what: str) -> None:
        if self._shows_members or not self._groups:
            return
        for other in sorted(self._groups - {group_id}):
            resource = await group_with_members(self._client, other, what=what)
            if resource is not None and translate.members_of(resource.payload) is not None:
                self._shows_members = True
                return
        raise BadAnswer(
            self._client.source,
            what,
            f"None of its {len(self._groups)} groups shows a member, so an empty group cannot be"
            " told from one whose members the server keeps back.",
            "Check that the token may read members; nothing is closed by this reading.",
        )

    def _sorted_out(
        self, group_id: str, raw: tuple[object, ...]
    ) -> tuple[tuple[Membership, ...], tuple[Unreadable, ...]]:
        members: dict[str, Membership] = {}
        unreadable: list[Unreadable] = []
        for entry in raw:
            member = translate.membership(
                group_id,
                entry,
                groups=self._groups,
                accounts=self._accounts,
                logins=self._logins,
            )
            if isinstance(member, Unreadable):
                unreadable.append(member)
            else:
                members[member.member_id] = member
        return tuple(members.values()), tuple(unreadable)


async def group_with_members(client: ScimClient, group_id: str, *, what: str) -> Resource | None:
    """A group with its `members`, None if it is proven gone.

    A record without the attribute may be an empty group, or one whose members are only given when
    asked for; so they are asked for by name before the group counts as empty. Raises `BadAnswer`
    where the server refuses that question.
    """
    resource = await client.resource(GROUPS, group_id, what=what)
    if resource is None or translate.members_of(resource.payload) is not None:
        return resource
    return await client.resource(GROUPS, group_id, what=what, params={"attributes": "members"})
