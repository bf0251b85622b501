"""Entries of the journal's chain as they stand, for evidence."""

from typing import TYPE_CHECKING

from keyturn_storage.chain import Entry

if TYPE_CHECKING:
    from keyturn_storage.journal import Journal

_RUN_OF = "json_extract(line, '$.run') = ?"


def entries_around_run(journal: "Journal", run_id: str) -> tuple[Entry, ...]:
    """Every entry from the run's first to its last, those of others among them too. Empty for an
    unknown run."""
    first, last = journal.connection.execute(
        f"select min(seq), max(seq) from entry where {_RUN_OF}",  # noqa: S608 -- a constant of this module
        (run_id,),
    ).fetchone()
    if first is None:
        return ()
    found = journal.connection.execute(
        "select seq, prev_hash, line, hash from entry where seq >= ? and seq <= ? order by seq",
        (first, last),
    )
    return tuple(Entry(*row) for row in found)


def hashes_between(journal: "Journal", first: int, last: int) -> dict[int, str]:
    """The hash of each entry from `first` to `last`, by its number."""
    found = journal.connection.execute(
        "select seq, hash from entry where seq >= ? and seq <= ?", (first, last)
    )
    return {int(seq): str(hash_) for seq, hash_ in found}
