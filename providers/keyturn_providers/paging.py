"""Proof that a paged list has come to its end, or the reason why that is not known.

Pure: a walk is told what each page held and answers with what to ask for next. A list that ends
too early looks like a mass departure, so every doubt ends the walk as broken: then nothing that was
not seen may be taken for gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from keyturn_providers.text import safe

MOST_EMPTY_PAGES = 3


@dataclass(frozen=True, slots=True)
class NextIndex:
    """Ask for the page that starts at this 1-based index."""

    start: int


@dataclass(frozen=True, slots=True)
class NextCursor:
    """Ask for the page behind this cursor."""

    cursor: str


@dataclass(frozen=True, slots=True)
class Done:
    """The list is whole. `proof` says in words why; it is empty where records without an id came,
    since the list cannot be called complete then."""

    proof: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Not known to be whole, and why. `changed` where the list only changed under the reading."""

    why: str
    changed: bool = False


@dataclass(slots=True)
class _Seen:
    noun: str
    ids: set[str] = field(default_factory=set)
    rows: int = 0
    pages: int = 0
    nameless: int = 0
    total: int | None = None

    def add(self, ids: Sequence[str | None], total: int | None) -> Broken | None:
        self.pages += 1
        self.rows += len(ids)
        for identifier in ids:
            if identifier is None:
                self.nameless += 1
            elif identifier in self.ids:
                return Broken(
                    f"The id {safe(identifier, 80)} came twice in the list of {self.noun}: it"
                    " changed while it was read, or paging does not work.",
                    changed=True,
                )
            else:
                self.ids.add(identifier)
        if total is not None and self.total is not None and total != self.total:
            return Broken(
                f"The number of {self.noun} changed from {self.total} to {total} while the list was"
                " read.",
                changed=True,
            )
        self.total = total if total is not None else self.total
        if self.total is not None and self.rows > self.total:
            return Broken(f"It sent {self.rows} {self.noun}, more than the {self.total} it counts.")
        return None

    def done(self, how: str) -> Done:
        if self.nameless:
            return Done("")
        pages = "1 page" if self.pages == 1 else f"{self.pages} pages"
        return Done(f"{self.rows} {self.noun} in {pages}, no id twice; {how}")


class IndexWalk:
    """Paging by start index (RFC 7644 §3.4.2.4). The server must tell the total, every time the
    same, and send as many records, each id once."""

    def __init__(self, noun: str) -> None:
        self._seen = _Seen(noun)
        self._first: str | None = None
        self.start = 1

    def take(
        self, ids: Sequence[str | None], *, total: int | None, start: int | None = None
    ) -> NextIndex | Done | Broken:
        """A page came with records of these ids (None: without a usable one), this total and, if
        the server repeats it, this start index."""
        noun = self._seen.noun
        if total is None or total < 0:
            return Broken(f"It does not say how many {noun} there are (totalResults).")
        if start is not None and start != self.start and ids:
            return Broken(
                f"Asked for {noun} from number {self.start} on, it answered from {start} on."
            )
        first = next((i for i in ids if i is not None), None)
        if self._seen.pages and first is not None and first == self._first:
            return Broken(
                f"It sends the first {noun} again and again, whatever startIndex says; set paging:"
                " cursor if it has that."
            )
        self._first = self._first or first
        trouble = self._seen.add(ids, total)
        if trouble is not None:
            return trouble
        if self._seen.rows == total:
            return self._seen.done(f"the total agrees ({total})")
        if not ids:
            return Broken(f"The list of {noun} ended after {self._seen.rows} of {total}.")
        self.start += len(ids)
        return NextIndex(self.start)


class CursorWalk:
    """Paging by cursor (RFC 9865). The last page carries none; a cursor may not come twice."""

    def __init__(self, noun: str, asked: int) -> None:
        self._seen = _Seen(noun)
        self._asked = asked
        self._cursors: set[str] = set()
        self._empty = 0

    def take(
        self, ids: Sequence[str | None], *, next_cursor: str | None, total: int | None
    ) -> NextCursor | Done | Broken:
        """A page came with records of these ids, this cursor to the next page (None or "" at the
        end), and a total, which the server may leave out."""
        noun = self._seen.noun
        trouble = self._seen.add(ids, total)
        if trouble is not None:
            return trouble
        if not next_cursor:
            return self._end(len(ids))
        if next_cursor in self._cursors:
            return Broken(f"The list of {noun} came back to a cursor it had given before.")
        self._cursors.add(next_cursor)
        self._empty = 0 if ids else self._empty + 1
        if self._empty > MOST_EMPTY_PAGES:
            return Broken(f"It sends empty pages of {noun} without end.")
        return NextCursor(next_cursor)

    def _end(self, last_page: int) -> Done | Broken:
        seen = self._seen
        if seen.total is not None and seen.rows != seen.total:
            return Broken(f"The list of {seen.noun} ended after {seen.rows} of {seen.total}.")
        if seen.total is None and not self._cursors and last_page >= self._asked:
            return Broken(
                f"It sent one full page of {seen.noun} with neither a cursor nor a total, so there"
                " may be more."
            )
        return seen.done(
            "the last page has no next cursor"
            + (f" and the total agrees ({seen.total})" if seen.total is not None else "")
        )
