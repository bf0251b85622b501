"""Archiving pages: once each, with their position, gaps written down, and never changed again."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.storage.streams import DAY_MS, HOUR_MS, SOURCE, T0, page, usage

from keyturn_providers.records import Side
from keyturn_storage.errors import PageOvertaken, TenantDiffers
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.queries.coverage import coverage
from keyturn_storage.queries.events import events_of_page, events_of_user
from keyturn_storage.stream_archive import QUIET_MS, begin_stream, note_failure, store_page
from keyturn_storage.stream_rows import GapIn, GapRow, PageStored

ASKED = T0 + 10 * DAY_MS


def _begin(journal: Journal, stream: str = "item usages") -> int:
    return begin_stream(journal, SOURCE, stream, ASKED).no


def test_a_stream_begins_at_the_oldest_there_is(journal: Journal) -> None:
    state = begin_stream(journal, SOURCE, "item usages", ASKED)
    assert (state.position, state.newest_ms, state.whole_ms, state.asked_ms) == (None,) * 4
    assert begin_stream(journal, SOURCE, "item usages", ASKED + 1) == state
    (covered,) = coverage(journal)
    assert (covered.events, covered.pages, covered.since_ms) == (0, 0, ASKED)


def test_a_page_is_archived_with_its_position_and_covered_by_one_entry(journal: Journal) -> None:
    stream = _begin(journal)
    first = store_page(journal, stream, page(usage(1), usage(2)))
    second = store_page(journal, stream, page(usage(3), after="p1", position="p2", whole_ms=ASKED))
    assert (first, second) == (PageStored(2, page=1), PageStored(1, page=2))
    state = begin_stream(journal, SOURCE, "item usages", ASKED)
    assert (state.position, state.newest_ms, state.whole_ms) == ("p2", usage(3).at_ms, ASKED)
    assert [one.id for one in events_of_page(journal, 1)] == ["e1", "e2"]
    found = events_of_user(journal, "U1")
    assert [(one.id, one.page, one.tenant) for one in found] == [
        ("e3", 2, "ACCOUNT-1"), ("e2", 1, "ACCOUNT-1"), ("e1", 1, "ACCOUNT-1"),
    ]  # fmt: skip
    assert found[0].raw == '{"uuid":"e3"}'
    entries = [json.loads(line) for line in journal.lines()]
    assert [(one["kind"], one["page"], one["rows"]) for one in entries] == [
        ("events", 1, 2),
        ("events", 2, 1),
    ]
    assert journal.verify_chain().unbroken


def test_what_comes_again_is_archived_once_and_a_changed_one_is_counted(journal: Journal) -> None:
    stream = _begin(journal)
    store_page(journal, stream, page(usage(1), usage(2)))
    changed = replace(usage(2), raw='{"uuid":"e2","more":1}')
    stored = store_page(
        journal, stream, page(usage(1), changed, usage(3), usage(3), after="p1", position="p2")
    )
    assert (stored.new, stored.repeated, stored.differing) == (1, 3, 1)
    assert [one.raw for one in events_of_user(journal, "U1")] == [
        usage(number).raw for number in (3, 2, 1)
    ]
    assert journal.verify_chain().unbroken


def test_the_same_id_in_another_stream_or_tenant_is_another_event(journal: Journal) -> None:
    other = replace(SOURCE, name="second", tenant="ACCOUNT-2")
    streams = [
        _begin(journal),
        _begin(journal, "audit events"),
        begin_stream(journal, other, "item usages", ASKED).no,
    ]
    assert [store_page(journal, one, page(usage(1))).new for one in streams] == [1, 1, 1]
    assert [(one.tenant, one.stream) for one in events_of_user(journal, "U1")] == [
        ("ACCOUNT-2", "item usages"),
        ("ACCOUNT-1", "audit events"),
        ("ACCOUNT-1", "item usages"),
    ]


def test_a_late_event_is_archived_and_moves_nothing_back(journal: Journal) -> None:
    stream = _begin(journal)
    store_page(journal, stream, page(usage(5), whole_ms=ASKED))
    stored = store_page(journal, stream, page(usage(2), after="p1", position="p2", whole_ms=ASKED))
    assert stored.new == 1
    (covered,) = coverage(journal)
    assert (covered.oldest_ms, covered.newest_ms) == (usage(2).at_ms, usage(5).at_ms)
    assert covered.whole_ms == ASKED


def test_a_page_that_another_process_archived_first_is_refused_whole(journal: Journal) -> None:
    stream = _begin(journal)
    store_page(journal, stream, page(usage(1)))
    with pytest.raises(PageOvertaken, match="another keyturn"):
        store_page(journal, stream, page(usage(1), usage(9), position="p9"))
    assert begin_stream(journal, SOURCE, "item usages", ASKED).position == "p1"
    assert [one.id for one in events_of_user(journal, "U1")] == ["e1"]


def test_a_gap_goes_from_where_the_archive_was_whole(journal: Journal) -> None:
    stream = _begin(journal)
    store_page(journal, stream, page(usage(1), whole_ms=T0 + 2 * DAY_MS))
    gap = GapIn("the source forgot them.", T0 + 5 * DAY_MS)
    store_page(journal, stream, page(after="p1", position="p2", gap=gap, whole_ms=ASKED))
    (covered,) = coverage(journal)
    assert covered.gaps == (GapRow(T0 + 2 * DAY_MS, T0 + 5 * DAY_MS, "the source forgot them.", 2),)
    assert journal.verify_chain().unbroken


def test_a_gap_before_anything_was_archived_has_no_beginning(journal: Journal) -> None:
    store_page(journal, _begin(journal), page(usage(1), gap=GapIn("forgotten.", T0)))
    (covered,) = coverage(journal)
    assert [(one.from_ms, one.until_ms) for one in covered.gaps] == [(None, T0)]
    assert journal.verify_chain().unbroken


def test_a_backlog_is_whole_up_to_its_newest_event_only(journal: Journal) -> None:
    stream = _begin(journal)
    store_page(journal, stream, page(usage(1), usage(2)))
    assert coverage(journal)[0].whole_ms == usage(2).at_ms
    assert coverage(journal)[0].behind
    ahead = replace(usage(3), at_ms=ASKED + DAY_MS)
    store_page(journal, stream, page(ahead, after="p1", position="p2"))
    assert coverage(journal)[0].whole_ms == ASKED, "an event from the future proves nothing"
    store_page(journal, stream, page(after="p2", position="p3", whole_ms=ASKED))
    assert not coverage(journal)[0].behind


def test_a_quiet_stream_adds_one_entry_a_day(journal: Journal) -> None:
    stream = _begin(journal)
    store_page(journal, stream, page(usage(1)))
    after, entries = "p1", []
    for number in range(1, 49):
        asked_ms = ASKED + number * QUIET_MS // 24
        stored = store_page(
            journal, stream,
            page(usage(1), after=after, position=f"q{number}", asked_ms=asked_ms,
                 whole_ms=asked_ms),
        )  # fmt: skip
        after = f"q{number}"
        entries.append(stored.page)
    assert [one for one in entries if one is not None] == [2, 3]
    assert begin_stream(journal, SOURCE, "item usages", ASKED).position == "q48"
    assert coverage(journal)[0].whole_ms == ASKED + 2 * QUIET_MS
    assert journal.verify_chain().unbroken


def test_a_failure_is_kept_until_an_attempt_goes_well(journal: Journal) -> None:
    stream = _begin(journal)
    note_failure(journal, stream, "the token is wrong.", ASKED)
    assert (coverage(journal)[0].error, coverage(journal)[0].error_ms) == (
        "the token is wrong.", ASKED,
    )  # fmt: skip
    store_page(journal, stream, page(usage(1)))
    assert (coverage(journal)[0].error, coverage(journal)[0].error_ms) == ("", None)


def test_a_source_may_be_renamed_but_not_point_to_another_tenant(journal: Journal) -> None:
    store_page(journal, _begin(journal), page(usage(1)))
    renamed = replace(SOURCE, name="vaults")
    assert begin_stream(journal, renamed, "item usages", ASKED).position == "p1"
    assert [one.source for one in coverage(journal)] == ["vaults"]
    assert coverage(journal, "1password") == ()
    other = replace(renamed, tenant="ACCOUNT-2")
    with pytest.raises(TenantDiffers, match=r"ACCOUNT-2.*archived under this name.*ACCOUNT-1"):
        begin_stream(journal, other, "item usages", ASKED)
    assert len(coverage(journal)) == 1


def test_text_that_sqlite_cannot_store_does_not_lose_the_page(journal: Journal) -> None:
    odd = replace(usage(1), raw='{"name":"\udc80"}', action="\ud800")
    stored = store_page(journal, _begin(journal), page(odd, usage(2)))
    assert stored.new == 2
    found = events_of_page(journal, 1)[0]
    assert json.loads(found.raw) == {"name": "\udc80"}
    assert found.action == "\\ud800"
    again = store_page(journal, 1, page(odd, after="p1", position="p2"))
    assert (again.new, again.differing) == (0, 0)
    assert journal.verify_chain().unbroken


@pytest.mark.parametrize(
    "statement",
    [
        "update stream_event set raw = '{}'",
        "delete from stream_event",
        (
            "insert into stream_event select 3, page, stream_no, 'new', at_ms, action, user_id, "
            "vault_id, item_id, raw from stream_event where no = 1"
        ),
        (
            "insert or replace into stream_event select 1, page, stream_no, id, at_ms, 'other', "
            "user_id, vault_id, item_id, raw from stream_event where no = 1"
        ),
        (
            "insert or replace into stream_event select 3, 2, stream_no, id, at_ms, 'other', "
            "user_id, vault_id, item_id, raw from stream_event where no = 1"
        ),
        "update stream_gap set until_ms = 0",
        "delete from stream_gap",
        "insert or replace into stream_gap select 1, page, stream_no, 0, 0, '' from stream_gap",
        "delete from stream",
        "update stream set tenant = 'other'",
        (
            "insert or replace into stream (kind, tenant, name, side, source, first_ms) "
            "select kind, tenant, name, side, source, 0 from stream"
        ),
    ],
)
def test_the_file_refuses_to_change_what_is_archived(journal: Journal, statement: str) -> None:
    stream = _begin(journal)
    store_page(journal, stream, page(usage(1), usage(2), gap=GapIn("forgotten.", T0)))
    journal.note("something", "{}", 1)
    before = journal.connection.execute("select count(*) from stream_event").fetchone()
    with pytest.raises(sqlite3.IntegrityError):
        journal.connection.execute(statement)
    assert journal.connection.execute("select count(*) from stream_event").fetchone() == before
    assert coverage(journal)[0].events == 2
    assert journal.verify_chain().unbroken


def test_a_journal_of_the_first_shape_goes_on_with_what_it_has(journal_path: Path) -> None:
    from keyturn_storage.connections import connect
    from keyturn_storage.files import create_private
    from keyturn_storage.migrations import migrate
    from keyturn_storage.rows import ArchivedEvent, RunRow
    from keyturn_storage.schema_journal import JOURNAL

    create_private(journal_path)
    with closing(connect(journal_path)) as connection:
        older = replace(JOURNAL, migrations=JOURNAL.migrations[:1])
        migrate(connection, journal_path, older, lambda: 1)
        old = Journal(journal_path, connection)
        old.start_run(RunRow("r", "p", "sync", "t", "ana", 1, None, "running", "{}"))
        event = ArchivedEvent("r", "o", "bao", Side.SECRETS, "e", 4, "ana", "act", "t", "", "{}")
        old.archive_events([event])
    with open_journal(journal_path) as journal:
        assert journal.events("r") == (event,)
        store_page(journal, _begin(journal), page(usage(1)))
        assert journal.verify_chain().entries == 3
        assert journal.verify_chain().unbroken
    copies = sorted(one.name for one in journal_path.parent.iterdir() if "before" in one.name)
    assert len(copies) == 1
    assert copies[0].startswith("journal.db.before-2-")


def test_hours_and_days_of_the_tests_are_what_they_say() -> None:
    assert (T0 % DAY_MS, DAY_MS // HOUR_MS) == (0, 24)
