"""Checks of an account's life: found by its address, invited, let in, deactivated, signed out."""

import time
from collections.abc import Callable

from keyturn_providers.abilities import (
    Ability,
    Confirms,
    Deactivates,
    EndsAllSessions,
    FindsAccount,
    Outcome,
    Provisions,
    Reactivates,
    ReadsAccount,
    ReadsAudit,
    ReadsSessions,
    ReadsTokens,
    Sought,
)
from keyturn_providers.conformance.bench import Bench, listed, must, new_operation_id, same, sample
from keyturn_providers.conformance.result import NotHere, NotSo
from keyturn_providers.records import Account, AccountState

_MOST_FOUND = 10
_NOBODY = "nobody-has-this-address@keyturn.invalid"


async def found_by_address(bench: Bench) -> str:
    """An account is found by each verified address, however it is written; nobody by another."""
    bench.needs(Ability.FIND_ACCOUNT, Ability.LIST_ACCOUNTS)
    finder = bench.reads(FindsAccount)
    owners: dict[str, set[str]] = {}
    for account in (await listed(bench)).accounts:
        for email in account.emails:
            if email.verified:
                owners.setdefault(email.address.casefold(), set()).add(account.id)
    alone = [(address, ids) for address, ids in owners.items() if len(ids) == 1]
    if not alone:
        raise NotHere("no account has a verified address of its own")
    for address, ids in sample(alone, _MOST_FOUND):
        for written in (address, address.upper()):
            found = await finder.find_account(written)
            if found is None or found.id not in ids:
                raise NotSo(f"{written} belongs to {min(ids)}, but led to {found and found.id}")
    stranger = await finder.find_account(_NOBODY)
    if stranger is not None:
        raise NotSo(f"{_NOBODY} led to {stranger.id}")
    return f"{min(len(alone), _MOST_FOUND)} accounts found"


async def provision(bench: Bench) -> str:
    """Somebody is invited under the id that the receipt tells, and only once."""
    bench.needs(Ability.PROVISION, Ability.FIND_ACCOUNT)
    if bench.subject.invitee is None:
        raise NotHere("the subject names nobody to invite")
    email, name = bench.subject.invitee
    finder, writer = bench.reads(FindsAccount), bench.writes(Provisions)
    if await finder.find_account(email) is not None:
        raise NotHere("the subject's invitee has an account already")
    receipt = await writer.provision(email, name, new_operation_id())
    must(Outcome.APPLIED, receipt, "inviting")
    found = await bench.eventually(
        lambda: finder.find_account(email),
        lambda one: one is not None,
        bench.about.consistency_delay_s,
    )
    if found is None:
        raise NotSo("invited, but nobody has that address")
    if found.id != receipt.account_id:
        raise NotSo(f"the receipt says {receipt.account_id!r}, the account's id is {found.id!r}")
    if found.state not in (AccountState.INVITED, AccountState.ACTIVE):
        raise NotSo(f"invited, but read back as {found.state.value}")
    again = await writer.provision(email, name, new_operation_id())
    must(Outcome.ALREADY_SO, again, "inviting again")
    return f"{found.id} is {found.state.value}"


async def confirm(bench: Bench) -> str:
    """Who waits to be let in becomes active."""
    bench.needs(Ability.CONFIRM, Ability.READ_ACCOUNT)
    who = bench.subject.waiting_id
    if who is None:
        raise NotHere("the subject names nobody who waits to be let in")
    before = await bench.reads(ReadsAccount).read_account(who)
    if before is None or before.state is not AccountState.INVITED:
        raise NotHere(f"{who} does not wait to be let in")
    writer = bench.writes(Confirms)
    must(Outcome.APPLIED, await writer.confirm(who, new_operation_id()), "confirming")
    await _becomes(bench, who, lambda state: state is AccountState.ACTIVE, "confirmed")
    must(Outcome.ALREADY_SO, await writer.confirm(who, new_operation_id()), "confirming again")
    return f"{who} was let in"


