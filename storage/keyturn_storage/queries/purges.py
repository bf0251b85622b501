"""The purges of the journal, as its chain tells of them."""

import json
from dataclasses import fields
from typing import TYPE_CHECKING

from keyturn_storage.purge_rows import PurgeDone

if TYPE_CHECKING:
    from keyturn_storage.journal import Journal

_FIELDS = tuple(field.name for field in fields(PurgeDone) if field.name != "entry")


def purges(journal: "Journal") -> tuple[PurgeDone, ...]:
    """Every purge, oldest first: when, by whom, and how much."""
    found = journal.connection.execute(
        "select seq, line from entry where json_extract(line, '$.kind') = 'purge' order by seq"
    )
    return tuple(_done(int(seq), json.loads(line)) for seq, line in found)


def purged_runs(journal: "Journal") -> dict[str, int]:
    """The ids of the runs that were purged, with the entry of the purge."""
    found = journal.connection.execute("select key, purge from purged where what = 'run'")
    return {str(key): int(purge) for key, purge in found}


def _done(seq: int, content: dict[str, object]) -> PurgeDone:
    return PurgeDone(entry=seq, **{name: content[name] for name in _FIELDS})  # type: ignore[arg-type]  # as `purging` wrote them
