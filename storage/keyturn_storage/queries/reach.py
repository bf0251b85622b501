"""Who can open what, as of a snapshot, and how that differs between two: by SQL alone.

An account can open a vault with any grant of its own or of a group it is in, nesting included, as
long as it is there and neither suspended nor deactivated.
"""

from dataclasses import dataclass

from keyturn_providers.records import Level
from keyturn_storage.codec import LEVELS
from keyturn_storage.queries.changes import Between, ObjectThen, object_then
from keyturn_storage.queries.reader import Reader

ROWS_SHOWN = 2_000


@dataclass(frozen=True, slots=True)
class Reach:
    """The strongest level an account has on a vault, on any path."""

    account_no: int
    vault_no: int
    level: Level


@dataclass(frozen=True, slots=True)
class ReachChange:
    """That somebody can open a vault who could not before, or the other way round, or at another
    level. A level is None where they could not open it."""

    account: ObjectThen
    vault: ObjectThen
    before: Level | None
    after: Level | None


def _valid(table: str, at: str) -> str:
    return (
        f"{table}.from_snapshot <= {at} and ({table}.to_snapshot is null "
        f"or {table}.to_snapshot > {at})"
    )


def _able(account: str, at: str) -> str:
    return (
        "exists (select 1 from main.presence p join main.version v on v.no = p.version_no "  # noqa: S608 -- constants of this module
        f"join main.object a on a.no = p.object_no and a.kind = 1 where p.object_no = {account} "
        f"and {_valid('p', at)} "
        "and json_extract(v.body, '$[2]') not in ('suspended', 'deactivated'))"
    )


def _openers(name: str, at: str) -> str:
    """Two tables: who holds a grant on `:vault` and what is inside those; and the accounts."""
    return f"""
{name}_holder (no, level) as (
    select g.principal_no, g.level from main.vault_grant g
    where g.vault_no = :vault and g.level > 0 and {_valid("g", at)}
    union select b.member_no, h.level from {name}_holder h
    join main.membership b on b.group_no = h.no where {_valid("b", at)}
),
{name} (account_no, vault_no, level) as (
    select h.no, :vault, max(h.level) from {name}_holder h where {_able("h.no", at)} group by h.no
)"""  # noqa: S608 -- constants of this module


def _opened(name: str, at: str) -> str:
    """The same for all that `:account` can open."""
    return f"""
{name}_in (no) as (
    values (:account) union select b.group_no from {name}_in i
    join main.membership b on b.member_no = i.no where {_valid("b", at)}
),
{name} (account_no, vault_no, level) as (
    select :account, g.vault_no, max(g.level) from {name}_in i
    join main.vault_grant g on g.principal_no = i.no
    where g.level > 0 and {_valid("g", at)} and {_able(":account", at)} group by g.vault_no
)"""  # noqa: S608 -- constants of this module


def openers(reader: Reader, vault_no: int, snapshot_id: int) -> tuple[Reach, ...]:
    """Every account that can open a vault as of a snapshot, the strongest first."""
    found = reader.connection.execute(
        f"with recursive {_openers('now', ':at')} select account_no, vault_no, level from now "  # noqa: S608 -- constants of this module
        "order by level desc, account_no",
        {"vault": vault_no, "at": snapshot_id},
    )
    return tuple(Reach(account, vault, LEVELS[level]) for account, vault, level in found)


def opened(reader: Reader, account_no: int, snapshot_id: int) -> tuple[Reach, ...]:
    """Every vault that an account can open as of a snapshot, the strongest first."""
    found = reader.connection.execute(
        f"with recursive {_opened('now', ':at')} select account_no, vault_no, level from now "  # noqa: S608 -- constants of this module
        "order by level desc, vault_no",
        {"account": account_no, "at": snapshot_id},
    )
    return tuple(Reach(account, vault, LEVELS[level]) for account, vault, level in found)


def reach_changes(
    reader: Reader,
    between: Between,
    *,
    account_no: int | None = None,
    vault_no: int | None = None,
    limit: int = ROWS_SHOWN,
) -> tuple[int, tuple[ReachChange, ...]]:
    """How many differences there are in what an account can open, or in who can open a vault (one
    of the two is named), and the first of them: lost, then gained, then at another level."""
    tables = _opened if account_no is not None else _openers
    key = "vault_no" if account_no is not None else "account_no"
    statement = f"""
with recursive {tables("old", ":before")}, {tables("new", ":after")},
change as (
    select o.account_no, o.vault_no, o.level as before, null as after, 0 as place from old o
    where o.{key} not in (select {key} from new)
    union all
    select n.account_no, n.vault_no, null, n.level, 1 from new n
    where n.{key} not in (select {key} from old)
    union all
    select n.account_no, n.vault_no, o.level, n.level, 2 from new n
    join old o on o.{key} = n.{key} where o.level <> n.level
)
"""  # noqa: S608 -- constants of this module
    values = {
        "account": account_no, "vault": vault_no, "before": between.before,
        "after": between.after, "limit": limit,
    }  # fmt: skip
    total = reader.connection.execute(f"{statement} select count(*) from change", values)  # noqa: S608 -- constants of this module
    rows = reader.connection.execute(
        f"{statement} select account_no, vault_no, before, after from change "  # noqa: S608 -- constants of this module
        f"order by place, {key} limit :limit",
        values,
    ).fetchall()
    at = between.after
    return int(total.fetchone()[0]), tuple(
        ReachChange(
            object_then(reader, account, at), object_then(reader, vault, at),
            None if before is None else LEVELS[before], None if after is None else LEVELS[after],
        )
        for account, vault, before, after in rows
    )  # fmt: skip
