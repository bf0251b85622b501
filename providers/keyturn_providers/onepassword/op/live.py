"""Reads by id, always live: what verification and preconditions rest on."""

from collections.abc import Awaitable, Callable, Mapping

from keyturn_providers.errors import BadAnswer, Conflict, NotAllowed
from keyturn_providers.fan_out import in_order
from keyturn_providers.onepassword.op import translate
from keyturn_providers.onepassword.op.client import READS_AT_ONCE
from keyturn_providers.onepassword.op.payloads import Group, User
from keyturn_providers.onepassword.op.queries import Listed, Queries, is_id
from keyturn_providers.onepassword.op.standing import Standing
from keyturn_providers.records import Account, Grant, Membership, PrincipalKind
from keyturn_providers.text import safe


class LiveRead:
    """Nothing that can change between two calls is remembered. Raises `ProviderError` only.

    `privileged` (groups that give rights over the account) and `own_vaults` (people's own vaults)
    may be as old as the reader: what kind a group or vault is does not change.
    """

    def __init__(
        self,
        queries: Queries,
        standing: Callable[[], Awaitable[Standing]],
        privileged: Callable[[], Awaitable[Mapping[str, str]]],
        own_vaults: Callable[[], Awaitable[frozenset[str]]],
    ) -> None:
        self._queries = queries
        self._standing = standing
        self._privileged = privileged
        self._own_vaults = own_vaults

    async def account(self, account_id: str) -> Account | None:
        """None only if the list of all people comes whole and does not have the id either."""
        user = await self.user(account_id)
        return None if user is None else translate.account(user, await self._roles(account_id))

    async def user(self, account_id: str) -> User | None:
        """As `account`, without the roles."""
        if not is_id(account_id):
            return None
        user = await self._queries.user(account_id)
        if user is None:
            users = await self._queries.users()
            if account_id in users.ids:
                raise self._contradiction("person", account_id)
        return user

    async def members(self, group_id: str) -> tuple[Membership, ...] | None:
        if not is_id(group_id):
            return None
        members = await self._queries.members(group_id)
        if members is None:
            groups = await self._queries.groups()
            if group_id in groups.ids:
                raise self._contradiction("group", group_id)
            return None
        if members.unreadable:
            raise BadAnswer(
                self._queries.source,
                f"listing the members of group {safe(group_id, 60)}",
                f"{len(members.unreadable)} of them could not be understood.",
                "Nothing was concluded; look at the group in 1Password.",
            )
        return tuple(translate.membership(group_id, user) for user in members.items)

    async def memberships_of(self, account_id: str) -> tuple[Membership, ...]:
        """Of a person whom `op` knows no more, none; the roles in the groups are not told here."""
        groups = await self._queries.groups_of(account_id) if is_id(account_id) else None
        if groups is None:
            if await self.user(account_id) is not None:
                raise self._contradiction("person", account_id)
            return ()
        if groups.unreadable:
            raise BadAnswer(
                self._queries.source,
                f"listing the groups of {safe(account_id, 60)}",
                f"{len(groups.unreadable)} of them could not be understood.",
                "Nothing was concluded; look at the person in 1Password.",
            )
        return tuple(Membership(group.id, account_id) for group in groups.items)

    async def grants_of(
        self, kind: PrincipalKind, principal_id: str, vault_ids: frozenset[str]
    ) -> tuple[Grant, ...]:
        """Looks into `vault_ids` and every vault that `op` says the principal reaches."""
        if kind is PrincipalKind.MACHINE:
            return await self._of_token(principal_id)
        if not is_id(principal_id):
            return ()
        reached = await self._queries.vaults_of(kind, principal_id)
        if reached is None:
            return ()  # there is no such person or group
        wanted = sorted({vault.id for vault in reached.items} | vault_ids)
        found = await in_order(
            wanted, lambda vault_id: self.grant_on(kind, principal_id, vault_id), READS_AT_ONCE
        )
        return tuple(grant for grant in found if grant is not None)

    async def _of_token(self, token_id: str) -> tuple[Grant, ...]:
        if not (await self._standing()).machines:
            return ()
        tokens = await self._queries.connect_tokens()
        return tuple(
            grant
            for token in tokens.items
            if token.id == token_id
            for grant in translate.token_grants(token)
        )

    async def grant_on(self, kind: PrincipalKind, principal_id: str, vault_id: str) -> Grant | None:
        """The principal's direct access to one vault, now."""
        if not is_id(vault_id):
            return None
        holders: Listed[User] | Listed[Group] | None = (
            await self._queries.vault_groups(vault_id)
            if kind is PrincipalKind.GROUP
            else await self._queries.vault_users(vault_id)
        )
        if holders is None:
            await self._prove_vault_gone(vault_id)
            return None
        if any(odd.id in (None, principal_id) for odd in holders.unreadable):
            raise BadAnswer(
                self._queries.source,
                f"listing who may open vault {safe(vault_id, 60)}",
                "An entry could not be understood, and may be the one in question.",
                "Nothing was concluded; look at the vault in 1Password.",
            )
        for one in holders.items:
            if one.id == principal_id:
                own = kind is PrincipalKind.ACCOUNT and vault_id in await self._own_vaults()
                vocabulary = (await self._standing()).vocabulary
                return translate.grant(vault_id, kind, one, vocabulary, own_vault=own)
        return None

    async def find(self, email: str) -> Account | None:
        """By address, whatever its case. Deleted accounts only where there is no other."""
        wanted = email.strip().casefold()
        users = await self._queries.users()
        fitting = [one for one in users.items if one.email.strip().casefold() == wanted]
        alive = [one for one in fitting if one.state.upper() != "DELETED"] or fitting
        if not alive or not wanted:
            return None
        if len(alive) > 1:
            raise Conflict(
                self._queries.source,
                f"looking for {safe(email, 120)}",
                f"{len(alive)} accounts have this address.",
                "Look at them in 1Password; nothing was done.",
            )
        return await self.account(alive[0].id)

    async def _roles(self, account_id: str) -> tuple[str, ...]:
        groups = await self._queries.groups_of(account_id)
        privileged = await self._privileged()
        own = groups.items if groups is not None else ()
        return tuple(sorted(privileged[group.id] for group in own if group.id in privileged))

    async def _prove_vault_gone(self, vault_id: str) -> None:
        """Returns where an Owner's list does not have the vault; raises where it cannot be told."""
        standing = await self._standing()
        managed = await self._queries.vaults(standing.vocabulary.managing)
        if standing.owner and vault_id not in managed.ids and None not in managed.ids:
            return
        raise NotAllowed(
            self._queries.source,
            f"listing who may open vault {safe(vault_id, 60)}",
            "This session cannot look into the vault; it may be gone, or only out of reach.",
            "Use an Owner's session, which reaches every vault.",
        )

    def _contradiction(self, kind: str, its_id: str) -> BadAnswer:
        return BadAnswer(
            self._queries.source,
            f"reading the {kind} {safe(its_id, 60)}",
            f"op lists this {kind} and says that it does not exist.",
            "Nothing was concluded; read again.",
        )
