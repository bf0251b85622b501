"""What the archive answers: by user, by vault, last uses, items to rotate, coverage."""

from dataclasses import replace

import pytest
from tests.storage.streams import DAY_MS, HOUR_MS, SOURCE, T0, page, usage

from keyturn_storage.journal import Journal
from keyturn_storage.queries.coverage import counts_by_day, coverage, gaps, missing_between
from keyturn_storage.queries.events import (
    Within,
    events_of_page,
    events_of_user,
    events_of_vault,
    items_used,
    items_used_count,
    last_item_use,
    newest_event,
    users_of_vault,
    vaults_used,
)
from keyturn_storage.stream_archive import begin_stream, store_page
from keyturn_storage.stream_rows import EventIn, GapIn, ItemUse, VaultUse

STREAM = 1
ASKED = T0 + 10 * DAY_MS


def _at(number: int) -> int:
    return T0 + number * HOUR_MS


@pytest.fixture
def archived(journal: Journal) -> Journal:
    begin_stream(journal, SOURCE, "item usages", ASKED)
    events = (
        usage(1, user="ana", vault="pay", item="card"),
        usage(2, user="ana", vault="pay", item="bank"),
        usage(3, user="ben", vault="pay", item="card"),
        usage(26, user="ana", vault="ops", item="root"),
        usage(27, user="ana", vault="pay", item="card"),
        # What names no user, vault or item is nobody's: a sign-in, and something about a vault.
        EventIn("s1", _at(28), "sign in", "{}", "ana"),
        EventIn("a1", _at(29), "grant", "{}", "", "pay"),
    )
    store_page(journal, STREAM, page(*events, whole_ms=ASKED))
    return journal


def test_events_of_a_user_come_newest_first_within_a_period_and_a_limit(archived: Journal) -> None:
    def ids(within: Within) -> list[str]:
        return [one.id for one in events_of_user(archived, "ana", within)]

    assert ids(Within()) == ["s1", "e27", "e26", "e2", "e1"]
    assert ids(Within(limit=2)) == ["s1", "e27"]
    assert ids(Within(since_ms=_at(2), until_ms=_at(27))) == ["e26", "e2"]
    assert ids(Within(tenant="ACCOUNT-1", limit=1)) == ["s1"]
    assert ids(Within(tenant="ACCOUNT-2")) == []
    assert events_of_user(archived, "") == ()


def test_events_of_a_vault(archived: Journal) -> None:
    found = events_of_vault(archived, "pay", Within(since_ms=_at(3)))
    assert [(one.id, one.user_id, one.item_id) for one in found] == [
        ("a1", "", ""), ("e27", "ana", "card"), ("e3", "ben", "card"),
    ]  # fmt: skip
    assert events_of_vault(archived, "") == ()


def test_the_last_use_of_a_vault_counts_items_only(archived: Journal) -> None:
    assert last_item_use(archived, "ana", "pay") == _at(27)
    assert last_item_use(archived, "ana", "pay", Within(until_ms=_at(27))) == _at(2)
    assert last_item_use(archived, "ben", "ops") is None
    assert vaults_used(archived, "ana") == (
        VaultUse("ana", "pay", _at(27), 3),
        VaultUse("ana", "ops", _at(26), 1),
    )
    assert users_of_vault(archived, "pay") == (
        VaultUse("ana", "pay", _at(27), 3),
        VaultUse("ben", "pay", _at(3), 1),
    )


def test_the_items_to_rotate_are_those_used_in_the_period(archived: Journal) -> None:
    assert items_used(archived, "ana") == (
        ItemUse("card", "pay", _at(27), 2),
        ItemUse("root", "ops", _at(26), 1),
        ItemUse("bank", "pay", _at(2), 1),
    )
    period = Within(since_ms=_at(2), until_ms=_at(27), limit=1)
    assert items_used(archived, "ana", period) == (ItemUse("root", "ops", _at(26), 1),)
    assert items_used_count(archived, "ana", period) == 2
    assert items_used_count(archived, "nobody") == 0


def test_the_newest_event_and_the_events_of_a_page(archived: Journal) -> None:
    newest = newest_event(archived, STREAM)
    assert newest is not None
    assert newest.id == "a1"
    assert newest_event(archived, 7) is None
    assert len(events_of_page(archived, 1)) == 7
    archived.note("x", "{}", 1)
    assert events_of_page(archived, 2) == ()


