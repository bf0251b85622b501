"""Checks of what a connector reads."""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass

from keyturn_providers import registry
from keyturn_providers.abilities import (
    Ability,
    ReadsAccount,
    ReadsGrant,
    ReadsMembers,
    ReadsMemberships,
    ReadsSessions,
)
from keyturn_providers.conformance.bench import Bench, Listed, all_different, listed, sample
from keyturn_providers.conformance.result import NotSo
from keyturn_providers.records import Grant, MemberKind, Membership, PrincipalKind
from keyturn_providers.text import safe, safe_id

_MOST_READ = 25


async def declared_is_implemented(bench: Bench) -> str:
    """About.abilities and the methods of reader and writer say the same, both ways."""
    registry.check(bench.about, bench.reader, bench.connector.writer())
    if not bench.about.source.tenant:
        raise NotSo("About names no tenant, so two tenants could be mixed up")
    again = await bench.connector.about()
    if again.source != bench.about.source:
        raise NotSo("asked twice, About names two different sources")
    return f"{len(bench.about.abilities)} abilities"


async def listings_end_with_proof(bench: Bench) -> str:
    """Every listing ends with a proof on its last page, and no record comes twice."""
    found = await listed(bench)
    all_different("accounts", (one.id for one in found.accounts))
    all_different("groups", (one.id for one in found.groups))
    all_different("memberships", found.memberships)
    all_different("vaults", (one.id for one in found.vaults))
    all_different("grants", ((one.vault_id, one.carrier) for one in found.grants))
    all_different("machine identities", (one.id for one in found.machines))
    if Ability.LIST_ACCOUNTS in bench.about.abilities and not found.accounts:
        raise NotSo("the subject's tenant has no accounts: seed it, else nothing is checked")
    return f"{len(found.proofs)} listings, {found.unreadable} unreadable records"


async def references_hold(bench: Bench) -> str:
    """Memberships and grants point at what is listed; what dangles is as many as expected."""
    found = await listed(bench)
    dangling = _dangling(found)
    if len(dangling) != bench.subject.dangling:
        raise NotSo(
            f"{len(dangling)} references point at nothing, {bench.subject.dangling} were expected:"
            f" {'; '.join(dangling[:5])}"
        )
    return f"{len(found.memberships)} memberships, {len(found.grants)} grants"


def _dangling(found: Listed) -> list[str]:
    accounts = {one.id for one in found.accounts}
    groups = {one.id for one in found.groups}
    vaults = {one.id for one in found.vaults}
    machines = {one.id for one in found.machines}
    members = {MemberKind.ACCOUNT: accounts, MemberKind.GROUP: groups}
    principals = {
        PrincipalKind.ACCOUNT: accounts,
        PrincipalKind.GROUP: groups,
        PrincipalKind.MACHINE: machines,
    }
    lost = [
        f"{one.member_kind.value} {one.member_id} in group {one.group_id}"
        for one in found.memberships
        if one.group_id not in groups or one.member_id not in members[one.member_kind]
    ]
    lost += [
        f"{one.principal_kind.value} {one.principal_id} on vault {one.vault_id}"
        for one in found.grants
        if one.vault_id not in vaults or one.principal_id not in principals[one.principal_kind]
    ]
    return lost


async def reads_by_id_agree(bench: Bench) -> str:
    """What is read by id is what the listings said."""
    found = await listed(bench)
    can = bench.about.abilities
    compared = 0
    if Ability.READ_ACCOUNT in can:
        reader = bench.reads(ReadsAccount)
        for account in sample(found.accounts, _MOST_READ):
            compared += _agree(
                f"account {account.id}", account, await reader.read_account(account.id)
            )
    if Ability.READ_MEMBERS in can:
        members = bench.reads(ReadsMembers)
        for group in sample(found.groups, _MOST_READ):
            wanted = {one for one in found.memberships if one.group_id == group.id}
            have = await members.read_members(group.id)
            compared += _agree(
                f"members of {group.id}", wanted, None if have is None else set(have)
            )
    if Ability.READ_MEMBERSHIPS in can:
        own = bench.reads(ReadsMemberships)
        for account in sample(found.accounts, _MOST_READ):
            told = {one for one in found.memberships if _is_account(one, account.id)}
            named = set(await own.read_memberships_of(account.id))
            compared += _agree(f"memberships of {account.id}", _pairs(told), _pairs(named))
    if Ability.READ_GRANT in can and Ability.LIST_GRANTS in can:
        compared += await _grants_agree(bench, found)
    return f"{compared} objects compared"


