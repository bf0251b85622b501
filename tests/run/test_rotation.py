"""The rotation list from an archive that behaves: what it does not have is said, never "unused"."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from keyturn.decide.rotation import Contact, ItemNow, Leave, OpenVault
from keyturn.run.rotation import (
    ItemsOfVault,
    LeaverSeen,
    RotationFound,
    end_of_day,
    find_rotation,
    rotation_as_kept,
)
from keyturn.run.usage import DAY_MS, usage_of
from keyturn_providers.records import Level, Side, SourceIdentity
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.stream_archive import begin_stream, store_page
from keyturn_storage.stream_rows import EventIn, PageIn

LEFT = 1_800_000_000_000
NOW = LEFT + DAY_MS
SOURCE = SourceIdentity("1password", "onepassword", Side.SECRETS, "ACME")
PAY, OPS = OpenVault("v-pay", "Payments", Level.WRITE), OpenVault("v-ops", "Ops", Level.READ)
LEAVER = LeaverSeen(
    name="Dana",
    account_id="DANA",
    tenant="ACME",
    leave=Leave(LEFT, LEFT + 1, "DANA", LEFT),
    vaults=(PAY, OPS),
    basis=(),
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path / "journal.db") as made:
        yield made


def used(number: int, action: str, at_ms: int, user: str = "DANA", vault: str = "v-pay") -> EventIn:
    return EventIn(f"e{number}", at_ms, action, "{}", user, vault, f"item-{number}")


def archive(
    journal: Journal,
    *events: EventIn,
    whole_ms: int = NOW,
    since_ms: int = 0,
) -> None:
    begin_stream(journal, SOURCE, "item usages", since_ms)
    store_page(journal, 1, PageIn(events, None, "p1", NOW, whole_ms))


async def rotated(
    journal: Journal, leaver: LeaverSeen = LEAVER, **items: ItemsOfVault
) -> RotationFound:
    async def items_of(vault_id: str) -> ItemsOfVault | None:
        return items.get(vault_id.removeprefix("v-"))

    lister = items_of if items else None
    return await find_rotation(journal, LEAVER, days=90, now_ms=NOW, items_of=lister)


async def test_without_an_archive_it_is_what_could_be_seen(journal: Journal) -> None:
    found = await rotated(journal)
    assert not found.rotation.usage_known
    assert "were ever archived" in found.usage.missing[0]
    assert found.usage.items.number is None
    assert [(e.vault_name, e.contact) for e in found.rotation.entries] == [
        ("Ops", Contact.COULD_SEE),
        ("Payments", Contact.COULD_SEE),
    ]
    assert found.unlisted == (PAY, OPS)


async def test_an_exported_vault_is_on_the_list_whether_or_not_uses_are_known(
    journal: Journal,
) -> None:
    begin_stream(journal, SOURCE, "audit events", 0)
    exported = EventIn("x1", LEFT - DAY_MS, "export vault", "{}", "DANA", "v-ops")
    store_page(journal, 1, PageIn((exported,), None, "p1", NOW, NOW))
    found = await rotated(journal)
    assert not found.rotation.usage_known
    assert [(e.vault_name, e.contact) for e in found.rotation.entries] == [
        ("Ops", Contact.EXPORTED),
        ("Payments", Contact.COULD_SEE),
    ]
    begin_stream(journal, SOURCE, "item usages", 0)
    store_page(journal, 2, PageIn((), None, "p1", NOW, NOW))
    found = await rotated(journal)
    assert found.rotation.usage_known
    assert found.usage.items.number == 0
    assert found.rotation.entries[0].contact is Contact.EXPORTED


async def test_a_gap_is_told_with_the_uses_there_are(journal: Journal) -> None:
    archive(journal, used(1, "export", LEFT - 5), whole_ms=LEFT - 2, since_ms=LEFT - 10 * DAY_MS)
    found = await rotated(journal)
    assert found.rotation.usage_known
    assert [words.split(": ")[1] for words in found.usage.missing] == [
        "the archive begins later.",
        "it was not read yet.",
    ]
    assert not found.usage.items.known
    assert found.usage.items.number == 1
    assert found.rotation.entries[0].contact is Contact.EXPORTED


async def test_uses_in_the_window_and_since_count_those_of_others_hint(
    journal: Journal,
) -> None:
    archive(
        journal,
        used(1, "reveal", LEFT - 91 * DAY_MS),
        used(2, "reveal", LEFT - 89 * DAY_MS),
        used(3, "fill", LEFT + 7),
        used(4, "fill", LEFT - 7, user="BEN"),
        replace(used(5, "server-update", LEFT + 9, user="BEN"), item_id="item-2"),
    )
    found = await rotated(journal)
    assert found.usage.missing == ()
    assert found.usage.items.known
    assert [(e.item_id, e.hint_ms) for e in found.rotation.entries if e.item_id] == [
        ("item-2", LEFT + 9),
        ("item-3", None),
    ]


async def test_a_change_seen_from_outside_closes_an_entry(journal: Journal) -> None:
    archive(journal, used(1, "reveal", LEFT - 5), used(2, "fill", LEFT - 4))
    items = (
        ItemNow("v-pay", "item-1", "card", "CREDIT_CARD", LEFT + 3, "BEN"),
        ItemNow("v-pay", "item-2", "bank", "LOGIN", 5, "BEN"),
    )
    found = await rotated(journal, pay=ItemsOfVault(items, whole=True))
    assert found.unlisted == (OPS,)
    assert [(e.title, e.open) for e in found.rotation.entries] == [
        ("bank", True),
        ("all else in it", True),
        ("card", False),
    ]
    part = await rotated(journal, pay=ItemsOfVault(items, whole=False))
    assert part.unlisted == (PAY, OPS)
    assert len(part.rotation.entries) == 4


async def test_who_has_no_account_there_used_nothing(journal: Journal) -> None:
    found = usage_of(journal, "", "ACME", since_ms=0, until_ms=NOW)
    assert (found.uses, found.missing, found.items.known) == ((), (), True)


@pytest.mark.parametrize(
    ("offset", "end"), [(0, DAY_MS), (60, DAY_MS - 3_600_000), (-120, 7_200_000)]
)
def test_the_day_ends_where_they_left(offset: int, end: int) -> None:
    assert end_of_day(5_000, offset) == end


async def test_the_list_from_what_was_kept_is_the_list_that_was_shown(journal: Journal) -> None:
    archive(journal, used(1, "reveal", LEFT - 5), used(2, "fill", LEFT - 4))
    items = (ItemNow("v-pay", "item-1", "", "CREDIT_CARD", LEFT + 3, "BEN"),)
    shown = await rotated(journal, pay=ItemsOfVault(items, whole=True))
    kept = rotation_as_kept(journal, LEAVER, days=90, until_ms=NOW, seen=shown.seen)
    assert kept == shown
    bare = rotation_as_kept(journal, LEAVER, days=90, until_ms=NOW, seen=None)
    assert bare.rotation.entries != shown.rotation.entries
    assert bare.unlisted == (PAY, OPS)
