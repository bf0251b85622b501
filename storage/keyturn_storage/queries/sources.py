"""The sources as the header and the Sources screen show them."""

from typing import TYPE_CHECKING

from keyturn_storage import source_rows as rows_of_sources
from keyturn_storage.list_rows import SourceRow
from keyturn_storage.queries.reader import Reader

if TYPE_CHECKING:
    # Snapshots in full are not needed for a first paint.
    from keyturn_providers.records import Listing
    from keyturn_storage.rows import SnapshotInfo


def source_rows(reader: Reader) -> tuple[SourceRow, ...]:
    """The newest sealed snapshot of each source, directory side first."""
    return rows_of_sources.sources(reader.connection)


def snapshot_info(reader: Reader, snapshot_id: int) -> "SnapshotInfo | None":
    """A snapshot with its listings and invariants."""
    from keyturn_storage import snapshot_rows

    return snapshot_rows.info(reader.connection, snapshot_id)


def snapshots(reader: Reader, source_name: str) -> "tuple[SnapshotInfo, ...]":
    """Every snapshot of a source, newest first, abandoned ones too."""
    from keyturn_storage import snapshot_rows

    return snapshot_rows.all_of(reader.connection, source_name)


def listings(reader: Reader, snapshot_id: int) -> "tuple[Listing, ...]":
    """How each collection of a snapshot was read."""
    from keyturn_storage import snapshot_rows

    return snapshot_rows.listings(reader.connection, snapshot_id)


def unreadable(reader: Reader, snapshot_id: int) -> list[tuple[str, str, str | None, str]]:
    """(collection, parent id, id if known, reason) of the records that could not be understood."""
    found = reader.connection.execute(
        "select collection, parent_id, id, reason from unreadable where snapshot_id = ? "
        "order by no",
        (snapshot_id,),
    )
    return [(str(row[0]), str(row[1]), row[2], str(row[3])) for row in found]


_CUT = """
select {side!r} from assessment a where not exists (select 1 from listing l
where l.snapshot_id = a.{side}_snapshot and l.collection = 'accounts' and l.complete = 1
and l.unreadable = 0)
"""


def sides_cut(reader: Reader) -> frozenset[str]:
    """The sides whose accounts were not read to their end, or not all of them understood: who has
    none there may have one all the same. None where nothing was decided yet."""

    def read() -> frozenset[str]:
        asked = " union all ".join(_CUT.format(side=side) for side in ("directory", "secrets"))
        return frozenset(str(row[0]) for row in reader.connection.execute(asked))

    return reader.kept("sides cut", read)


def whole_reads(reader: Reader) -> dict[str, int]:
    """When the newest whole read of each source began, by the source's name; a source that was
    never read whole is not in it."""
    found = reader.connection.execute(
        "select c.name, max(s.started_ms) from source c join snapshot s on s.source_no = c.no "
        "and s.state = 'sealed' and s.complete = 1 group by c.no"
    )
    return {str(name): int(at_ms) for name, at_ms in found}


def side_of_names(reader: Reader) -> dict[str, str]:
    """Which side each source is on, by its name."""
    found = reader.connection.execute("select name, side from source")
    return {str(name): str(side) for name, side in found}
