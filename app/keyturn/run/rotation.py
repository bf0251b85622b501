"""The rotation list of a case or a person: the archive, what was held, and items as they are."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from keyturn.decide.blast_radius import HeldVault
from keyturn.decide.case_state import CaseState, standing
from keyturn.decide.explain import access_paths
from keyturn.decide.people import Person
from keyturn.decide.rotation import ItemNow, Leave, OpenVault, Rotation, Seen, rotation
from keyturn.decide.world import World
from keyturn.run.cases import cut_ms_of, held_of, is_back, runs_of, settled_ms
from keyturn.run.items_kept import ItemsSeen
from keyturn.run.usage import DAY_MS, Usage, changed_by_others, usage_of
from keyturn_storage.case_rows import CaseRow
from keyturn_storage.journal import Journal

EMERGENCY = "emergency"
NOT_KEPT = "what could be reached before the cut was not kept: only uses are listed"


@dataclass(frozen=True, slots=True)
class ItemsOfVault:
    """The items of a vault as they are now. `whole`: these are all."""

    items: tuple[ItemNow, ...]
    whole: bool


ListsVault = Callable[[str], Awaitable[ItemsOfVault | None]]
"""Asked for a vault; None where its items cannot be listed."""


@dataclass(frozen=True, slots=True)
class LeaverSeen:
    """Whose list it is. `basis` says in words what the leave time rests on."""

    name: str
    account_id: str
    tenant: str
    leave: Leave
    vaults: tuple[OpenVault, ...]
    basis: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RotationFound:
    """The list, how the usage was known, and which vaults' items could not be listed. `seen` are
    the items it rests on, None where none were asked for."""

    leaver: LeaverSeen
    usage: Usage
    rotation: Rotation
    unlisted: tuple[OpenVault, ...]
    seen: ItemsSeen | None = None


def leaver_of_case(journal: Journal, row: CaseRow, offset_minutes: int) -> LeaverSeen:
    """The leaver of a case, with the vaults that were open before the cut."""
    basis: list[str] = []
    left_ms = row.facts.left_ms
    if left_ms is None:
        left_ms = row.opened_ms
        basis.append("no leave time was stated: it is counted from when the case was opened")
    cut_ms = cut_ms_of(journal, row)
    if cut_ms is None:
        basis.append("the cut is not done: whatever is changed now can be seen again")
    elif standing(runs_of(journal, row)).state is CaseState.CUT:
        # Accepted is not seen: who is not out can read what was changed.
        cut_ms = None
        basis.append("the cut is not seen in effect: whatever is changed now may be seen again")
    elif is_back(row):
        # Nobody knows what was read meanwhile, nor before it was found.
        cut_ms = None
        basis.append("something of it is back: whatever was changed since may be seen again")
    elif (settled := settled_ms(row)) is not None and settled > cut_ms:
        cut_ms = settled
        basis.append(
            "something came back after the cut: only a change after it was seen gone counts"
        )
    held = held_of(row)
    if not held:
        basis.append(NOT_KEPT)
    return LeaverSeen(
        name=row.name,
        account_id=row.secrets_id,
        tenant=row.secrets_tenant,
        leave=Leave(
            at_ms=left_ms,
            day_end_ms=end_of_day(left_ms, offset_minutes),
            account_id=row.secrets_id,
            cut_ms=cut_ms,
            emergency=row.facts.mode == EMERGENCY,
        ),
        vaults=_widest(vault for one in held for vault in one.vaults),
        basis=tuple(basis),
    )


def leaver_of_person(world: World, person: Person) -> LeaverSeen:
    """Somebody without a case, as if they left now: what the newest snapshots show."""
    best: dict[str, OpenVault] = {}
    for path in access_paths(world, person):
        best.setdefault(path.vault_id, OpenVault(path.vault_id, path.vault_name, path.level))
    off = person.secrets is None or person.secrets.state.is_off
    return LeaverSeen(
        name=person.name,
        account_id=person.secrets.id if person.secrets is not None else "",
        tenant=world.secrets.snapshot.source.tenant,
        leave=Leave(
            at_ms=world.now_ms,
            day_end_ms=end_of_day(world.now_ms, 0),
            account_id=person.secrets.id if person.secrets is not None else "",
            cut_ms=world.now_ms if off else None,
        ),
        vaults=tuple(best.values()),
        basis=("there is no open case: it is counted as if the person left now",),
    )


def _widest(vaults: Iterable[HeldVault]) -> tuple[OpenVault, ...]:
    """Each vault once, with the most that was ever held."""
    best: dict[str, OpenVault] = {}
    for vault in vaults:
        known = best.get(vault.id)
        if known is None or vault.level.rank > known.level.rank:
            best[vault.id] = OpenVault(vault.id, vault.name, vault.level)
    return tuple(best.values())


def end_of_day(at_ms: int, offset_minutes: int) -> int:
    """When the day of a moment ends, at an offset from UTC."""
    shift = offset_minutes * 60_000
    return ((at_ms + shift) // DAY_MS + 1) * DAY_MS - shift


async def find_rotation(
    journal: Journal, leaver: LeaverSeen, *, days: int, now_ms: int, items_of: ListsVault | None
) -> RotationFound:
    """The list now: uses in the `days` before the leave time and since. Raises what `items_of`
    raises."""
    usage = _usage(journal, leaver, days, now_ms)
    items: list[ItemNow] = []
    listed: list[str] = []
    for vault_id in _vault_ids(leaver, usage) if items_of is not None else ():
        found = await items_of(vault_id) if items_of is not None else None
        if found is not None:
            items.extend(found.items)
        if found is not None and found.whole:
            listed.append(vault_id)
    seen = ItemsSeen(now_ms, tuple(items), tuple(listed)) if items_of is not None else None
    return _found(journal, leaver, usage, seen)


def rotation_as_kept(
    journal: Journal, leaver: LeaverSeen, *, days: int, until_ms: int, seen: ItemsSeen | None
) -> RotationFound:
    """The list up to a moment, from the journal alone: by the archive of usage events, and by the
    items as they were `seen` last. Always the same from the same journal."""
    return _found(journal, leaver, _usage(journal, leaver, days, until_ms), seen)


def _usage(journal: Journal, leaver: LeaverSeen, days: int, until_ms: int) -> Usage:
    return usage_of(
        journal,
        leaver.account_id,
        leaver.tenant,
        since_ms=leaver.leave.at_ms - days * DAY_MS,
        until_ms=max(until_ms, leaver.leave.at_ms),
    )


def _vault_ids(leaver: LeaverSeen, usage: Usage) -> tuple[str, ...]:
    used = (use.vault_id for use in (*(usage.uses or ()), *usage.exported))
    return tuple(dict.fromkeys([*(vault.id for vault in leaver.vaults), *used]))


def _found(
    journal: Journal, leaver: LeaverSeen, usage: Usage, seen: ItemsSeen | None
) -> RotationFound:
    listed = frozenset(seen.listed) if seen is not None else frozenset[str]()
    what = Seen(
        vaults=leaver.vaults,
        uses=usage.uses,
        hints=changed_by_others(
            journal,
            leaver.account_id,
            leaver.tenant,
            _vault_ids(leaver, usage),
            leaver.leave.at_ms,
        ),
        items=seen.items if seen is not None else (),
        listed=listed,
        exported=usage.exported,
    )
    unlisted = tuple(vault for vault in leaver.vaults if vault.id not in listed)
    return RotationFound(leaver, usage, rotation(leaver.leave, what), unlisted, seen)
