"""The state of a virtual list, without a widget: what is shown, the cursor, the marks.

The cursor follows an id. A refresh never moves it to another object: when its object is gone, or
the filter does not leave it any more, the old row stays in its place, as `gone`, until the cursor
leaves it.
"""

from array import array
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from keyturn.tui.widgets.row_source import Row

GONE = "This is gone from the list since the last refresh."
"""What is said about the row under the cursor then."""
SIGN_ROLE = {"+": "add", "-": "remove", "~": "change", "?": "unknown", "!": "urgent", "=": "dim"}


@dataclass(slots=True)
class ListContent:
    """Every change is one method; afterwards the cursor is within what is shown."""

    ids: Sequence[int] = field(default_factory=lambda: array("q"))
    shown: Sequence[int] = field(default_factory=lambda: array("q"))
    needle: str = ""
    cursor: int = 0
    marks: set[int] = field(default_factory=set)
    gone: Row | None = None

    @property
    def cursor_id(self) -> int | None:
        """The id under the cursor; None in an empty list."""
        return self.shown[self.cursor] if self.shown else None

    @property
    def on_gone(self) -> bool:
        """Whether the cursor is on an object that no longer exists."""
        return self.gone is not None and self.cursor_id == self.gone.id

    def replace(self, ids: Sequence[int], shown: Sequence[int], needle: str) -> None:
        """Other content. The cursor stays with its id, else goes to the top."""
        before = self.cursor_id
        self.ids, self.shown, self.needle, self.gone = ids, shown, needle, None
        self.cursor = 0 if before is None else max(0, place_of(shown, before))

    def renew(self, ids: Sequence[int], shown: Sequence[int], last_seen: Row | None) -> None:
        """The same question answered again. `last_seen` is the row the cursor was on.

        Marks whose object is gone are dropped. If the cursor's object is not shown any more, its
        row is kept in place as `gone`.
        """
        before, at = self.cursor_id, self.cursor
        if self.marks:
            self.marks -= set(self.ids) - set(ids)
        self.ids, self.shown, self.gone = ids, shown, None
        if before is None:
            self.cursor = 0
            return
        place = place_of(shown, before)
        if place >= 0:
            self.cursor = place
        elif last_seen is not None and last_seen.id == before:
            at = min(at, len(shown))
            kept = array("q", shown)
            kept.insert(at, before)
            self.shown, self.cursor, self.gone = kept, at, last_seen
        else:
            self.cursor = max(0, min(at, len(shown) - 1))

    def narrow(self, shown: Sequence[int], needle: str) -> None:
        """Another filter over the same rows. The cursor stays with its id where that is shown."""
        self.replace(self.ids, shown, needle)

    def move(self, to: int) -> None:
        """The cursor to a place, or the nearest there is. Leaving a gone row removes it."""
        to = max(0, min(to, len(self.shown) - 1))
        if self.gone is not None and self.shown and self.shown[to] != self.gone.id:
            at = place_of(self.shown, self.gone.id)
            rest = array("q", self.shown)
            rest.pop(at)
            self.shown, self.gone = rest, None
            to -= 1 if to > at else 0
        self.cursor = max(0, to)

    def toggle_mark(self) -> None:
        """Marks or unmarks the row under the cursor; a gone row cannot be marked."""
        if self.cursor_id is not None and not self.on_gone:
            self.marks ^= {self.cursor_id}

    def invert_marks(self) -> None:
        """Every row that is shown changes its mark; hidden marks stay."""
        self.marks ^= set(self.shown) - ({self.gone.id} if self.gone else set())

    def hidden_marks(self) -> AbstractSet[int]:
        """Marks that cannot be seen now. They are spelled out wherever marks are acted on."""
        return self.marks - set(self.shown) if self.marks else set()


def place_of(ids: Sequence[int], wanted: int) -> int:
    """Where `wanted` is in `ids`, -1 where it is not."""
    try:
        return ids.index(wanted)
    except ValueError:
        return -1


def title_words(content: ListContent, title: str) -> str:
    """The upper border: what the list is, how many there are, and what it is filtered by."""
    shown, total = len(content.shown), len(content.ids)
    filtered = bool(content.needle.strip())
    count = f"{shown:,}/{total:,}" if filtered else f"{total:,}"
    found = f"  find: {content.needle}" if filtered else ""
    return f"{title} {count}{found}".strip()


def note_words(content: ListContent, note: str, gone_since: str, trail: str = "") -> str:
    """The lower border: the list's note, its marks (hidden ones too), who is gone, and last, since
    what does not fit is cut there, the way to the list."""
    notes = [note] if note else []
    if content.marks:
        hidden = len(content.hidden_marks())
        notes.append(f"{len(content.marks)} marked" + (f" ({hidden} hidden)" if hidden else ""))
    if content.gone is not None:
        since = f" since {gone_since}" if gone_since else ""
        notes.append(f"{content.gone.label or 'This row'} is gone from here{since}")
    return "  ".join([*notes, trail] if trail else notes)


def words_for_nothing(
    content: ListContent, empty: str, failure: str, problem: str, *, loading: bool
) -> tuple[str, str]:
    """What stands in place of rows, and its role: a failure, a filter's mistake, or `empty`."""
    if failure:
        return failure, "urgent"
    if loading:
        return "Reading …", "words"
    if problem:
        return f"find, {problem}", "urgent"
    if content.needle.strip():
        return f"Nothing contains “{content.needle}”. Esc clears.", "words"
    return empty, "words"
