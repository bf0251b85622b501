"""The reader: listings out of one remembered read, and live reads by id.

All listings of one reader come from the same read of the server, so they agree with each other.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from keyturn_providers.abilities import Page, Sought
from keyturn_providers.errors import BadAnswer, Gone, NotAllowed
from keyturn_providers.openbao import translate
from keyturn_providers.openbao.audit import AuditLog
from keyturn_providers.openbao.grants import Edge, Index, Judge, all_edges, grants_on
from keyturn_providers.openbao.live import LiveRead
from keyturn_providers.openbao.server_read import ServerRead
from keyturn_providers.openbao.sight import Sight
from keyturn_providers.openbao.state import Entities, Groups, Logins, Tokens
from keyturn_providers.records import (
    Account,
    AuditEvent,
    Grant,
    Group,
    MachineIdentity,
    Membership,
    PrincipalKind,
    Session,
    Unreadable,
    Vault,
)
from keyturn_providers.remembered import Remembered
from keyturn_providers.text import safe

T = TypeVar("T")
_PAGE = 200


@dataclass(frozen=True, slots=True)
class View:
    """What the connector knows of itself: what it may see, its own token's accessor, and the
    policies that token has."""

    sight: Sight
    own_accessor: str
    own_policies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Judged:
    edges: tuple[Edge, ...]
    judge: Judge
    unreadable: tuple[Unreadable, ...]
    proof: str


class OpenBaoReader:
    """The reading abilities. Each listing ends with proof or raises `ProviderError`."""

    def __init__(
        self, source: str, server: ServerRead, view: Callable[[], Awaitable[View]]
    ) -> None:
        self._source = source
        self._view = view
        self._live = LiveRead(server)
        self._mounts = Remembered(server.mounts)
        self._policies = Remembered(server.policies)
        self._entities: Remembered[Entities] = Remembered(lambda: self._unfiltered(server.entities))
        self._groups: Remembered[Groups] = Remembered(lambda: self._unfiltered(server.groups))
        self._logins: Remembered[Logins] = Remembered(lambda: self._read_logins(server))
        self._tokens: Remembered[Tokens] = Remembered(lambda: self._read_tokens(server))
        self._judged: Remembered[_Judged] = Remembered(self._judge)

    async def accounts(self) -> AsyncIterator[Page[Account]]:
        """Entities. Roles count the policies of an entity and of all groups it is in, nested ones
        included; where groups may not be read, only its own (a blind spot says so)."""
        entities = await self._entities.get()
        try:
            groups = {group.id: group for group in (await self._groups.get()).items}
        except NotAllowed:
            groups = {}
        policies = (await self._policies.get()).by_name
        found = [translate.account(entity, groups, policies) for entity in entities.items]
        for page in _pages(found, entities.unreadable, entities.proof):
            yield page

    async def groups(self) -> AsyncIterator[Page[Group]]:
        groups = await self._groups.get()
        found = [translate.group(group) for group in groups.items]
        for page in _pages(found, groups.unreadable, groups.proof):
            yield page

    async def memberships(self, group_id: str) -> AsyncIterator[Page[Membership]]:
        groups = await self._groups.get()
        payload = next((group for group in groups.items if group.id == group_id), None)
        if payload is None:
            raise self._no_group(group_id, groups)
        members, odd = translate.memberships(payload)
        proof = f"the group's answer holds all {len(members) + len(odd)} direct members"
        for page in _pages(members, odd, proof):
            yield page

    async def vaults(self) -> AsyncIterator[Page[Vault]]:
        mounts = await self._mounts.get()
        for page in _pages([m.vault for m in mounts.items], mounts.unreadable, mounts.proof):
            yield page

    async def grants(self, vault_id: str) -> AsyncIterator[Page[Grant]]:
        """Every edge (entity, group, login, role, token) whose policy allows something on the
        vault. A policy that is not understood gives Level.UNKNOWN and is counted as unreadable;
        an unreadable holder leaves the listing incomplete, for its policies are not known."""
        mount = (await self._mounts.get()).by_id(vault_id)
        if mount is None:
            raise Gone(
                self._source,
                "listing grants",
                f"There is no KV mount with the id {safe(vault_id, 80)}.",
                "Refresh to see which there are.",
            )
        judged = await self._judged.get()
        found = grants_on(mount, judged.edges, judged.judge)
        for page in _pages(found, judged.unreadable, judged.proof):
            yield page

    async def machines(self) -> AsyncIterator[Page[MachineIdentity]]:
        """Roles, logins nobody has an entity for, tokens of nobody, and tokens that outlive every
        login. keyturn's own token is among them, and its note says so."""
        own = (await self._view()).own_accessor
        entities, logins = await self._entities.get(), await self._logins.get()
        tokens = await self._tokens.get()
        index = Index(entities.items, logins.items)
        machines = [
            *(
                translate.login_machine(login, has_entity=index.entity_of(login) is not None)
                for login in logins.items
            ),
            *(
                translate.token_machine(
                    token,
                    known_entity=index.has_entity(token.entity_id),
                    own=token.accessor == own,
                )
                for token in tokens.items
            ),
        ]
        odd = (*logins.unreadable, *tokens.unreadable, *_nameless(entities.unreadable))
        for page in _pages([m for m in machines if m], odd, _proof(entities, logins, tokens)):
            yield page

    async def read_account(self, account_id: str) -> Account | None:
        return await self._live.account(account_id)

    async def read_members(self, group_id: str) -> tuple[Membership, ...] | None:
        return await self._live.members(group_id)

    async def read_memberships_of(self, account_id: str) -> tuple[Membership, ...]:
        """As the entity itself names its groups; none of an entity that is gone. Raises BadAnswer
        where the server does not name them: none is another thing."""
        found = await self._live.memberships_of(account_id)
        if found is None:
            raise BadAnswer(
                self._source,
                f"reading the groups of {safe(account_id, 80)}",
                "The entity does not say in which groups it is itself (direct_group_ids).",
                "Refresh: the groups name their members.",
            )
        return found

    async def read_grants_of(
        self,
        principal_kind: PrincipalKind,
        principal_id: str,
        vault_ids: frozenset[str] = frozenset(),
    ) -> tuple[Grant, ...]:
        """Empty for a principal that is gone. For an account it looks up every token there is."""
        view = await self._view()
        return await self._live.grants_of(
            principal_kind, principal_id, view.sight, view.own_accessor
        )

    async def read_sessions(self, account_id: str) -> tuple[Session, ...]:
        """The account's tokens, by looking up every accessor there is. Batch tokens have none."""
        return await self._live.sessions(account_id)

    async def _unfiltered(self, make: Callable[[], Awaitable[T]]) -> T:
        """`make`, unless the server hides entries from keyturn: OpenBao can filter the answers to
        LIST by a setting in the asker's policy, and says nothing of it in the answer."""
        own = (await self._view()).own_policies
        policies = (await self._policies.get()).by_name
        for name in sorted(own & set(policies)):
            rules = policies[name].rules or ()
            if any("filter_path" in c for rule in rules for c in rule.conditions):
                raise NotAllowed(
                    self._source,
                    "listing",
                    f"The policy {safe(name, 80)} of keyturn's own token lets the server leave"
                    " entries out of lists (list_scan_response_keys_filter_path).",
                    "Give keyturn a policy without that setting; nothing was concluded.",
                )
        return await make()

    async def _read_logins(self, server: ServerRead) -> Logins:
        sight = (await self._view()).sight
        if not sight.auth_methods:
            return Logins((), unseen=("every auth method",))
        return await self._unfiltered(lambda: server.logins(sight.blind_mounts))

    async def _read_tokens(self, server: ServerRead) -> Tokens:
        blind = not (await self._view()).sight.tokens
        return await self._unfiltered(lambda: server.tokens(blind=blind))

    async def _judge(self) -> _Judged:
        own = (await self._view()).own_accessor
        entities, groups = await self._entities.get(), await self._groups.get()
        logins, tokens = await self._logins.get(), await self._tokens.get()
        judge = Judge((await self._policies.get()).by_name)
        index = Index(entities.items, logins.items)
        edges = all_edges(entities.items, groups.items, logins.items, tokens.items, index, own)
        odd = _nameless(
            (*entities.unreadable, *groups.unreadable, *logins.unreadable, *tokens.unreadable)
        )
        unclear = tuple(
            Unreadable(f"policy/{policy.name}", safe(f"policy {policy.name}: {policy.problem}"))
            for policy in judge.unreadable()
        )
        proof = f"{len(groups.items)} groups, {_proof(entities, logins, tokens)}"
        return _Judged(tuple(edges), judge, (*unclear, *odd), proof)

    def _no_group(self, group_id: str, groups: Groups) -> BadAnswer | Gone:
        what = f"listing the members of {safe(group_id, 80)}"
        for odd in groups.unreadable:
            if odd.id == group_id:
                return BadAnswer(self._source, what, odd.reason, "Look at the group by hand.")
        return Gone(
            self._source, what, "There is no such group.", "Refresh to see which there are."
        )


