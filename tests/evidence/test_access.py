"""A later reading proves that something is gone only by a listing that was read to its end."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.evidence.offices import office, put_out
from tests.run.office import Office

from keyturn.evidence.access import Done, Found, access_of
from keyturn.evidence.case_record import beside
from keyturn.evidence.pack_person import AccessTold
from keyturn.evidence.readings import Reading, after, before
from keyturn.evidence.run_record import recorded_runs
from keyturn.evidence.subject import subject_of
from keyturn_providers.records import Side
from keyturn_providers.simulated import simulated_pair


@pytest.fixture
async def work(tmp_path: Path) -> AsyncIterator[Office]:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    with office(simulated_pair(people=8, page_size=3), data) as opened:
        yield opened


@pytest.mark.parametrize("whole", [True, False])
async def test_absence_from_a_listing_that_was_not_whole_is_not_known(
    work: Office, whole: bool
) -> None:
    run = await put_out(work)
    await work.look()
    row = work.journal.run(run)
    assert row is not None
    (record,) = recorded_runs(work.journal, [row]).runs
    used = record.plan.snapshots
    readings = before(work.cache, used)
    besides = beside(work.journal, [row], "d:d-001")
    subject = subject_of(record.plan, "d:d-001", readings, None, besides)
    later = after(work.cache, used, record.last_ms)[1]
    assert later.snapshot is not None
    listings = tuple(replace(one, complete=whole) for one in later.snapshot.listings)
    seen = Reading(later.used, Side.SECRETS, later.info, replace(later.snapshot, listings=listings))
    steps = [
        Done(1, str(one.operation.number), one)
        for one in record.steps
        if one.operation.change.side is Side.SECRETS
    ]
    rows = access_of(Side.SECRETS, [Found(1, subject)], steps, seen)
    told = {(one.name, one.via): one for one in rows}
    for place in (("Payments", "direct"), ("old-billing", "direct")):
        one: AccessTold = told[place]
        assert one.seen_later is not None
        assert one.seen_later.startswith("not there at " if whole else "not known at ")
