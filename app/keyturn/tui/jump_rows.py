"""What ctrl+k finds: screens, people, groups and vaults as lines of a list."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from keyturn.tui.reads import Reads
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.row_source import Found, Row, Wish
from keyturn_storage.queries.jump import Place, places
from keyturn_storage.queries.reader import Reader

COLUMNS = (Column("what", 7), Column("name", 24, 3), Column("login", 14, 2, drop=1))
MOST = 100


@dataclass(frozen=True, slots=True)
class Screen:
    """A numbered screen, by its name in `ways`."""

    name: str
    key: str


class JumpLines:
    """The lines for what is typed: screens by their beginning first, then by the cache."""

    def __init__(self, reads: Reads[Reader] | None, text: str, screens: Sequence[Screen]) -> None:
        self._reads, self._text, self._screens = reads, text, screens
        self._rows: dict[int, Row] = {}

    def ids(self) -> Sequence[int]:
        typed = self._text.strip().casefold()
        found = [
            Row(-number, "=", ("screen", one.name.capitalize(), one.key), ("dim", "", "dim"),
                label=one.name, about=one)
            for number, one in enumerate(self._screens, 1) if one.name.startswith(typed)
        ]  # fmt: skip
        if self._reads is not None and typed:
            near = places(self._reads.reader(), self._text, MOST)
            found += [_line(number, place) for number, place in enumerate(near, 1)]
        self._rows = {row.id: row for row in found}
        return array("q", self._rows)

    def rows(self, ids: Sequence[int]) -> Sequence[Row]:
        return [self._rows[number] for number in ids if number in self._rows]

    def find(self, wish: Wish) -> Found:
        return Found(array("q", self._rows))


def _line(number: int, place: Place) -> Row:
    return Row(
        number, "", (place.kind, place.name, place.detail), ("dim", "strong", "dim"),
        label=place.name, about=place,
    )  # fmt: skip
