"""Everything a vault's card says, from the cache and the journal: no source is asked.

Of every grant what its line shows is read; the rest of one when its text is asked for.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from keyturn.decide.blast_radius import USED_MS
from keyturn.decide.desired import beyond, desired_grants, permitted
from keyturn.decide.rules import Rules
from keyturn.decide.world import World
from keyturn.run.near import near_vault
from keyturn.run.usage import STREAM, looked_until
from keyturn_providers.records import AccountState, Grant, Level, PrincipalKind, Side
from keyturn_storage.journal import Journal
from keyturn_storage.queries.coverage import coverage, missing_between
from keyturn_storage.queries.events import Within, users_of_vault
from keyturn_storage.queries.findings import findings_count_of_vault, findings_of_vault
from keyturn_storage.queries.grants import all_grants
from keyturn_storage.queries.reached_groups import groups_reached
from keyturn_storage.queries.reader import Reader, Scope
from keyturn_storage.queries.vaults import (
    VaultRow,
    groups_holding,
    people_holding,
    vault_by_id,
)
from keyturn_storage.rows import FindingRow, GrantRow
from keyturn_storage.stream_rows import VaultUse

USERS_LOOKED_AT = 1_000
FINDINGS_READ = 40
"""So many, the most urgent, are read with the vault; the others are counted."""


_OFF = frozenset(state.value for state in AccountState if state.is_off)


@dataclass(frozen=True, slots=True)
class Holder:
    """One grant on the vault. `row` has its sign; `members` counts the accounts of a group.

    `person_key` is who holds a direct grant, `state` how their account stands. `users` counts who
    of the holders used an item in 90 days, `last_ms` is the last use; None where that is not known.
    """

    row: GrantRow
    kind: PrincipalKind
    level: Level
    name: str
    members: int | None
    person_key: str
    users: int | None
    last_ms: int | None
    state: str = ""

    @property
    def able(self) -> bool:
        """Whether anybody could act by it: neither an account that is off nor an empty group."""
        return self.state not in _OFF and self.members != 0

    @property
    def unused(self) -> bool:
        """Nobody used an item through it in 90 days, and all of that time is archived."""
        return self.users == 0


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """The rest about one grant. `policy_line` is 0 where no mapping and no live exception wants it;
    `until_ms` is of an exception. `single` are its permissions where the source grants them one by
    one."""

    grant: Grant
    policy_line: int
    until_ms: int | None
    single: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VaultFacts:
    """A vault. `missing` are grants the policy wants and nobody holds. `findings` are the first
    FINDINGS_READ of `drift`. `used` is who used an item in 90 days, by account id; `unknown` says
    why what nobody used may have been used all the same, empty where all is known. `world` has the
    vault and its machines, without the other holders."""

    row: VaultRow
    world: World
    holders: tuple[Holder, ...]
    missing: tuple[GrantRow, ...]
    findings: tuple[FindingRow, ...]
    drift: int
    used: Mapping[str, VaultUse]
    unknown: str


@dataclass(frozen=True, slots=True)
class _Use:
    """Who used an item: accounts, and by group how many of them are in it and the last use."""

    accounts: Mapping[str, VaultUse]
    groups: Mapping[str, tuple[int, int]]
    unknown: str


def vault_facts(
    reader: Reader, journal: Journal | None, rules: Rules, vault_id: str, now_ms: int
) -> VaultFacts | None:
    """None for a vault that the newest assessment does not know."""
    row = vault_by_id(reader, vault_id)
    rows = all_grants(reader, Scope(vault_id=vault_id))
    machines = [one.carrier for one in rows if one.principal_kind == PrincipalKind.MACHINE]
    near = near_vault(reader, rules, vault_id, now_ms, carriers=machines)
    if row is None or near is None:
        return None
    used, unknown = _used(journal, near.world, vault_id, now_ms)
    use = _Use(used, _through(reader, used), unknown)
    sizes, people = groups_holding(reader, vault_id), people_holding(reader, vault_id)
    return VaultFacts(
        row=row,
        world=near.world,
        holders=tuple(
            _holder(one, sizes, people, near.world, use)
            for one in sorted(rows, key=_strongest_first)
            if one.carrier and one.level != Level.NONE
        ),
        missing=tuple(one for one in rows if not one.carrier),
        findings=tuple(findings_of_vault(reader, vault_id, FINDINGS_READ)),
        drift=findings_count_of_vault(reader, vault_id),
        used=used,
        unknown=unknown,
    )


def held_grant(
    reader: Reader, rules: Rules, vault_id: str, carrier: str, now_ms: int
) -> HeldGrant | None:
    """One grant on a vault; None where the newest assessment has it no more."""
    near = near_vault(reader, rules, vault_id, now_ms, carriers=(carrier,))
    if near is None:
        return None
    one_by_one = near.world.secrets.snapshot.permission_rules is not None
    for grant in near.world.secrets.grants_on.get(vault_id, ()):
        single = grant.permissions if one_by_one else ()
        return HeldGrant(grant, *_policy(near.world, grant), single)
    return None


def _through(reader: Reader, used: Mapping[str, VaultUse]) -> Mapping[str, tuple[int, int]]:
    """By group how many of those who used an item are in it, and when the last of them did."""
    users: Counter[str] = Counter()
    last: dict[str, int] = {}
    for account_id, groups in groups_reached(reader, tuple(used)).items():
        for group_id in groups:
            users[group_id] += 1
            last[group_id] = max(last.get(group_id, 0), used[account_id].last_ms)
    return {group_id: (count, last[group_id]) for group_id, count in users.items()}


_RANKS = {level.value: level.rank for level in Level}


def _strongest_first(row: GrantRow) -> tuple[int, str, str]:
    return -_RANKS.get(row.level, 0), row.principal_kind, row.carrier


def _holder(
    row: GrantRow,
    sizes: Mapping[str, int],
    people: Mapping[str, tuple[str, str, str]],
    world: World,
    use: _Use,
) -> Holder:
    kind, id_ = PrincipalKind(row.principal_kind), row.principal_id
    users: int | None = None if use.unknown else 0
    last_ms: int | None = None
    key, name, state = "", "", ""
    if kind is PrincipalKind.GROUP:
        if id_ in use.groups:
            users, last_ms = use.groups[id_]
    elif kind is PrincipalKind.ACCOUNT:
        key, name, state = people.get(id_, ("", "", ""))
        if id_ in use.accounts:
            users, last_ms = 1, use.accounts[id_].last_ms
    else:
        machine = world.secrets.machines.get(id_)
        users, last_ms = None, machine.last_used_ms if machine is not None else None
    return Holder(
        row=row,
        kind=kind,
        level=Level(row.level),
        name=name or row.principal_name,
        members=sizes.get(id_) if kind is PrincipalKind.GROUP else None,
        person_key=key,
        users=users,
        last_ms=last_ms,
        state=state,
    )


def _policy(world: World, grant: Grant) -> tuple[int, int | None]:
    if grant.principal_kind is PrincipalKind.GROUP:
        rule = desired_grants(world.link_of_secrets.get(grant.principal_id)).get(grant.vault_id)
        fits = rule is not None and not beyond(grant, rule)
        return (rule.line if rule is not None and fits else 0), None
    person = world.person_of.get((Side.SECRETS, grant.principal_id))
    if grant.principal_kind is PrincipalKind.MACHINE or person is None:
        return 0, None
    allowed = permitted(world, person.key, grant.vault_id)
    if allowed.live is None or not allowed.covers(grant):
        return 0, None
    return allowed.live.line, allowed.live.until_ms


def _used(
    journal: Journal | None, world: World, vault_id: str, now_ms: int
) -> tuple[Mapping[str, VaultUse], str]:
    never = "no item usages were ever archived"
    if journal is None:
        return {}, never
    tenant, since_ms = world.secrets.snapshot.source.tenant, now_ms - USED_MS
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
