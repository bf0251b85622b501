"""What differs between two snapshots of a source: what appeared, went or changed, by SQL alone.

A row of an interval table that is true in the one and not in the other has begun or ended between
the two, so only those are looked at: the cost is that of what changed, not of what is there. What a
source says of when an account was last seen, or a machine identity last used, is no change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from keyturn_storage.codec import ObjectNo
from keyturn_storage.queries.reader import Reader

ROWS_SHOWN = 2_000
"""How many changes of one kind are listed unless told otherwise; the counts count all."""


class What(StrEnum):
    """What changed, in the order in which it is told."""

    ACCOUNT = "account"
    MEMBERSHIP = "membership"
    GRANT = "grant"
    GROUP = "group"
    VAULT = "vault"
    MACHINE = "machine identity"


class How(StrEnum):
    """How it changed; the value is the sign."""

    APPEARED = "+"
    WENT = "-"
    CHANGED = "~"


@dataclass(frozen=True, slots=True)
class Between:
    """Two sealed snapshots of one source, the earlier first."""

    source_no: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a difference is narrowed to. `accounts` are the object numbers of a person's accounts:
    what they are, their memberships and grants, and the machine identities they own. `vault_no` is
    a vault: itself, the grants on it, and memberships in groups that have one, nesting included."""

    accounts: frozenset[int] = frozenset()
    vault_no: int | None = None

    @property
    def everything(self) -> bool:
        """Whether it is narrowed to nothing."""
        return not self.accounts and self.vault_no is None


EVERYTHING = Narrowed()


@dataclass(frozen=True, slots=True)
class ObjectThen:
    """An object as it was last known up to a snapshot; `body` is empty if it was never listed."""

    no: int
    kind: ObjectNo
    id: str
    body: str


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `subject` is the account, group, vault or machine identity itself; the member
    of a membership; the principal of a grant. `object` is the group or the vault of the last two.
    `before` and `after` are the stored bodies, empty where it was not there or has none.

    `seen_snapshot` is the first snapshot in which it is as it is after: it happened between that
    one and the one before it.
    """

    what: What
    how: How
    subject: ObjectThen
    object: ObjectThen | None
    carrier: str
    before: str
    after: str
    seen_snapshot: int


_KINDS = {
    What.ACCOUNT: ObjectNo.ACCOUNT,
    What.GROUP: ObjectNo.GROUP,
    What.VAULT: ObjectNo.VAULT,
    What.MACHINE: ObjectNo.MACHINE,
}
# The fields of a body that say something: see keyturn_storage.codec.
_TELLING = {
    What.ACCOUNT: "'$[0]','$[1]','$[2]','$[3]','$[4]','$[5]','$[6]','$[7]','$[8]','$[9]','$[10]',"
    "'$[13][0]'",
    What.GROUP: "'$[0]','$[1]','$[2]','$[3]','$[4][0]'",
    What.VAULT: "'$[0]','$[1]','$[2]'",
    What.MACHINE: "'$[0]','$[1]','$[2]','$[3]','$[4]','$[6]','$[7]','$[8]'",
}
_BEGUN = (
    "{t}.from_snapshot > :before and {t}.from_snapshot <= :after "
    "and ({t}.to_snapshot is null or {t}.to_snapshot > :after)"
)
_ENDED = "{t}.to_snapshot > :before and {t}.to_snapshot <= :after and {t}.from_snapshot <= :before"
_VALID = "{t}.from_snapshot <= {at} and ({t}.to_snapshot is null or {t}.to_snapshot > {at})"
# Groups with a grant on the vault in either snapshot, and the groups inside them.
_GROUPS_ON_VAULT = f"""
recursive over_vault (no, at) as (
    select g.principal_no, :before from main.vault_grant g
    where g.vault_no = :vault and {_VALID.format(t="g", at=":before")}
    union select g.principal_no, :after from main.vault_grant g
    where g.vault_no = :vault and {_VALID.format(t="g", at=":after")}
    union select b.member_no, o.at from over_vault o join main.membership b on b.group_no = o.no
    join main.object i on i.no = b.member_no and i.kind = 2
    where {_VALID.format(t="b", at="o.at")}
),
"""  # noqa: S608 -- constants of this module


def change_counts(
    reader: Reader, between: Between, narrowed: Narrowed = EVERYTHING
) -> Mapping[tuple[What, How], int]:
    """How many there are of each kind; kinds without any are left out."""
    found: dict[tuple[What, How], int] = {}
    for what in What:
        statement, values = _statement(what, between, narrowed)
        rows = reader.connection.execute(
            f"{statement} select how, count(*) from change group by how",  # noqa: S608 -- constants of this module
            values,
        )
        found.update({(what, How(how)): int(count) for how, count in rows})
    return found


def changes(
    reader: Reader,
    between: Between,
    what: What,
    narrowed: Narrowed = EVERYTHING,
    *,
    limit: int = ROWS_SHOWN,
    offset: int = 0,
) -> tuple[Change, ...]:
    """The changes of one kind: what went first, then what appeared, then what changed, each in the
    order of the objects' numbers."""
    statement, values = _statement(what, between, narrowed)
    rows = reader.connection.execute(
        f"{statement} select how, subject_no, object_no, carrier, old_version, new_version, seen "  # noqa: S608 -- constants of this module
        "from change order by case how when '-' then 0 when '+' then 1 else 2 end, "
        "object_no, subject_no, carrier limit :limit offset :offset",
        {**values, "limit": limit, "offset": offset},
    ).fetchall()
    objects = _Objects(reader, between.after)
    return tuple(
        Change(
            what, How(how), objects[subject], None if object_no is None else objects[object_no],
            carrier, _body(reader, old), _body(reader, new), seen,
        )
        for how, subject, object_no, carrier, old, new, seen in rows
    )  # fmt: skip


