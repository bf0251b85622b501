"""Findings as the Drift screen lists them: ids in an order, rows of some ids, text to filter by.

A line's number is the finding's id, 12 hex digits, read as a number: it stays with the same drift
through every assessment.
"""

import json
from array import array
from collections.abc import Sequence
from enum import StrEnum

from keyturn_storage.queries.findings import findings_by_id
from keyturn_storage.queries.reader import Reader
from keyturn_storage.rows import FindingRow

_PART = 500


class Order(StrEnum):
    """What the lines are sorted by; within it by severity, kind and names."""

    SEVERITY = "severity"
    KIND = "kind"
    PERSON = "person"
    VAULT = "vault"
    SINCE = "newest"


_VAULT = (
    "case when object_ref like 'secrets/vault/%' then object_name "
    "when subject_ref like 'secrets/vault/%' then subject_name else '' end"
)
_SORTED = {
    Order.SEVERITY: "select id from finding order by position",
    Order.KIND: "select id from finding order by kind, position",
    Order.PERSON: (
        "select f.id from finding f left join person p on p.key = f.person_key "
        "order by p.name is null, p.name collate nocase, f.person_key, f.position"
    ),
    Order.VAULT: (
        f"select id from (select id, position, {_VAULT} as vault from finding) "  # noqa: S608 -- constants of this module
        "order by vault = '', vault collate nocase, position"
    ),
    Order.SINCE: "select id from finding order by since_ms desc, position",
}


def number_of(finding_id: str) -> int:
    """The number of a finding's line."""
    return int(finding_id, 16)


def id_of(number: int) -> str:
    """The id of the finding a line stands for."""
    return f"{number:012x}"


def finding_nos(reader: Reader, order: Order = Order.SEVERITY) -> "array[int]":
    """Every line's number in an order. What has no person, or no vault, comes last there."""
    # One row for all: each row that is stepped to gives up the interpreter lock.
    found = reader.connection.execute(
        f"select json_group_array(id) from ({_SORTED[order]})"  # noqa: S608 -- constants of this module
    ).fetchone()
    return array("q", map(number_of, json.loads(found[0])))


def finding_rows(reader: Reader, nos: Sequence[int]) -> list[FindingRow]:
    """The findings of some lines, in the order of `nos`; those that are gone are left out."""
    found: dict[str, FindingRow] = {}
    ids = [id_of(number) for number in nos]
    for start in range(0, len(ids), _PART):
        found |= {row.id: row for row in findings_by_id(reader, ids[start : start + _PART])}
    return [found[id_] for id_ in ids if id_ in found]


def finding_search(reader: Reader) -> list[tuple[int, str]]:
    """Each number with the casefolded text a filter looks in: severity, kind, names, words."""
    found = reader.connection.execute(
        "select id, severity || ' ' || kind || ' ' || subject_name || ' ' || object_name || ' ' "
        "|| words from finding order by position"
    )
    return [(number_of(id_), text.casefold()) for id_, text in found]


def severity_counts(reader: Reader) -> tuple[tuple[str, int], ...]:
    """How many findings there are of each severity, the most urgent first."""
    found = reader.connection.execute(
        "select severity, count(*) from finding group by severity_rank order by severity_rank"
    )
    return tuple((str(severity), int(count)) for severity, count in found)
