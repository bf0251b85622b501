"""The journal's tables for archived event streams, as its second step.

A row of `stream_event` names, in `page`, the chain entry that covers it. `stream` is where reading
stands, and the only part that changes: everything in it can be had again by asking from the start.
"""

from keyturn_storage.migrations import Migration

_STREAM = """
create table stream (
    no integer primary key,
    kind text not null,
    tenant text not null,
    name text not null,
    side text not null,
    source text not null,
    position text,
    pages integer not null default 0,
    events integer not null default 0,
    first_ms integer not null,
    asked_ms integer,
    whole_ms integer,
    behind integer not null default 0 check (behind in (0, 1)),
    entered_ms integer,
    error text not null default '',
    error_ms integer,
    unique (kind, tenant, name)
) strict
"""
_STREAM_KEPT = """
create trigger stream_kept before delete on stream
begin
    select raise(abort, 'an archived event stream is never deleted');
end
"""
_STREAM_SAME = """
create trigger stream_same before update of no, kind, tenant, name on stream
begin
    select raise(abort, 'an archived event stream stays the stream of its tenant');
end
"""
_EVENT = """
create table stream_event (
    no integer primary key check (no > 0),
    page integer not null references entry (seq),
    stream_no integer not null references stream (no),
    id text not null,
    at_ms integer not null,
    action text not null,
    user_id text not null,
    vault_id text not null,
    item_id text not null,
    raw text not null,
    unique (stream_no, id)
) strict
"""
# `insert or replace` deletes without firing delete triggers, so the insert trigger itself refuses a
# row that is there; and a row can only be added to the page whose entry was written just before.
_EVENT_NEXT = """
create trigger stream_event_next before insert on stream_event
when new.no is not (select coalesce(max(no), 0) + 1 from stream_event)
    or new.page is not (select seq from head)
    or exists (select 1 from stream_event where stream_no = new.stream_no and id = new.id)
begin
    select raise(abort, 'archived events are only ever appended, each once, in their page');
end
"""
_EVENT_UPDATE = """
create trigger stream_event_no_update before update on stream_event
begin
    select raise(abort, 'archived events are never changed');
end
"""
_EVENT_DELETE = """
create trigger stream_event_no_delete before delete on stream_event
begin
    select raise(abort, 'archived events are never deleted');
end
"""
_EVENT_TIME = "create index stream_event_time on stream_event (stream_no, at_ms)"
# By time within each user and vault: new events go to few places of an index, so that a page is
# archived in few writes. What else a question needs is in the index, so that it reads nothing else.
_EVENT_USER = (
    "create index stream_event_user "
    "on stream_event (user_id, at_ms, vault_id, item_id, stream_no) where user_id <> ''"
)
_EVENT_VAULT = (
    "create index stream_event_vault "
    "on stream_event (vault_id, at_ms, user_id, item_id, stream_no) where vault_id <> ''"
)
_GAP = """
create table stream_gap (
    no integer primary key check (no > 0),
    page integer not null unique references entry (seq),
    stream_no integer not null references stream (no),
    from_ms integer,
    until_ms integer not null,
    words text not null
) strict
"""
_GAP_NEXT = """
create trigger stream_gap_next before insert on stream_gap
when new.no is not (select coalesce(max(no), 0) + 1 from stream_gap)
    or new.page is not (select seq from head)
    or exists (select 1 from stream_gap where page = new.page)
begin
    select raise(abort, 'gaps of an archive are only ever appended');
end
"""
_GAP_UPDATE = """
create trigger stream_gap_no_update before update on stream_gap
begin
    select raise(abort, 'a gap of an archive is never changed');
end
"""
_GAP_DELETE = """
create trigger stream_gap_no_delete before delete on stream_gap
begin
    select raise(abort, 'a gap of an archive is never deleted');
end
"""
_GAP_STREAM = "create index stream_gap_stream on stream_gap (stream_no, until_ms)"

STREAMS = Migration(
    "0002 event streams",
    (
        _STREAM,
        _STREAM_KEPT,
        _STREAM_SAME,
        _EVENT,
        _EVENT_NEXT,
        _EVENT_UPDATE,
        _EVENT_DELETE,
        _EVENT_TIME,
        _EVENT_USER,
        _EVENT_VAULT,
        _GAP,
        _GAP_NEXT,
        _GAP_UPDATE,
        _GAP_DELETE,
        _GAP_STREAM,
    ),
)
