"""A reader that looks at an earlier read: every query answers as it would have answered then.

What was decided about that read is in a file of its own. Its tables are laid over those of the
cache, for this connection only, and so is a view of the snapshots that leaves out what came later.
Both files are open for reading only.
"""

from dataclasses import dataclass
from pathlib import Path

from keyturn_storage.files import check_file
from keyturn_storage.queries.reader import Reader, open_reader


@dataclass(frozen=True, slots=True)
class Past:
    """Two snapshots of an earlier time, and the file with what was decided from them."""

    directory_snapshot: int
    secrets_snapshot: int
    at_ms: int
    decided: Path

    def forget(self) -> None:
        """Removes the file. Readers that have it open go on."""
        self.decided.unlink(missing_ok=True)


def open_past(path: Path, past: Past) -> Reader:
    """The cache as of `past`. Raises as `open_reader`, also for the file with the decisions."""
    check_file(past.decided)
    reader = open_reader(path)
    try:
        _lay_over(reader, past)
    except BaseException:
        reader.close()
        raise
    return reader


def _lay_over(reader: Reader, past: Past) -> None:
    connection = reader.connection
    connection.execute("attach ? as earlier", (f"{past.decided.absolute().as_uri()}?mode=ro",))
    names = connection.execute(
        "select name from earlier.sqlite_master where type = 'table' and name not like 'sqlite_%'"
    ).fetchall()
    # The files are open for reading only, whatever this says; what is laid over is in memory.
    connection.execute("pragma temp_store = memory")
    connection.execute("pragma query_only = off")
    for (name,) in names:
        connection.execute(f"create temp view {name} as select * from earlier.{name}")  # noqa: S608 -- our own names
    pair = (past.directory_snapshot, past.secrets_snapshot)
    source_of = "(select l.source_no from main.snapshot l where l.id = {0})"
    until = " or ".join(
        f"(s.id <= {no} and s.source_no = {source_of.format(no)})" for no in map(int, pair)
    )
    view = f"create temp view snapshot as select s.* from main.snapshot s where {until}"  # noqa: S608 -- numbers
    connection.execute(view)
    connection.execute("pragma query_only = on")