def test_counts_by_day_are_of_utc_days_newest_first(archived: Journal) -> None:
    found = counts_by_day(archived, STREAM, since_ms=T0, until_ms=ASKED)
    assert [(one.day_ms, one.events) for one in found] == [(T0 + DAY_MS, 4), (T0, 3)]
    found = counts_by_day(archived, STREAM, since_ms=_at(2), until_ms=_at(27))
    assert [(one.day_ms, one.events) for one in found] == [(T0 + DAY_MS, 1), (T0, 2)]
    assert len(counts_by_day(archived, STREAM, since_ms=T0, until_ms=ASKED, limit=1)) == 1


def test_coverage_says_from_when_to_when_without_what(archived: Journal) -> None:
    gap = GapIn("the source forgot them.", ASKED + 3 * DAY_MS)
    later = ASKED + 5 * DAY_MS
    store_page(
        archived, STREAM, page(after="p1", position="p2", gap=gap, asked_ms=later, whole_ms=later)
    )
    (covered,) = coverage(archived, "1password")
    assert (covered.events, covered.oldest_ms, covered.newest_ms) == (7, _at(1), _at(29))
    assert (covered.since_ms, covered.whole_ms) == (_at(1), later)

    def missing(from_ms: int, until_ms: int) -> list[tuple[int | None, int, str]]:
        parts = missing_between(covered, from_ms, until_ms)
        return [(one.from_ms, one.until_ms, one.words) for one in parts]

    assert missing(_at(1), ASKED) == []
    assert missing(ASKED + 3 * DAY_MS, later) == []
    assert missing(T0, ASKED) == [(T0, _at(1), "the archive begins later.")]
    forgotten = (ASKED, ASKED + 3 * DAY_MS, "the source forgot them.")
    assert missing(_at(5), later) == [forgotten]
    assert missing(ASKED + 2 * DAY_MS, later + 1) == [
        forgotten, (later, later + 1, "it was not read yet."),
    ]  # fmt: skip
    assert missing(0, _at(0)) == [(0, _at(0), "the archive begins later.")]


def test_only_the_newest_gaps_are_given_oldest_first(archived: Journal) -> None:
    for number in range(1, 4):
        gap = GapIn(f"gap {number}.", ASKED + number * DAY_MS)
        store_page(archived, STREAM, page(after=f"p{number}", position=f"p{number + 1}", gap=gap))
    assert [one.words for one in gaps(archived, STREAM, limit=2)] == ["gap 2.", "gap 3."]


ASKED_OFTEN = {
    "user": (
        lambda journal: events_of_user(journal, "ana"),
        lambda journal: last_item_use(journal, "ana", "pay"),
        lambda journal: vaults_used(journal, "ana"),
        lambda journal: items_used(journal, "ana"),
        lambda journal: items_used_count(journal, "ana"),
    ),
    "vault": (
        lambda journal: events_of_vault(journal, "pay"),
        lambda journal: users_of_vault(journal, "pay"),
    ),
    "time": (
        lambda journal: counts_by_day(journal, STREAM, since_ms=T0, until_ms=ASKED),
        lambda journal: newest_event(journal, STREAM),
        lambda journal: coverage(journal),
    ),
}  # fmt: skip


@pytest.mark.parametrize("index", list(ASKED_OFTEN))
def test_each_question_has_its_index(archived: Journal, index: str) -> None:
    for ask in ASKED_OFTEN[index]:
        asked: list[str] = []
        archived.connection.set_trace_callback(asked.append)
        ask(archived)
        archived.connection.set_trace_callback(None)
        plan = archived.connection.execute(f"explain query plan {asked[0]}").fetchall()
        assert f"USING INDEX stream_event_{index}" in str(plan) or (
            f"USING COVERING INDEX stream_event_{index}" in str(plan)
        ), asked[0]
        assert "SCAN stream_event" not in str(plan)
        assert "SCAN e " not in str(plan)


def test_the_differing_of_two_tenants_is_kept_apart(archived: Journal) -> None:
    other = replace(SOURCE, name="second", tenant="ACCOUNT-2")
    second = begin_stream(archived, other, "item usages", ASKED).no
    store_page(archived, second, page(usage(40, user="ana", vault="pay", item="card")))
    assert last_item_use(archived, "ana", "pay") == _at(40)
    assert last_item_use(archived, "ana", "pay", Within(tenant="ACCOUNT-1")) == _at(27)
    assert items_used_count(archived, "ana", Within(tenant="ACCOUNT-2")) == 1
