"""Checks of what a connector changes: done, seen, said to be so already, and put back."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from keyturn_providers.abilities import (
    Ability,
    AddsMemberships,
    Confirms,
    Deactivates,
    EndsAllSessions,
    EndsSessions,
    MakesGrants,
    Narrows,
    Outcome,
    Reactivates,
    ReadsAccount,
    ReadsGrant,
    ReadsMembers,
    ReadsSessions,
    Receipt,
    RemovesMemberships,
    Revokes,
    Suspends,
)
from keyturn_providers.conformance.bench import Bench, must, new_operation_id, same
from keyturn_providers.conformance.result import NotHere, NotSo
from keyturn_providers.errors import Conflict, Gone, NotAllowed
from keyturn_providers.records import Account, AccountState, Grant, Level, Membership


async def suspend_and_reactivate(bench: Bench) -> str:
    """An account is suspended, then reactivated, each time read back by id."""
    bench.needs(Ability.SUSPEND, Ability.REACTIVATE, Ability.READ_ACCOUNT)
    who = bench.subject.account_id
    off, on = bench.writes(Suspends), bench.writes(Reactivates)
    before = await _account(bench, AccountState.ACTIVE)
    must(Outcome.APPLIED, await off.suspend(who, new_operation_id()), "suspending")
    suspended = await _account(bench, AccountState.SUSPENDED)
    if suspended is None or suspended.state is not AccountState.SUSPENDED:
        raise NotSo(f"suspended, but read back as {suspended and suspended.state.value}")
    must(Outcome.ALREADY_SO, await off.suspend(who, new_operation_id()), "suspending again")
    must(Outcome.APPLIED, await on.reactivate(who, new_operation_id()), "reactivating")
    same("the account", before, await _account(bench, AccountState.ACTIVE))
    must(Outcome.ALREADY_SO, await on.reactivate(who, new_operation_id()), "reactivating again")
    return "suspended and reactivated"


async def _account(bench: Bench, state: AccountState) -> Account | None:
    """Without since when it is so: that moves with each change, even with one put back."""
    reader = bench.reads(ReadsAccount)
    found = await bench.eventually(
        lambda: reader.read_account(bench.subject.account_id),
        lambda found: found is not None and found.state is state,
        bench.about.consistency_delay_s,
    )
    return None if found is None else replace(found, state_since_ms=None)


async def add_and_remove_member(bench: Bench) -> str:
    """An account is added to a group and removed; nobody else's membership changes."""
    bench.needs(Ability.ADD_MEMBERSHIP, Ability.REMOVE_MEMBERSHIP, Ability.READ_MEMBERS)
    group, who = bench.subject.group_id, bench.subject.outsider_id
    adder, remover = bench.writes(AddsMemberships), bench.writes(RemovesMemberships)
    before = await _members(bench, lambda _: True)
    if any(one.member_id == who for one in before):
        raise NotHere("the subject's outsider is a member already")
    must(Outcome.APPLIED, await adder.add_membership(group, who, new_operation_id()), "adding")
    added = await _members(bench, lambda found: len(found) > len(before))
    same("the group with its new member", before | {Membership(group, who)}, added)
    again = await adder.add_membership(group, who, new_operation_id())
    must(Outcome.ALREADY_SO, again, "adding again")
    removed = await remover.remove_membership(group, who, new_operation_id())
    must(Outcome.APPLIED, removed, "removing")
    same("the group", before, await _members(bench, lambda found: len(found) == len(before)))
    again = await remover.remove_membership(group, who, new_operation_id())
    must(Outcome.ALREADY_SO, again, "removing again")
    return f"added to and removed from a group of {len(before)}"


async def _members(
    bench: Bench, wanted: Callable[[frozenset[Membership]], bool]
) -> frozenset[Membership]:
    reader = bench.reads(ReadsMembers)

    async def read() -> frozenset[Membership]:
        found = await reader.read_members(bench.subject.group_id)
        if found is None:
            raise NotHere("the subject's group does not exist")
        return frozenset(found)

    return await bench.eventually(read, wanted, bench.about.consistency_delay_s)


async def grant_and_revoke(bench: Bench) -> str:
    """A grant is made, revoked by its carrier, restored, and revoked again."""
    bench.needs(Ability.GRANT, Ability.REVOKE, Ability.READ_GRANT)
    target = bench.subject.grant
    if target is None:
        raise NotHere("the subject names no grant to make")
    maker, revoker = bench.writes(MakesGrants), bench.writes(Revokes)

    async def make() -> Receipt:
        return await maker.grant(
            target.vault_id,
            target.principal_kind,
            target.principal_id,
            target.level,
            new_operation_id(),
        )

    before = await grants_of_target(bench, lambda _: True)
    must(Outcome.APPLIED, await make(), "granting")
    made = await grants_of_target(bench, lambda found: len(found) > len(before)) - before
    if [(one.vault_id, one.level) for one in made] != [(target.vault_id, target.level)]:
        raise NotSo(f"granted {target.level.value}, but read back as {sorted(map(repr, made))}")
    (edge,) = made
    must(Outcome.ALREADY_SO, await make(), "granting again")

    async def revoke() -> Receipt:
        return await revoker.revoke(edge.carrier, new_operation_id())

    must(Outcome.APPLIED, await revoke(), "revoking")
    same("the grants", before, await grants_of_target(bench, lambda found: found == before))
    must(Outcome.ALREADY_SO, await revoke(), "revoking again")
    restored = await maker.restore(edge.carrier, new_operation_id(), edge.permissions)
    must(Outcome.APPLIED, restored, "restoring")
    same("the grants", before | {edge}, await grants_of_target(bench, lambda found: edge in found))
    must(Outcome.APPLIED, await revoke(), "revoking the restored grant")
    same("the grants", before, await grants_of_target(bench, lambda found: found == before))
    return f"{edge.carrier}: granted, revoked, restored, revoked"


