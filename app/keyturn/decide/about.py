"""What a change is about: the same for whatever does it again or takes it back, and whose it is."""

from collections.abc import Set as AbstractSet

from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.index import edge_of
from keyturn.decide.plans import Operation, Plan

_ON_OR_OFF = frozenset({ChangeKind.SUSPEND, ChangeKind.DEACTIVATE, ChangeKind.REACTIVATE})
_EDGE = "edge "


def about_of(change: Change) -> tuple[str, ...]:
    """What a change is about, the same for what takes it back: an account that is on or off, one
    membership, one grant. Of a grant the pairs of holder and vault come after it, for one that is
    made anew has no edge yet."""
    refs = (change.account, change.principal, change.group)
    ids = " ".join(ref.id for ref in refs if ref is not None)
    if change.kind in _ON_OR_OFF:
        return (f"{change.side.value} account {ids}",)
    if change.group is not None:
        return (f"{change.side.value} membership {ids}",)
    if change.vaults or change.carrier:
        pairs = tuple(f"{ids} {vault.id}" for vault in change.vaults)
        edge = edge_of(change.carrier) if change.carrier else ""
        return (f"{_EDGE}{edge}" if edge else f"grant {' '.join(pairs)}", *pairs)
    return (f"{change.side.value} {change.kind.value} {ids} {change.session_id}{change.email}",)


def same_thing(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two changes are about the same, by what `about_of` says of each."""
    if one[0] == other[0]:
        return True
    known = one[0].startswith(_EDGE) and other[0].startswith(_EDGE)
    return not known and bool({*one[1:]} & {*other[1:]})


def takes_back(later: Change, earlier: Change) -> bool:
    """Whether one change is about the same as another and does the opposite."""
    opposite = later.kind.removes != earlier.kind.removes
    return opposite and same_thing(about_of(earlier), about_of(later))


def same_change(change: Change) -> str:
    """What is equal for two changes that do the same to the same, whatever it is called."""
    refs = (change.account, change.group, change.principal, *change.vaults)
    return "\n".join(
        (
            change.kind.value,
            change.side.value,
            *(ref.id if ref is not None else "" for ref in refs),
            change.carrier,
            change.session_id,
            change.level.value if change.level is not None else "",
            *change.permissions,
        )
    )


def is_about(operation: Operation, plan: Plan, account_ids: AbstractSet[str]) -> bool:
    """Whether an operation is done to one of these accounts, or something that is waits for it; in
    an undo also whether it waits for something that is, as a vault does that goes back."""
    ids = account_ids - {""}
    if is_done_to(operation, ids):
        return True
    mine = {other.id for other in plan.operations if is_done_to(other, ids)}
    if any(operation.id in other.depends_on for other in plan.operations if other.id in mine):
        return True
    return bool(plan.undoes) and not mine.isdisjoint(operation.depends_on)


def is_done_to(operation: Operation, ids: AbstractSet[str]) -> bool:
    """Whether an operation is done to one of these accounts."""
    ref = operation.change.account or operation.change.principal
    return ref is not None and ref.id in ids
