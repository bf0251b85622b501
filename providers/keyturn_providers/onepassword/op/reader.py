"""The reading abilities: listings remembered for one refresh, and reads by id that are live."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from keyturn_providers.abilities import ItemsListed, Page
from keyturn_providers.errors import Gone, ProviderError, Unreachable
from keyturn_providers.fan_out import in_order
from keyturn_providers.onepassword.op import translate
from keyturn_providers.onepassword.op.client import READS_AT_ONCE
from keyturn_providers.onepassword.op.live import LiveRead
from keyturn_providers.onepassword.op.payloads import ConnectToken, Group, User, Vault
from keyturn_providers.onepassword.op.queries import Listed, Queries, is_id
from keyturn_providers.onepassword.op.standing import Standing
from keyturn_providers.records import (
    Account,
    Grant,
    ItemOutside,
    Level,
    MachineIdentity,
    Membership,
    PrincipalKind,
    Unreadable,
)
from keyturn_providers.records import Group as GroupRecord
from keyturn_providers.records import Vault as VaultRecord
from keyturn_providers.remembered import Remembered
from keyturn_providers.text import safe

T = TypeVar("T")
_PEOPLE_AT_ONCE = 500
_PAGE = 200


class OpReader:
    """Each listing ends with proof or raises `ProviderError`; what it read is kept for as long as
    the reader lives. The reads by id ask `op` anew every time."""

    def __init__(self, queries: Queries, standing: Callable[[], Awaitable[Standing]]) -> None:
        self._queries = queries
        self._standing = standing
        self._groups: Remembered[Listed[Group]] = Remembered(self._read_groups)
        self._vaults: Remembered[Listed[Vault]] = Remembered(self._read_vaults)
        self._tokens: Remembered[Listed[ConnectToken]] = Remembered(self._read_tokens)
        self._members: dict[str, Remembered[Listed[User] | None]] = {}
        self._live = LiveRead(queries, standing, self._privileged_now, self._own_vaults_now)

    async def accounts(self) -> AsyncIterator[Page[Account]]:
        """People with their details, which one call of `op` gives for many of them. Without proof
        where the details of somebody did not come. `roles` are the privileged groups they are in.
        """
        users = await self._queries.users()
        roles = await self._roles()
        missing, total = 0, len(users.items) + len(users.unreadable)
        for start in range(0, max(len(users.items), 1), _PEOPLE_AT_ONCE):
            asked = users.items[start : start + _PEOPLE_AT_ONCE]
            chunk, details = await self._detailed(asked)
            total -= len(asked) - len(chunk)
            told = {user.id: user for user in details.items}
            odd = {one.id: one for one in details.unreadable if one.id is not None}
            missing += sum(1 for user in chunk if user.id not in told and user.id not in odd)
            last = start + _PEOPLE_AT_ONCE >= len(users.items)
            yield Page(
                tuple(
                    translate.account(told.get(user.id, user), roles.get(user.id, ()))
                    for user in chunk
                    if user.id not in odd
                ),
                (*odd.values(), *(users.unreadable if last else ())),
                total,
                f"op listed {total} people and was asked for each" if last and not missing else "",
            )
        if missing:
            raise Unreachable(
                self._queries.source,
                "reading the details of people",
                f"op did not give the details of {missing} of {total} people.",
                "Refresh again; if it stays so, look at them in 1Password.",
            )

    async def groups(self) -> AsyncIterator[Page[GroupRecord]]:
        groups = await self._groups.get()
        found = [translate.group(one) for one in groups.items]
        for page in _pages(found, groups.unreadable, "groups"):
            yield page

    async def memberships(self, group_id: str) -> AsyncIterator[Page[Membership]]:
        members = await self._members_of(group_id)
        if members is None:
            raise self._gone("group", group_id)
        found = [translate.membership(group_id, user) for user in members.items]
        for page in _pages(found, members.unreadable, "members"):
            yield page

    async def vaults(self) -> AsyncIterator[Page[VaultRecord]]:
        """Those the session can read and those it may manage: for an Owner, all but other people's
        own. What else there is stays a blind spot."""
        vaults = await self._vaults.get()
        found = [translate.vault(one) for one in vaults.items]
        for page in _pages(found, vaults.unreadable, "vaults"):
            yield page

    async def grants(self, vault_id: str) -> AsyncIterator[Page[Grant]]:
        """Direct access of people and of groups, and that of Connect tokens where the session may
        list them. Permissions that are not told, or not known, give Level.UNKNOWN and are counted
        as unreadable."""
        users = await self._queries.vault_users(vault_id) if is_id(vault_id) else None
        groups = await self._queries.vault_groups(vault_id) if users is not None else None
        if users is None or groups is None:
            raise self._gone("vault", vault_id)
        tokens = await self._tokens.get()
        vocabulary = (await self._standing()).vocabulary
        own = vault_id in await self._own_vaults()
        found = [
            *(
                translate.grant(vault_id, PrincipalKind.ACCOUNT, one, vocabulary, own_vault=own)
                for one in users.items
            ),
            *(
                translate.grant(vault_id, PrincipalKind.GROUP, one, vocabulary)
                for one in groups.items
            ),
            *(
                grant
                for token in tokens.items
                for grant in translate.token_grants(token)
                if grant.vault_id == vault_id
            ),
        ]
        unclear = (_unclear(grant) for grant in found if grant.level is Level.UNKNOWN)
        odd = (*users.unreadable, *groups.unreadable, *tokens.unreadable, *unclear)
        for page in _pages(found, odd, "people, groups and tokens with direct access"):
            yield page

    async def machines(self) -> AsyncIterator[Page[MachineIdentity]]:
        """Connect servers and the tokens made for them, revoked ones left out. `op` has no list of
        service accounts."""
        servers, tokens = await self._queries.connect_servers(), await self._tokens.get()
        names = {one.id: safe(one.name) or one.id for one in (await self._vaults.get()).items}
        by_id = {one.id: one for one in servers.items}
        made_for = Counter(one.integration_id for one in tokens.items)
        found = [
            *(translate.server_machine(one, made_for[one.id]) for one in servers.items),
            *(
                translate.token_machine(one, by_id.get(one.integration_id), names)
                for one in tokens.items
            ),
        ]
        for page in _pages(found, (*servers.unreadable, *tokens.unreadable), "machine identities"):
            yield page

    async def list_items(self, vault_id: str) -> ItemsListed | None:
        """An item without a time of its last change tells nothing, and counts as not understood."""
        if not is_id(vault_id):
            return None
        found = await self._queries.items(vault_id)
        if found is None:
            return None
        items = tuple(
            ItemOutside(
                vault_id=vault_id,
                id=one.id,
                title=safe(one.title),
                category=safe(one.category, 60),
                updated_ms=one.updated_at,
                edited_by=safe(one.last_edited_by, 60),
            )
            for one in found.items
            if one.updated_at is not None
        )
        return ItemsListed(items, len(items) == len(found.items) and not found.unreadable)

    async def read_account(self, account_id: str) -> Account | None:
        return await self._live.account(account_id)

    async def read_members(self, group_id: str) -> tuple[Membership, ...] | None:
        return await self._live.members(group_id)

    async def read_memberships_of(self, account_id: str) -> tuple[Membership, ...]:
        return await self._live.memberships_of(account_id)

    async def read_grants_of(
        self,
        principal_kind: PrincipalKind,
        principal_id: str,
        vault_ids: frozenset[str] = frozenset(),
    ) -> tuple[Grant, ...]:
        return await self._live.grants_of(principal_kind, principal_id, vault_ids)

    async def find_account(self, email: str) -> Account | None:
        return await self._live.find(email)

    async def _read_groups(self) -> Listed[Group]:
        groups = await self._queries.groups()
        details = await self._queries.group_details([group.id for group in groups.items])
        detailed = {group.id: group for group in details.items}
        return Listed(
            tuple(detailed.get(group.id, group) for group in groups.items), groups.unreadable
        )

    async def _read_vaults(self) -> Listed[Vault]:
        managing = (await self._standing()).vocabulary.managing
        readable, managed = await in_order(("", managing), self._queries.vaults, 2)
        found = {vault.id: vault for vault in (*readable.items, *managed.items)}
        details = await self._queries.vault_details(list(found))
        found.update((vault.id, vault) for vault in details.items)
        odd = dict.fromkeys((*readable.unreadable, *managed.unreadable))
        return Listed(tuple(found.values()), tuple(odd))

    async def _read_tokens(self) -> Listed[ConnectToken]:
        machines = (await self._standing()).machines
        return await self._queries.connect_tokens() if machines else Listed(())

    async def _detailed(self, chunk: tuple[User, ...]) -> tuple[tuple[User, ...], Listed[User]]:
        """Those of `chunk` who are there, with their details. One person who was deleted since the
        list was made spoils the whole call: then the list is made anew, once."""
        details = await self._queries.user_details([user.id for user in chunk])
        if {user.id for user in chunk} <= details.ids:
            return chunk, details
        again = await self._queries.users()
        there = tuple(user for user in chunk if user.id in again.ids)
        return there, await self._queries.user_details([user.id for user in there])

    async def _members_of(self, group_id: str) -> Listed[User] | None:
        if not is_id(group_id):
            return None
        known = self._members.get(group_id)
        if known is None:
            known = Remembered(lambda: self._queries.members(group_id))
            self._members[group_id] = known
        return await known.get()

    async def _privileged(self) -> dict[str, str]:
        """Privileged groups: id to name."""
        groups = await self._groups.get()
        return {
            group.id: safe(group.name) or group.id
            for group in groups.items
            if translate.is_privileged(group)
        }

    async def _privileged_now(self) -> dict[str, str]:
        """The same for a read by id, which may be made again: a failure is not remembered."""
        try:
            return await self._privileged()
        except ProviderError:
            self._groups = Remembered(self._read_groups)
            raise

    async def _own_vaults_now(self) -> frozenset[str]:
        try:
            return await self._own_vaults()
        except ProviderError:
            self._vaults = Remembered(self._read_vaults)
            raise

    async def _own_vaults(self) -> frozenset[str]:
        vaults = await self._vaults.get()
        return frozenset(
            vault.id for vault in vaults.items if vault.type.casefold() == translate.PERSONAL
        )

    async def _roles(self) -> dict[str, Sequence[str]]:
        privileged = await self._privileged()
        members = await in_order(list(privileged), self._members_of, READS_AT_ONCE)
        roles: dict[str, list[str]] = {}
        for name, listed in zip(privileged.values(), members, strict=True):
            for user in listed.items if listed is not None else ():
                roles.setdefault(user.id, []).append(name)
        return {user_id: tuple(sorted(names)) for user_id, names in roles.items()}

    def _gone(self, kind: str, its_id: str) -> Gone:
        return Gone(
            self._queries.source,
            f"listing what belongs to {kind} {safe(its_id, 60)}",
            f"This session knows no such {kind}.",
            "Refresh to see which there are.",
        )


def _unclear(grant: Grant) -> Unreadable:
    return Unreadable(grant.carrier, f"{grant.carrier}: {grant.note}")


def _pages(
    records: Sequence[T], unreadable: Sequence[Unreadable], kind: str
) -> tuple[Page[T], ...]:
    """The records in pages; the last has the unreadable ones and the proof: `op` gives a list
    whole, or fails."""
    total = len(records) + len(unreadable)
    starts = range(0, max(len(records), 1), _PAGE)
    return tuple(
        Page(tuple(records[start : start + _PAGE]), expected=total)
        if start != starts[-1]
        else Page(tuple(records[start:]), tuple(unreadable), total, f"op listed all {total} {kind}")
        for start in starts
    )
