"""How items were used, by the way of using, by the leaver and by others since."""

import pytest
from tests.storage.streams import DAY_MS, HOUR_MS, SOURCE, T0, page

from keyturn_storage.journal import Journal
from keyturn_storage.queries.events import Within
from keyturn_storage.queries.item_touches import (
    ItemTouch,
    items_touched,
    items_touched_by_others,
    vaults_touched,
)
from keyturn_storage.stream_archive import begin_stream, store_page
from keyturn_storage.stream_rows import EventIn

USAGES, AUDIT = "item usages", "audit events"


def used(number: int, action: str, user: str, item: str, vault: str = "pay") -> EventIn:
    return EventIn(f"e{number}", T0 + number * HOUR_MS, action, "{}", user, vault, item)


@pytest.fixture
def archived(journal: Journal) -> Journal:
    for no, name in enumerate((USAGES, AUDIT), start=1):
        begin_stream(journal, SOURCE, name, T0)
        events: tuple[EventIn, ...] = (
            used(1, "fill", "ana", "card"),
            used(2, "fill", "ana", "card"),
            used(3, "reveal", "ana", "card"),
            used(4, "server-update", "ben", "card"),
            used(5, "fill", "ben", "card"),
            used(6, "enter-item-edit-mode", "ana", "bank"),
            used(7, "enter-item-edit-mode", "", "bank"),
            used(8, "server-update", "ben", "root", "ops"),
        )
        if name == AUDIT:
            events = (
                used(9, "share item", "ana", "card"),
                used(10, "export vault", "ana", ""),
                used(11, "export vault", "ana", ""),
                used(12, "export vault", "ana", "", "ops"),
                used(13, "export vault", "ben", "", "ops"),
                used(14, "export vault", "", "", "ops"),
                used(15, "view vault", "ana", "", "ops"),
                used(16, "export vault", "ana", "card"),
            )
        store_page(journal, no, page(*events, whole_ms=T0 + 10 * DAY_MS))
    return journal


def test_each_way_of_using_is_a_row(archived: Journal) -> None:
    assert items_touched(archived, "ana", USAGES) == (
        ItemTouch("bank", "pay", "enter-item-edit-mode", T0 + 6 * HOUR_MS, 1),
        ItemTouch("card", "pay", "reveal", T0 + 3 * HOUR_MS, 1),
        ItemTouch("card", "pay", "fill", T0 + 2 * HOUR_MS, 2),
    )
    assert len(items_touched(archived, "ana", USAGES, Within(limit=1))) == 1
    assert items_touched(archived, "ana", USAGES, Within(tenant="another")) == ()
    assert items_touched(archived, "ana", USAGES, Within(until_ms=T0)) == ()
    assert [one.action for one in items_touched(archived, "ana", AUDIT)] == [
        "export vault", "share item",
    ]  # fmt: skip
    assert items_touched(archived, "", USAGES) == ()


def test_what_was_done_to_a_whole_vault_is_a_row_a_vault(archived: Journal) -> None:
    ops = ItemTouch("", "ops", "export vault", T0 + 12 * HOUR_MS, 1)
    pay = ItemTouch("", "pay", "export vault", T0 + 11 * HOUR_MS, 2)
    assert vaults_touched(archived, "ana", "export vault") == (ops, pay)
    assert vaults_touched(archived, "ana", "export vault", Within(limit=1)) == (ops,)
    assert vaults_touched(archived, "ana", "export vault", Within(tenant="another")) == ()
    assert vaults_touched(archived, "", "export vault") == ()


def test_what_others_did_is_of_a_vault_and_of_some_ways(archived: Journal) -> None:
    actions = ("server-update", "enter-item-edit-mode")
    found = items_touched_by_others(archived, "ana", "pay", actions, USAGES)
    assert [(one.item_id, one.action) for one in found] == [
        ("bank", "enter-item-edit-mode"),
        ("card", "server-update"),
    ]
    since = Within(since_ms=T0 + 5 * HOUR_MS)
    found = items_touched_by_others(archived, "ana", "pay", actions, USAGES, since)
    assert [one.item_id for one in found] == ["bank"]
    assert items_touched_by_others(archived, "ana", "", actions, USAGES) == ()
