"""The cases that screens under test have left in the journal."""

from tests.tui.simulated import Bench

from keyturn_storage.case_rows import CaseRow
from keyturn_storage.journal import open_journal
from keyturn_storage.queries.cases import cases


def kept(bench: Bench) -> tuple[CaseRow, ...]:
    """The cases as the journal has them."""
    path = bench.data / "journal.db"
    if not path.exists():
        return ()
    with open_journal(path, read_only=True) as journal:
        return cases(journal)
