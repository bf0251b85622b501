"""One bundle with all runs of a case: in order, each with its proof, and honest sums over all."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.evidence.made import by_script, unpacked
from tests.evidence.offices import NOTHING, RAVI_THERE, left, office, opened_case
from tests.run.office import Office
from tests.run.plans_by_hand import Loaded

from keyturn.decide.rules import Allowed
from keyturn.decide.values import from_plain
from keyturn.evidence.chain_lines import read
from keyturn.evidence.events_file import kept_events
from keyturn.evidence.gather import Report, report_on_case
from keyturn.evidence.manifest import entries_of, seal_of
from keyturn.evidence.pack import Pack
from keyturn.evidence.page import page
from keyturn.evidence.stated import Stated
from keyturn.evidence.subject import NoRuns
from keyturn.evidence.verify_bundle import verify_bundle
from keyturn.run.giving_up import give_up
from keyturn.run.ids import new_id
from keyturn.run.progress import never, unobserved
from keyturn.run.recheck import ask, recheck
from keyturn.run.undo import plan_undo
from keyturn_providers.abilities import Ability
from keyturn_providers.records import AccountState
from keyturn_providers.simulated import Effect, Fault, Pair, simulated_pair
from keyturn_storage.queries.cases import case

CASE = "case-0001"
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Desk:
    """The office with a case of Dana that is open from the beginning."""

    work: Office
    pair: Pair

    async def out(self, *, stop_after: int = 0) -> str:
        """Plans Dana out by what is so now, and applies that, or a part of it."""
        await self.work.look()
        asked = 0

        def stop() -> bool:
            nonlocal asked
            asked += 1
            return bool(stop_after) and asked > stop_after

        return (await self.work.apply(await self.work.offboarding("Dana Okafor"), stop)).run_id

    def give_up_the_rest(self, run_id: str) -> None:
        for step in self.work.journal.steps(run_id):
            if step.state == "planned":
                give_up(
                    self.work.journal, run_id, step.number, "planned anew",
                    clock=self.work.watch.clock, operator="t.ong",
                )  # fmt: skip

    async def back(self, run_id: str) -> str:
        work = self.work
        plan = await plan_undo(
            run_id, work.connections, work.cache, work.journal, loaded=work.loaded,
            clock=work.watch.clock, ids=new_id,
        )  # fmt: skip
        return (await work.apply(plan)).run_id

    async def look_again(self, run_id: str) -> None:
        work = self.work
        row = work.journal.run(run_id)
        assert row is not None
        await recheck(
            row, await ask(work.connections), work.connections, work.journal, world=None,
            observe=unobserved, stop=never, clock=work.watch.clock, operator="t.ong",
        )  # fmt: skip

    def later(self, hours: float) -> None:
        self.work.watch.at_ms += int(hours * HOUR_MS)

    def report(self, said: Stated = NOTHING) -> Report:
        row = case(self.work.journal, CASE)
        assert row is not None
        return report_on_case(
            row, self.work.journal, self.work.cache, stated=said, rules=self.work.loaded.rules
        )


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    pair = simulated_pair(people=8, page_size=3)
    tenant = pair.directory.tenant
    tenant.add(replace(tenant.accounts["d-001"], state=AccountState.ACTIVE))
    with office(pair, data) as work:
        work.loaded = Loaded(replace(work.loaded.rules, allowed=Allowed(deactivate=True)))
        opened_case(work, CASE)
        yield Desk(work, pair)


def as_written(made: Report, folder: Path) -> bool:
    place = unpacked(dict(made.bundle.files), folder)
    return verify_bundle(place).wrong == () and by_script(place, folder.parent).returncode == 0


async def test_what_a_stopped_run_left_is_open_until_it_is_done_and_seen(desk: Desk) -> None:
    first = await desk.out(stop_after=12)
    states = {one.number: one.state for one in desk.work.journal.steps(first)}
    applied = tuple(f"1.{n}" for n, state in states.items() if state == "applied")
    open_ = tuple(str(n) for n, state in states.items() if state == "planned")
    assert applied
    assert open_
    stopped = desk.report().pack
    assert (stopped.case.state, stopped.case.proven) == ("stopped", False)
    assert stopped.case.totals.open == open_
    desk.give_up_the_rest(first)
    await desk.out()
    # The second run found done what the first did, and nobody has seen that it was the first.
    pack = desk.report().pack
    assert pack.case.totals.open == ()
    assert pack.case.totals.unproven == applied
    assert pack.case.verdict.startswith("NOT PROVEN: ")
    assert not pack.case.proven


async def test_a_run_that_failed_in_part_and_the_one_planned_anew_are_one_evidence(
    desk: Desk, tmp_path: Path
) -> None:
    desk.pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.REVOKE))
    first = await desk.out()
    failed = desk.report().pack
    assert not failed.case.proven
    assert len(failed.case.totals.not_done) == 1
    desk.later(2)
    second = await desk.out()
    made = desk.report(left("2027-01-15T07:00+01:00"))
    pack = made.pack
    assert pack.case.runs == (first, second)
    assert [one.run for one in pack.runs] == [first, second]
    totals = pack.case.totals
    assert (totals.runs, totals.put_back, totals.steps) == (2, (), len(pack.steps))
    assert totals.changes < totals.steps
    assert (totals.proven, totals.open, totals.unproven) == (totals.changes, (), ())
    assert pack.case.proven
    assert pack.case.verdict.startswith(f"All {totals.changes} changes proven")
    assert {one.label for one in pack.steps} == {f"{one.run}.{one.number}" for one in pack.steps}
    names = set(made.bundle.files)
    assert {f"run-{n}-{name}" for n in (1, 2) for name in ("plan.json", "sources.json")} <= names
    assert {one.run for one in kept_events(made.bundle.files["events.ndjson"])} <= {first, second}
    assert as_written(made, tmp_path / "b")
    assert made.bundle.files == desk.report(left("2027-01-15T07:00+01:00")).bundle.files
    # Each way in once, with the step that took it, whichever run that was.
    rows = [row for one in pack.systems for row in one.access]
    assert len({(row.kind, row.id, row.via) for row in rows}) == len(rows)
    assert {row.step.partition(".")[0] for row in rows if row.step} == {"1", "2"}
    assert all(row.after.startswith(("taken, verified", "not taken; opens")) for row in rows)


async def test_an_undo_opens_the_window_again_and_the_next_cut_ends_it(
    desk: Desk, tmp_path: Path
) -> None:
    first = await desk.out()
    cut_ms = desk.work.watch.at_ms
    desk.later(1)
    undo = await desk.back(first)
    undone = desk.report(left("2027-01-15T09:00+01:00")).pack
    assert undone.case.verdict.startswith("PUT BACK by an undo: steps 1.1, ")
    assert undone.case.totals.put_back == undone.runs[0].taken_back
    assert not undone.case.proven
    assert all(one.exposure.open for one in undone.systems)
    assert any(
        row.after.startswith("PUT BACK by step 2.") for one in undone.systems for row in one.access
    )
    assert any("Run 2 took run 1 back" in words for words in undone.residual_risks)
    desk.later(3)
    third = await desk.out()
    made = desk.report(left("2027-01-15T09:00+01:00"))
    pack = made.pack
    assert pack.case.runs == (first, undo, third)
    assert pack.runs[0].taken_back == undone.runs[0].taken_back
    assert pack.runs[2].taken_back == ()
    assert pack.case.proven, pack.case.verdict
    for system in pack.systems:
        told = system.exposure
        assert not told.open
        assert len(told.windows) == 2
        assert told.windows[1].because == "run 2 brought it back"
        minutes = [one.minutes or 0 for one in told.windows]
        assert told.minutes == sum(minutes)
        assert 179 <= minutes[1] <= 185
        assert "was on 2 times" in told.words
    assert cut_ms < desk.work.watch.at_ms
    assert as_written(made, tmp_path / "b")
    text = made.bundle.files["leaver.html"].decode()
    assert text.index(f"Run 1: {pack.runs[0].title}") < text.index("Run 2: Undo")
    assert "Taken back later: 1.1, " in text


async def test_what_came_back_by_itself_is_counted_and_what_a_later_run_cut_is_not_said_again(
    desk: Desk, tmp_path: Path
) -> None:
    first = await desk.out()
    desk.later(24)
    tenant = desk.pair.secrets.tenant
    tenant.accounts["s-001"] = replace(tenant.accounts["s-001"], state=AccountState.ACTIVE)
    await desk.look_again(first)
    pack = desk.report(left("2027-01-15T09:00+01:00")).pack
    assert pack.case.verdict.startswith("CAME BACK, seen at ")
    there = {one.source: one.exposure for one in pack.systems}
    assert (there["corp-vault"].open, there["corp-id"].open) == (True, False)
    assert (there["corp-vault"].at_most, len(there["corp-vault"].windows)) == (True, 2)
    desk.later(1)
    await desk.out()
    made = desk.report(left("2027-01-15T09:00+01:00"))
    assert not made.pack.case.verdict.startswith("CAME BACK")
    assert made.pack.case.proven
    told = {one.source: one.exposure for one in made.pack.systems}["corp-vault"]
    # Nobody knows since when: all the time since it was seen off counts.
    assert not told.open
    assert told.at_most
    assert (told.windows[1].minutes or 0) >= 24 * 60
    assert [one.run for one in made.pack.rechecks] == [1]
    assert as_written(made, tmp_path / "b")


async def test_a_step_that_failed_and_was_not_planned_again_is_named(desk: Desk) -> None:
    desk.pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.REVOKE))
    first = await desk.out()
    refused = [one for one in desk.work.journal.steps(first) if one.state == "refused"]
    assert refused
    tenant = desk.pair.secrets.tenant
    for carrier in [x for x, grants in tenant.grants.items() if "v-payments" in grants]:
        if "s-001" in carrier:
            tenant.grants.pop(carrier)
    desk.later(1)
    await desk.out()
    pack = desk.report().pack
    assert pack.case.totals.not_planned_again == tuple(f"1.{one.number}" for one in refused)
    assert any("no later run planned it again" in words for words in pack.residual_risks)


async def test_lines_about_others_are_withheld_and_the_case_has_its_own(
    desk: Desk, tmp_path: Path
) -> None:
    await desk.out(stop_after=12)
    other = await desk.work.offboarding("Ravi Menon")
    await desk.work.apply(other)
    await desk.out()
    made = desk.report()
    lines = list(read(made.bundle.files["journal.jsonl"]))
    assert made.pack.journal.withheld == sum(one.line is None for one in lines) > 0
    kinds = [json.loads(one.line)["kind"] for one in lines if one.line is not None]
    assert kinds[0] == "case"
    assert "case note" in kinds
    for name, content in made.bundle.files.items():
        assert RAVI_THERE.name.encode() not in content, name
    assert as_written(made, tmp_path / "b")


async def test_a_case_without_a_run_has_no_evidence(desk: Desk) -> None:
    with pytest.raises(NoRuns, match="no run of it is there"):
        desk.report()


@pytest.mark.parametrize("forged", ["totals", "run left out", "taken back", "run proven", "proven"])
async def test_sums_that_were_made_up_are_found(desk: Desk, tmp_path: Path, forged: str) -> None:
    first = await desk.out()
    await desk.back(first)
    made = desk.report()
    plain = json.loads(made.bundle.files["leaver.json"])
    manifest = made.bundle.manifest
    match forged:
        case "totals":
            plain["case"]["totals"]["open"] = ["1.1"]
            told = "leaver.json, case.totals: they are not what the steps add up to"
        case "taken back":
            plain["runs"][0]["taken_back"] = []
            told = "leaver.json, runs, 1: what was taken back of it is not what the later steps say"
        case "run proven":
            plain["steps"][0]["proven"] = False
            told = "leaver.json, runs, 1: it says that all is proven, and not every step is"
        case "proven":
            plain["case"]["proven"] = True
            told = "leaver.json, case.proven: it says that all is proven, and not every step is"
        case _:
            gone = manifest.runs[1].run
            manifest = manifest.model_copy(update={"runs": manifest.runs[:1]})
            plain["case"]["runs"], plain["runs"] = plain["case"]["runs"][:1], plain["runs"][:1]
            plain["steps"] = [one for one in plain["steps"] if one["run"] == 1]
            entry = next(
                one.seq
                for one in read(made.bundle.files["journal.jsonl"])
                if one.line is not None
                and json.loads(one.line).get("what") == "run"
                and json.loads(one.line)["run"] == gone
            )
            told = (
                f"manifest.json, runs: run {gone}, which entry {entry} ties to the case, is missing"
            )
    own = {"manifest.json", "manifest.sha256"}
    every = {name: data for name, data in made.bundle.files.items() if name not in own}
    every["leaver.json"] = json.dumps(plain).encode()
    every["leaver.html"] = page(from_plain(Pack, plain)).encode()
    manifest = manifest.model_copy(update={"files": entries_of(every)})
    every |= {"manifest.json": manifest.text(), "manifest.sha256": seal_of(manifest.text())}
    assert told in map(str, verify_bundle(unpacked(every, tmp_path / "b")).wrong)


@pytest.mark.parametrize(
    ("forged", "told"),
    [
        ("never begun", "step {}: its state or verdict is not what the journal's lines say"),
        ("not seen", "step {}: its state or verdict is not what the journal's lines say"),
        ("run ended", "runs, 1: its state is not what the journal's lines say"),
        ("case ended", "case.state: it is not what the states of the runs say"),
        ("run in words", "runs, 1: its verdict is not what its steps say"),
        ("in words", "case.verdict: it is not what the steps add up to"),
    ],
)
async def test_a_better_end_of_a_stopped_run_is_found(
    desk: Desk, tmp_path: Path, forged: str, told: str
) -> None:
    await desk.out(stop_after=12)
    made = desk.report()
    assert as_written(made, tmp_path / "a")
    plain = json.loads(made.bundle.files["leaver.json"])
    words = f"All {len(plain['steps'])} steps proven ({len(plain['steps'])} effective and logged)."
    match forged:
        case "never begun" | "not seen":
            was = "planned" if forged == "never begun" else "applied"
            step = next(one for one in plain["steps"] if one["state"] == was)
            told = told.format(step["label"])
            step["proven"] = True
            if was == "planned":
                step |= {"state": "verified", "verdict": "effective and logged"}
        case "run ended":
            plain["runs"][0]["state"] = "ended"
        case "case ended":
            plain["case"]["state"] = "ended"
        case "run in words":
            plain["runs"][0]["verdict"] = words
        case _:
            plain["case"]["verdict"] = words
    own = {"manifest.json", "manifest.sha256"}
    every = {name: data for name, data in made.bundle.files.items() if name not in own}
    every["leaver.json"] = json.dumps(plain).encode()
    every["leaver.html"] = page(from_plain(Pack, plain)).encode()
    manifest = made.bundle.manifest.model_copy(update={"files": entries_of(every)})
    every |= {"manifest.json": manifest.text(), "manifest.sha256": seal_of(manifest.text())}
    wrong = list(map(str, verify_bundle(unpacked(every, tmp_path / "b")).wrong))
    assert f"leaver.json, {told}" in wrong
