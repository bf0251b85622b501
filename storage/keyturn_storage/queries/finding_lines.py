"""Findings as the Drift screen lists them: ids filtered and in an order, rows of some ids.

A line's number is the finding's id, 12 hex digits, read as a number: it stays with the same drift
through every assessment.
"""

from array import array
from collections.abc import Sequence
from enum import StrEnum

from keyturn_storage.queries.conditions import Bound, condition
from keyturn_storage.queries.finding_conditions import FINDINGS
from keyturn_storage.queries.findings import findings_by_id
from keyturn_storage.queries.orders import Listed
from keyturn_storage.queries.reader import ALL, Asked, Reader
from keyturn_storage.rows import FindingRow

_PART = 500


class Order(StrEnum):
    """What the lines are sorted by; within it by severity, kind and names."""

    SEVERITY = "severity"
    KIND = "kind"
    PERSON = "person"
    VAULT = "vault"
    SINCE = "newest"


_ORDERS = {
    Order.SEVERITY: "position",
    Order.KIND: "kind, position",
    Order.PERSON: "by_person, position",
    Order.VAULT: "by_vault, position",
    Order.SINCE: "since_ms desc, position",
    "subject": "by_subject, position",
    "object": "by_object, position",
    "since": "since_ms desc, position",
}
ORDERS = ("severity", "kind", "subject", "object", "since")
"""By column."""


def number_of(finding_id: str) -> int:
    """The number of a finding's line."""
    return int(finding_id, 16)


def id_of(number: int) -> str:
    """The id of the finding a line stands for."""
    return f"{number:012x}"


_LINES = Listed("finding_line", "id", number_of)


def finding_nos(reader: Reader, order: Order = Order.SEVERITY, asked: Asked = ALL) -> "array[int]":
    """The lines' numbers, in the order asked for, else in `order`. What has no person, or no vault,
    comes last there."""
    by = _ORDERS.get(asked.order, _ORDERS[order])
    with reader.at_one_moment():
        bound = Bound(reader)
        where = condition(asked.filter, FINDINGS, bound) if asked.filter.terms else ""
        return reader.orders.found(_LINES, by, where, bound.values, backwards=asked.backwards)


def kinds_found(reader: Reader, part: str, limit: int) -> list[str]:
    """The kinds of drift there is now that contain `part`, the most frequent first."""
    found = reader.connection.execute(
        "select kind from finding_line where instr(kind, ?) > 0 "
        "group by kind order by count(*) desc limit ?",
        (part, limit),
    )
    return [str(row[0]) for row in found]


def finding_rows(reader: Reader, nos: Sequence[int]) -> list[FindingRow]:
    """The findings of some lines, in the order of `nos`; those that are gone are left out."""
    found: dict[str, FindingRow] = {}
    ids = [id_of(number) for number in nos]
    for start in range(0, len(ids), _PART):
        found |= {row.id: row for row in findings_by_id(reader, ids[start : start + _PART])}
    return [found[id_] for id_ in ids if id_ in found]


def severity_counts(reader: Reader) -> tuple[tuple[str, int], ...]:
    """How many findings there are of each severity, the most urgent first."""
    found = reader.connection.execute(
        "select severity, count(*) from finding_line group by severity order by min(position)"
    )
    return tuple((str(severity), int(count)) for severity, count in found)
