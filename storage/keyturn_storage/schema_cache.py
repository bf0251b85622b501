"""The cache's tables. A released migration is never edited: its digest is stored in each file.

A row of an interval table is true of every snapshot of its source from `from_snapshot` up to, not
including, `to_snapshot` (null: still true). Attributes are kept once per content in `version`.
"""

from keyturn_storage.migrations import Migration, Shape

LAST = "\U0010ffff"
"""Sorts after every name: what has no person, or no vault, comes last."""
FINDING_LINES = f"""
select f.position, f.id, f.kind, f.severity, f.person_key, f.since_ms,
casefold(f.subject_name), casefold(f.object_name),
case when p.key is null then '{LAST}' else casefold(p.name) || char(31) || p.key end,
case when f.object_ref like 'secrets/vault/%' then casefold(f.object_name)
when f.subject_ref like 'secrets/vault/%' then casefold(f.subject_name) else '{LAST}' end,
case when f.subject_ref like '%/group/%' then casefold(f.subject_name) else '' end || char(10) ||
case when f.object_ref like '%/group/%' then casefold(f.object_name) else '' end,
casefold(f.severity || ' ' || f.kind || ' ' || f.subject_name || ' ' || f.object_name || ' '
|| f.words)
from finding f left join person p on p.key = f.person_key
"""  # noqa: S608 -- a constant of this module
"""Every finding as a narrow row to filter and to sort by. Part of a migration: never edited."""

_SNAPSHOTS = (
    """
create table source (
    no integer primary key,
    name text not null unique,
    kind text not null,
    side text not null,
    tenant text not null
) strict
""",
    """
create table snapshot (
    id integer primary key autoincrement,
    source_no integer not null references source (no),
    state text not null check (state in ('reading', 'sealed', 'abandoned', 'forgotten')),
    started_ms integer not null,
    ended_ms integer,
    complete integer not null default 0,
    host text not null,
    pid integer not null,
    process_start text not null,
    accounts integer not null default 0,
    groups integer not null default 0,
    memberships integer not null default 0,
    vaults integer not null default 0,
    grants integer not null default 0,
    machines integer not null default 0,
    unreadable integer not null default 0,
    blind_spots text not null default '[]',
    invariants text not null default '[]',
    error text not null default ''
) strict
""",
    "create index snapshot_source on snapshot (source_no, state, id)",
    """
create table listing (
    snapshot_id integer not null references snapshot (id),
    collection text not null,
    parent_id text not null,
    complete integer not null,
    proof text not null,
    error text not null,
    rows integer not null,
    unreadable integer not null,
    primary key (snapshot_id, collection, parent_id)
) strict, without rowid
""",
    """
create table unreadable (
    no integer primary key,
    snapshot_id integer not null references snapshot (id),
    collection text not null,
    parent_id text not null,
    id text,
    reason text not null
) strict
""",
    "create index unreadable_snapshot on unreadable (snapshot_id)",
    """
create table object (
    no integer primary key,
    source_no integer not null references source (no),
    kind integer not null check (kind between 1 and 4),
    id text not null,
    unique (source_no, kind, id)
) strict
""",
    """
create table version (
    no integer primary key,
    hash blob not null unique,
    body text not null
) strict
""",
    """
create table presence (
    object_no integer not null references object (no),
    from_snapshot integer not null references snapshot (id),
    to_snapshot integer references snapshot (id),
    version_no integer not null references version (no),
    primary key (object_no, from_snapshot),
    check (to_snapshot > from_snapshot)
) strict, without rowid
""",
    "create unique index presence_open on presence (object_no) where to_snapshot is null",
    "create index presence_from on presence (from_snapshot)",
    "create index presence_to on presence (to_snapshot) where to_snapshot is not null",
    "create index presence_version on presence (version_no)",
    """
create table membership (
    group_no integer not null references object (no),
    member_no integer not null references object (no),
    from_snapshot integer not null references snapshot (id),
    to_snapshot integer references snapshot (id),
    primary key (group_no, member_no, from_snapshot),
    check (to_snapshot > from_snapshot)
) strict, without rowid
""",
    (
        "create unique index membership_open on membership (group_no, member_no) "
        "where to_snapshot is null"
    ),
    "create index membership_member on membership (member_no, group_no)",
    "create index membership_from on membership (from_snapshot)",
    "create index membership_to on membership (to_snapshot) where to_snapshot is not null",
    """
create table vault_grant (
    vault_no integer not null references object (no),
    carrier text not null,
    from_snapshot integer not null references snapshot (id),
    to_snapshot integer references snapshot (id),
    principal_no integer not null references object (no),
    level integer not null,
    version_no integer not null references version (no),
    primary key (vault_no, carrier, from_snapshot),
    check (to_snapshot > from_snapshot)
) strict, without rowid
""",
    (
        "create unique index vault_grant_open on vault_grant (vault_no, carrier) "
        "where to_snapshot is null"
    ),
    "create index vault_grant_principal on vault_grant (principal_no, vault_no)",
    "create index vault_grant_from on vault_grant (from_snapshot)",
    "create index vault_grant_to on vault_grant (to_snapshot) where to_snapshot is not null",
    "create index vault_grant_version on vault_grant (version_no)",
)

