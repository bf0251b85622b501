"""Whether the cases of the journal are what its entries say."""

import json
import sqlite3
from collections.abc import Iterator

from keyturn_storage.case_files import CASE_COLUMNS, NOTE_COLUMNS, row_digest


def first_bad_case(connection: sqlite3.Connection) -> tuple[int, str] | None:
    """The number of the first entry about a case whose row is not as it was written, and why.

    None if all are, but for those of cases that were purged, and no row is there of which no entry
    speaks.
    """
    purged = {
        str(row[0]) for row in connection.execute("select key from purged where what = 'case'")
    }
    said = {seq: row for seq, row in _said(connection) if row[1] not in purged}
    stored = dict(_stored(connection))
    for seq in sorted(said.keys() | stored.keys()):
        if said.get(seq) != stored.get(seq):
            case = (said.get(seq) or stored[seq])[1]
            return seq, f"the case {case} is not stored as the entries say"
    return None


def _said(connection: sqlite3.Connection) -> Iterator[tuple[int, tuple[str, str, str]]]:
    found = connection.execute(
        "select seq, line from entry where json_extract(line, '$.kind') in ('case', 'case note')"
    )
    for seq, line in found:
        entry = json.loads(line)
        yield int(seq), (entry["kind"], entry["case"], entry["sha256"])


def _stored(connection: sqlite3.Connection) -> Iterator[tuple[int, tuple[str, str, str]]]:
    cases = ", ".join(CASE_COLUMNS)
    for entry, *row in connection.execute(f"select entry, {cases} from case_file"):  # noqa: S608 -- names of fields
        yield int(entry), ("case", str(row[0]), row_digest(tuple(row)))
    notes = ", ".join(f"n.{name}" for name in NOTE_COLUMNS)
    for entry, case_id, *row in connection.execute(
        f"select n.entry, c.id, {notes} from case_note n join case_file c on c.no = n.case_no"  # noqa: S608 -- names of columns
    ):
        yield int(entry), ("case note", str(case_id), row_digest(tuple(row)))
