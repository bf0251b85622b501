"""Whether the archived events are as they were written: page by page, never all in memory.

The chain itself was checked before. Every read is short, so that nobody who writes has to wait.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from keyturn_storage.stream_digest import event_digest, page_digest
from keyturn_storage.stream_rows import EventIn

_ENTRIES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class BadPage:
    """The first chain entry whose events are not those it covers, and what is wrong."""

    seq: int
    why: str


@dataclass(slots=True)
class _Seen:
    rows: dict[int, int]
    next_no: int = 1
    gaps: int = 0


def check_pages(connection: sqlite3.Connection, last_seq: int) -> BadPage | None:
    """Compares the events, gaps and counts with the entries up to `last_seq`; None if all agree."""
    seen = _Seen({})
    for seq, entry in _pages(connection, last_seq):
        why = _page(connection, seq, entry, seen)
        if why:
            page = f"page {entry['page']} of {entry['stream']}"
            return BadPage(seq, f"{page} (entry {seq}) is not stored as it was archived: {why}")
    return _beyond(connection, last_seq, seen)


def _pages(
    connection: sqlite3.Connection, last_seq: int
) -> Iterator[tuple[int, dict[str, object]]]:
    seq = 0
    while True:
        lines = connection.execute(
            "select seq, line from entry where seq > ? and seq <= ? order by seq limit ?",
            (seq, last_seq, _ENTRIES_AT_ONCE),
        ).fetchall()
        for number, line in lines:
            entry = json.loads(line)
            if entry["kind"] == "events":
                yield int(number), entry
        if not lines:
            return
        seq = int(lines[-1][0])


def _page(connection: sqlite3.Connection, seq: int, entry: dict[str, object], seen: _Seen) -> str:
    stream = connection.execute(
        "select no from stream where kind = ? and tenant = ? and name = ?",
        (entry["source_kind"], entry["tenant"], entry["stream"]),
    ).fetchone()
    if stream is None:
        return "its stream is missing"
    first, rows = int(str(entry["first"])), int(str(entry["rows"]))
    found = connection.execute(
        "select page, stream_no, no, id, at_ms, action, raw, user_id, vault_id, item_id "
        "from stream_event where no >= ? and no < ? order by no",
        (first, first + rows),
    ).fetchall()
    digests = dict(
        connection.execute(
            "select no, sha256 from purged_event where no >= ? and no < ?", (first, first + rows)
        )
    )
    digests |= {row[2]: event_digest(EventIn(*row[3:])) for row in found}
    if len(digests) != rows or first != seen.next_no:
        return f"it has {len(digests)} of {rows} events"
    if any(row[:2] != (seq, stream[0]) for row in found):
        return "an event of it is under another page or stream"
    if page_digest(digests[no] for no in sorted(digests)) != entry["sha256"]:
        return "an event of it was changed"
    gap = connection.execute(
        "select words, from_ms, until_ms, stream_no from stream_gap where page = ?", (seq,)
    ).fetchone()
    if "gap" in entry:
        said = (entry["gap"], entry.get("gap_from_ms"), entry["gap_until_ms"], stream[0])
        if gap != said:
            return "its gap was changed"
        seen.gaps += 1
    elif gap is not None:
        return "it has a gap that was not there"
    seen.next_no = first + rows
    seen.rows[stream[0]] = seen.rows.get(stream[0], 0) + rows
    return ""


def _beyond(connection: sqlite3.Connection, last_seq: int, seen: _Seen) -> BadPage | None:
    """Rows that no entry covers. Pages archived since the check began are left to the next one."""
    strays = connection.execute(
        "select count(*) from stream_event where (no >= ? or no < 1) and page <= ?",
        (seen.next_no, last_seq),
    ).fetchone()[0]
    gaps = connection.execute(
        "select count(*) from stream_gap where page <= ?", (last_seq,)
    ).fetchone()[0]
    if strays or gaps != seen.gaps:
        return BadPage(last_seq, "there are archived events or gaps that no entry covers")
    for no, name, events in connection.execute("select no, name, events from stream").fetchall():
        since = connection.execute(
            "select count(*) from stream_event where no >= ? and stream_no = ?", (seen.next_no, no)
        ).fetchone()[0]
        # Both reads may lie around a page that was just archived: more is never too few.
        if events > seen.rows.get(no, 0) + since or events < seen.rows.get(no, 0):
            return BadPage(last_seq, f"the stream {name} does not count the events it has")
    return None
