"""Whatever is done to archived events around the triggers is found, and the page is named."""

from pathlib import Path

import pytest
from tests.storage.edited_file import edit
from tests.storage.streams import DAY_MS, SOURCE, T0, page, usage

from keyturn_storage.journal import open_journal
from keyturn_storage.queries.events import events_of_page
from keyturn_storage.stream_archive import begin_stream, store_page
from keyturn_storage.stream_digest import event_digest, page_digest
from keyturn_storage.stream_rows import EventIn, GapIn


def _archived(path: Path) -> None:
    """Entries 1 and 3: item usages (e1-e3, then e4-e5 with a gap); 2: audit events."""
    with open_journal(path) as journal:
        items = begin_stream(journal, SOURCE, "item usages", T0).no
        audit = begin_stream(journal, SOURCE, "audit events", T0).no
        store_page(journal, items, page(usage(1), usage(2), usage(3)))
        store_page(journal, audit, page(usage(1), usage(2)))
        gap = GapIn("forgotten.", T0 + DAY_MS)
        store_page(journal, items, page(usage(4), usage(5), after="p1", position="p2", gap=gap))


@pytest.mark.parametrize(
    ("statement", "first_bad", "why"),
    [
        ("update stream_event set raw = '{}' where no = 5", 2, "was changed"),
        ("update stream_event set at_ms = at_ms + 1 where no = 1", 1, "was changed"),
        ("update stream_event set user_id = 'U2' where no = 7", 3, "was changed"),
        ("update stream_event set item_id = '' where no = 2", 1, "was changed"),
        ("delete from stream_event where no = 7", 3, "1 of 2 events"),
        ("delete from stream_event where no = 1", 1, "2 of 3 events"),
        ("delete from stream_event where page = 2", 2, "0 of 2 events"),
        ("update stream_event set page = 3 where no = 2", 1, "another page or stream"),
        ("update stream_event set stream_no = 2 where no = 3", 1, "another page or stream"),
        (
            (
                "insert into stream_event select 8, 3, stream_no, 'made up', at_ms, action, "
                "user_id, vault_id, item_id, raw from stream_event where no = 1"
            ),
            3,
            "no entry covers",
        ),
        ("delete from stream_gap", 3, "gap was changed"),
        ("update stream_gap set until_ms = until_ms - 1", 3, "gap was changed"),
        ("update stream_gap set from_ms = null", 3, "gap was changed"),
        ("update stream_gap set page = 1", 1, "a gap that was not there"),
        ("insert into stream_gap select 2, 2, 2, 0, 1, 'x' from stream_gap", 2, "was not there"),
        ("update stream set tenant = 'other' where no = 2", 2, "its stream is missing"),
        ("update stream set events = 4 where no = 1", 3, "does not count"),
        ("update stream set events = 6 where no = 1", 3, "does not count"),
    ],
)
def test_a_file_edited_around_the_triggers_is_found_out(
    tmp_path: Path, statement: str, first_bad: int, why: str
) -> None:
    path = tmp_path / "journal.db"
    _archived(path)
    with open_journal(path) as journal:
        assert journal.verify_chain().unbroken
    edit(path, statement)
    with open_journal(path, read_only=True) as journal:
        report = journal.verify_chain()
    assert report.first_bad == first_bad
    assert why in report.why


def test_two_events_that_changed_places_are_found_out(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    _archived(path)
    for old, new in ((1, 99), (2, 1), (99, 2)):
        edit(path, f"update stream_event set no = {new} where no = {old}")
    with open_journal(path, read_only=True) as journal:
        assert journal.verify_chain().first_bad == 1


def test_one_event_of_a_page_can_be_proved_without_the_others(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    _archived(path)
    with open_journal(path) as journal:
        rows = events_of_page(journal, 1)
        line = journal.lines()[0]
    digests = [
        event_digest(EventIn(r.id, r.at_ms, r.action, r.raw, r.user_id, r.vault_id, r.item_id))
        for r in rows
    ]
    shown = event_digest(usage(2))
    assert f'"sha256":"{page_digest([digests[0], shown, digests[2]])}"' in line
    assert f'"sha256":"{page_digest([shown, digests[0], digests[2]])}"' not in line
