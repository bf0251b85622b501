"""The state of one simulated tenant: what it holds, what it logged, what it was asked to do."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn_providers.abilities import Ability
from keyturn_providers.contract import OwnIdentity
from keyturn_providers.records import (
    Account,
    AuditEvent,
    Grant,
    Group,
    MachineIdentity,
    MemberKind,
    Membership,
    PermissionRules,
    Session,
    SourceIdentity,
    Vault,
)

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Call:
    """One write that arrived. `result` is "done", "already so" or why nothing was done."""

    ability: Ability
    operation_id: str
    target: str
    result: str
    at_ms: int


@dataclass(slots=True)
class Tenant:
    """All that one source knows. Changed by the simulated writer, and freely by tests.

    `members` is by group id, then member id; `grants` by carrier, then vault id; `cut` keeps what a
    carrier gave, so that it can be restored. `tokens` names, by account id, who holds tokens of the
    account. `hidden` counts the polls before an event shows. With `permission_rules`
    grants are of single permissions, and nothing remembers what was revoked.
    """

    source: SourceIdentity
    own: OwnIdentity | None = None
    accounts: dict[str, Account] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    members: dict[str, dict[str, Membership]] = field(default_factory=dict)
    vaults: dict[str, Vault] = field(default_factory=dict)
    grants: dict[str, dict[str, Grant]] = field(default_factory=dict)
    cut: dict[str, dict[str, Grant]] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    tokens: dict[str, tuple[str, ...]] = field(default_factory=dict)
    machines: dict[str, MachineIdentity] = field(default_factory=dict)
    permission_rules: PermissionRules | None = None
    events: list[AuditEvent] = field(default_factory=list)
    hidden: dict[str, int] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    clock_ms: int = 1_800_000_000_000

    def add(
        self, *records: Account | Group | Membership | Vault | Grant | Session | MachineIdentity
    ) -> None:
        """Puts records in; one with the same identity is replaced."""
        for record in records:
            match record:
                case Account():
                    self.accounts[record.id] = record
                case Group():
                    self.groups[record.id] = record
                    self.members.setdefault(record.id, {})
                case Membership():
                    self.members.setdefault(record.group_id, {})[record.member_id] = record
                case Vault():
                    self.vaults[record.id] = record
                case Grant():
                    self.grants.setdefault(record.carrier, {})[record.vault_id] = record
                case Session():
                    self.sessions[record.id] = record
                case MachineIdentity():
                    self.machines[record.id] = record

    def join(self, group_id: str, account_ids: Iterable[str]) -> None:
        """Makes accounts direct members of a group."""
        self.add(*(Membership(group_id, account_id) for account_id in account_ids))

    def nest(self, group_id: str, inner_group_id: str) -> None:
        """Makes a group a member of another."""
        self.add(Membership(group_id, inner_group_id, MemberKind.GROUP))

    def drop_account(self, account_id: str) -> None:
        """Deletes an account and everything that hangs on it, as by somebody else."""
        self.accounts.pop(account_id, None)
        for members in self.members.values():
            members.pop(account_id, None)
        for carrier in [
            carrier
            for carrier, grants in self.grants.items()
            if any(grant.principal_id == account_id for grant in grants.values())
        ]:
            del self.grants[carrier]
        for session in [one for one in self.sessions.values() if one.account_id == account_id]:
            del self.sessions[session.id]
        self.tokens.pop(account_id, None)

    def drop_group(self, group_id: str) -> None:
        """Deletes a group, as by somebody else."""
        self.groups.pop(group_id, None)
        self.members.pop(group_id, None)
        for members in self.members.values():
            members.pop(group_id, None)

    def received(self, operation_id: str) -> int:
        """How often a write of this operation arrived, whatever became of it."""
        return sum(1 for call in self.calls if call.operation_id == operation_id)

    def done(self, operation_id: str) -> int:
        """How often a write of this operation changed something."""
        return sum(
            1 for call in self.calls if call.operation_id == operation_id and call.result == "done"
        )

    def tick(self) -> int:
        """The tenant's own clock, later at every call."""
        self.clock_ms += 1
        return self.clock_ms


def save(tenant: Tenant, path: Path) -> None:
    """Writes the tenant to a file: all of it or the old one, whenever the process dies."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(tenant_as_json().dump_json(tenant))
    partial.replace(path)


def load(path: Path) -> Tenant:
    """The tenant from a file that `save` wrote."""
    return tenant_as_json().validate_json(path.read_bytes())


@cache
def tenant_as_json() -> "TypeAdapter[Tenant]":
    """Made once: making it takes longer than all else here."""
    from pydantic import TypeAdapter

    return TypeAdapter(Tenant)
