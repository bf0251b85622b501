"""Groups of both sides, linked, as the Groups pane shows them: drift first, then by name.

The same two calls for every pane: `group_nos`, `group_rows`. An id is the group link's `no`. With a
person in focus a row is about that person's membership.
"""

import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from keyturn_storage.list_rows import FindingRow, GroupRow
from keyturn_storage.queries.conditions import Bound, Value, condition
from keyturn_storage.queries.findings import findings, findings_about
from keyturn_storage.queries.group_conditions import GROUPS
from keyturn_storage.queries.orders import OWN, Listed
from keyturn_storage.queries.reader import ALL, EVERYTHING, Asked, Reader, Scope, numbers
from keyturn_storage.queries.sources import sides_cut
from keyturn_storage.signs import IN_STEP, SIGN_ORDER

_ALL = (
    "select no, key, name, directory_id, secrets_id, directory_members, secrets_members, sign, "
    "directory_no, secrets_no from group_link "
)
_GROUPS = Listed("group_link", "no")
ORDERS = ("name", "directory", "secrets", "drift")
_ORDERS = {
    "name": "search, position",
    "directory": "directory_members desc, position",
    "secrets": "secrets_members desc, position",
    "drift": "findings desc, position",
}
_GROUPS_OF = """
with recursive up (no) as (
    select b.group_no from membership b where b.member_no = :account
    and b.from_snapshot <= :snapshot and (b.to_snapshot is null or b.to_snapshot > :snapshot)
    union select b.group_no from up u join membership b on b.member_no = u.no
    where b.from_snapshot <= :snapshot and (b.to_snapshot is null or b.to_snapshot > :snapshot)
)
select no from up
"""
_CUT = """
select collection, parent_id from listing where snapshot_id = :snapshot
and (collection = 'groups' and parent_id = ''
    or collection = 'memberships' and parent_id in (select value from json_each(:groups)))
and (complete = 0 or unreadable > 0)
"""
_ON_VAULT = """
select distinct 'secrets/group/' || o.id from assessment a
join snapshot s on s.id = a.secrets_snapshot
join object v on v.source_no = s.source_no and v.kind = 3 and v.id = :vault
join vault_grant g on g.vault_no = v.no
join object o on o.no = g.principal_no and o.kind = 2
where g.from_snapshot <= s.id and (g.to_snapshot is null or g.to_snapshot > s.id)
union select subject_ref from finding where object_ref = 'secrets/vault/' || :vault
"""


@dataclass(frozen=True, slots=True)
class _Link:
    row: GroupRow
    directory_no: int | None
    secrets_no: int | None

    @property
    def refs(self) -> tuple[str, ...]:
        sides = (("directory", self.row.directory_id), ("secrets", self.row.secrets_id))
        return tuple(f"{side}/group/{id_}" for side, id_ in sides if id_ is not None)


def group_nos(reader: Reader, scope: Scope = EVERYTHING, asked: Asked = ALL) -> "array[int]":
    """The ids in the order asked for; without one, in display order.

    With a person: groups that the person is in on either side, nesting included, or that a finding
    says the person should or must not be in. With a vault: groups that are granted on it, or that
    a finding about it names.
    """
    with reader.at_one_moment():
        return _group_nos(reader, scope, asked)


def _group_nos(reader: Reader, scope: Scope, asked: Asked) -> "array[int]":
    bound = Bound(reader)
    where = condition(asked.filter, GROUPS, bound)
    by = _ORDERS.get(asked.order, OWN)
    if scope.person_key is None:
        conditions = [where] if asked.filter.terms else []
        conditions += _conditions(reader, scope, bound)
        return reader.orders.found(
            _GROUPS, by, " and ".join(conditions), bound.values, backwards=asked.backwards
        )
    nos = [link.row.no for link in _links(reader, scope)]
    if asked.filter.terms or asked.order:
        place = bound.add(json.dumps(nos))
        found = reader.connection.execute(
            f"select json_group_array(no) from (select no from group_link where {where} "  # noqa: S608 -- constants of this module
            f"and no in (select value from json_each({place})) order by {by})",
            bound.values,
        ).fetchone()
        wanted = numbers(found[0])
        shown = set(wanted)
        nos = list(wanted) if asked.order else [no for no in nos if no in shown]
    return array("q", reversed(nos) if asked.backwards else nos)