async def deactivate(bench: Bench) -> str:
    """An account is deactivated, which is more than suspended, and can be reactivated."""
    bench.needs(Ability.DEACTIVATE, Ability.READ_ACCOUNT)
    who = bench.subject.leaver_id
    if who is None:
        raise NotHere("the subject names nobody who may be deactivated")
    writer = bench.writes(Deactivates)
    must(Outcome.APPLIED, await writer.deactivate(who, new_operation_id()), "deactivating")
    await _becomes(bench, who, lambda state: state is AccountState.DEACTIVATED, "deactivated")
    again = await writer.deactivate(who, new_operation_id())
    must(Outcome.ALREADY_SO, again, "deactivating again")
    if Ability.REACTIVATE not in bench.about.abilities:
        return f"{who} was deactivated"
    back = await bench.writes(Reactivates).reactivate(who, new_operation_id())
    must(Outcome.APPLIED, back, "reactivating")
    await _becomes(bench, who, lambda state: not state.is_off, "reactivated")
    return f"{who} was deactivated and reactivated"


async def _becomes(
    bench: Bench, who: str, wanted: Callable[[AccountState], bool], did: str
) -> None:
    reader = bench.reads(ReadsAccount)
    found = await bench.eventually(
        lambda: reader.read_account(who),
        lambda one: one is not None and wanted(one.state),
        bench.about.consistency_delay_s,
    )
    if found is None or not wanted(found.state):
        raise NotSo(f"{did}, but read back as {found and found.state.value}")


async def end_all_sessions(bench: Bench) -> str:
    """All sessions are ended, twice without harm; the account stays as it was. Each time is in the
    audit log, where there is one: nothing else can prove it."""
    bench.needs(Ability.END_ALL_SESSIONS)
    who, can = bench.subject.account_id, bench.about.abilities
    writer = bench.writes(EndsAllSessions)
    before = await _account(bench, who)
    since = await _checkpoint(bench)
    asked = (new_operation_id(), new_operation_id())
    sought: list[Sought] = []
    for operation_id in asked:
        began_ms = int(time.time() * 1000)
        receipt = await writer.end_all_sessions(who, operation_id)
        ids = receipt.request_ids
        ability = Ability.END_ALL_SESSIONS
        sought.append(Sought(operation_id, ability, began_ms, account_id=who, request_ids=ids))
    same("the account", before, await _account(bench, who))
    if Ability.READ_SESSIONS in can:
        sessions = bench.reads(ReadsSessions)
        left = await bench.eventually(
            lambda: sessions.read_sessions(who),
            lambda found: not found,
            bench.about.consistency_delay_s,
        )
        if left:
            raise NotSo(f"{len(left)} sessions are left")
    if Ability.READ_TOKENS in can:
        tokens = bench.reads(ReadsTokens)
        holders = await bench.eventually(
            lambda: tokens.read_token_holders(who),
            lambda found: not found,
            bench.about.consistency_delay_s,
        )
        if holders:
            raise NotSo(f"{len(holders)} applications still hold tokens")
    if since is None:
        return "ended twice; no audit log to prove it"
    audit = bench.reads(ReadsAudit)
    seen = await bench.eventually(
        lambda: audit.audit_events(since, sought),
        lambda events: set(asked) <= {event.operation_id for event in events},
        bench.about.audit_lag_s,
    )
    missing = set(asked) - {event.operation_id for event in seen if not event.error}
    if missing:
        raise NotSo(f"{len(missing)} of 2 operations are not in the log, their only proof")
    return "ended twice, both in the audit log"


async def _account(bench: Bench, who: str) -> Account | None:
    if Ability.READ_ACCOUNT not in bench.about.abilities:
        return None
    return await bench.reads(ReadsAccount).read_account(who)


async def _checkpoint(bench: Bench) -> str | None:
    if Ability.READ_AUDIT not in bench.about.abilities:
        return None
    return await bench.reads(ReadsAudit).audit_checkpoint()
