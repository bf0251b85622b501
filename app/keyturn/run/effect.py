"""Reads, live and by id, whether one change is in effect: for precondition, recovery and proof."""

from typing import assert_never

from keyturn.decide.before import Before
from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.index import TOKEN_PREFIX, edge_of
from keyturn.run import effect_on_accounts as on_accounts
from keyturn.run.seen import Effect, Seen, blind, gone, if_same_account, needed
from keyturn_providers.abilities import ReadsGrant, ReadsMembers
from keyturn_providers.errors import Gone
from keyturn_providers.records import Grant, Level, Membership, PrincipalKind


async def observe_effect(change: Change, reader: object) -> Effect:
    """Whether `change` is in effect now. Raises the reader's `ProviderError`.

    An account that answers under the id, but by another name than the plan's, is IMPOSSIBLE: ids
    decide, names are checked. CANNOT_TELL where the reader lacks the ability, or the source's
    answer is not understood.
    """
    match change.kind:
        case (
            ChangeKind.SUSPEND | ChangeKind.REACTIVATE | ChangeKind.DEACTIVATE | ChangeKind.CONFIRM
        ):
            return await on_accounts.state(change, reader)
        case ChangeKind.PROVISION:
            return await on_accounts.invited(change, reader)
        case ChangeKind.END_SESSION:
            return await on_accounts.session(change, reader)
        case ChangeKind.END_ALL_SESSIONS:
            return await on_accounts.all_sessions(change, reader)
        case ChangeKind.ADD_MEMBERSHIP | ChangeKind.REMOVE_MEMBERSHIP:
            return await _membership(change, reader)
        case ChangeKind.GRANT | ChangeKind.REVOKE | ChangeKind.RESTORE_GRANT:
            return await _grant(change, reader)
        case ChangeKind.NARROW:
            return await _narrowed(change, reader)
        case unreached:
            assert_never(unreached)


async def _membership(change: Change, reader: object) -> Effect:
    account, group = needed(change.account, "account"), needed(change.group, "group")
    if not isinstance(reader, ReadsMembers):
        return blind("a group's members")
    members: tuple[Membership, ...] | None = await reader.read_members(group.id)
    adding = change.kind is ChangeKind.ADD_MEMBERSHIP
    if members is None:
        words = f"the group {group.name} does not exist any more"
        return Effect(Seen.IMPOSSIBLE if adding else Seen.AS_WANTED, words)
    found = next((member for member in members if member.member_id == account.id), None)
    inside = found is not None
    words = f"{account.name} is {'' if inside else 'not '}a member of {group.name}"
    if inside is adding:
        return Effect(Seen.AS_WANTED, words)
    now = Before(role=found.role if found is not None else "", held=inside)
    return await if_same_account(change.account, reader, Effect(Seen.NOT_YET, words, now=now))


async def _grant(change: Change, reader: object) -> Effect:
    principal = needed(change.principal, "principal")
    if not isinstance(reader, ReadsGrant):
        return blind("grants")
    held = await _held(change, reader)
    if held is None:
        seen = Seen.AS_WANTED if change.kind is ChangeKind.REVOKE else Seen.IMPOSSIBLE
        return Effect(seen, gone(principal))
    if change.kind is ChangeKind.GRANT:
        there = _holds(change, held)
    else:
        there = any(
            grant.carrier == change.carrier
            and (change.kind is ChangeKind.REVOKE or _has_all(grant, change))
            for grant in held
        )
    words = f"{principal.name} holds {'the' if there else 'no such'} grant on {_names(change)}"
    if there is not (change.kind is ChangeKind.REVOKE):
        carried = _carried_on(change, held) if change.kind is ChangeKind.REVOKE else 0
        if carried:
            return Effect(
                Seen.IMPOSSIBLE,
                f"the edge {change.carrier} is gone, but {carried} live "
                f"{'session carries' if carried == 1 else 'sessions carry'} it on for "
                f"{principal.name}: refresh and plan again",
            )
        return Effect(Seen.AS_WANTED, words)
    return await _if_same_holder(
        change, reader, Effect(Seen.NOT_YET, words, now=_now(_edges(change, held)))
    )


