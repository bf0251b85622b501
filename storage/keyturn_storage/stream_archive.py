"""Archiving the event streams of a source: at least once from the source, exactly once in here.

A page's events, the chain entry that covers them and the position after them are one transaction:
after a crash the position is never ahead of the events. What came before is known by its id.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from keyturn_providers.records import SourceIdentity
from keyturn_storage.errors import PageOvertaken, TenantDiffers
from keyturn_storage.journal_append import append
from keyturn_storage.stream_digest import event_digest, page_digest
from keyturn_storage.stream_rows import EventIn, PageIn, PageStored, StreamState

if TYPE_CHECKING:
    from keyturn_storage.journal import Journal

QUIET_MS = 24 * 60 * 60 * 1000
"""How long a stream may have nothing new before the chain says so: once a day is proof enough that
it was asked, and a refresh every minute does not fill the journal."""

EVENT_COLUMNS = "id, at_ms, action, raw, user_id, vault_id, item_id"
"""The columns of an archived event in the order of `EventIn`."""


def begin_stream(
    journal: "Journal", source: SourceIdentity, stream: str, now_ms: int
) -> StreamState:
    """Where the reading of a stream stands; a stream never seen before is written down as such.

    A stream belongs to its tenant, whatever the source is called: `source.name` may change. Raises
    TenantDiffers where the archive under this name is of another tenant.
    """
    with journal.transaction() as connection:
        _refuse_other_tenant(connection, source, journal)
        connection.execute(
            "insert into stream (kind, tenant, name, side, source, first_ms) "
            "values (?, ?, ?, ?, ?, ?) on conflict (kind, tenant, name) do update "
            "set source = excluded.source, side = excluded.side "
            "where source <> excluded.source or side <> excluded.side",
            (source.kind, source.tenant, stream, source.side.value, source.name, now_ms),
        )
        row = connection.execute(
            "select no, position, (select max(at_ms) from stream_event where stream_no = s.no), "
            "whole_ms, asked_ms, error from stream s where kind = ? and tenant = ? and name = ?",
            (source.kind, source.tenant, stream),
        ).fetchone()
    return StreamState(*row)


def store_page(journal: "Journal", stream_no: int, page: PageIn) -> PageStored:
    """Archives what is new in a page and moves the position on, all of it or nothing.

    Believed afterwards: the page's events are on the disk, and so is every one before them, gaps
    apart. A gap is kept with the page it was found at. Raises PageOvertaken where the stream is not
    at `page.after` any more: another process archived it; nothing was written.
    """
    with journal.transaction() as connection:
        stream = connection.execute(
            "select position, whole_ms, entered_ms, pages, kind, tenant, name from stream "
            "where no = ?",
            (stream_no,),
        ).fetchone()
        if stream is None:
            raise ValueError(f"there is no stream {stream_no} in the journal")
        position, whole_before, entered_ms, pages, kind, tenant, name = stream
        if position != page.after:
            raise PageOvertaken(
                str(journal.path),
                f"will not archive this page of {name}",
                "another keyturn has archived it in between.",
                "Nothing is lost: the next refresh goes on from there.",
            )
        new, repeated, differing = _sorted_out(connection, stream_no, page.events)
        whole_ms = _whole(page, whole_before)
        entry: int | None = None
        if new or page.gap or entered_ms is None or page.asked_ms - entered_ms >= QUIET_MS:
            pages += 1
            first = _next_no(connection, "stream_event")
            content: dict[str, str | int | bool] = {
                "kind": "events",
                "source_kind": kind,
                "tenant": tenant,
                "stream": name,
                "page": pages,
                "asked_ms": page.asked_ms,
                "whole_ms": whole_ms,
                "first": first,
                "rows": len(new),
                "sha256": page_digest(map(event_digest, new)),
            }
            if page.gap is not None:
                content |= _gap_content(page.gap.words, whole_before, page.gap.until_ms)
            entry = append(connection, content)
            _insert(connection, stream_no, entry, first, new)
            if page.gap is not None:
                connection.execute(
                    "insert into stream_gap (no, page, stream_no, from_ms, until_ms, words) "
                    "values (?, ?, ?, ?, ?, ?)",
                    (
                        _next_no(connection, "stream_gap"),
                        entry,
                        stream_no,
                        None if whole_before is None else min(whole_before, page.gap.until_ms),
                        page.gap.until_ms,
                        _storable(page.gap.words),
                    ),
                )
        connection.execute(
            "update stream set position = ?, pages = ?, events = events + ?, asked_ms = ?, "
            "whole_ms = ?, behind = ?, entered_ms = iif(?, ?, entered_ms), error = '', "
            "error_ms = null where no = ?",
            (
                page.position,
                pages,
                len(new),
                page.asked_ms,
                whole_ms,
                page.whole_ms is None,
                entry is not None,
                page.asked_ms,
                stream_no,
            ),
        )
    return PageStored(len(new), repeated, differing, entry)


def note_failure(journal: "Journal", stream_no: int, words: str, at_ms: int) -> None:
    """Keeps why the last attempt failed, until one goes well. What is archived stays as it is."""
    with journal.transaction() as connection:
        connection.execute(
            "update stream set error = ?, error_ms = ? where no = ?",
            (_storable(words), at_ms, stream_no),
        )


def _refuse_other_tenant(
    connection: sqlite3.Connection, source: SourceIdentity, journal: "Journal"
) -> None:
    other = connection.execute(
        "select kind, tenant from stream where source = ? and (kind <> ? or tenant <> ?) "
        # A source that was renamed, and whose name another tenant has now, is nobody's fault.
        "and not exists (select 1 from stream o where o.source = ? and o.kind = ? "
        "and o.tenant = ?) limit 1",
        (source.name, source.kind, source.tenant, source.name, source.kind, source.tenant),
    ).fetchone()
    if other is not None:
        raise TenantDiffers(
            source.name,
            "will not archive events",
            f"it now leads to {source.kind} tenant {source.tenant!r}, but the events archived "
            f"under this name in {journal.path} are of {other[0]} tenant {other[1]!r}.",
            "Check the address in keyturn.yaml. If the change is meant, give the source another "
            "name.",
        )


def _sorted_out(
    connection: sqlite3.Connection, stream_no: int, events: Sequence[EventIn]
) -> tuple[list[EventIn], int, int]:
    """(the events that are new, each once; how many are not; how many of these differ)."""
    marks = ", ".join("?" * len(events))
    storable = [_made_storable(event) for event in events]
    found = connection.execute(
        f"select {EVENT_COLUMNS} from stream_event where stream_no = ? and id in ({marks})",  # noqa: S608 -- marks only
        (stream_no, *(event.id for event in storable)),
    )
    known = {str(row[0]): EventIn(*row) for row in found}
    new: list[EventIn] = []
    differing = 0
    for event in storable:
        before = known.get(event.id)
        if before is None:
            known[event.id] = event
            new.append(event)
        elif before != event:
            differing += 1
    return new, len(events) - len(new), differing


def _insert(
    connection: sqlite3.Connection, stream_no: int, entry: int, first: int, new: Iterable[EventIn]
) -> None:
    connection.executemany(
        f"insert into stream_event (no, page, stream_no, {EVENT_COLUMNS}) "  # noqa: S608 -- a constant of this module
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                number,
                entry,
                stream_no,
                event.id,
                event.at_ms,
                event.action,
                event.raw,
                event.user_id,
                event.vault_id,
                event.item_id,
            )
            for number, event in enumerate(new, start=first)
        ],
    )


def _whole(page: PageIn, before: int | None) -> int:
    """Up to when everything has come. Pages come oldest first, so all before a page's newest event
    has; an event dated in the future says no more than that we asked now."""
    newest = max((event.at_ms for event in page.events), default=None)
    times = [time for time in (before, newest, page.whole_ms) if time is not None]
    if page.gap is not None:
        times.append(page.gap.until_ms)
    return min(max(times, default=page.asked_ms), page.asked_ms)


def _gap_content(words: str, from_ms: int | None, until_ms: int) -> dict[str, str | int | bool]:
    content: dict[str, str | int | bool] = {"gap": _storable(words), "gap_until_ms": until_ms}
    if from_ms is not None:
        content["gap_from_ms"] = min(from_ms, until_ms)
    return content


def _next_no(connection: sqlite3.Connection, table: str) -> int:
    row = connection.execute(f"select coalesce(max(no), 0) + 1 from {table}").fetchone()  # noqa: S608 -- a name of this module
    return int(row[0])


def _made_storable(event: EventIn) -> EventIn:
    texts = (event.id, event.action, event.raw, event.user_id, event.vault_id, event.item_id)
    if all(map(_is_storable, texts)):
        return event
    id_, *rest = map(_storable, texts)
    return EventIn(id_, event.at_ms, *rest)


def _is_storable(text: str) -> bool:
    return text.isascii() or _storable(text) == text


def _storable(text: str) -> str:
    """SQLite stores no lone surrogates; in JSON the escape means the same."""
    return text.encode("utf-8", "backslashreplace").decode()
