"""The case of one person: what of a run with several is theirs, and for whom there is none."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.evidence.cases import case_of
from tests.evidence.offices import both_out, office

from keyturn.decide.planfile import recorded, sealed
from keyturn.run.assess import assess
from keyturn.run.cases import NobodyToPutOut, open_or_join, refuse_untouchable
from keyturn.run.giving_up import open_steps
from keyturn_providers.simulated import simulated_pair
from keyturn_storage.queries.cases import case, cases


@pytest.fixture
def data(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


async def test_only_the_open_steps_of_the_leaver_are_offered(data: Path) -> None:
    pair = simulated_pair(people=8, page_size=3)
    with office(pair, data) as work:
        run = await both_out(work, pair)
        row = work.journal.run(run)
        assert row is not None
        again = sealed(replace(recorded(row.plan_json), created_ms=row.started_ms + 1))
        operations = tuple(replace(one, id=f"again-{one.id}") for one in again.operations)
        again = sealed(replace(again, operations=operations))
        stopped = (await work.apply(again, lambda: True)).run_id
        for key in ("d:d-001", "d:d-002"):
            case_of(work, stopped, key=key)
        dana, ravi = (case(work.journal, f"case-{n}") for n in ("001", "002"))
        every = open_steps(work.journal, stopped)
        mine = open_steps(work.journal, stopped, dana)
        theirs = open_steps(work.journal, stopped, ravi)
        assert [one.words for one in mine] == [x.words for x in every if "Dana" in x.words]
        assert [one.words for one in theirs] == [x.words for x in every if "Ravi" in x.words]
        assert len(mine) + len(theirs) == len(every) == 3


async def test_nobody_whom_the_policy_never_touches_gets_a_case(data: Path) -> None:
    pair = simulated_pair(people=8, page_size=3)
    with office(pair, data) as work:
        await work.look()
        rules = replace(work.loaded.rules, never_touch=("p001@acme.example",))
        world = assess(work.cache, rules, work.watch.at_ms).world
        dana, ravi = world.people["d:d-001"], world.people["d:d-002"]
        with pytest.raises(NobodyToPutOut, match=r"Dana Okafor: no case is opened .* never_touch"):
            open_or_join(work.journal, world, dana, {"ticket": "HR-1"}, "h.lund", 1)
        with pytest.raises(NobodyToPutOut):
            refuse_untouchable(world, (ravi, dana))
        assert cases(work.journal) == ()
        refuse_untouchable(world, (ravi,))
        assert open_or_join(work.journal, world, ravi, {}, "h.lund", 1).name == "Ravi Menon"
