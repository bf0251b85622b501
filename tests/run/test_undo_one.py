"""Of several who left by one run one is taken back: that case opens, the others' stand."""

from typing import NamedTuple

import pytest
from tests.run.office import Office
from tests.run.test_reopened import DANA, OTHER, Two, look, office, pair, two
from tests.run.test_undo import both

from keyturn.decide.case_state import CaseState
from keyturn.decide.plans import Plan
from keyturn.run.cases import cut_ms_of, find_case, open_or_join, standing_of
from keyturn.run.giving_up import give_up, open_steps
from keyturn.run.leavers import Decisions, plan_leavers
from keyturn.run.persons import NoSuchPerson
from keyturn.run.recheck import due_of, offboardings
from keyturn.run.rotation import leaver_of_case
from keyturn.run.runs_done import StillOpen
from keyturn.run.undo import NotOfThisRun, plan_undo
from keyturn_providers.records import AccountState
from keyturn_providers.simulated import Pair
from keyturn_storage.journal import Journal

__all__ = ["office", "pair", "two"]
DAY_MS = 86_400_000


class Undone(NamedTuple):
    """The run of both, and the one that took Dana back out of it."""

    run: str
    undo: str


async def undoing(office: Office, run_id: str, person: str) -> Plan:
    return await plan_undo(
        run_id, office.connections, office.cache, office.journal, loaded=office.loaded,
        clock=office.watch.clock, person=person,
    )  # fmt: skip


@pytest.fixture
async def undone(office: Office, two: Two) -> Undone:
    (run,) = two.dana.run_ids
    plan = await undoing(office, run, two.dana.id)
    assert (plan.undoes, plan.undoes_of, plan.confirm_with) == (run, "d:d-001", DANA)
    result = await office.apply(plan)
    assert result.effective, result.words
    return Undone(run, result.run_id)


async def test_the_rest_of_the_run_and_the_other_case_stay(
    office: Office, pair: Pair, journal: Journal, two: Two, undone: Undone
) -> None:
    accounts = pair.secrets.tenant.accounts
    assert accounts["s-001"].state is AccountState.ACTIVE
    assert accounts["s-003"].state is not AccountState.ACTIVE
    dana, other = find_case(journal, two.dana.id), find_case(journal, two.other.id)
    assert dana.run_ids == undone
    assert other == two.other
    assert standing_of(journal, other) == standing_of(journal, two.other)
    assert standing_of(journal, other).state is CaseState.VERIFIED
    assert cut_ms_of(journal, other) == cut_ms_of(journal, two.other)
    found = standing_of(journal, dana)
    assert found.state is CaseState.OPEN
    assert f"run {undone.undo} took the cut back" in found.missing
    assert cut_ms_of(journal, dana) is None
    assert "the cut is not done" in " ".join(leaver_of_case(journal, dana, 0).basis)
    assert journal.verify_chain().unbroken


async def test_a_later_look_still_watches_the_others_and_tells_what_was_put_back_on_purpose(
    office: Office, pair: Pair, journal: Journal, two: Two, undone: Undone
) -> None:
    row = next(one for one in offboardings(journal) if one.id == undone.run)
    assert row.ended_ms is not None
    assert due_of(journal, row, row.ended_ms + DAY_MS).now is not None
    found = await look(office)
    assert found.came_back == ()
    assert found.put_back
    assert all("Dana" in one for one in found.put_back)
    # Once each of them was taken back nothing is due any more.
    await office.apply(await undoing(office, undone.run, OTHER))
    assert due_of(journal, row, row.ended_ms + DAY_MS).now is None
    # What is cut again is watched again.
    await office.apply(await undoing(office, undone.undo, ""))
    assert due_of(journal, row, row.ended_ms + DAY_MS).now is not None
    found = await look(office)
    assert found.put_back
    assert not any("Dana" in one for one in found.put_back)


async def test_the_redo_of_the_one_closes_the_case_and_the_whole_undo_takes_the_rest(
    office: Office, pair: Pair, journal: Journal, two: Two, undone: Undone
) -> None:
    redo = await undoing(office, undone.undo, two.dana.id)
    assert (redo.undoes, redo.undoes_of) == (undone.undo, "")
    result = await office.apply(redo)
    assert result.effective, result.words
    dana = find_case(journal, two.dana.id)
    assert dana.run_ids == (*undone, result.run_id)
    assert standing_of(journal, dana).state is CaseState.VERIFIED
    assert cut_ms_of(journal, dana) is not None
    out = both(pair)
    whole = await office.apply(await undoing(office, undone.run, ""))
    assert both(pair) != out
    for row in (two.dana, two.other):
        now = standing_of(journal, find_case(journal, row.id))
        assert (now.state, now.missing[0]) == (
            CaseState.OPEN,
            f"run {whole.run_id} took the cut back",
        )


async def test_who_is_not_in_the_run_has_nothing_to_be_taken_back(office: Office, two: Two) -> None:
    (run,) = two.dana.run_ids
    with pytest.raises(NotOfThisRun, match="no step of run"):
        await undoing(office, run, "Ravi Menon")
    with pytest.raises(NoSuchPerson):
        await undoing(office, run, "nobody at all")
    by_name = await undoing(office, run, "Dana Okafor")
    assert by_name.undoes_of == "d:d-001"


async def test_only_the_steps_of_the_one_have_to_be_settled(
    office: Office, journal: Journal, pair: Pair
) -> None:
    await office.look()
    planned = await plan_leavers(
        (DANA, OTHER), office.connections, office.cache, journal, loaded=office.loaded,
        clock=office.watch.clock, decisions=Decisions(),
    )  # fmt: skip
    for person in planned.people:
        open_or_join(journal, planned.world, person, {}, "t.ong", office.watch.at_ms)
    asked = iter([False] * 6)
    run_id = (await office.apply(planned.plan, lambda: next(asked, True))).run_id
    dana, other = find_case(journal, DANA), find_case(journal, OTHER)
    with pytest.raises(StillOpen):
        await undoing(office, run_id, DANA)
    for step in open_steps(journal, run_id, dana):
        give_up(
            journal, run_id, step.number, "stays", clock=office.watch.clock, operator="t.ong"
        )  # fmt: skip
    assert open_steps(journal, run_id, other)
    assert (await undoing(office, run_id, DANA)).operations
    with pytest.raises(StillOpen):
        await undoing(office, run_id, "")
