"""Every vault with how many people can open it, for lists and look-ups."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keyturn_storage.queries.reader import Reader


@dataclass(frozen=True, slots=True)
class VaultRow:
    """`no` stays with the vault through every refresh."""

    no: int
    id: str
    name: str
    openers: int


_HELD = """
from snapshot s cross join object t on t.source_no = s.source_no and t.kind = 3 and t.id = :vault
cross join vault_grant g on g.vault_no = t.no
"""
_NOW = (
    "where s.id = :at and g.from_snapshot <= :at and (g.to_snapshot is null or g.to_snapshot > :at)"
)
# One row for all of them: at each row another thread that works may take Python's lock for itself.
_GROUPS = f"""
select json_group_object(l.secrets_id, l.secrets_members) {_HELD}
cross join group_link l on l.secrets_no = g.principal_no {_NOW}
and l.secrets_members is not null
"""
_PEOPLE = f"""
select json_group_object(p.secrets_id, json_array(p.key, p.name, p.secrets_state)) {_HELD}
cross join person p on p.secrets_no = g.principal_no {_NOW}
"""
_SELECT = "select no, vault_id, name, openers from vault_line "


def vault_rows(reader: Reader) -> list[VaultRow]:
    """All of them, by name."""
    found = reader.connection.execute(_SELECT + "order by name collate nocase, vault_id")
    return [VaultRow(*row) for row in found]


def vault_by_id(reader: Reader, vault_id: str) -> VaultRow | None:
    row = reader.connection.execute(_SELECT + "where vault_id = ?", (vault_id,)).fetchone()
    return None if row is None else VaultRow(*row)


def vaults_called(reader: Reader, text: str, limit: int) -> Sequence[VaultRow]:
    """Vaults that `text` may mean, best first: by id, by exact name, then by part of a name."""
    wanted = " ".join(text.split())
    if not wanted:
        return []
    found = reader.connection.execute(
        _SELECT + "where vault_id = :text or instr(casefold(name), :folded) > 0 "
        "order by vault_id <> :text, casefold(name) <> :folded, name collate nocase limit :limit",
        {"text": wanted, "folded": wanted.casefold(), "limit": limit},
    )
    return [VaultRow(*row) for row in found]


def groups_holding(reader: Reader, vault_id: str) -> Mapping[str, int]:
    """How many accounts are in each group that holds a grant on the vault, by its id; without those
    of which that is not known."""
    found: dict[str, int] = json.loads(_listed(reader, _GROUPS, vault_id))
    return found


def people_holding(reader: Reader, vault_id: str) -> Mapping[str, tuple[str, str, str]]:
    """Key, name and account's state of each person who holds a direct grant on the vault, by their
    account's id."""
    found: dict[str, tuple[str, str, str | None]] = json.loads(_listed(reader, _PEOPLE, vault_id))
    return {id_: (key, name, state or "") for id_, (key, name, state) in found.items()}


def _listed(reader: Reader, statement: str, vault_id: str) -> str:
    assessed = reader.assessed()
    if assessed is None:
        return "{}"
    values = {"vault": vault_id, "at": assessed[1]}
    (listed,) = reader.connection.execute(statement, values).fetchone()
    return str(listed)
