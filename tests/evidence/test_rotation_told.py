"""The rotation list in evidence is the one `keyturn rotation` shows, from the journal alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.evidence.cases import LEFT_MS, case_of
from tests.evidence.offices import left, office, put_out, report
from tests.run.office import Office

from keyturn.decide.rotation import ItemNow
from keyturn.evidence.moments import utc
from keyturn.run.items_kept import ItemsSeen, items_kept, keep_items
from keyturn_providers.abilities import Ability
from keyturn_providers.records import Side, SourceIdentity
from keyturn_providers.simulated import Effect, Fault, Pair, simulated_pair
from keyturn_storage.queries.cases import cases_of_run
from keyturn_storage.stream_archive import begin_stream, store_page
from keyturn_storage.stream_rows import EventIn, PageIn

DAY_MS = 86_400_000


@pytest.fixture
def pair() -> Pair:
    return simulated_pair(people=8, page_size=3)


@pytest.fixture
async def work(pair: Pair, tmp_path: Path) -> AsyncIterator[Office]:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    with office(pair, data) as opened:
        yield opened


def used(work: Office, pair: Pair, *events: tuple[str, str, int]) -> None:
    """Uses of items of Payments by the leaver: item, action, when."""
    tenant = pair.secrets.tenant.source.tenant
    source = SourceIdentity("corp-vault", "simulated", Side.SECRETS, tenant)
    begin_stream(work.journal, source, "item usages", 0)
    page = tuple(
        EventIn(f"e{n}", at_ms, action, "{}", "s-001", "v-payments", item)
        for n, (item, action, at_ms) in enumerate(events)
    )
    store_page(work.journal, 1, PageIn(page, None, "p1", LEFT_MS, LEFT_MS + DAY_MS))


async def test_the_list_is_ranked_with_class_and_due_time_of_the_case(
    pair: Pair, work: Office
) -> None:
    run = await put_out(work)
    case_of(work, run)
    used(work, pair, ("it-1", "fill", LEFT_MS - 7), ("it-2", "export", LEFT_MS - 9))
    told = report(work, run).pack.rotation
    assert told.usage_known
    assert told.left == utc(LEFT_MS)
    assert [one.item for one in told.entries[:2]] == ["it-2", "it-1"]
    # The case is an emergency: what was used is due the day they left, where they left (+01:00).
    assert {one.urgency for one in told.entries[:2]} == {"same day"}
    assert told.entries[0].due == "2027-01-15T23:00:00.000Z"
    assert told.open == told.entries_in_all == len(told.entries)
    assert any("no items were listed for this case" in one for one in told.basis)
    page = report(work, run).bundle.files["leaver.html"].decode()
    assert "exported, and this is an emergency" in page
    assert f"{told.open} entries open, 0 changed since." in page


async def test_an_entry_is_closed_by_a_change_that_was_seen_and_kept(
    pair: Pair, work: Office
) -> None:
    run = await put_out(work)
    case_of(work, run)
    used(work, pair, ("it-1", "fill", LEFT_MS - 7), ("it-2", "export", LEFT_MS - 9))
    (row,) = cases_of_run(work.journal, run)
    later = work.watch.at_ms + 5_000
    items = (
        ItemNow("v-payments", "it-2", "Root of the bank", "LOGIN", later - 1_000, "s-004"),
        ItemNow("v-payments", "it-1", "Other", "LOGIN", 5, "s-004"),
    )
    keep_items(work.journal, row, ItemsSeen(later, items, ("v-payments",)), "h.lund")
    made = report(work, run)
    told = made.pack.rotation
    last = told.entries[-1]
    assert (last.item, last.closed, last.closed_by) == ("it-2", utc(later - 1_000), "s-004")
    assert told.open == told.entries_in_all - 1
    assert told.items_listed == utc(later)
    assert not any("v-payments" in one for one in told.changes_not_seen_in)
    assert not any("rotation" in one.field for one in made.pack.not_known)
    for name, content in made.bundle.files.items():
        assert b"Root of the bank" not in content, name


async def test_a_cut_that_is_not_seen_in_effect_closes_nothing(pair: Pair, work: Office) -> None:
    pair.secrets.faults.add(Fault(Effect.IGNORED, Ability.SUSPEND))
    run = await put_out(work)
    case_of(work, run)
    used(work, pair, ("it-2", "export", LEFT_MS - 9))
    (row,) = cases_of_run(work.journal, run)
    later = work.watch.at_ms + 5_000
    items = (ItemNow("v-payments", "it-2", "", "LOGIN", later - 1_000, "s-004"),)
    keep_items(work.journal, row, ItemsSeen(later, items, ("v-payments",)), "h.lund")
    told = report(work, run).pack.rotation
    assert told.cut is None
    assert told.entries[0].item == "it-2"
    assert told.open == told.entries_in_all
    assert any("the cut is not seen in effect" in one for one in told.basis)
    # Nothing was held with this case: the vaults are those of the snapshot, and that is said.
    assert "what could be opened is what stands under access before and after" in told.basis
    assert not any("only uses are listed" in one for one in told.basis)


async def test_what_was_seen_twice_is_kept_once(work: Office) -> None:
    run = await put_out(work)
    case_of(work, run)
    items = (ItemNow("v-payments", "it-2", "A", "LOGIN", 3, "s-004"),)
    for at_ms, what in ((10, items), (20, items), (30, ())):
        (row,) = cases_of_run(work.journal, run)
        keep_items(work.journal, row, ItemsSeen(at_ms, what, ("v-payments",)), "h.lund")
    (row,) = cases_of_run(work.journal, run)
    assert [note.at_ms for note in row.notes if note.what == "items"] == [10, 30]
    kept = items_kept(row)
    assert kept is not None
    assert (kept.at_ms, kept.items) == (30, ())


async def test_without_archive_and_case_it_is_what_could_be_seen(work: Office) -> None:
    run = await put_out(work)
    told = report(work, run, left("2027-01-15T09:00+01:00")).pack.rotation
    assert not told.usage_known
    assert told.basis[0].startswith("could see: no usage events")
    assert told.basis[1].startswith("the run belongs to no case: it is counted from the stated")
    assert {one.contact for one in told.entries} == {"could see"}
    assert "Payments" in {one.vault_name for one in told.entries}
    assert all(one.item is None and not one.change_is_seen for one in told.entries)
