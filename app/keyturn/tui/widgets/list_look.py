"""How a list is looked at: by which column it is sorted, and which columns are left out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from keyturn.tui.widgets.cells import Column

UP, DOWN = "▴", "▾"


@dataclass(frozen=True, slots=True)
class ListLook:
    """`order` is the key of a column, empty for the list's own order. `hidden` are keys too."""

    order: str = ""
    backwards: bool = False
    hidden: frozenset[str] = frozenset()

    def to_text(self) -> str:
        """As one line, for the file that keeps it."""
        return ",".join([("-" if self.backwards else "") + self.order, *sorted(self.hidden)])

    @classmethod
    def from_text(cls, text: str) -> "ListLook":
        """What `to_text` wrote."""
        order, *hidden = text.split(",")
        return cls(order.removeprefix("-"), order.startswith("-"), frozenset(filter(None, hidden)))

    @property
    def mark(self) -> str:
        """The sign beside the head of the column that sorts."""
        return UP if self.backwards else DOWN


def stepped(look: ListLook, columns: Sequence[Column], orders: Sequence[str], by: int) -> ListLook:
    """Sorted by the next column that can sort, then by none of them, in a ring."""
    ring = ["", *(c.key for c in columns if c.key in orders and c.key not in look.hidden)]
    at = ring.index(look.order) if look.order in ring else 0
    return replace(look, order=ring[(at + by) % len(ring)], backwards=False)


def clicked(look: ListLook, key: str) -> ListLook:
    """A click on a head: sorted by it, then the other way round, then the list's own order."""
    if look.order != key:
        return replace(look, order=key, backwards=False)
    if not look.backwards:
        return replace(look, backwards=True)
    return replace(look, order="", backwards=False)


def toggled(look: ListLook, columns: Sequence[Column], key: str) -> ListLook:
    """A column hidden or shown; the first one stays."""
    if not columns or key == columns[0].key:
        return look
    order = "" if look.order == key else look.order
    return replace(look, hidden=look.hidden ^ {key}, order=order)
