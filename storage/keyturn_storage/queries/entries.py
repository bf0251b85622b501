"""Entries of the journal's chain as they stand, for evidence."""

import json
from typing import TYPE_CHECKING

from keyturn_storage.chain import Entry
from keyturn_storage.schema_lookups import CASE, RUN

if TYPE_CHECKING:
    from collections.abc import Collection

    from keyturn_storage.journal import Journal

_OF = f"""
select seq from entry where {RUN} in (select value from json_each(?))
union all select seq from entry where {CASE} = nullif(?, '')
"""  # noqa: S608 -- constants


def entries_around(
    journal: "Journal", run_ids: "Collection[str]", case_id: str = ""
) -> tuple[Entry, ...]:
    """Every entry from the first of these runs, and of the case, to the last, those of others among
    them too. Empty where there is none."""
    first, last = journal.connection.execute(
        f"select min(seq), max(seq) from ({_OF})",  # noqa: S608 -- a constant of this module
        (json.dumps(list(run_ids)), case_id),
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


def line_of(journal: "Journal", seq: int) -> str:
    """The stored line of an entry; "" where there is none."""
    found = journal.connection.execute("select line from entry where seq = ?", (seq,)).fetchone()
    return str(found[0]) if found is not None else ""