def _edges(change: Change, held: tuple[Grant, ...]) -> list[Grant]:
    """What there is of the change's edge: by its name, else by whom it opens."""
    if change.carrier:
        return [grant for grant in held if grant.carrier == change.carrier]
    vaults = {vault.id for vault in change.vaults}
    return [grant for grant in held if grant.vault_id in vaults]


def _now(edges: list[Grant]) -> Before:
    names = dict.fromkeys(name for edge in edges for name in edge.permissions)
    return Before(permissions=tuple(names), held=bool(edges))


async def _narrowed(change: Change, reader: object) -> Effect:
    """Whether the edge gives nothing beyond what is to be left. One that is gone gives nothing."""
    principal = needed(change.principal, "principal")
    if not isinstance(reader, ReadsGrant):
        return blind("grants")
    held = await _held(change, reader)
    if held is None:
        return Effect(Seen.AS_WANTED, gone(principal))
    edges = _edges(change, held)
    if change.permissions:
        allowed = set(change.permissions)
        beyond = sorted({name for edge in edges for name in edge.permissions} - allowed)
    else:
        wanted = change.level or Level.NONE
        beyond = [edge.level.value for edge in edges if edge.level.rank > wanted.rank]
    if not beyond:
        return Effect(
            Seen.AS_WANTED, f"{principal.name} holds nothing beyond that on {_names(change)}"
        )
    words = f"{principal.name} holds also {', '.join(beyond)} on {_names(change)}"
    return await _if_same_holder(change, reader, Effect(Seen.NOT_YET, words, now=_now(edges)))


async def _held(change: Change, reader: ReadsGrant) -> tuple[Grant, ...] | None:
    """What the principal holds directly; None where there is no such principal any more."""
    try:
        return await reader.read_grants_of(
            change.principal_kind or PrincipalKind.ACCOUNT,
            needed(change.principal, "principal").id,
            frozenset(vault.id for vault in change.vaults),
        )
    except Gone:
        return None


async def _if_same_holder(change: Change, reader: object, effect: Effect) -> Effect:
    """`effect`, unless an account that holds the grant is not the one that is meant."""
    kind = change.principal_kind or PrincipalKind.ACCOUNT
    checked = change.principal if kind is PrincipalKind.ACCOUNT else None
    return await if_same_account(checked, reader, effect)


def _names(change: Change) -> str:
    return ", ".join(vault.name for vault in change.vaults) or change.carrier


def _has_all(grant: Grant, change: Change) -> bool:
    """Whether a grant gives every permission that is named; where none is, it is the edge alone."""
    return set(change.permissions) <= set(grant.permissions)


def _holds(change: Change, held: tuple[Grant, ...]) -> bool:
    """Whether the granted vault is held at exactly the wished level, or with every permission.

    A wider level does not count: a plan that narrows gives the lower level first and then takes the
    wider one away. Permissions are given one by one, to the grant that is there.
    """
    wanted = change.level or Level.READ
    vaults = {vault.id for vault in change.vaults}
    on_it = [grant for grant in held if grant.vault_id in vaults]
    if change.permissions:
        return any(_has_all(grant, change) for grant in on_it)
    return any(grant.level is wanted for grant in on_it)


def _carried_on(change: Change, held: tuple[Grant, ...]) -> int:
    """How many live tokens still give what the revoked edge gave: a token keeps what it was made
    with. Carriers end with what they stand for, a policy above all."""
    if change.carrier.startswith(TOKEN_PREFIX):
        return 0
    policy = change.carrier.rpartition("/")[2]
    vaults = {vault.id for vault in change.vaults}
    return len(
        {
            edge_of(grant.carrier)
            for grant in held
            if grant.vault_id in vaults
            and grant.carrier.startswith(TOKEN_PREFIX)
            and grant.carrier.rpartition("/")[2] == policy
        }
    )
