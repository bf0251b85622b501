"""The journal's tables. A released migration is never edited: its digest is stored in each file."""

from keyturn_storage.chain import GENESIS
from keyturn_storage.migrations import Migration, Shape
from keyturn_storage.schema_cases import CASES
from keyturn_storage.schema_lookups import LOOKUPS
from keyturn_storage.schema_retention import RETENTION
from keyturn_storage.schema_streams import STREAMS

_ENTRY = """
create table entry (
    seq integer primary key check (seq > 0),
    prev_hash text not null check (length(prev_hash) = 64),
    line text not null,
    hash text not null check (length(hash) = 64)
) strict
"""
_HEAD = """
create table head (
    only integer primary key check (only = 1),
    seq integer not null,
    hash text not null
) strict
"""
# The head is kept beside the entries so that a cut tail is seen too. `insert or replace` deletes
# without firing delete triggers, so the insert trigger itself refuses every number but the next.
_ENTRY_NEXT = """
create trigger entry_next before insert on entry
when new.seq is not (select seq + 1 from head) or new.prev_hash is not (select hash from head)
begin
    select raise(abort, 'journal entries are only ever appended, each after the last');
end
"""
_ENTRY_HEAD = """
create trigger entry_head after insert on entry
begin
    update head set seq = new.seq, hash = new.hash;
end
"""
_ENTRY_UPDATE = """
create trigger entry_no_update before update on entry
begin
    select raise(abort, 'journal entries are never changed');
end
"""
_ENTRY_DELETE = """
create trigger entry_no_delete before delete on entry
begin
    select raise(abort, 'journal entries are never deleted');
end
"""
_HEAD_GUARD = """
create trigger head_moves_on before update on head
when new.seq is not old.seq + 1
begin
    select raise(abort, 'the head of the journal only moves on by one');
end
"""
_HEAD_KEPT = """
create trigger head_kept before delete on head
begin
    select raise(abort, 'the head of the journal is never deleted');
end
"""
_RUN = """
create table run (
    no integer primary key,
    id text not null unique,
    plan_id text not null,
    scope text not null,
    title text not null,
    operator text not null,
    started_ms integer not null,
    ended_ms integer,
    state text not null check (state in ('running', 'stopped', 'ended')),
    plan_json text not null
) strict
"""
_STEP = """
create table step (
    run_no integer not null references run (no),
    number integer not null,
    operation_id text not null unique,
    state text not null,
    words text not null,
    at_ms integer not null,
    attempts integer not null,
    intent text not null,
    outcome text not null,
    verdict text not null,
    error text not null,
    removes integer not null check (removes in (0, 1)),
    done_ms integer,
    primary key (run_no, number, operation_id)
) strict, without rowid
"""
_STEP_REMOVALS = """
create index step_removals on step (done_ms) where removes = 1 and done_ms is not null
"""
_RUN_OPEN = "create index run_open on run (no) where state <> 'ended'"
_LEASE = """
create table lease (
    target text primary key,
    holder text not null,
    host text not null,
    pid integer not null,
    process_start text not null,
    operation text not null,
    generation integer not null,
    targets integer not null,
    taken_ms integer not null,
    expires_ms integer not null
) strict, without rowid
"""
_LEASE_GENERATION = "create index lease_generation on lease (generation)"
_LEASE_RUN = Migration(
    "0006 the run of a lease", ("alter table lease add column run_id text not null default ''",)
)
_GENERATION = """
create table generation (
    only integer primary key check (only = 1),
    last integer not null
) strict
"""
_EVENT = """
create table event (
    no integer primary key,
    run_id text not null,
    operation_id text not null,
    source text not null,
    side text not null,
    event_id text not null,
    at_ms integer not null,
    actor text not null,
    action text not null,
    target text not null,
    source_address text not null,
    raw text not null,
    unique (source, event_id, operation_id)
) strict
"""
_EVENT_RUN = "create index event_run on event (run_id, at_ms)"
_EVENT_UPDATE = """
create trigger event_no_update before update on event
begin
    select raise(abort, 'archived audit events are never changed');
end
"""
_EVENT_DELETE = """
create trigger event_no_delete before delete on event
begin
    select raise(abort, 'archived audit events are never deleted');
end
"""

JOURNAL = Shape(
    name="journal",
    application_id=int.from_bytes(b"ktJ1", "big"),
    migrations=(
        Migration(
            "0001 entries, runs, steps, leases, events",
            (
                _ENTRY,
                _HEAD,
                f"insert into head (only, seq, hash) values (1, 0, '{GENESIS}')",  # noqa: S608 -- a constant of this module
                _ENTRY_NEXT,
                _ENTRY_HEAD,
                _ENTRY_UPDATE,
                _ENTRY_DELETE,
                _HEAD_GUARD,
                _HEAD_KEPT,
                _RUN,
                _RUN_OPEN,
                _STEP,
                _STEP_REMOVALS,
                _LEASE,
                _LEASE_GENERATION,
                _GENERATION,
                "insert into generation (only, last) values (1, 0)",
                _EVENT,
                _EVENT_RUN,
                _EVENT_UPDATE,
                _EVENT_DELETE,
            ),
        ),
        STREAMS,
        CASES,
        RETENTION,
        LOOKUPS,
        _LEASE_RUN,
    ),
    precious="entry",
)