class OpenBaoAuditedReader(OpenBaoReader):
    """A reader that can also look into the server's audit log."""

    def __init__(
        self,
        source: str,
        server: ServerRead,
        view: Callable[[], Awaitable[View]],
        log: AuditLog,
    ) -> None:
        super().__init__(source, server, view)
        self._log = log

    async def audit_checkpoint(self) -> str:
        return await asyncio.to_thread(self._log.checkpoint)

    async def audit_events(self, since: str, sought: Sequence[Sought]) -> tuple[AuditEvent, ...]:
        ids = frozenset(one.operation_id for one in sought if not one.by_anyone)
        return await asyncio.to_thread(self._log.events, since, ids)


def _pages(
    records: Sequence[T], unreadable: Sequence[Unreadable], proof: str
) -> tuple[Page[T], ...]:
    """The records in pages; the last one has the unreadable ones and the proof."""
    total = len(records) + len(unreadable)
    starts = range(0, max(len(records), 1), _PAGE)
    return tuple(
        Page(tuple(records[start : start + _PAGE]), expected=total)
        if start != starts[-1]
        else Page(tuple(records[start:]), tuple(unreadable), total, proof)
        for start in starts
    )


def _proof(entities: Entities, logins: Logins, tokens: Tokens) -> str:
    """How complete the holders of policies were read, and what was announced as not visible."""
    unseen = [f"auth/{path}" for path in logins.unseen]
    if tokens.unseen:
        unseen.append("tokens")
    seen = (
        f"{len(entities.items)} entities, {len(logins.items)} logins and roles,"
        f" {len(tokens.items)} tokens, each list read to its end"
    )
    return f"{seen}; not visible to keyturn: {', '.join(unseen)}" if unseen else seen


def _nameless(unreadable: Sequence[Unreadable]) -> tuple[Unreadable, ...]:
    """The same without ids: what such a thing holds is not known, so the listing of what hangs on
    it cannot be complete."""
    return tuple(Unreadable(None, odd.reason) for odd in unreadable)
