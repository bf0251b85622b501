"""What machine identities used of what they may, from cache and archive. In the reading thread."""

from collections.abc import Sequence
from pathlib import Path

from keyturn.decide.scope_use import ScopeUse, scope_use
from keyturn_storage.journal_if_any import journal_if_any
from keyturn_storage.queries.events import Within, vaults_used
from keyturn_storage.queries.machine_grants import MOST, tenants_of, vaults_granted
from keyturn_storage.queries.machines import MachineRow
from keyturn_storage.queries.reader import Reader


def machine_use(
    reader: Reader, journal: Path, rows: Sequence[MachineRow], now_ms: int
) -> dict[int, ScopeUse]:
    """By the machine's number. An event counts that names the machine itself as who acted."""
    tenants = tenants_of(reader, [row.no for row in rows])
    used: dict[int, dict[str, int]] = {}
    with journal_if_any(journal) as archive:
        for row in rows:
            if archive is None:
                break
            within = Within(until_ms=now_ms + 1, limit=MOST, tenant=tenants.get(row.no, ""))
            uses = vaults_used(archive, row.machine.id, within)
            used[row.no] = {one.vault_id: one.last_ms for one in uses}
    return {row.no: scope_use(vaults_granted(reader, row.no), used.get(row.no, {})) for row in rows}
