"""The vaults a machine identity may open, as of the newest assessment. Every answer has a limit."""

from collections.abc import Iterator, Sequence

from keyturn_storage.queries.reader import Reader

MOST = 1_000
_GRANTED = """
select distinct v.id, ifnull(l.name, v.id) from assessment a
join vault_grant g on g.principal_no = :machine
and g.from_snapshot <= a.secrets_snapshot
and (g.to_snapshot is null or g.to_snapshot > a.secrets_snapshot)
join object v on v.no = g.vault_no left join vault_line l on l.vault_id = v.id
order by 2 collate nocase, 1 limit :limit
"""


def vaults_granted(
    reader: Reader, machine_no: int, limit: int = MOST
) -> tuple[tuple[str, str], ...]:
    """Ids and names, by name."""
    found = reader.connection.execute(_GRANTED, {"machine": machine_no, "limit": limit})
    return tuple((str(id_), str(name)) for id_, name in found)


def tenants_of(reader: Reader, machine_nos: Sequence[int]) -> dict[int, str]:
    """The tenant each machine identity is of, by its number."""
    return dict(_tenants(reader, machine_nos))


def _tenants(reader: Reader, machine_nos: Sequence[int]) -> Iterator[tuple[int, str]]:
    for no in machine_nos:
        row = reader.connection.execute(
            "select c.tenant from object o join source c on c.no = o.source_no where o.no = ?",
            (no,),
        ).fetchone()
        if row is not None:
            yield no, str(row[0])