_DECISIONS = (
    """
create table assessment (
    only integer primary key check (only = 1),
    directory_snapshot integer not null references snapshot (id),
    secrets_snapshot integer not null references snapshot (id),
    made_ms integer not null,
    people integer not null,
    urgent integer not null,
    findings integer not null
) strict
""",
    (
        "create table person_key (no integer primary key autoincrement, key text not null unique) "
        "strict"
    ),
    """
create table person (
    no integer primary key references person_key (no),
    position integer not null unique,
    key text not null unique,
    name text not null,
    login text not null,
    directory_id text,
    secrets_id text,
    directory_no integer references object (no),
    secrets_no integer references object (no),
    directory_state text,
    secrets_state text,
    matched_by text not null,
    sign text not null,
    severity_rank integer not null,
    findings integer not null,
    search text not null
) strict
""",
    "create index person_order on person (position, no)",
    "create index person_drift on person (position, no) where findings > 0",
    "create index person_directory on person (directory_no)",
    "create index person_secrets on person (secrets_no)",
    (
        "create table group_key (no integer primary key autoincrement, key text not null unique) "
        "strict"
    ),
    """
create table group_link (
    no integer primary key references group_key (no),
    position integer not null unique,
    key text not null unique,
    name text not null,
    directory_id text,
    secrets_id text,
    directory_no integer references object (no),
    secrets_no integer references object (no),
    directory_members integer,
    secrets_members integer,
    in_policy integer not null,
    sign text not null,
    findings integer not null,
    search text not null
) strict
""",
    "create index group_link_directory on group_link (directory_no)",
    "create index group_link_secrets on group_link (secrets_no)",
    """
create table vault_line (
    no integer primary key references object (no),
    position integer not null unique,
    vault_id text not null unique,
    name text not null,
    openers integer not null,
    sign text not null,
    word text not null,
    finding_id text not null
) strict
""",
    """
create table finding (
    id text primary key,
    position integer not null unique,
    kind text not null,
    severity text not null,
    severity_rank integer not null,
    sign text not null,
    person_key text not null,
    subject_ref text not null,
    subject_name text not null,
    object_ref text not null,
    object_name text not null,
    words text not null,
    body text not null,
    since_ms integer not null
) strict, without rowid
""",
    "create index finding_person on finding (person_key)",
    "create index finding_subject on finding (subject_ref)",
    "create index finding_object on finding (object_ref)",
)

_PERMISSION_RULES = (
    "alter table snapshot add column permission_rules text not null default 'null'",
)

_DRIFT_OVER_TIME = (
    # Counts outlive their snapshots, so the two numbers refer to nothing.
    """
create table decided (
    no integer primary key,
    directory_snapshot integer not null,
    secrets_snapshot integer not null,
    made_ms integer not null,
    people integer not null,
    urgent integer not null,
    findings integer not null
) strict
""",
    "create unique index decided_pair on decided (directory_snapshot, secrets_snapshot)",
    "create index decided_made on decided (made_ms)",
    """
insert into decided (directory_snapshot, secrets_snapshot, made_ms, people, urgent, findings)
select directory_snapshot, secrets_snapshot, made_ms, people, urgent, findings from assessment
""",
)