def group_rows(reader: Reader, nos: Sequence[int], scope: Scope = EVERYTHING) -> list[GroupRow]:
    """The rows of some ids of `scope`, in the order of `nos`; those that are gone are left out."""
    if scope.person_key is not None:
        found = {link.row.no: link.row for link in _links(reader, scope)}
    else:
        links = _read(reader, "no in (select value from json_each(?))", (json.dumps(list(nos)),))
        found = {link.row.no: link.row for link in _with_words(reader, links)}
    return _with_unread(reader, scope, [found[no] for no in nos if no in found])


def group_names(reader: Reader, part: str, limit: int) -> list[str]:
    """Casefolded names of groups that contain `part`, those that begin with it first."""
    found = reader.connection.execute(
        "select distinct search from group_link where instr(search, :part) > 0 "
        "order by instr(search, :part) > 1, position limit :limit",
        {"part": part, "limit": limit},
    )
    return [str(row[0]) for row in found]


def groups_of(reader: Reader, account_no: int | None, snapshot_id: int) -> frozenset[int]:
    """Object numbers of the groups an account is in, nesting included."""
    if account_no is None:
        return frozenset()
    found = reader.connection.execute(_GROUPS_OF, {"account": account_no, "snapshot": snapshot_id})
    return frozenset(int(row[0]) for row in found)


def worst(found: Sequence[FindingRow]) -> FindingRow | None:
    """The most urgent; of equals the first."""
    return min(found, key=lambda f: f.severity_rank, default=None)


def _read(reader: Reader, where: str, values: Sequence[str] | Mapping[str, Value]) -> list[_Link]:
    return [
        _Link(
            GroupRow(
                no=row[0],
                key=row[1],
                name=row[2],
                directory_id=row[3],
                secrets_id=row[4],
                directory_members=row[5],
                secrets_members=row[6],
                in_directory=False,
                in_secrets=False,
                sign=row[7],
                word=IN_STEP,
            ),
            row[8],
            row[9],
        )
        for row in reader.connection.execute(f"{_ALL}where {where} order by position", values)
    ]


def _conditions(reader: Reader, scope: Scope, bound: Bound) -> list[str]:
    found = ["sign <> '='"] if scope.drift_only else []
    if scope.group_key is not None:
        found.append(f"key = {bound.add(scope.group_key)}")
    if scope.vault_id is not None:
        refs = [row[0] for row in reader.connection.execute(_ON_VAULT, {"vault": scope.vault_id})]
        found.append(_of_refs(bound, refs))
    return found


def _of_refs(bound: Bound, refs: Iterable[str]) -> str:
    """Groups that one of `refs` ("side/kind/id") names."""
    ids: dict[str, list[str]] = {"directory/group/": [], "secrets/group/": []}
    for ref in refs:
        for begin, found in ids.items():
            if ref.startswith(begin):
                found.append(ref.removeprefix(begin))
    here, there = (bound.add(json.dumps(found)) for found in ids.values())
    return (
        f"(directory_id in (select value from json_each({here})) "  # noqa: S608 -- names of parameters
        f"or secrets_id in (select value from json_each({there})))"
    )


def _links(reader: Reader, scope: Scope) -> list[_Link]:
    """The groups of a person, worked out from their memberships and findings: few."""
    links = _of_person(reader, scope)
    if scope.drift_only:
        links = [link for link in links if link.row.sign != "="]
    return links


