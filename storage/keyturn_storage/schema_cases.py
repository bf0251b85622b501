"""The journal's tables for cases, as its third step.

A case is what was opened and everything noted of it since. Both are rows that never change, each
covered by the chain entry it names. How a case stands is worked out from them and from its runs.
"""

from keyturn_storage.migrations import Migration

_CASE = """
create table case_file (
    no integer primary key check (no > 0),
    entry integer not null unique references entry (seq),
    id text not null unique,
    person_key text not null,
    name text not null,
    login text not null,
    directory_tenant text not null,
    directory_id text not null,
    directory_name text not null,
    secrets_tenant text not null,
    secrets_id text not null,
    secrets_name text not null,
    opened_by text not null,
    opened_ms integer not null
) strict
"""
_NOTE = """
create table case_note (
    no integer primary key check (no > 0),
    entry integer not null unique references entry (seq),
    case_no integer not null references case_file (no),
    what text not null,
    run_id text not null,
    body text not null,
    by text not null,
    at_ms integer not null
) strict
"""


def _appended(table: str, what: str) -> tuple[str, ...]:
    # `insert or replace` deletes without firing delete triggers, so the insert trigger itself
    # refuses every number but the next, and every row but that of the entry just written.
    return (
        f"""
create trigger {table}_next before insert on {table}
when new.no is not (select coalesce(max(no), 0) + 1 from {table})
    or new.entry is not (select seq from head)
    or exists (select 1 from {table} where entry = new.entry)
begin
    select raise(abort, '{what} are only ever appended');
end
""",  # noqa: S608 -- names of this module
        f"""
create trigger {table}_no_update before update on {table}
begin
    select raise(abort, '{what} are never changed');
end
""",
        f"""
create trigger {table}_no_delete before delete on {table}
begin
    select raise(abort, '{what} are never deleted');
end
""",
    )


CASES = Migration(
    "0003 cases",
    (
        _CASE,
        *_appended("case_file", "cases"),
        """
create trigger case_file_once before insert on case_file
when exists (select 1 from case_file where id = new.id)
begin
    select raise(abort, 'a case is opened once');
end
""",
        "create index case_file_directory on case_file (directory_id) where directory_id <> ''",
        "create index case_file_secrets on case_file (secrets_id) where secrets_id <> ''",
        _NOTE,
        *_appended("case_note", "notes of a case"),
        "create index case_note_case on case_note (case_no, no)",
        "create index case_note_run on case_note (run_id) where run_id <> ''",
    ),
)
