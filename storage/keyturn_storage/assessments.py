"""Storing what was decided: people, group links and findings, ready to be shown and searched.

What a list needs at once (order, states, counts, search text) is worked out here, so that a screen
only reads. Everything runs inside one transaction of the caller.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from keyturn_providers.records import AccountState, Side
from keyturn_storage.codec import ObjectNo
from keyturn_storage.members import Members
from keyturn_storage.plain_letters import plain
from keyturn_storage.rows import FindingIn, GroupLinkIn, PersonIn
from keyturn_storage.schema_cache import FINDING_LINES
from keyturn_storage.sets_gathered import Gathered
from keyturn_storage.signs import IN_STEP, SIGN_ORDER

_LINES = FINDING_LINES.replace("\nfrom finding f", ", p.position\nfrom finding f")
"""With the place of the person, which came later."""

_OBJECTS = """
select o.id, o.no, v.body from object o
join presence p on p.object_no = o.no
join version v on v.no = p.version_no
where o.source_no = (select source_no from snapshot where id = :snapshot) and o.kind = :kind
and p.from_snapshot <= :snapshot and (p.to_snapshot is null or p.to_snapshot > :snapshot)
"""


@dataclass(frozen=True, slots=True)
class _Account:
    no: int
    login: str
    state: str
    emails: tuple[str, ...]
    title: str = ""
    department: str = ""


_NOBODY = _Account(0, "", "", ())
K = TypeVar("K", PersonIn, GroupLinkIn)


def store(
    connection: sqlite3.Connection,
    directory_snapshot: int,
    secrets_snapshot: int,
    made_ms: int,
    people: Sequence[PersonIn],
    groups: Sequence[GroupLinkIn],
    findings: Sequence[FindingIn],
) -> None:
    """Replaces what was decided before. Raises ValueError for a snapshot that is not sealed, or a
    key or id that comes twice."""
    for snapshot_id in (directory_snapshot, secrets_snapshot):
        if not connection.execute(
            "select 1 from snapshot where id = ? and state = 'sealed'", (snapshot_id,)
        ).fetchone():
            raise ValueError(f"snapshot {snapshot_id} is not sealed")
    _refuse_twice((person.key for person in people), "person")
    _refuse_twice((group.key for group in groups), "group link")
    _refuse_twice((finding.id for finding in findings), "finding")
    kinds_of: dict[str, set[str]] = defaultdict(set)
    for finding in findings:
        if finding.person_key:
            kinds_of[finding.person_key].add(finding.kind)
    connection.execute("delete from person")
    connection.execute("delete from group_link")
    connection.execute("delete from vault_line")
    sets = Gathered(len(people), len(groups))
    _people(connection, directory_snapshot, secrets_snapshot, people, kinds_of, sets)
    here = Members(connection, directory_snapshot, sets.here, len(people))
    there = Members(connection, secrets_snapshot, sets.there, len(people))
    _groups(connection, directory_snapshot, secrets_snapshot, groups, here, there, sets)
    _findings(connection, findings, made_ms, sets)
    _vaults(connection, secrets_snapshot, findings, there, sets)
    sets.store(connection)
    urgent = sum(finding.severity_rank == 0 for finding in findings)
    counts = (directory_snapshot, secrets_snapshot, made_ms, len(people), urgent, len(findings))
    connection.execute("insert or replace into assessment values (1, ?, ?, ?, ?, ?, ?)", counts)
    # The same two snapshots judged again, by another policy: the newest judgement counts.
    connection.execute(
        "insert into decided (directory_snapshot, secrets_snapshot, made_ms, people, urgent, "
        "findings) values (?, ?, ?, ?, ?, ?) on conflict (directory_snapshot, secrets_snapshot) "
        "do update set made_ms = excluded.made_ms, people = excluded.people, "
        "urgent = excluded.urgent, findings = excluded.findings",
        counts,
    )


def current(connection: sqlite3.Connection) -> tuple[int, int, int] | None:
    """(directory snapshot, secrets snapshot, made_ms) of what is stored."""
    row = connection.execute(
        "select directory_snapshot, secrets_snapshot, made_ms from assessment"
    ).fetchone()
    return None if row is None else (int(row[0]), int(row[1]), int(row[2]))


def _people(
    connection: sqlite3.Connection,
    directory_snapshot: int,
    secrets_snapshot: int,
    people: Sequence[PersonIn],
    kinds_of: Mapping[str, set[str]],
    sets: Gathered,
) -> None:
    directory = _accounts(connection, directory_snapshot)
    secrets = _accounts(connection, secrets_snapshot)
    numbers = _numbers(connection, "person_key", people)
    ordered = sorted(people, key=lambda p: (p.severity_rank, p.name.casefold(), p.key))

    def rows() -> Iterable[tuple[object, ...]]:
        for position, person in enumerate(ordered):
            here = directory.get(person.directory_id or "", _NOBODY)
            there = secrets.get(person.secrets_id or "", _NOBODY)
            title = (here.title or there.title).casefold()
            department = (here.department or there.department).casefold()
            said = {
                "department": department, "title": title, "here": here.state,
                "there": there.state,
            }  # fmt: skip
            sets.person(position, person.key, here.no, there.no, said)
            words = (
                person.name,
                here.login,
                there.login if there.login != here.login else "",
                *dict.fromkeys((*here.emails, *there.emails)),
                here.state,
                there.state,
                *sorted(kinds_of.get(person.key, ())),
                "" if person.name.isascii() else plain(person.name),
            )
            yield (
                numbers[person.key],
                position,
                person.key,
                person.name,
                here.login or there.login,
                person.directory_id,
                person.secrets_id,
                here.no or None,
                there.no or None,
                here.state or None,
                there.state or None,
                person.matched_by,
                person.sign,
                person.severity_rank,
                person.findings,
                " ".join(word for word in words if word).casefold(),
                person.name.casefold(),
                title,
                department,
            )

    connection.executemany(
        "insert into person (no, position, key, name, login, directory_id, secrets_id, "
        "directory_no, secrets_no, directory_state, secrets_state, matched_by, sign, "
        "severity_rank, findings, search, find_name, find_title, find_department) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows(),
    )


def _groups(
    connection: sqlite3.Connection,
    directory_snapshot: int,
    secrets_snapshot: int,
    groups: Sequence[GroupLinkIn],
    here_members: Members,
    there_members: Members,
    sets: Gathered,
) -> None:
    directory = _objects(connection, directory_snapshot, ObjectNo.GROUP, lambda no, _: no)
    secrets = _objects(connection, secrets_snapshot, ObjectNo.GROUP, lambda no, _: no)
    numbers = _numbers(connection, "group_key", groups)
    ordered = sorted(groups, key=lambda g: (SIGN_ORDER.get(g.sign, 5), g.name.casefold(), g.key))
    rows: list[tuple[object, ...]] = []
    for position, group in enumerate(ordered):
        here = directory.get(group.directory_id or "")
        there = secrets.get(group.secrets_id or "")
        inside_here = () if here is None else here_members.effective(here)
        inside_there = () if there is None else there_members.effective(there)
        refs = [
            f"{side}/group/{id_}"
            for side, id_ in (
                (Side.DIRECTORY, group.directory_id),
                (Side.SECRETS, group.secrets_id),
            )
            if id_ is not None
        ]
        members = {*inside_here, *inside_there}
        sets.group(position, numbers[group.key], there, refs, members)
        rows.append(
            (
                numbers[group.key],
                position,
                group.key,
                group.name,
                group.directory_id,
                group.secrets_id,
                here,
                there,
                None if here is None else len(inside_here),
                None if there is None else len(inside_there),
                group.in_policy,
                group.sign,
                group.findings,
                group.name.casefold(),
            )
        )
    connection.executemany(
        "insert into group_link (no, position, key, name, directory_id, secrets_id, directory_no, "
        "secrets_no, directory_members, secrets_members, in_policy, sign, findings, search) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def _findings(
    connection: sqlite3.Connection,
    findings: Sequence[FindingIn],
    made_ms: int,
    sets: Gathered,
) -> None:
    since: dict[str, int] = dict(connection.execute("select id, since_ms from finding").fetchall())
    ordered = sorted(
        findings,
        key=lambda f: (
            f.severity_rank,
            f.kind,
            f.subject_name.casefold(),
            f.object_name.casefold(),
            f.id,
        ),
    )
    connection.execute("delete from finding")
    connection.executemany(
        "insert into finding (position, id, kind, severity, severity_rank, sign, person_key, "
        "subject_ref, subject_name, object_ref, object_name, words, body, since_ms) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                position,
                f.id,
                f.kind,
                f.severity,
                f.severity_rank,
                f.sign,
                f.person_key,
                f.subject_ref,
                f.subject_name,
                f.object_ref,
                f.object_name,
                f.words,
                f.body,
                since.get(f.id, made_ms),
            )
            for position, f in enumerate(ordered)
        ],
    )
    connection.execute("delete from finding_line")
    connection.execute(f"insert into finding_line {_LINES}")
    for f in findings:
        what: dict[str, int | str] = {
            "kind": f.kind,
            "severity": f.severity,
            "since": since.get(f.id, made_ms),
        }
        sets.finding(f.person_key, (f.subject_ref, f.object_ref), what)


def _vaults(
    connection: sqlite3.Connection,
    secrets_snapshot: int,
    findings: Sequence[FindingIn],
    members: Members,
    sets: Gathered,
) -> None:
    vaults = _objects(connection, secrets_snapshot, ObjectNo.VAULT, lambda no, body: (no, body))
    worst: dict[str, FindingIn] = {}
    for finding in sorted(findings, key=lambda f: (f.severity_rank, f.kind, f.id)):
        for ref in (finding.subject_ref, finding.object_ref):
            worst.setdefault(ref, finding)
    able = members.bits(
        int(no)
        for (no,) in connection.execute(
            "select secrets_no from person where secrets_no is not null "
            "and secrets_state not in ('suspended', 'deactivated')"
        )
    )
    lines: list[tuple[int, str, str, int, str, str, str]] = []
    for vault_id, (no, body) in vaults.items():
        found = worst.get(f"{Side.SECRETS}/vault/{vault_id}")
        holders = members.holders(no)
        openers = members.openers(holders)
        sets.vault(no, openers, (holder for holder, _ in holders))
        lines.append(
            (
                no,
                vault_id,
                str(json.loads(body)[0]),
                (openers & able).bit_count(),
                found.sign if found else "=",
                found.kind if found else IN_STEP,
                found.id if found else "",
            )
        )
    lines.sort(key=lambda line: (SIGN_ORDER.get(line[4], 5), line[2].casefold(), line[1]))
    connection.executemany(
        "insert into vault_line (no, position, vault_id, name, openers, sign, word, finding_id) "
        "values (?, ?, ?, ?, ?, ?, ?, ?)",
        [(line[0], position, *line[1:]) for position, line in enumerate(lines)],
    )


def _accounts(connection: sqlite3.Connection, snapshot_id: int) -> dict[str, _Account]:
    return _objects(connection, snapshot_id, ObjectNo.ACCOUNT, _account)


def _account(no: int, body: str) -> _Account:
    fields = json.loads(body)
    state = str(fields[2])
    if state == AccountState.UNKNOWN and fields[3]:
        state = f"{state}: {fields[3]}"
    emails = tuple(address for address, _ in fields[5])
    return _Account(no, fields[0], state, emails, fields[7], fields[8])


T = TypeVar("T")


def _objects(
    connection: sqlite3.Connection,
    snapshot_id: int,
    kind: ObjectNo,
    build: Callable[[int, str], T],
) -> dict[str, T]:
    found = connection.execute(_OBJECTS, {"snapshot": snapshot_id, "kind": kind})
    return {id_: build(no, body) for id_, no, body in found}


def _numbers(connection: sqlite3.Connection, table: str, rows: Sequence[K]) -> dict[str, int]:
    connection.executemany(
        f"insert or ignore into {table} (key) values (?)",  # noqa: S608 -- a name of this module
        [(row.key,) for row in rows],
    )
    return dict(connection.execute(f"select key, no from {table}").fetchall())  # noqa: S608 -- a name of this module


def _refuse_twice(keys: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise ValueError(f"the {what} {key!r} comes twice")
        seen.add(key)
