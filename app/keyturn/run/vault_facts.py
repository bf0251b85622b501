"""Everything a vault's card says, from the cache and the journal: no source is asked."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from keyturn.decide.blast_radius import USED_MS
from keyturn.decide.desired import beyond, desired_grants, permitted
from keyturn.decide.names import account_title
from keyturn.decide.rules import Rules
from keyturn.decide.world import World
from keyturn.run.near import Near, near_vault
from keyturn.run.usage import STREAM, looked_until
from keyturn_providers.records import Grant, Level, PrincipalKind, Side
from keyturn_storage.journal import Journal
from keyturn_storage.queries.coverage import coverage, missing_between
from keyturn_storage.queries.events import Within, users_of_vault
from keyturn_storage.queries.findings import findings_of_vault
from keyturn_storage.queries.grants import all_grants
from keyturn_storage.queries.reached_groups import groups_reached
from keyturn_storage.queries.reader import Reader, Scope
from keyturn_storage.queries.vaults import VaultRow, vault_by_id
from keyturn_storage.rows import FindingRow, GrantRow
from keyturn_storage.stream_rows import VaultUse

USERS_LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True)
class Holder:
    """One grant on the vault. `row` has its sign; `members` counts the accounts of a group.

    `policy_line` is 0 where no mapping and no live exception wants it; `until_ms` is of an
    exception. `person_key` is who holds a direct grant. `users` counts who of the holders used an
    item in 90 days, `last_ms` is the last use; None where that is not known.
    """

    row: GrantRow
    grant: Grant
    name: str
    members: int | None
    policy_line: int
    until_ms: int | None
    person_key: str
    users: int | None
    last_ms: int | None

    @property
    def unused(self) -> bool:
        """Nobody used an item through it in 90 days, and all of that time is archived."""
        return self.users == 0


@dataclass(frozen=True, slots=True)
class VaultFacts:
    """A vault. `missing` are grants the policy wants and nobody holds. `used` is who used an item
    in 90 days, by account id; `unknown` says why what nobody used may have been used all the same,
    empty where all is known."""

    row: VaultRow
    near: Near
    holders: tuple[Holder, ...]
    missing: tuple[GrantRow, ...]
    findings: tuple[FindingRow, ...]
    used: Mapping[str, VaultUse]
    unknown: str

    @property
    def world(self) -> World:
        return self.near.world


def vault_facts(
    reader: Reader, journal: Journal | None, rules: Rules, vault_id: str, now_ms: int
) -> VaultFacts | None:
    """None for a vault that the newest assessment does not know."""
    row = vault_by_id(reader, vault_id)
    near = near_vault(reader, rules, vault_id, now_ms)
    if row is None or near is None:
        return None
    used, unknown = _used(journal, near, vault_id, now_ms)
    rows = all_grants(reader, Scope(vault_id=vault_id))
    by_carrier = {one.carrier: one for one in rows if one.carrier}
    through = _through(reader, used)
    grants = sorted(
        near.world.secrets.grants_on.get(vault_id, ()),
        key=lambda grant: (-grant.level.rank, grant.principal_kind.value, grant.carrier),
    )
    return VaultFacts(
        row=row,
        near=near,
        holders=tuple(
            _holder(near, by_carrier[grant.carrier], grant, used, through, unknown)
            for grant in grants
            if grant.level is not Level.NONE and grant.carrier in by_carrier
        ),
        missing=tuple(one for one in rows if not one.carrier),
        findings=tuple(findings_of_vault(reader, vault_id)),
        used=used,
        unknown=unknown,
    )


def _through(reader: Reader, used: Mapping[str, VaultUse]) -> Mapping[str, tuple[int, int]]:
    """By group how many of those who used an item are in it, and when the last of them did."""
    users: Counter[str] = Counter()
    last: dict[str, int] = {}
    for account_id, groups in groups_reached(reader, tuple(used)).items():
        for group_id in groups:
            users[group_id] += 1
            last[group_id] = max(last.get(group_id, 0), used[account_id].last_ms)
    return {group_id: (count, last[group_id]) for group_id, count in users.items()}


def _holder(
    near: Near,
    row: GrantRow,
    grant: Grant,
    used: Mapping[str, VaultUse],
    through: Mapping[str, tuple[int, int]],
    unknown: str,
) -> Holder:
    line, until_ms, key = _policy(near.world, grant)
    users: int | None = None if unknown else 0
    last_ms: int | None = None
    if grant.principal_kind is PrincipalKind.GROUP and grant.principal_id in through:
        users, last_ms = through[grant.principal_id]
    elif grant.principal_kind is PrincipalKind.ACCOUNT and grant.principal_id in used:
        users, last_ms = 1, used[grant.principal_id].last_ms
    elif grant.principal_kind is PrincipalKind.MACHINE:
        users = None
        machine = near.world.secrets.machines.get(grant.principal_id)
        last_ms = machine.last_used_ms if machine is not None else None
    of_group = grant.principal_kind is PrincipalKind.GROUP
    return Holder(
        row=row,
        grant=grant,
        name=_name(near.world, grant),
        members=near.sizes.get(grant.principal_id) if of_group else None,
        policy_line=line,
        until_ms=until_ms,
        person_key=key,
        users=users,
        last_ms=last_ms,
    )


def _name(world: World, grant: Grant) -> str:
    if grant.principal_kind is PrincipalKind.GROUP:
        return world.secrets.group_name(grant.principal_id)
    if grant.principal_kind is PrincipalKind.MACHINE:
        machine = world.secrets.machines.get(grant.principal_id)
        return (machine.name if machine is not None else "") or grant.principal_id
    account = world.secrets.accounts.get(grant.principal_id)
    person = world.person_of.get((Side.SECRETS, grant.principal_id))
    if person is not None and person.name:
        return person.name
    return account_title(account) if account is not None else grant.principal_id


def _policy(world: World, grant: Grant) -> tuple[int, int | None, str]:
    if grant.principal_kind is PrincipalKind.GROUP:
        rule = desired_grants(world.link_of_secrets.get(grant.principal_id)).get(grant.vault_id)
        fits = rule is not None and not beyond(grant, rule)
        return (rule.line if rule is not None and fits else 0), None, ""
    person = world.person_of.get((Side.SECRETS, grant.principal_id))
    if grant.principal_kind is PrincipalKind.MACHINE or person is None:
        return 0, None, ""
    allowed = permitted(world, person.key, grant.vault_id)
    if allowed.live is None or not allowed.covers(grant):
        return 0, None, person.key
    return allowed.live.line, allowed.live.until_ms, person.key


def _used(
    journal: Journal | None, near: Near, vault_id: str, now_ms: int
) -> tuple[Mapping[str, VaultUse], str]:
    never = "no item usages were ever archived"
    if journal is None:
        return {}, never
    tenant, since_ms = near.world.secrets.snapshot.source.tenant, now_ms - USED_MS
    streams = [one for one in coverage(journal) if one.stream == STREAM and one.tenant == tenant]
    if not streams:
        return {}, never
    within = Within(since_ms, now_ms, USERS_LOOKED_AT, tenant)
    found = users_of_vault(journal, vault_id, within)
    gaps = [
        gap for one in streams for gap in missing_between(one, since_ms, looked_until(one, now_ms))
    ]
    unknown = f"the archive of item usages is not whole: {gaps[0].words}" if gaps else ""
    if len(found) == USERS_LOOKED_AT:
        unknown = unknown or f"only the last {USERS_LOOKED_AT} who used it are looked at"
    return {one.user_id: one for one in found}, unknown
