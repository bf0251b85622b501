"""Every vault with how many people can open it, for lists and look-ups."""

from collections.abc import Sequence
from dataclasses import dataclass

from keyturn_storage.queries.reader import Reader


@dataclass(frozen=True, slots=True)
class VaultRow:
    """`no` stays with the vault through every refresh."""

    no: int
    id: str
    name: str
    openers: int


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
        _SELECT + "where vault_id = :text or instr(lower(name), lower(:text)) > 0 "
        "order by vault_id <> :text, lower(name) <> lower(:text), name collate nocase limit :limit",
        {"text": wanted, "limit": limit},
    )
    return [VaultRow(*row) for row in found]
