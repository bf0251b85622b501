"""A simulated source: the whole contract of its side over a tenant in memory."""

from dataclasses import dataclass

from keyturn_providers.abilities import Ability
from keyturn_providers.contract import About, Check
from keyturn_providers.errors import ReadOnly
from keyturn_providers.records import Side
from keyturn_providers.simulated.faults import ABOUT, Faults
from keyturn_providers.simulated.lifecycle import (
    LifecycleDirectoryWriter,
    LifecycleSecretsWriter,
)
from keyturn_providers.simulated.reading import (
    AuditedDirectoryReader,
    DirectoryReader,
    LifecycleDirectoryReader,
    LifecycleSecretsReader,
    SecretsReader,
    UnauditedSecretsReader,
)
from keyturn_providers.simulated.remote import Remote
from keyturn_providers.simulated.streaming import EventLog, streaming_reader
from keyturn_providers.simulated.tenant import Tenant
from keyturn_providers.simulated.writing import DirectoryWriter, SecretsWriter

_PEOPLE = frozenset(
    {
        Ability.LIST_ACCOUNTS,
        Ability.LIST_GROUPS,
        Ability.LIST_MEMBERSHIPS,
        Ability.READ_ACCOUNT,
        Ability.READ_MEMBERS,
        Ability.READ_MEMBERSHIPS,
        Ability.SUSPEND,
        Ability.REACTIVATE,
        Ability.ADD_MEMBERSHIP,
        Ability.REMOVE_MEMBERSHIP,
    }
)
_LIFECYCLE = {
    Side.DIRECTORY: frozenset(
        {
            Ability.FIND_ACCOUNT,
            Ability.READ_AUDIT,
            Ability.DEACTIVATE,
            Ability.END_ALL_SESSIONS,
            Ability.READ_TOKENS,
        }
    ),
    Side.SECRETS: frozenset(
        {
            Ability.FIND_ACCOUNT,
            Ability.READ_AUDIT,
            Ability.PROVISION,
            Ability.CONFIRM,
            Ability.NARROW,
        }
    ),
}
_SECRETS = _PEOPLE | {
    Ability.LIST_VAULTS,
    Ability.LIST_GRANTS,
    Ability.LIST_MACHINES,
    Ability.READ_GRANT,
    Ability.READ_SESSIONS,
    Ability.END_SESSIONS,
    Ability.GRANT,
    Ability.REVOKE,
}


@dataclass(slots=True)
class SimulatedConnector:
    """One source. `audited` says whether its audit log can be read; a directory's usually cannot.
    With `lifecycle` it can all that the vendors' own sources can, and its log is read.

    With a `log`, its events can be archived. `asked` counts the calls of `about`, `closed` whether
    it was closed: for tests.
    """

    remote: Remote
    audited: bool = False
    lifecycle: bool = False
    read_only: bool = False
    blind_spots: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    consistency_delay_s: float = 0.0
    audit_lag_s: float = 0.0
    changes_at_once: int = 1
    log: EventLog | None = None
    asked: int = 0
    closed: bool = False

    @property
    def tenant(self) -> Tenant:
        return self.remote.tenant

    @property
    def faults(self) -> Faults:
        return self.remote.faults

    async def about(self) -> About:
        """As the tenant is now. Fails with an armed fault on ABOUT."""
        self.asked += 1
        source = self.tenant.source
        read = await self.remote.read(ABOUT, "", lambda t: t.source, by_id=False)
        able = _SECRETS if source.side is Side.SECRETS else _PEOPLE
        if self.audited:
            able |= {Ability.READ_AUDIT}
        if self.log is not None:
            able |= {Ability.STREAM_EVENTS}
        if self.lifecycle:
            able |= _LIFECYCLE[source.side]
        return About(
            source=read,
            address=f"simulated:{source.name}",
            abilities=frozenset(able),
            version="simulated",
            own=self.tenant.own,
            blind_spots=self.blind_spots,
            checks=self.checks,
            consistency_delay_s=self.consistency_delay_s,
            audit_lag_s=self.audit_lag_s,
            changes_at_once=self.changes_at_once,
            events_kept_s=self.log.kept_s if self.log is not None else None,
            permission_rules=self.tenant.permission_rules,
        )

    def reader(self) -> object:
        if self.log is not None:
            return streaming_reader(self.remote, self.log, audited=self.audited)
        if self.lifecycle:
            readers = {
                Side.DIRECTORY: LifecycleDirectoryReader,
                Side.SECRETS: LifecycleSecretsReader,
            }
            return readers[self.tenant.source.side](self.remote)
        if self.tenant.source.side is Side.SECRETS:
            return (
                SecretsReader(self.remote) if self.audited else UnauditedSecretsReader(self.remote)
            )
        return AuditedDirectoryReader(self.remote) if self.audited else DirectoryReader(self.remote)

    def writer(self) -> object:
        name = self.tenant.source.name
        if self.read_only:
            raise ReadOnly(
                name, "cannot write", "keyturn was started read-only.", "Start it without."
            )
        if self.tenant.source.side is Side.SECRETS:
            own = LifecycleSecretsWriter if self.lifecycle else SecretsWriter
            return own(self.remote)
        return (LifecycleDirectoryWriter if self.lifecycle else DirectoryWriter)(self.remote)

    async def aclose(self) -> None:
        self.closed = True
