"""What the engine does in a process of its own is what it does here, with the same sources."""

import sys
from dataclasses import replace

import pytest
from tests.run.taken_away import without
from tests.tui.looking import shows, until
from tests.tui.simulated import Bench
from tests.tui.two_reads import at_history, at_past, read

from keyturn.decide.plans import Plan
from keyturn.run import apart
from keyturn.run.background import Background, GivenUp
from keyturn.run.persons import NoSuchPerson
from keyturn.tui.case_desk import Draft
from keyturn.tui.run_engine import RunEngine
from keyturn_providers.abilities import Ability
from keyturn_providers.errors import NotAllowed
from keyturn_providers.records import Membership
from keyturn_providers.simulated.faults import Effect, Fault
from keyturn_storage.journal import open_journal
from keyturn_storage.queries.cases import cases
from keyturn_storage.queries.past import open_past
from keyturn_storage.queries.persons import first_people

DANA = "d:d-001"
STUCK = (sys.executable, "-c", "import time; time.sleep(600)")
KILLED = (sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")


def unseen(_event: object) -> None:
    """For work that nobody watches."""


def there(bench: Bench) -> RunEngine:
    """The bench's engine, to which three people are many."""
    return replace(bench.engine, many=3)


def said(plan: Plan) -> list[str]:
    """What a plan does; ids and times are its own."""
    return [one.words for one in plan.operations]


async def test_what_is_asked_and_planned_apart_is_the_same(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, engine = read_bench.engine, there(read_bench)
    draft = Draft((DANA,), "Dana Okafor")
    open_journal(read_bench.data / "journal.db").close()
    expected = (
        await here.paths(DANA, ""), await here.card(DANA), said(await here.plan_sync(None)),
        said((await here.desk.plan(draft, unseen))[0]), await here.desk.look(DANA),
    )  # fmt: skip

    def not_here(*_: object) -> None:
        raise AssertionError("was decided in this process")

    monkeypatch.setattr("keyturn.run.assess.decide", not_here)
    seen: list[object] = []
    plan, after = await engine.desk.plan(draft, seen.append)
    found = (
        await engine.paths(DANA, ""), await engine.card(DANA), said(await engine.plan_sync(None)),
        said(plan), await engine.desk.look(DANA),
    )  # fmt: skip
    assert found == expected
    assert plan.subjects == (DANA,)
    assert after.people == (DANA,)
    assert seen, "the sources are asked here, and who watches is told"


async def test_a_source_that_must_be_listed_for_a_leaver_is_listed_from_there(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, Ability.READ_MEMBERSHIPS)
    read_bench.pair.secrets.tenant.add(Membership("sg-finance", "s-001"))
    expected = said(await read_bench.engine.plan_offboard(DANA))
    assert any("finance" in words for words in expected)
    assert said(await there(read_bench).plan_offboard(DANA)) == expected


async def test_an_error_of_a_source_and_of_the_work_is_raised_as_it_was(read_bench: Bench) -> None:
    engine = there(read_bench)
    with pytest.raises(NoSuchPerson, match="zoe"):
        await engine.plan_offboard("zoe")
    read_bench.pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.READ_ACCOUNT))
    with pytest.raises(NotAllowed) as raised:
        await engine.plan_offboard(DANA)
    assert raised.value.next_step


async def test_what_cannot_cross_is_told_and_nobody_waits_for_it(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def about(_connector: object) -> object:
        return lambda: None

    monkeypatch.setattr(type(read_bench.pair.secrets), "about", about)
    with pytest.raises(Exception, match="pickle"):
        await there(read_bench).plan_sync(None)


async def test_what_was_decided_is_kept_in_a_case_also_from_there(read_bench: Bench) -> None:
    await there(read_bench).desk.plan(Draft((DANA,), "Dana Okafor", emergency=True), unseen)
    with open_journal(read_bench.data / "journal.db") as journal:
        assert [one.name for one in cases(journal, limit=9)] == ["Dana Okafor"]


async def test_the_past_is_decided_there_and_read_here(read_bench: Bench) -> None:
    at_ms = read_bench.watch.now()
    past, expected = [
        await engine.past((1, 2), at_ms) for engine in (there(read_bench), read_bench.engine)
    ]
    path = read_bench.data / "cache.db"
    with open_past(path, past) as one, open_past(path, expected) as other:
        assert first_people(one, 99) == first_people(other, 99) != []
        assert one.assessed() == other.assessed() == (1, 2, at_ms)
    past.forget()
    expected.forget()


async def test_of_a_past_that_was_not_decided_nothing_is_left(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "COMMAND", KILLED)
    with pytest.raises(apart.ProcessLost, match="signal 9"):
        await there(read_bench).past((1, 2), 5)
    assert not list(read_bench.data.glob("earlier-*"))


async def test_what_is_stopped_ends_at_once(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "COMMAND", STUCK)
    engine = there(read_bench)
    job = Background().start("planning", lambda _stop: engine.plan_sync(None))
    job.stop()
    assert job.join(30)
    with pytest.raises(GivenUp):
        job.result()


async def test_the_dashboard_says_what_became_of_it(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = read_bench.app(many=3)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "Dana Okafor")
        monkeypatch.setattr(apart, "COMMAND", KILLED)
        await pilot.press("s")
        await shows(pilot, "ended before it was done")
        monkeypatch.setattr(apart, "COMMAND", STUCK)
        await pilot.press("escape", "s")
        await until(pilot, lambda: bool(app.jobs.running()))
        await pilot.press("x")
        await shows(pilot, "Stopped. Nothing was changed in a source.")
        assert not app.troubles


async def test_the_file_of_the_past_goes_when_the_dashboard_is_back(read_bench: Bench) -> None:
    await read(read_bench)
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_history(pilot, app)
        await at_past(pilot, app)
        assert len(list(read_bench.data.glob("earlier-*"))) == 1
        await pilot.press("t")
        await until(pilot, lambda: not list(read_bench.data.glob("earlier-*")))
