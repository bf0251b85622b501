"""Any person, group or vault by a few letters of its name, best first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from keyturn_storage.queries.grant_paths import row_no
from keyturn_storage.queries.reader import Reader

_CANDIDATES = 200
"""How many of each kind are ranked; what contains the words comes before what only has the letters
in this order."""
_COLUMNS = {
    "person": ("person", "no, key, name, login", "find_name", "search"),
    "group": ("group_link", "no, key, name, ''", "search", "search"),
    "vault": (
        "(select vault_id as key, name, casefold(name) as search, position from vault_line)",
        "0, key, name, ''", "search", "search",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Something to jump to. `no` is its row in its pane; `detail` parts people of one name."""

    kind: str
    no: int
    key: str
    name: str
    detail: str


def places(reader: Reader, text: str, limit: int) -> list[Place]:
    """What `text` may mean: all its words in any order, or failing that its letters in order."""
    wanted = text.casefold().split()
    if not wanted:
        return []
    found: list[tuple[tuple[int, ...], Place]] = []
    for kind in _COLUMNS:
        by_words = list(_containing(reader, kind, wanted))
        found += [(_rank(place, wanted), place) for place in by_words]
        if len(by_words) < limit:
            known = {place.key for place in by_words}
            found += [
                (_loose_rank(place, "".join(wanted)), place)
                for place in _with_letters(reader, kind, "".join(wanted))
                if place.key not in known
            ]
    found.sort(key=lambda pair: (pair[0], pair[1].name.casefold(), pair[1].key))
    return [place for _rank_, place in found[:limit]]


def _containing(reader: Reader, kind: str, words: Sequence[str]) -> Iterable[Place]:
    table, columns, name, search = _COLUMNS[kind]
    values = {f"w{number}": word for number, word in enumerate(words)}
    each = " and ".join(f"instr({search}, :{place}) > 0" for place in values)
    # Names that begin with the first word come first, and are found by their index: where they are
    # enough, the others need not be looked through.
    first = list(_read(
        reader, kind,
        f"select {columns} from {table} where {name} >= :w0 "  # noqa: S608 -- constants of this module
        f"and {name} < :w0 || char(1114111) and {each} order by +position limit :limit",
        {**values, "limit": _CANDIDATES},
    ))  # fmt: skip
    if len(first) == _CANDIDATES:
        return first
    return _read(
        reader, kind,
        f"select {columns} from {table} where {each} "  # noqa: S608 -- constants of this module
        f"order by instr({name}, :w0) <> 1, instr({name}, ' ' || :w0) = 0, position limit :limit",
        {**values, "limit": _CANDIDATES},
    )  # fmt: skip


def _with_letters(reader: Reader, kind: str, letters: str) -> Iterable[Place]:
    table, columns, name, _search = _COLUMNS[kind]
    escaped = (f"\\{letter}" if letter in "%_\\" else letter for letter in letters)
    return _read(
        reader, kind,
        f"select {columns} from {table} where {name} like :letters escape '\\' "  # noqa: S608 -- constants of this module
        f"order by length({name}), position limit :limit",
        {"letters": f"%{'%'.join(escaped)}%", "limit": _CANDIDATES},
    )  # fmt: skip


def _read(
    reader: Reader, kind: str, statement: str, values: dict[str, str | int]
) -> Iterable[Place]:
    for no, key, name, detail in reader.connection.execute(statement, values):
        number = row_no("vault", str(key)) if kind == "vault" else int(no)
        yield Place(kind, number, str(key), str(name), str(detail))


def _rank(place: Place, words: Sequence[str]) -> tuple[int, ...]:
    name = place.name.casefold()
    whole = " ".join(words)
    begins = sum(f" {word}" in f" {name}" for word in words)
    return (0, name != whole, not name.startswith(whole), len(words) - begins, len(name))


def _loose_rank(place: Place, letters: str) -> tuple[int, ...]:
    """The closer together the letters are, and the more words they begin, the better."""
    name = place.name.casefold()
    at, gaps, begun = -1, 0, 0
    for letter in letters:
        found = name.find(letter, at + 1)
        if found < 0:
            return (2, 0, 0, len(name))
        gaps += found - at - 1
        begun += found == 0 or not name[found - 1].isalnum()
        at = found
    return (1, -begun, gaps, len(name))
