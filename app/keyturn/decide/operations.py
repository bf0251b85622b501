"""A change as an operation: what it says, what must be true, what proves it, what undoes it."""

from dataclasses import dataclass, replace

from keyturn.decide.findings import Change, ChangeKind, Ref
from keyturn.decide.index import TOKEN_PREFIX, edge_of
from keyturn.decide.names import listed
from keyturn.decide.world import World
from keyturn_providers.records import Grant, Level, PrincipalKind


@dataclass(frozen=True, slots=True)
class Wording:
    """Everything an operation says about its change."""

    words: str
    precondition: str
    expected: str
    inverse: Change | None
    irreversible: str


_LOGGED = "the audit log holds the operation's id"


def word(world: World, change: Change) -> Wording:
    """The wording of `change`; complete sentences, names first, ids where names could mislead."""
    return _WORDING[change.kind](world, change)


def _suspend(world: World, change: Change) -> Wording:
    who, where = _account(world, change), world.side(change.side).name
    return Wording(
        words=f"Suspend {who} in {where}",
        precondition=f"{who} is still there by id {_id(change.account)} and is not suspended.",
        expected=f"Read back by id: suspended; {_LOGGED}.",
        inverse=replace(change, kind=ChangeKind.REACTIVATE),
        irreversible="",
    )


def _reactivate(world: World, change: Change) -> Wording:
    who, where = _account(world, change), world.side(change.side).name
    return Wording(
        words=f"Reactivate {who} in {where}",
        precondition=f"{who} is still there by id {_id(change.account)} and is off.",
        expected=f"Read back by id: active; {_LOGGED}.",
        inverse=replace(change, kind=ChangeKind.SUSPEND),
        irreversible="",
    )


def _deactivate(world: World, change: Change) -> Wording:
    who, where = _account(world, change), world.side(change.side).name
    return Wording(
        words=f"Deactivate {who} in {where}",
        precondition=f"{who} is still there by id {_id(change.account)} and is not deactivated, "
        "and every other step of this plan is done.",
        expected=f"Read back by id: deactivated; {_LOGGED}.",
        inverse=replace(change, kind=ChangeKind.REACTIVATE),
        irreversible="",
    )


def _end_all_sessions(world: World, change: Change) -> Wording:
    who, where = _account(world, change), world.side(change.side).name
    return Wording(
        words=f"End all sessions of {who} in {where}",
        precondition=f"{who} is still there by id {_id(change.account)}.",
        expected="Read back, where it may be read: no OAuth client holds a refresh token. "
        f"{where} lists no browser sessions: that they end, its audit log is the only proof.",
        inverse=None,
        irreversible="Sessions that have ended cannot be brought back; one signs in again.",
    )


def _provision(world: World, change: Change) -> Wording:
    ref, where = change.account, world.side(change.side).name
    who = "nobody" if ref is None else _person(world, ref, "")
    again = " again" if change.after_ms is not None else ""
    state = "has no invitation newer than the one that is stuck" if again else "has no account yet"
    return Wording(
        words=f"Invite {who} ({change.email}){again} to {where}",
        precondition=f"{change.email} {state} in {where}.",
        expected=f"Found by the address: invited, or active; {_LOGGED}.",
        inverse=None,
        irreversible="An invitation that was sent cannot be called back; suspend the account if "
        "it was wrong.",
    )


def _confirm(world: World, change: Change) -> Wording:
    who, where = _account(world, change), world.side(change.side).name
    return Wording(
        words=f"Confirm {who} in {where}",
        precondition=f"{who} is still there by id {_id(change.account)} and waits to be let in.",
        expected=f"Read back by id: active; {_LOGGED}.",
        inverse=replace(change, kind=ChangeKind.SUSPEND),
        irreversible="",
    )


def _end_session(world: World, change: Change) -> Wording:
    who, where = _account(world, change), world.side(change.side).name
    return Wording(
        words=f"End session {change.session_id} of {who} in {where}",
        precondition=f"The session is still there and belongs to {who}.",
        expected=f"Read back: not among the sessions of {who}; {_LOGGED}.",
        inverse=None,
        irreversible="A session that has ended cannot be brought back; one signs in again.",
    )


def _add(world: World, change: Change) -> Wording:
    who, group, where = _account(world, change), _name(change.group), world.side(change.side).name
    return Wording(
        words=f"Add {who} to {group} in {where}",
        precondition=f"{group} is there by id {_id(change.group)} and {who} is not in it.",
        expected=f"Read back: {who} is in the exact list of members; {_LOGGED}.",
        inverse=replace(change, kind=ChangeKind.REMOVE_MEMBERSHIP),
        irreversible="",
    )


def _remove(world: World, change: Change) -> Wording:
    who, group, where = _account(world, change), _name(change.group), world.side(change.side).name
    return Wording(
        words=f"Remove {who} from {group} in {where}",
        precondition=f"{group} is there by id {_id(change.group)} and {who} is in it.",
        expected=f"Read back: the exact list of members without {who}; {_LOGGED}.",
        inverse=replace(change, kind=ChangeKind.ADD_MEMBERSHIP),
        irreversible="",
    )


def _grant(world: World, change: Change) -> Wording:
    who, what = _holder(world, change), _what(change)
    vaults = vaults_of(change)
    widened = _widened(world, change)
    return Wording(
        words=f"Give {who} {what} on {vaults} in {world.side(change.side).name}",
        precondition=f"{who} is there by id {_id(change.principal)} and lacks {what} on {vaults}.",
        expected=f"Read back: {who} holds {what} on {vaults}; {_LOGGED}.",
        inverse=replace(
            change,
            kind=ChangeKind.NARROW,
            carrier=widened.carrier,
            level=widened.level,
            permissions=widened.permissions,
        )
        if widened
        else None,
        irreversible=""
        if widened
        else "The new edge has no name before it exists; a refresh finds it.",
    )


