"""The newest snapshot of each source as one row, for the header and the Sources screen."""

import json
import sqlite3

from keyturn_providers.source import Side, SourceIdentity
from keyturn_storage.list_rows import SourceRow

_SOURCES = """
select c.name, c.kind, c.side, c.tenant, s.id, s.started_ms, s.complete,
(select count(*) from listing l where l.snapshot_id = s.id),
(select count(*) from listing l where l.snapshot_id = s.id and l.complete = 1),
s.unreadable, s.accounts, s.groups, s.vaults, s.grants, s.machines, s.blind_spots,
(select n.error from snapshot n where n.source_no = c.no and n.id > s.id
 and n.state = 'abandoned' order by n.id desc limit 1)
from source c join snapshot s on s.id = (
    select max(id) from snapshot where source_no = c.no and state = 'sealed'
)
order by c.side, c.name
"""


def sources(connection: sqlite3.Connection) -> tuple[SourceRow, ...]:
    """Directory side first. `error` is of the newest refresh that failed after the snapshot."""
    return tuple(
        SourceRow(
            SourceIdentity(name, kind, Side(side), tenant),
            snapshot_id,
            taken_ms,
            bool(complete),
            total,
            done,
            unreadable,
            accounts,
            groups,
            vaults,
            grants,
            machines,
            tuple(json.loads(blind_spots)),
            error or "",
        )
        for (
            name,
            kind,
            side,
            tenant,
            snapshot_id,
            taken_ms,
            complete,
            total,
            done,
            unreadable,
            accounts,
            groups,
            vaults,
            grants,
            machines,
            blind_spots,
            error,
        ) in connection.execute(_SOURCES)
    )
