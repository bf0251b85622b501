"""One rotation list for several who left: each item once, with who of them saw or used it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from keyturn.decide.rotation import HOUR_MS, Entry, Rotation, Urgency

_ORDER = list(Urgency)


@dataclass(frozen=True, slots=True)
class ListOfOne:
    """What one of those who left makes necessary. `account_id` is theirs in the secret manager."""

    name: str
    account_id: str
    rotation: Rotation


@dataclass(frozen=True, slots=True)
class Held:
    """An entry of the list of one of them: of the `number`th, who is called so."""

    number: int
    name: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class SharedEntry:
    """One item, or with "" as its id all that is in a vault. `of` is never empty: each on whose
    list it is, the most urgent first. `entry` is about all of them together: it is open while it is
    open for one of them, due when it is due first, and because of the most urgent."""

    entry: Entry
    of: tuple[Held, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Who saw or used it, or could, the most urgent first."""
        return tuple(held.name for held in self.of)


@dataclass(frozen=True, slots=True)
class SharedRotation:
    """The list, most urgent first, closed entries last. `usage_unknown_of` are those of whom it is
    not known what they used."""

    entries: tuple[SharedEntry, ...]
    usage_unknown_of: tuple[str, ...]

    @property
    def open(self) -> tuple[SharedEntry, ...]:
        """What still has to be changed."""
        return tuple(one for one in self.entries if one.entry.open)


def shared_rotation(lists: Sequence[ListOfOne]) -> SharedRotation:
    """The lists of these people as one.

    An item that one of them changed is not changed for good, though the others' lists say so:
    whoever made the new secret knows it. Who is listed with a vault as a whole is so with every
    item of it that another of them used.
    """
    names = {one.account_id: one.name for one in lists if one.account_id}
    found: dict[tuple[str, str], list[Held]] = {}
    for number, one in enumerate(lists):
        for entry in one.rotation.entries:
            held = Held(number, one.name, _still_known(entry, names))
            found.setdefault((entry.vault_id, entry.item_id), []).append(held)
    whole = {vault_id: each for (vault_id, item_id), each in found.items() if not item_id}
    shared = (
        _shared([*each, *_had_it_too(each, whole.get(vault_id, ()))])
        for (vault_id, _item_id), each in found.items()
    )
    return SharedRotation(
        tuple(sorted(shared, key=_rank)),
        tuple(one.name for one in lists if not one.rotation.usage_known),
    )


def _still_known(entry: Entry, names: dict[str, str]) -> Entry:
    """As it was, unless who changed it is one of those who left."""
    who = names.get(entry.closed_by)
    if who is None:
        return entry
    because = f"{entry.because}; changed since by {who}, who left too"
    return replace(entry, because=because, closed_ms=None, closed_by="")


def _had_it_too(held: Sequence[Held], whole: Sequence[Held]) -> Iterator[Held]:
    """Those on whose own list is the item's vault as a whole, and not the item itself."""
    there = {one.number for one in held}
    item = held[0].entry
    for other in whole:
        if other.number not in there:
            entry = replace(other.entry, item_id=item.item_id, title=item.title)
            yield replace(other, entry=entry)


def _shared(held: Sequence[Held]) -> SharedEntry:
    of = tuple(sorted(held, key=lambda one: _rank_of(one.entry)))
    entries = [one.entry for one in of]
    waiting = [entry for entry in entries if entry.open]
    first = of[0].entry
    hints = [entry.hint_ms for entry in waiting or entries if entry.hint_ms is not None]
    used = [entry.last_used_ms for entry in entries if entry.last_used_ms is not None]
    changed = [entry.changed_ms for entry in entries if entry.changed_ms is not None]
    closed = [entry.closed_ms for entry in entries if entry.closed_ms is not None]
    together = replace(
        first,
        title=next((entry.title for entry in entries if entry.title), ""),
        contact=max(entry.contact for entry in entries),
        times=sum(entry.times for entry in entries),
        last_used_ms=max(used, default=None),
        due_ms=min(entry.due_ms for entry in waiting or entries),
        visible=all(entry.visible for entry in entries),
        closed_ms=None if waiting else max(closed),
        hint_ms=min(hints) if len(hints) == len(waiting or entries) else None,
        changed_ms=max(changed, default=None),
    )
    return SharedEntry(together, of)


def _rank(one: SharedEntry) -> tuple[tuple[bool, int, int, int], int, bool, int, str, str, str]:
    entry = one.entry
    return (
        _rank_of(entry),
        -len(one.of),
        entry.hint_ms is not None,
        -(entry.last_used_ms or 0),
        entry.vault_name,
        entry.vault_id,
        entry.item_id,
    )


def _rank_of(entry: Entry) -> tuple[bool, int, int, int]:
    """Open before closed; then what is due first, to the hour, for who left days ago comes before
    who left now; then by class and by use."""
    return (
        not entry.open,
        entry.due_ms // HOUR_MS,
        _ORDER.index(entry.urgency),
        -int(entry.contact),
    )