def _widened(world: World, change: Change) -> Grant | None:
    """The grant that becomes wider by this one, where permissions are given one by one."""
    if not change.permissions or change.principal is None or change.principal_kind is None:
        return None
    vaults = {vault.id for vault in change.vaults}
    held = world.secrets.grants_of.get((change.principal_kind, change.principal.id), ())
    return next((grant for grant in held if grant.vault_id in vaults and grant.permissions), None)


def _narrow(world: World, change: Change) -> Wording:
    who, vaults, what = _holder(world, change), vaults_of(change), _what(change)
    held = held_by(world, change)
    return Wording(
        words=f"Leave {who} only {what} on {vaults} in {world.side(change.side).name}",
        precondition=f"{who} is there by id {_id(change.principal)} and holds more than {what} on "
        f"{vaults}.",
        expected=f"Read back: {who} holds nothing beyond {what} on {vaults}; {_LOGGED}.",
        inverse=replace(
            change,
            kind=ChangeKind.RESTORE_GRANT,
            level=held.level if held else change.level,
            permissions=held.permissions if held else (),
        ),
        irreversible="",
    )


def held_by(world: World, change: Change) -> Grant | None:
    """The grant a NARROW is about, as it was read; None where it is in no listing."""
    vaults = {vault.id for vault in change.vaults}
    grants = world.secrets.by_edge.get(edge_of(change.carrier), ())
    return next((grant for grant in grants if grant.vault_id in vaults), None)


def _what(change: Change) -> str:
    """What is to be held: the level where there is one, else the permissions by name."""
    level = change.level or Level.UNKNOWN
    if level is Level.UNKNOWN and change.permissions:
        return listed(change.permissions, limit=len(change.permissions))
    return level.value


def _what_held(grant: Grant | None) -> str:
    """What is held by a grant: its level, or what there is of it where no level fits."""
    if grant is None or grant.level is Level.UNKNOWN:
        return "all access"
    return grant.level.value


def _restore(world: World, change: Change) -> Wording:
    who, vaults = _holder(world, change), vaults_of(change)
    where = world.side(change.side).name
    edge = f"{change.carrier} (opens {vaults})"
    if world.secrets.snapshot.permission_rules is not None:
        edge = f"{_what(change)} on {vaults}"
    return Wording(
        words=f"Give {who} back {edge} in {where}",
        precondition=f"{who} is there by id {_id(change.principal)} and does not hold it.",
        expected=f"Read back: {who} holds it; {_LOGGED}.",
        inverse=replace(change, kind=ChangeKind.REVOKE),
        irreversible="",
    )


def _revoke(world: World, change: Change) -> Wording:
    who, vaults = _holder(world, change), vaults_of(change)
    token = change.carrier.startswith(TOKEN_PREFIX)
    where = world.side(change.side).name
    words = f"Revoke {change.carrier} from {who} (opens {vaults}) in {where}"
    if world.secrets.snapshot.permission_rules is not None:
        # There an edge has no name of its own: it is whose it is, and on which vault.
        held = held_by(world, change)
        words = f"Revoke {_what_held(held)} on {vaults} from {who} in {where}"
    return Wording(
        words=words,
        precondition=f"{who} is there by id {_id(change.principal)} and holds it.",
        expected=f"Read back: not among the grants of {who}; {_LOGGED}.",
        inverse=None if token else replace(change, kind=ChangeKind.RESTORE_GRANT),
        irreversible="It is a token: once ended it cannot be brought back." if token else "",
    )


_WORDING = {
    ChangeKind.SUSPEND: _suspend,
    ChangeKind.REACTIVATE: _reactivate,
    ChangeKind.DEACTIVATE: _deactivate,
    ChangeKind.END_SESSION: _end_session,
    ChangeKind.END_ALL_SESSIONS: _end_all_sessions,
    ChangeKind.PROVISION: _provision,
    ChangeKind.CONFIRM: _confirm,
    ChangeKind.ADD_MEMBERSHIP: _add,
    ChangeKind.REMOVE_MEMBERSHIP: _remove,
    ChangeKind.GRANT: _grant,
    ChangeKind.REVOKE: _revoke,
    ChangeKind.RESTORE_GRANT: _restore,
    ChangeKind.NARROW: _narrow,
}


def _account(world: World, change: Change) -> str:
    if change.account is None:
        return "nobody"
    account = world.side(change.side).accounts.get(change.account.id)
    login = account.name if account is not None else ""
    return _person(world, change.account, login or change.account.name)


def _holder(world: World, change: Change) -> str:
    if change.principal is None or change.principal_kind is not PrincipalKind.ACCOUNT:
        return _name(change.principal)
    return _person(world, change.principal, change.principal.name)


def _person(world: World, ref: Ref, own: str) -> str:
    """The person's name, with the account's `own` where that is another one."""
    person = world.person_of.get((ref.side, ref.id))
    name = (person.name if person is not None else "") or ref.name
    return f"{name} ({own})" if own and own != name else name


def _name(ref: Ref | None) -> str:
    return ref.name if ref else "nothing"


def _id(ref: Ref | None) -> str:
    return ref.id if ref else ""


def vaults_of(change: Change) -> str:
    """The names of the vaults a change opens or closes."""
    return listed((vault.name for vault in change.vaults), limit=8)
