"""When the edges of an access were first seen, and what the journal tells of their making."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyturn_providers.records import Collection
from keyturn_storage.queries.reader import Reader

if TYPE_CHECKING:
    from keyturn_storage.journal import Journal

STEPS_LOOKED_AT = 500
EVENTS_LOOKED_AT = 200

_FIRST = """
select f.started_ms, (
    select p.started_ms from snapshot p join listing l on l.snapshot_id = p.id
    and l.collection = :collection and l.parent_id = :parent and l.complete = 1
    where p.source_no = f.source_no and p.state = 'sealed' and p.id < f.id
    order by p.id desc limit 1
) from snapshot f where f.id = :first
"""
_MEMBERSHIP = """
select b.from_snapshot from snapshot s
join object g on g.source_no = s.source_no and g.kind = 2 and g.id = :group
join object m on m.source_no = s.source_no and m.id = :member and m.kind in (1, 2)
join membership b on b.group_no = g.no and b.member_no = m.no
where s.id = :snapshot
and b.from_snapshot <= s.id and (b.to_snapshot is null or b.to_snapshot > s.id)
"""
_GRANT = """
select g.from_snapshot from snapshot s
join object v on v.source_no = s.source_no and v.kind = 3 and v.id = :vault
join vault_grant g on g.vault_no = v.no and g.carrier = :carrier
where s.id = :snapshot
and g.from_snapshot <= s.id and (g.to_snapshot is null or g.to_snapshot > s.id)
"""


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """The first snapshot of an unbroken row began at `first_ms`. `after_ms` is when the last
    before it began that read the same listing to its end, and so did not have the row; None where
    there is none."""

    first_ms: int
    after_ms: int | None


def membership_seen(
    reader: Reader, snapshot_id: int, group_id: str, member_id: str
) -> FirstSeen | None:
    """Since when an account or group has been in a group, by the snapshots up to this one."""
    values = {"snapshot": snapshot_id, "group": group_id, "member": member_id}
    row = reader.connection.execute(_MEMBERSHIP, values).fetchone()
    return _seen(reader, row, Collection.MEMBERSHIPS, group_id)


def grant_seen(reader: Reader, snapshot_id: int, vault_id: str, carrier: str) -> FirstSeen | None:
    """Since when a grant has been there, whatever its level was."""
    values = {"snapshot": snapshot_id, "vault": vault_id, "carrier": carrier}
    row = reader.connection.execute(_GRANT, values).fetchone()
    return _seen(reader, row, Collection.GRANTS, vault_id)


def _seen(
    reader: Reader, row: Sequence[int] | None, of: Collection, parent_id: str
) -> FirstSeen | None:
    if row is None:
        return None
    values = {"collection": of.value, "parent": parent_id, "first": row[0]}
    found = reader.connection.execute(_FIRST, values).fetchone()
    return None if found is None else FirstSeen(*found)


@dataclass(frozen=True, slots=True)
class LoggedChange:
    """An archived audit event: `action` is the source's word, `raw` the event as it came."""

    at_ms: int
    action: str
    raw: str


def logged_changes(
    journal: "Journal",
    *,
    stream: str,
    tenant: str,
    actions: Iterable[str],
    user_id: str = "",
    vault_id: str = "",
) -> tuple[LoggedChange, ...]:
    """The newest events of these actions that name a user, or a vault, in one tenant's stream."""
    wanted = tuple(actions)
    marks = ", ".join("?" * len(wanted))
    column, value = ("user_id", user_id) if user_id else ("vault_id", vault_id)
    # The streams come first: the index then passes over the uses of items without reading them.
    found = journal.connection.execute(
        f"select e.at_ms, e.action, e.raw from stream_event e where e.{column} = ? "  # noqa: S608 -- constants of this module
        f"and e.{column} <> '' "
        "and e.stream_no in (select no from stream where name = ? and tenant = ?) "
        f"and e.action in ({marks}) order by e.at_ms desc limit ?",
        (value, stream, tenant, *wanted, EVENTS_LOOKED_AT),
    )
    return tuple(LoggedChange(*row) for row in found)


@dataclass(frozen=True, slots=True)
class DoneStep:
    """A step of a run that gave something: when, by whom, and its intent as JSON."""

    run_id: str
    operator: str
    at_ms: int
    intent: str


def giving_steps(journal: "Journal", text: str) -> tuple[DoneStep, ...]:
    """The newest steps that gave something and came into effect, of which the intent holds `text`
    (an id)."""
    found = journal.connection.execute(
        "select r.id, r.operator, ifnull(s.done_ms, s.at_ms), s.intent from step s "
        "join run r on r.no = s.run_no where s.removes = 0 "
        "and s.state in ('applied', 'verified') and instr(s.intent, ?) > 0 "
        "order by s.at_ms desc limit ?",
        (text, STEPS_LOOKED_AT),
    )
    return tuple(DoneStep(*row) for row in found)
