"""Findings of the current assessment, most urgent first."""

from collections.abc import Sequence

from keyturn_storage.list_rows import DriftCounts, FindingRow
from keyturn_storage.queries.reader import Reader

_SELECT = (
    "select id, kind, severity, severity_rank, sign, person_key, subject_ref, subject_name, "
    "object_ref, object_name, words, body, since_ms from finding "
)


def drift_counts(reader: Reader) -> DriftCounts | None:
    """How many findings there are and how many are urgent; None before the first assessment."""
    row = reader.connection.execute("select urgent, findings from assessment").fetchone()
    return None if row is None else DriftCounts(int(row[0]), int(row[1]))


def findings(
    reader: Reader,
    *,
    person_key: str | None = None,
    kind: str | None = None,
    limit: int = -1,
    offset: int = 0,
) -> list[FindingRow]:
    """Findings by severity, then kind, then names; of one person or kind where it is named."""
    conditions = ["person_key = :person"] if person_key is not None else []
    conditions += ["kind = :kind"] if kind is not None else []
    where = f"where {' and '.join(conditions)} " if conditions else ""
    # Few are left by a condition: they are sorted, rather than all read in their order.
    by = "+position" if conditions else "position"
    return [
        FindingRow(*row)
        for row in reader.connection.execute(
            f"{_SELECT}{where}order by {by} limit :limit offset :offset",
            {"person": person_key, "kind": kind, "limit": limit, "offset": offset},
        )
    ]


def finding(reader: Reader, finding_id: str) -> FindingRow | None:
    row = reader.connection.execute(_SELECT + "where id = ?", (finding_id,)).fetchone()
    return None if row is None else FindingRow(*row)


def findings_by_id(reader: Reader, finding_ids: Sequence[str]) -> list[FindingRow]:
    """Those that are there, most urgent first."""
    marks = ", ".join("?" * len(finding_ids))
    statement = f"{_SELECT}where id in ({marks}) order by position"
    return [FindingRow(*row) for row in reader.connection.execute(statement, list(finding_ids))]


def findings_about(reader: Reader, refs: Sequence[str], limit: int = -1) -> list[FindingRow]:
    """Findings whose subject or object is one of `refs` ("side/kind/id")."""
    marks = ", ".join("?" * len(refs))
    statement = (
        f"{_SELECT}where id in (select id from finding where subject_ref in ({marks}) "  # noqa: S608 -- marks only
        f"union select id from finding where object_ref in ({marks})) order by position limit ?"
    )
    values = [*refs, *refs, limit]
    return [FindingRow(*row) for row in reader.connection.execute(statement, values)]


def findings_of_group(reader: Reader, group_key: str) -> list[FindingRow]:
    """Findings about a linked group on either side, its memberships and grants included."""
    row = reader.connection.execute(
        "select directory_id, secrets_id from group_link where key = ?", (group_key,)
    ).fetchone()
    if row is None:
        return []
    refs = [
        f"{side}/group/{id_}"
        for side, id_ in zip(("directory", "secrets"), row, strict=True)
        if id_ is not None
    ]
    return findings_about(reader, refs)


def findings_of_vault(reader: Reader, vault_id: str, limit: int = -1) -> list[FindingRow]:
    """Findings about a vault, grants on it included."""
    return findings_about(reader, [f"secrets/vault/{vault_id}"], limit)


def findings_count_of_vault(reader: Reader, vault_id: str) -> int:
    """How many `findings_of_vault` gives without a limit."""
    (count,) = reader.connection.execute(
        "select count(*) from (select id from finding where subject_ref = :ref "
        "union select id from finding where object_ref = :ref)",
        {"ref": f"secrets/vault/{vault_id}"},
    ).fetchone()
    return int(count)


def finding_ids_of_people(reader: Reader, nos: Sequence[int]) -> frozenset[str]:
    """The findings of some people, by their `no`."""
    ids: set[str] = set()
    for start in range(0, len(nos), 500):
        part = list(nos[start : start + 500])
        marks = ", ".join("?" * len(part))
        found = reader.connection.execute(
            f"select f.id from person p join finding f on f.person_key = p.key "  # noqa: S608 -- marks only
            f"where p.no in ({marks})",
            part,
        )
        ids.update(str(row[0]) for row in found)
    return frozenset(ids)
