"""Text in terminal cells: fitting a name into a column, and sharing a line among columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from keyturn.tui.printable import printable

ELLIPSIS = "…"
TIGHTEST = 5
MOST = 60


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list. `least` is the fewest cells it is readable with; what is left over is
    shared by `share`. Where there is no room, columns go in ascending order of `drop` (0: never).
    `most` ends the growth of a column (0: none). `right` aligns numbers. `name` is what the column
    is sorted and hidden by where its title may change, `short` its title where that is cut."""

    title: str
    least: int
    share: int = 0
    right: bool = False
    drop: int = 0
    most: int = 0
    name: str = ""
    short: str = ""

    @property
    def key(self) -> str:
        """What the column is sorted and hidden by."""
        return self.name or self.title


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text`, made printable, in exactly `width` cells: padded, or cut with an ellipsis.

    Wide and combining characters count as the cells they take.
    """
    if width <= 0:
        return ""
    clean = printable(text)
    taken = cell_len(clean)
    if taken > width:
        clean = set_cell_size(clean, width - 1).rstrip() + ELLIPSIS
        taken = cell_len(clean)
    padding = " " * max(0, width - taken)
    return padding + clean if right else clean + padding


def has_room(columns: Sequence[Column], room: int, gap: int) -> bool:
    """Whether the columns that are never left out are readable with gaps of `gap` cells."""
    kept = [index for index, column in enumerate(columns) if not column.drop]
    return _least(columns, kept, gap) <= room


def widths(columns: Sequence[Column], room: int, gap: int) -> tuple[int, ...]:
    """How wide each column is within `room` cells; 0 for a column that is left out.

    The sum of the widths and of the gaps between the columns kept is at most `room`, except
    where not even `TIGHTEST` cells are left for the columns that share. Those give way first,
    after the columns that may be dropped.
    """
    kept = list(range(len(columns)))
    while _least(columns, kept, gap) > room:
        droppable = [index for index in kept if columns[index].drop]
        if not droppable:
            break
        kept.remove(min(droppable, key=lambda index: columns[index].drop))
    found = [columns[index].least if index in kept else 0 for index in range(len(columns))]
    spare = room - _least(columns, kept, gap)
    for index in kept:
        if spare < 0 and columns[index].share:
            less = min(-spare, max(0, found[index] - TIGHTEST))
            found[index] -= less
            spare += less
    growing = [index for index in kept if columns[index].share]
    while spare > 0 and growing:
        whole = sum(columns[index].share for index in growing)
        before = spare
        for index in list(growing):
            most = columns[index].most
            more = max(1, before * columns[index].share // whole)
            more = min(more, spare, most - found[index] if most else more)
            found[index] += more
            spare -= more
            if most and found[index] >= most:
                growing.remove(index)
            if spare <= 0:
                break
    return tuple(found)


def fitted(
    columns: Sequence[Column], found: Sequence[int], wanted: Sequence[int]
) -> tuple[int, ...]:
    """`found`, the widths of the columns kept, with room moved from columns that share and have
    more than they want to those that have less. The narrowest lack is filled first, so that as
    few columns as possible are cut; the sum stays, and where nothing is cut all stays.
    """
    sizes = list(found)
    lacks = sorted(
        (lack, index)
        for index, column in enumerate(columns)
        if sizes[index] and (lack := _whole(column, wanted[index]) - sizes[index]) > 0
    )
    for lack, index in lacks:
        for giver, column in enumerate(columns):
            head = max(TIGHTEST, cell_len(column.title) + 1)
            spare = sizes[giver] - max(wanted[giver], head)
            if giver == index or not column.share or spare <= 0 or lack <= 0:
                continue
            moved = min(spare, lack)
            sizes[giver] -= moved
            sizes[index] += moved
            lack -= moved
    return tuple(sizes)


def _whole(column: Column, wanted: int) -> int:
    """How wide a column becomes at most: a name of a thousand letters does not take it all."""
    return min(wanted, column.most or MOST)


def _least(columns: Sequence[Column], kept: Sequence[int], gap: int) -> int:
    return sum(columns[index].least for index in kept) + gap * max(0, len(kept) - 1)
