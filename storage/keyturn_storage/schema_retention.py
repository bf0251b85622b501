"""The journal's tables for texts kept beside runs, and for what was purged, as its fourth step.

What is purged is gone; what stood for it in the chain stays: the hash of a line, the digest of an
event. `purged` and `purged_event` list these, and the entry of the purge covers the list.
"""

from keyturn_storage.migrations import Migration

_KEPT = """
create table kept_text (
    no integer primary key check (no > 0),
    entry integer not null unique references entry (seq),
    what text not null,
    run_id text not null,
    sha256 text not null check (length(sha256) = 64),
    body text not null
) strict
"""
_KEPT_NEXT = """
create trigger kept_text_next before insert on kept_text
when new.no is not (select coalesce(max(no), 0) + 1 from kept_text)
    or new.entry is not (select seq from head)
    or exists (select 1 from kept_text where entry = new.entry)
begin
    select raise(abort, 'kept texts are only ever appended');
end
"""
_KEPT_UPDATE = """
create trigger kept_text_no_update before update on kept_text
when new.body <> '' or (new.no, new.entry, new.what, new.run_id, new.sha256)
    is not (old.no, old.entry, old.what, old.run_id, old.sha256)
    or not exists (select 1 from purged where what = 'text' and key = cast(old.no as text))
begin
    select raise(abort, 'kept texts are never changed');
end
"""
_KEPT_DELETE = """
create trigger kept_text_no_delete before delete on kept_text
begin
    select raise(abort, 'kept texts are never deleted');
end
"""
_PURGED = """
create table purged (
    purge integer not null references entry (seq),
    what text not null check (what in ('run', 'case', 'entry', 'text')),
    key text not null,
    stands text not null,
    primary key (what, key)
) strict, without rowid
"""
_PURGED_EVENT = """
create table purged_event (
    no integer primary key check (no > 0),
    purge integer not null references entry (seq),
    sha256 text not null check (length(sha256) = 64)
) strict
"""


def _listed(table: str, there: str) -> tuple[str, ...]:
    """A row is only added to the purge whose entry was written just before, and stays for good."""
    return (
        f"""
create trigger {table}_next before insert on {table}
when new.purge is not (select seq from head)
    or (select json_extract(line, '$.kind') from entry where seq = new.purge) is not 'purge'
    or exists (select 1 from {table} where {there})
begin
    select raise(abort, 'what was purged is only ever added to, by a purge');
end
""",  # noqa: S608 -- names of this module
        f"""
create trigger {table}_no_update before update on {table}
begin
    select raise(abort, 'what was purged is never changed');
end
""",
        f"""
create trigger {table}_no_delete before delete on {table}
begin
    select raise(abort, 'what was purged is never forgotten');
end
""",
    )


_ENTRY_UPDATE = """
create trigger entry_no_update before update on entry
when new.line is not '{"kind":"purged"}'
    or (new.seq, new.prev_hash, new.hash) is not (old.seq, old.prev_hash, old.hash)
    or not exists (select 1 from purged where what = 'entry' and key = cast(old.seq as text))
begin
    select raise(abort, 'journal entries are never changed');
end
"""


def _deleted_if(table: str, words: str, purged: str) -> tuple[str, str]:
    return (
        f"drop trigger {table}_no_delete",
        f"""
create trigger {table}_no_delete before delete on {table}
when not exists (select 1 from {purged})
begin
    select raise(abort, '{words}');
end
""",  # noqa: S608 -- names of this module
    )


RETENTION = Migration(
    "0004 kept texts and purges",
    (
        _KEPT,
        _KEPT_NEXT,
        _KEPT_UPDATE,
        _KEPT_DELETE,
        "create index kept_text_run on kept_text (run_id, what) where run_id <> ''",
        "create index kept_text_sha256 on kept_text (what, sha256)",
        _PURGED,
        *_listed("purged", "what = new.what and key = new.key"),
        "create index purged_purge on purged (purge)",
        _PURGED_EVENT,
        *_listed("purged_event", "no = new.no"),
        "create index purged_event_purge on purged_event (purge)",
        "drop trigger entry_no_update",
        _ENTRY_UPDATE,
        *_deleted_if(
            "event",
            "archived audit events are never deleted",
            "purged where what = 'run' and key = old.run_id",
        ),
        *_deleted_if(
            "stream_event",
            "archived events are never deleted",
            "purged_event where no = old.no",
        ),
        *_deleted_if(
            "case_file",
            "cases are never deleted",
            "purged where what = 'case' and key = old.id",
        ),
        *_deleted_if(
            "case_note",
            "notes of a case are never deleted",
            "purged p join case_file c on c.id = p.key "
            "where p.what = 'case' and c.no = old.case_no",
        ),
    ),
)
