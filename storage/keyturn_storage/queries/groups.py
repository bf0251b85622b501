"""Groups of both sides, linked, as the Groups pane shows them: drift first, then by name.

The same three calls for every pane: `group_nos`, `group_rows`, `group_search`. An id is the group
link's `no`. With a person in focus a row is about that person's membership.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace

from keyturn_storage.assessments import IN_STEP, SIGN_ORDER
from keyturn_storage.queries.findings import findings, findings_about
from keyturn_storage.queries.reader import EVERYTHING, Reader, Scope
from keyturn_storage.rows import FindingRow, GroupRow

_ALL = (
    "select no, key, name, directory_id, secrets_id, directory_members, secrets_members, sign, "
    "search, directory_no, secrets_no from group_link "
)
_GROUPS_OF = """
with recursive up (no) as (
    select b.group_no from membership b where b.member_no = :account
    and b.from_snapshot <= :snapshot and (b.to_snapshot is null or b.to_snapshot > :snapshot)
    union select b.group_no from up u join membership b on b.member_no = u.no
    where b.from_snapshot <= :snapshot and (b.to_snapshot is null or b.to_snapshot > :snapshot)
)
select no from up
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
    search: str
    directory_no: int | None
    secrets_no: int | None

    @property
    def refs(self) -> tuple[str, ...]:
        sides = (("directory", self.row.directory_id), ("secrets", self.row.secrets_id))
        return tuple(f"{side}/group/{id_}" for side, id_ in sides if id_ is not None)


def group_nos(reader: Reader, scope: Scope = EVERYTHING) -> "array[int]":
    """The ids in display order.

    With a person: groups that the person is in on either side, nesting included, or that a finding
    says the person should or must not be in. With a vault: groups that are granted on it, or that
    a finding about it names.
    """
    return array("q", [link.row.no for link in _links(reader, scope)])


def group_rows(reader: Reader, nos: Sequence[int], scope: Scope = EVERYTHING) -> list[GroupRow]:
    """The rows of some ids of `scope`, in the order of `nos`; those that are gone are left out."""
    found = {link.row.no: link.row for link in _links(reader, scope)}
    return [found[no] for no in nos if no in found]


def group_search(reader: Reader, scope: Scope = EVERYTHING) -> list[tuple[int, str]]:
    """Each id of `scope` with the casefolded text a filter looks in, in display order."""
    return [
        (link.row.no, f"{link.search} {link.row.word}".casefold()) for link in _links(reader, scope)
    ]


def groups_of(reader: Reader, account_no: int | None, snapshot_id: int) -> frozenset[int]:
    """Object numbers of the groups an account is in, nesting included."""
    if account_no is None:
        return frozenset()
    found = reader.connection.execute(_GROUPS_OF, {"account": account_no, "snapshot": snapshot_id})
    return frozenset(int(row[0]) for row in found)


def worst(found: Sequence[FindingRow]) -> FindingRow | None:
    """The most urgent; of equals the first."""
    return min(found, key=lambda f: f.severity_rank, default=None)


def _links(reader: Reader, scope: Scope) -> list[_Link]:
    links = [
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
            row[10],
        )
        for row in reader.connection.execute(_ALL + "order by position")
    ]
    if scope.group_key is not None:
        links = [link for link in links if link.row.key == scope.group_key]
    if scope.vault_id is not None:
        refs = {
            str(row[0]) for row in reader.connection.execute(_ON_VAULT, {"vault": scope.vault_id})
        }
        links = [link for link in links if not refs.isdisjoint(link.refs)]
    if scope.person_key is not None:
        links = _of_person(reader, links, scope.person_key)
    else:
        links = _with_words(reader, links)
    if scope.drift_only:
        links = [link for link in links if link.row.sign != "="]
    return links


def _of_person(reader: Reader, links: Sequence[_Link], person_key: str) -> list[_Link]:
    assessed = reader.assessed()
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
    found: list[_Link] = []
    for link in links:
        named = worst([finding for ref in link.refs for finding in about.get(ref, ())])
        in_directory, in_secrets = link.directory_no in here, link.secrets_no in there
        if not (named or in_directory or in_secrets):
            continue
        row_ = replace(
            link.row,
            in_directory=in_directory,
            in_secrets=in_secrets,
            sign=named.sign if named else "=",
            word=named.kind if named else IN_STEP,
        )
        found.append(replace(link, row=row_))
    found.sort(key=lambda link: (SIGN_ORDER.get(link.row.sign, 5), link.row.name.casefold()))
    return found


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
        found.append(replace(link, row=replace(row, word=word)))
    return found