_AT_DIRECTORY = "(select directory_snapshot from assessment)"
_AT_SECRETS = "(select secrets_snapshot from assessment)"


def _field(place: int) -> str:
    """A field of the directory's account of a person, or where there is none, of the other."""
    sides = ", ".join(
        f"(select nullif(json_extract(v.body, '$[{place}]'), '') from presence p "  # noqa: S608 -- constants of this module
        f"join version v on v.no = p.version_no where p.object_no = person.{side} "
        f"and p.from_snapshot <= {at} and (p.to_snapshot is null or p.to_snapshot > {at}))"
        for side, at in (("directory_no", _AT_DIRECTORY), ("secrets_no", _AT_SECRETS))
    )
    return f"casefold(coalesce({sides}, ''))"


_FINDABLE = (
    "alter table person add column find_name text not null default ''",
    "alter table person add column find_title text not null default ''",
    "alter table person add column find_department text not null default ''",
    (
        f"update person set find_name = casefold(name), find_title = {_field(7)}, "  # noqa: S608 -- constants of this module
        f"find_department = {_field(8)}"
    ),
    "create index person_name on person (find_name, position)",
    "create index person_here on person (directory_state is null, directory_state, position)",
    "create index person_there on person (secrets_state is null, secrets_state, position)",
    "create index person_findings on person (findings desc, position)",
    "create index person_department on person (find_department)",
    "create index group_link_name on group_link (search, position)",
    "create index group_link_here on group_link (directory_members desc, position)",
    "create index group_link_there on group_link (secrets_members desc, position)",
    "create index group_link_findings on group_link (findings desc, position)",
    "create index group_link_directory_id on group_link (directory_id)",
    "create index group_link_secrets_id on group_link (secrets_id)",
    """
create table finding_line (
    position integer primary key,
    id text not null unique,
    kind text not null,
    severity text not null,
    person_key text not null,
    since_ms integer not null,
    by_subject text not null,
    by_object text not null,
    by_person text not null,
    by_vault text not null,
    find_groups text not null,
    search text not null
) strict
""",
    f"insert into finding_line {FINDING_LINES}",
    "create index finding_line_kind on finding_line (kind, position, id)",
    "create index finding_line_subject on finding_line (by_subject, position, id)",
    "create index finding_line_object on finding_line (by_object, position, id)",
    "create index finding_line_person on finding_line (by_person, position, id)",
    "create index finding_line_vault on finding_line (by_vault, position, id)",
    "create index finding_line_since on finding_line (since_ms desc, position, id)",
    "create index finding_line_order on finding_line (position, id)",
    "create index finding_line_of on finding_line (person_key)",
)

_WHO_IS_IN = (
    # `about` and `key`: a "group" by the number of its link, a "vault" by its own, and people with
    # a finding of a "kind", of a "severity", or known "since" a moment. People are places in their
    # list.
    """
create table people_set (
    about text not null,
    key any not null,
    form integer not null,
    people blob not null,
    primary key (about, key)
) strict, without rowid
""",
    "alter table finding_line add column person_place integer",
    (
        "update finding_line set person_place = "
        "(select p.position from person p where p.key = finding_line.person_key)"
    ),
)

STANDING_PUSH = (
    "coalesce(json_extract(body, '$[13][0]'), json_extract(body, '$[4][0]')) "
    "in ('failed', 'paused')"
)
"""Of an account or a group: its push stands. Part of a migration: never edited; SQLite uses the
index for exactly these words."""

_PUSHES = (f"create index version_push on version (no) where {STANDING_PUSH}",)

CACHE = Shape(
    name="cache",
    application_id=int.from_bytes(b"ktC1", "big"),
    migrations=(
        Migration("0001 snapshots", _SNAPSHOTS),
        Migration("0002 people, groups, findings", _DECISIONS),
        Migration("0003 permission rules", _PERMISSION_RULES),
        Migration("0004 drift over time", _DRIFT_OVER_TIME),
        Migration("0005 what lists are filtered and sorted by", _FINDABLE),
        Migration("0006 pages of a listing", ("alter table listing add column pages integer",)),
        Migration("0007 who is in a group, on a vault, or has a finding", _WHO_IS_IN),
        Migration("0008 pushes that stand", _PUSHES),
    ),
)