def object_then(reader: Reader, no: int, snapshot_id: int) -> ObjectThen:
    """An object as it was last known up to a snapshot."""
    return _Objects(reader, snapshot_id)[no]


def _statement(
    what: What, between: Between, narrowed: Narrowed
) -> tuple[str, dict[str, int | str | None]]:
    """A `with` clause that ends in the table `change`, and its values."""
    values: dict[str, int | str | None] = {
        "source": between.source_no, "before": between.before, "after": between.after,
        "vault": narrowed.vault_no, "kind": _KINDS.get(what),
    }  # fmt: skip
    accounts = ", ".join(str(int(no)) for no in sorted(narrowed.accounts))
    groups = ""
    key: tuple[str, ...] = ("subject_no",)
    if what is What.MEMBERSHIP:
        table, key, also = "membership", ("object_no", "subject_no"), ""
        columns = "t.member_no as subject_no, t.group_no as object_no, '' as carrier, null as v"
        home = "t.group_no"
        if narrowed.accounts:
            also += f" and t.member_no in ({accounts})"
        if narrowed.vault_no is not None:
            groups = _GROUPS_ON_VAULT
            also += " and t.group_no in (select no from over_vault)"
    elif what is What.GRANT:
        table, key, also = "vault_grant", ("object_no", "carrier"), ""
        columns = (
            "t.principal_no as subject_no, t.vault_no as object_no, t.carrier as carrier, "
            "t.version_no as v"
        )
        home = "t.vault_no"
        if narrowed.accounts:
            also += f" and t.principal_no in ({accounts})"
        if narrowed.vault_no is not None:
            also += " and t.vault_no = :vault"
    else:
        table, also = "presence", " and h.kind = :kind"
        columns = "t.object_no as subject_no, null as object_no, '' as carrier, t.version_no as v"
        home = "t.object_no"
        also += _of_objects(what, accounts, narrowed)
    keys, new_keys = ", ".join(key), ", ".join(f"n.{one}" for one in key)
    same = " and ".join(f"o.{one} = n.{one}" for one in key)
    source = f"from main.{table} t join main.object h on h.no = {home} and h.source_no = :source"
    statement = f"""
with {groups}begun as materialized (
    select {columns}, t.from_snapshot as seen {source}
    where {_BEGUN.format(t="t")}{also}
),
ended as materialized (
    select {columns}, t.to_snapshot as seen {source}
    where {_ENDED.format(t="t")}{also}
),
change as (
    select '+' as how, n.subject_no, n.object_no, n.carrier, null as old_version,
    n.v as new_version, n.seen from begun n
    where ({new_keys}) not in (select {keys} from ended)
    union all
    select '-', n.subject_no, n.object_no, n.carrier, n.v, null, n.seen from ended n
    where ({new_keys}) not in (select {keys} from begun)
    union all
    select '~', n.subject_no, n.object_no, n.carrier, o.v, n.v, n.seen
    from begun n join ended o on {same}
    {_differs(what)}
)
"""  # noqa: S608 -- constants of this module
    return statement, values


def _of_objects(what: What, accounts: str, narrowed: Narrowed) -> str:
    if narrowed.everything:
        return ""
    parts: list[str] = []
    if what is What.ACCOUNT and accounts:
        parts.append(f"t.object_no in ({accounts})")
    if what is What.MACHINE and accounts:
        parts.append(
            "exists (select 1 from main.version v join main.object a on a.source_no = :source "  # noqa: S608 -- constants of this module
            "and a.kind = 1 and a.id = json_extract(v.body, '$[2]') "
            f"where v.no = t.version_no and a.no in ({accounts}))"
        )
    if what is What.VAULT and narrowed.vault_no is not None:
        parts.append("t.object_no = :vault")
    return f" and ({' or '.join(parts) or '0'})"


def _differs(what: What) -> str:
    if what is What.MEMBERSHIP:
        return "where 0"
    if what is What.GRANT:
        return "where n.v <> o.v"
    fields = _TELLING[what]
    return (
        "join main.version w on w.no = n.v join main.version u on u.no = o.v where n.v <> o.v "
        f"and json_extract(w.body, {fields}) <> json_extract(u.body, {fields})"
    )


class _Objects:
    """Objects by number, each read once."""

    def __init__(self, reader: Reader, snapshot_id: int) -> None:
        self._reader, self._snapshot = reader, snapshot_id
        self._known: dict[int, ObjectThen] = {}

    def __getitem__(self, no: int) -> ObjectThen:
        if no not in self._known:
            kind, id_, body = self._reader.connection.execute(
                "select o.kind, o.id, (select v.body from main.presence p "
                "join main.version v on v.no = p.version_no where p.object_no = o.no "
                "and p.from_snapshot <= :at order by p.from_snapshot desc limit 1) "
                "from main.object o where o.no = :no",
                {"no": no, "at": self._snapshot},
            ).fetchone()
            self._known[no] = ObjectThen(no, ObjectNo(kind), id_, body or "")
        return self._known[no]


def _body(reader: Reader, version_no: int | None) -> str:
    if version_no is None:
        return ""
    found = reader.connection.execute(
        "select body from main.version where no = ?", (version_no,)
    ).fetchone()
    return str(found[0])
