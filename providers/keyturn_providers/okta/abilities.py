"""The readers and writers that fit what keyturn's credential may do.

What a connector declares and what its objects can do must be the same, so there is a class for each
combination.
"""

from collections.abc import AsyncIterator, Sequence

from keyturn_providers.abilities import (
    Ability,
    Page,
    Sought,
)
from keyturn_providers.okta import sight as scopes
from keyturn_providers.okta.client import OktaClient
from keyturn_providers.okta.machines import machines
from keyturn_providers.okta.reader import OktaReader
from keyturn_providers.okta.sight import Sight
from keyturn_providers.okta.system_log import SystemLog
from keyturn_providers.okta.writer import GroupWriter, OktaWriter, UserWriter
from keyturn_providers.records import AuditEvent, MachineIdentity

_READS = frozenset(
    {
        Ability.LIST_ACCOUNTS,
        Ability.LIST_GROUPS,
        Ability.LIST_MEMBERSHIPS,
        Ability.READ_ACCOUNT,
        Ability.READ_MEMBERS,
        Ability.READ_MEMBERSHIPS,
        Ability.READ_TOKENS,
    }
)
_USER_WRITES = frozenset(
    {Ability.SUSPEND, Ability.REACTIVATE, Ability.DEACTIVATE, Ability.END_ALL_SESSIONS}
)
_GROUP_WRITES = frozenset({Ability.ADD_MEMBERSHIP, Ability.REMOVE_MEMBERSHIP})


class _WithLog(OktaReader):
    def __init__(self, client: OktaClient, sight: Sight, page_size: int, log: SystemLog) -> None:
        super().__init__(client, sight, page_size)
        self._log = log


class _ReadsMachines(OktaReader):
    async def machines(self) -> AsyncIterator[Page[MachineIdentity]]:
        """API tokens and OAuth service apps."""
        async for page in machines(self._client, self._sight, self._extras):
            yield page


class _ReadsAudit(_WithLog):
    async def audit_checkpoint(self) -> str:
        return await self._log.position()

    async def audit_events(self, since: str, sought: Sequence[Sought]) -> tuple[AuditEvent, ...]:
        return await self._log.proofs(since, sought)


class _ReadsAll(_ReadsAudit, _ReadsMachines):
    pass


class NoWriter:
    """Where nothing may be changed."""


def abilities(sight: Sight, *, read_only: bool) -> frozenset[Ability]:
    """What can be done within this sight."""
    can = _READS
    if sight.machines:
        can |= {Ability.LIST_MACHINES}
    if scopes.LOGS in sight.seen:
        can |= {Ability.READ_AUDIT}
    if not read_only and scopes.MANAGE_USERS in sight.seen:
        can |= _USER_WRITES
    if not read_only and scopes.MANAGE_GROUPS in sight.seen:
        can |= _GROUP_WRITES
    return can


def reader(client: OktaClient, sight: Sight, page_size: int, log: SystemLog) -> OktaReader:
    """A new reader with just the abilities of `abilities`."""
    logs = scopes.LOGS in sight.seen
    if sight.machines and logs:
        return _ReadsAll(client, sight, page_size, log)
    if logs:
        return _ReadsAudit(client, sight, page_size, log)
    if sight.machines:
        return _ReadsMachines(client, sight, page_size)
    return OktaReader(client, sight, page_size)


def writer(client: OktaClient, sight: Sight) -> object:
    """A writer with just the abilities of `abilities`."""
    users, groups = scopes.MANAGE_USERS in sight.seen, scopes.MANAGE_GROUPS in sight.seen
    if users and groups:
        return OktaWriter(client, sight)
    if users:
        return UserWriter(client, sight)
    return GroupWriter(client, sight) if groups else NoWriter()
