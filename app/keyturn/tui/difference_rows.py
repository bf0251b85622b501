"""What differs between two reads, as lines under heads with counts, and one of them in words."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from keyturn.run.as_of import utc
from keyturn.run.change_words import HEADS, REACH_HEAD, Told, told, told_reach
from keyturn.run.difference import Difference
from keyturn.tui.safe import joined
from keyturn.tui.why_words import STYLE
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.list_content import SIGN_ROLE
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.row_source import Found, Row, RowsInMemory, Wish
from keyturn_providers.records import Side
from keyturn_storage.codec import ObjectNo
from keyturn_storage.queries.changes import Change, How, ObjectThen, What
from keyturn_storage.queries.grant_paths import row_no
from keyturn_storage.queries.reach import ReachChange

COLUMNS = (
    Column("what", 11, most=18),
    Column("who or what", 14, 3, most=44),
    Column("in or on", 12, 3, most=44),
    Column("what happened", 18, 4),
    Column("source", 9, 1, drop=1, most=18),
    Column("seen by", 16, drop=2),
)
KIND = {What.MACHINE: "machine", What.MEMBERSHIP: "membership"}
HANG = 13


@dataclass(frozen=True, slots=True)
class Listed:
    """One change as it is listed: from which side, and by when it was seen."""

    source: str
    side: Side
    change: Change
    seen_ms: int


@dataclass(frozen=True, slots=True)
class Compared:
    """A difference with as many of its changes as are listed."""

    whole: Difference
    listed: tuple[Listed, ...]


class DifferenceLines:
    """Worked out when the list asks. `compared` is there after that."""

    def __init__(self, read: Callable[[], Compared]) -> None:
        self._read = read
        self._rows: dict[int, Row] = {}
        self.compared: Compared | None = None

    def ids(self) -> Sequence[int]:
        self.compared = self._read()
        self._rows = {row.id: row for row in difference_rows(self.compared)}
        return array("q", self._rows)

    def rows(self, ids: Sequence[int]) -> Sequence[Row]:
        return [self._rows[number] for number in ids if number in self._rows]

    def find(self, wish: Wish) -> Found:
        return RowsInMemory(tuple(self._rows.values())).find(wish)


def difference_rows(found: Compared) -> Iterator[Row]:
    """Who can open what first, then each kind under a head with its counts."""
    whole = found.whole
    if whole.reach_total:
        yield _head(-1, REACH_HEAD, f"{whole.reach_total:,}")
        for opened in whole.reach:
            id_ = row_no("reach", opened.account.id, opened.vault.id)
            yield _row(id_, "can open", told_reach(opened), opened, "", "")
        yield from _rest(-51, whole.reach_total - len(whole.reach))
    for number, what in enumerate(What, start=2):
        counts = {how: count for how in How if (count := whole.count(what, how))}
        if not counts:
            continue
        yield _head(-number, HEADS[what], " ".join(f"{how.value}{n:,}" for how, n in
                                                   counts.items()))  # fmt: skip
        listed = [one for one in found.listed if one.change.what is what]
        for one in listed:
            change = one.change
            id_ = row_no(
                one.side.value, what.value, str(change.subject.no),
                str(change.object.no if change.object else 0), change.carrier,
            )  # fmt: skip
            seen = utc(one.seen_ms).removesuffix(" UTC")
            yield _row(id_, KIND.get(what, what.value), told(change), one, one.source, seen)
        yield from _rest(-50 - number, sum(counts.values()) - len(listed))


def _row(id_: int, kind: str, words: Told, about: object, source: str, seen: str) -> Row:
    role = SIGN_ROLE.get(words.sign, "")
    return Row(
        id_, words.sign, (kind, words.subject, words.object or "–", words.words, source, seen),
        ("dim", "strong", "", role, "dim", "dim"), label=words.subject, about=about,
    )  # fmt: skip


def _head(id_: int, name: str, counts: str) -> Row:
    return Row(id_, " ", ("", name, counts), ("", "strong", "strong"), label=name)


def _rest(id_: int, more: int) -> Iterator[Row]:
    if more > 0:
        words = f"… {more:,} more"
        yield Row(id_, "?", ("", words, "p or v narrows"), ("", "unknown", "dim"), label=words)


def account_of(about: object) -> ObjectThen | None:
    """The account a line is about, to narrow to."""
    if isinstance(about, ReachChange):
        return about.account
    if isinstance(about, Listed) and about.change.subject.kind is ObjectNo.ACCOUNT:
        return about.change.subject
    return None


def vault_of(about: object) -> ObjectThen | None:
    """The vault a line is about, to narrow to."""
    if isinstance(about, ReachChange):
        return about.vault
    if not isinstance(about, Listed):
        return None
    for thing in (about.change.subject, about.change.object):
        if thing is not None and thing.kind is ObjectNo.VAULT:
            return thing
    return None


def change_lines(about: object, whole: Difference) -> Iterator[Line]:
    """All that is known of one line."""
    if isinstance(about, ReachChange):
        words = told_reach(about)
        yield _first(words, f"{words.subject} and {words.object}: {words.words}")
        yield _line("why", "the lines below this head say which membership, grant or state did it")
    elif isinstance(about, Listed):
        words = told(about.change)
        where = f" in {words.object}" if about.change.what is What.MEMBERSHIP else (
            f" on {words.object}" if words.object else "")  # fmt: skip
        yield _first(words, f"{words.subject}{where}: {words.words}")
        yield _line("seen", f"first so in the read of {utc(about.seen_ms)}; it happened between "
                    "that one and the one before it")  # fmt: skip
        yield _line("source", f"{about.source} ({about.side.value})")
        ids = [about.change.subject.id]
        if about.change.object is not None:
            ids.append(about.change.object.id)
        yield _line("ids", ", ".join(ids))
        if about.change.carrier:
            yield _line("by", about.change.carrier)
    else:
        hint = "p narrows to the person under the cursor, v to the vault, a shows all again."
        yield Line(joined((hint, "$quiet")))
        if whole.chosen.name:
            yield Line(joined(f"Now only {whole.chosen.name} is shown."))


def _first(words: Told, sentence: str) -> Line:
    style = STYLE[SIGN_ROLE.get(words.sign, "dim")]
    return Line(joined((f"{words.sign} ", style), (sentence, "bold")), hang=2)


def _line(name: str, *parts: str | tuple[str, str]) -> Line:
    return Line(joined((f"  {name:<11}", "$quiet"), *parts), hang=HANG)