def _of_person(reader: Reader, scope: Scope) -> list[_Link]:
    assessed, person_key = reader.assessed(), scope.person_key
    row = reader.connection.execute(
        "select directory_no, secrets_no from person where key = ?", (person_key,)
    ).fetchone()
    if row is None or assessed is None:
        return []
    here = groups_of(reader, row[0], assessed[0])
    there = groups_of(reader, row[1], assessed[1])
    about: dict[str, list[FindingRow]] = {}
    for finding in findings(reader, person_key=person_key):
        for ref in (finding.subject_ref, finding.object_ref):
            about.setdefault(ref, []).append(finding)
    bound = Bound(reader)
    in_either = (
        f"directory_no in (select value from json_each({bound.add(json.dumps(sorted(here)))})) "  # noqa: S608 -- names of parameters
        f"or secrets_no in (select value from json_each({bound.add(json.dumps(sorted(there)))}))"
    )
    conditions = [f"({in_either} or {_of_refs(bound, about)})"]
    conditions += _conditions(reader, replace(scope, drift_only=False), bound)
    links = _read(reader, " and ".join(conditions), bound.values)
    found: list[_Link] = []
    for link in links:
        named = worst([finding for ref in link.refs for finding in about.get(ref, ())])
        in_directory, in_secrets = link.directory_no in here, link.secrets_no in there
        if not (named or in_directory or in_secrets):
            continue
        row_ = link.row._replace(
            in_directory=in_directory,
            in_secrets=in_secrets,
            sign=named.sign if named else "=",
            word=named.kind if named else IN_STEP,
        )
        found.append(replace(link, row=row_))
    found.sort(key=lambda link: (SIGN_ORDER.get(link.row.sign, 5), link.row.name.casefold()))
    return found


def _with_unread(reader: Reader, scope: Scope, rows: list[GroupRow]) -> list[GroupRow]:
    assessed, ids = reader.assessed(), [(row.directory_id, row.secrets_id) for row in rows]
    if assessed is None or not rows:
        return rows
    # Of who has no account that was read nothing else was read either.
    unread: list[set[str]] = [set(_person_unread(reader, scope.person_key)) for _ in rows]
    for at, side in enumerate(("directory", "secrets")):
        here = [pair[at] for pair in ids]
        cut = {
            (str(collection), str(parent))
            for collection, parent in reader.connection.execute(
                _CUT, {"snapshot": assessed[at], "groups": json.dumps([id_ for id_ in here if id_])}
            )
        }
        for sides, id_ in zip(unread, here, strict=True):
            if (("groups", "") if id_ is None else ("memberships", id_)) in cut:
                sides.add(side)
    return [
        row._replace(unread=frozenset(sides)) if sides else row
        for row, sides in zip(rows, unread, strict=True)
    ]


def _person_unread(reader: Reader, person_key: str | None) -> set[str]:
    cut = sides_cut(reader) if person_key is not None else frozenset()
    if not cut:
        return set()
    row = reader.connection.execute(
        "select directory_no, secrets_no from person where key = ?", (person_key,)
    ).fetchone() or (None, None)
    sides = zip(("directory", "secrets"), row, strict=True)
    return {side for side, number in sides if number is None and side in cut}


def _with_words(reader: Reader, links: Sequence[_Link]) -> list[_Link]:
    """The word beside a group's sign is the kind of the worst finding with that sign."""
    drifted = [ref for link in links if link.row.sign != "=" for ref in link.refs]
    words: dict[tuple[str, str], str] = {}
    for start in range(0, len(drifted), 200):
        for finding in findings_about(reader, drifted[start : start + 200]):
            for ref in (finding.subject_ref, finding.object_ref):
                words.setdefault((ref, finding.sign), finding.kind)
    found: list[_Link] = []
    for link in links:
        row = link.row
        word = next(
            (words[ref, row.sign] for ref in link.refs if (ref, row.sign) in words),
            IN_STEP if row.sign == "=" else "drift",
        )
        found.append(replace(link, row=row._replace(word=word)))
    return found


@dataclass(frozen=True, slots=True)
class GroupCalled:
    """A linked group by its names."""

    key: str
    name: str
    directory_id: str | None
    secrets_id: str | None


def groups_called(reader: Reader, text: str, limit: int) -> list[GroupCalled]:
    """Groups that `text` may mean, best first: by key or id, by exact name, by part of a name."""
    wanted = " ".join(text.split())
    if not wanted:
        return []
    found = reader.connection.execute(
        "select key, name, directory_id, secrets_id from group_link "
        "where :text in (key, directory_id, secrets_id) or instr(search, :folded) > 0 "
        "order by :text in (key, ifnull(directory_id, ''), ifnull(secrets_id, '')) desc, "
        "search <> :folded, position limit :limit",
        {"text": wanted, "folded": wanted.casefold(), "limit": limit},
    )
    return [GroupCalled(*row) for row in found]
