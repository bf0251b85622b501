"""What the History and Differences screens are made from. Called in the reading thread."""

from typing import TYPE_CHECKING

from keyturn.run.as_of import AsOf
from keyturn.run.difference import Chosen, changes_of, difference, seen_ms
from keyturn.tui.difference_rows import Compared, Listed
from keyturn.tui.history_rows import Timeline
from keyturn_storage.queries.moments import drift_points, moments, snapshots_count
from keyturn_storage.queries.reader import Reader

if TYPE_CHECKING:
    from keyturn.tui.cache_data import CacheData


def timeline(data: "CacheData", limit: int) -> Timeline:
    """The reads of the newest snapshots, at most `limit`, how many older there are, and what is
    missing from the archive beside the cache."""
    if not data.exists():
        return Timeline()
    reader = data.reads.reader()
    older = max(0, snapshots_count(reader) - limit)
    found = moments(reader, limit)
    return Timeline(found, tuple(data.archived()), drift_points(reader), older)


def compared(reader: Reader, one: AsOf, other: AsOf, chosen: Chosen) -> Compared:
    """In numbers, and the first lines of each kind."""
    whole = difference(reader, one, other, chosen)
    when: dict[int, int] = {}
    listed: list[Listed] = []
    for side, change in changes_of(reader, whole):
        snapshot = change.seen_snapshot
        if snapshot not in when:
            when[snapshot] = seen_ms(reader, snapshot)
        listed.append(Listed(side.source, side.side, change, when[snapshot]))
    return Compared(whole, tuple(listed))
