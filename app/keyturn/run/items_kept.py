"""What was seen of items from outside, kept with the leaver's case: evidence asks no source, and
an entry of the rotation list closes by a change that somebody saw."""

import json
from dataclasses import dataclass, replace

from keyturn.decide.rotation import ItemNow
from keyturn.decide.values import NotThatValue, from_plain, to_plain
from keyturn_storage.case_files import note_case
from keyturn_storage.case_rows import CaseRow, Noted, NoteIn
from keyturn_storage.journal import Journal


@dataclass(frozen=True, slots=True)
class ItemsSeen:
    """The items of some vaults as they were listed at `at_ms`. `listed` are the vaults of which
    these are all items."""

    at_ms: int
    items: tuple[ItemNow, ...]
    listed: tuple[str, ...]

    @property
    def untitled(self) -> "ItemsSeen":
        """In one order, and without titles, which can tell more than an auditor has to know."""
        items = sorted(self.items, key=lambda item: (item.vault_id, item.id))
        bare = tuple(replace(item, title="") for item in items)
        return ItemsSeen(self.at_ms, bare, tuple(sorted(self.listed)))


def keep_items(journal: Journal, row: CaseRow, seen: ItemsSeen, by: str) -> None:
    """Keeps what was seen with the case, unless it is what was kept last."""
    kept, bare = items_kept(row), seen.untitled
    if kept is not None and (kept.items, kept.listed) == (bare.items, bare.listed):
        return
    body = json.dumps(to_plain(bare), separators=(",", ":"))
    note_case(journal, row.id, NoteIn(Noted.ITEMS, body, by, seen.at_ms))


def items_kept(row: CaseRow) -> ItemsSeen | None:
    """What was seen last; None where nothing was ever kept, or only in another keyturn's form."""
    for note in reversed(row.of(Noted.ITEMS)):
        try:
            return from_plain(ItemsSeen, json.loads(note.body))
        except (NotThatValue, ValueError):
            continue
    return None