def _is_account(membership: Membership, account_id: str) -> bool:
    return (membership.member_kind, membership.member_id) == (MemberKind.ACCOUNT, account_id)


def _pairs(memberships: Iterable[Membership]) -> set[tuple[str, str]]:
    """Without the role: a source may tell it by group only."""
    return {(one.group_id, one.member_id) for one in memberships}


async def _grants_agree(bench: Bench, found: Listed) -> int:
    reader = bench.reads(ReadsGrant)
    holders = list(dict.fromkeys((one.principal_kind, one.principal_id) for one in found.grants))
    for kind, principal in sample(holders, _MOST_READ):
        wanted = [
            g for g in found.grants if (g.principal_kind, g.principal_id) == (kind, principal)
        ]
        have = await reader.read_grants_of(kind, principal)
        _agree(f"grants of {kind.value} {principal}", _edges(wanted), _edges(have))
    return min(len(holders), _MOST_READ)


def _edges(grants: Iterable[Grant]) -> set[tuple[str, str, str]]:
    return {(one.vault_id, one.carrier, one.level.value) for one in grants}


def _agree(what: str, wanted: object, have: object) -> int:
    if wanted != have:
        raise NotSo(f"{what}: the listing said {wanted!r}, the read by id {have!r}"[:600])
    return 1


async def unknown_ids_are_nothing(bench: Bench) -> str:
    """An id that belongs to nothing reads as nothing, not as an error."""
    can = bench.about.abilities
    unknown = bench.subject.unknown_id
    asked: list[tuple[str, object, object]] = []
    if Ability.READ_ACCOUNT in can:
        asked.append(("an account", await bench.reads(ReadsAccount).read_account(unknown), None))
    if Ability.READ_MEMBERS in can:
        asked.append(("members", await bench.reads(ReadsMembers).read_members(unknown), None))
    if Ability.READ_MEMBERSHIPS in can:
        own = bench.reads(ReadsMemberships)
        asked.append(("memberships", await own.read_memberships_of(unknown), ()))
    if Ability.READ_SESSIONS in can:
        asked.append(("sessions", await bench.reads(ReadsSessions).read_sessions(unknown), ()))
    if Ability.READ_GRANT in can:
        reader = bench.reads(ReadsGrant)
        for kind in (PrincipalKind.ACCOUNT, PrincipalKind.GROUP):
            grants = await reader.read_grants_of(kind, unknown)
            asked.append((f"grants of a {kind.value}", grants, ()))
    for what, have, wanted in asked:
        if have != wanted:
            raise NotSo(f"{what} of an unknown id: it answered {have!r}, not {wanted!r}"[:600])
    return f"{len(asked)} kinds of read"


async def text_is_safe(bench: Bench) -> str:
    """No text in any record holds control or bidi characters; every id is one."""
    found = await listed(bench)
    records = [
        *found.accounts,
        *found.groups,
        *found.memberships,
        *found.vaults,
        *found.grants,
        *found.machines,
    ]
    texts = 0
    for record in (*records, bench.about):
        for path, text in _texts(type(record).__name__, record):
            texts += 1
            if safe(text, limit=max(len(text), 1)) != text:
                raise NotSo(f"{path} holds characters that must have been replaced: {text!r}")
            if path.endswith((".id", "_id")) and text:
                safe_id(text)
    return f"{texts} texts in {len(records)} records"


def _texts(path: str, value: object) -> Iterable[tuple[str, str]]:
    if isinstance(value, str):
        yield path, str(value)
    elif isinstance(value, (tuple, frozenset)):
        for one in value:
            yield from _texts(f"{path}[]", one)
    elif is_dataclass(value):
        for one in fields(value):
            yield from _texts(f"{path}.{one.name}", getattr(value, one.name))