async def grants_of_target(
    bench: Bench, wanted: Callable[[frozenset[Grant]], bool]
) -> frozenset[Grant]:
    """What the principal of the subject's grant holds, read until it is as wanted."""
    target = bench.subject.grant
    if target is None:
        return frozenset()
    reader = bench.reads(ReadsGrant)

    async def read() -> frozenset[Grant]:
        return frozenset(await reader.read_grants_of(target.principal_kind, target.principal_id))

    return await bench.eventually(read, wanted, bench.about.consistency_delay_s)


async def end_session(bench: Bench) -> str:
    """One session ends, and only that; ending it again is already so."""
    bench.needs(Ability.END_SESSIONS, Ability.READ_SESSIONS)
    reader, writer = bench.reads(ReadsSessions), bench.writes(EndsSessions)
    who = bench.subject.account_id
    before = {one.id for one in await reader.read_sessions(who)}
    if not before:
        raise NotHere("the subject's account has no session")
    chosen = min(before)
    must(Outcome.APPLIED, await writer.end_session(chosen, new_operation_id()), "ending")

    async def read() -> set[str]:
        return {one.id for one in await reader.read_sessions(who)}

    left = await bench.eventually(
        read, lambda found: chosen not in found, bench.about.consistency_delay_s
    )
    same("the other sessions", before - {chosen}, left)
    must(Outcome.ALREADY_SO, await writer.end_session(chosen, new_operation_id()), "ending again")
    return f"one of {len(before)} sessions ended"


async def unknown_targets_are_refused(bench: Bench) -> str:
    """A write to an id that belongs to nothing is refused in words, or is already so where it
    takes away; it is never a bare exception, and never applied."""
    can, unknown = bench.about.abilities, bench.subject.unknown_id
    group, who = bench.subject.group_id, bench.subject.account_id
    tries: list[tuple[str, bool, Callable[[], Awaitable[Receipt]]]] = []
    op = new_operation_id
    if Ability.SUSPEND in can:
        off = bench.writes(Suspends)
        tries.append(("suspending", True, lambda: off.suspend(unknown, op())))
    if Ability.REACTIVATE in can:
        on = bench.writes(Reactivates)
        tries.append(("reactivating", False, lambda: on.reactivate(unknown, op())))
    if Ability.DEACTIVATE in can:
        last = bench.writes(Deactivates)
        tries.append(("deactivating", True, lambda: last.deactivate(unknown, op())))
    if Ability.END_ALL_SESSIONS in can:
        every = bench.writes(EndsAllSessions)
        tries.append(("ending all sessions", True, lambda: every.end_all_sessions(unknown, op())))
    if Ability.CONFIRM in can:
        door = bench.writes(Confirms)
        tries.append(("confirming", False, lambda: door.confirm(unknown, op())))
    if Ability.NARROW in can:
        narrower = bench.writes(Narrows)
        tries.append(("narrowing", True, lambda: narrower.narrow(unknown, Level.READ, op())))
    if Ability.END_SESSIONS in can:
        ender = bench.writes(EndsSessions)
        tries.append(("ending a session", True, lambda: ender.end_session(unknown, op())))
    if Ability.ADD_MEMBERSHIP in can:
        adder = bench.writes(AddsMemberships)
        tries.append(("adding nobody", False, lambda: adder.add_membership(group, unknown, op())))
        tries.append(("adding nowhere", False, lambda: adder.add_membership(unknown, who, op())))
    if Ability.REMOVE_MEMBERSHIP in can:
        out = bench.writes(RemovesMemberships)
        tries.append(("removing nobody", True, lambda: out.remove_membership(group, unknown, op())))
        tries.append(("removing nowhere", True, lambda: out.remove_membership(unknown, who, op())))
    if Ability.REVOKE in can:
        revoker = bench.writes(Revokes)
        tries.append(("revoking", True, lambda: revoker.revoke(unknown, op())))
    for did, takes_away, call in tries:
        await _refused(bench, did, takes_away, call)
    return f"{len(tries)} kinds of write"


async def _refused(
    bench: Bench, did: str, takes_away: bool, call: Callable[[], Awaitable[Receipt]]
) -> None:
    try:
        receipt = await call()
    except (Gone, NotAllowed, Conflict) as refusal:
        bench.witness.error(refusal)
        return
    if not (takes_away and receipt.outcome is Outcome.ALREADY_SO):
        raise NotSo(f"{did}, of an unknown id: it answered {receipt.outcome.value!r}")
