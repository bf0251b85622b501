"""A bundle whose words were rewritten, with every digest made to fit: the chain says otherwise."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.evidence.made import unpacked
from tests.evidence.offices import left, office, put_out, report

from keyturn.decide.values import from_plain
from keyturn.evidence import against_itself
from keyturn.evidence.bundle import Bundle
from keyturn.evidence.manifest import entries_of, seal_of
from keyturn.evidence.pack import Pack
from keyturn.evidence.page import page
from keyturn.evidence.verify_bundle import verify_bundle
from keyturn_providers.abilities import Ability
from keyturn_providers.simulated import Effect, Fault, simulated_pair

SUMS = "leaver.json, case.totals: they are not what the steps add up to"
WORDS = "leaver.json, runs, 1: its verdict is not what its steps say"


@dataclass(frozen=True)
class Forger:
    """Has the bundle of a run with an unproven step, and writes it anew as he likes."""

    bundle: Bundle
    unproven: int
    folder: Path

    def rewritten(self, *, also_page: bool = True, **files: bytes) -> list[str]:
        """What verify says after the files were replaced and all digests made to fit."""
        own = {"manifest.json", "manifest.sha256"}
        named = {name.replace("_", "."): content for name, content in files.items()}
        every = {n: c for n, c in self.bundle.files.items() if n not in own} | named
        if also_page and "leaver.json" in named:
            pack = from_plain(Pack, json.loads(named["leaver.json"]))
            every["leaver.html"] = page(pack).encode()
        manifest = self.bundle.manifest.model_copy(update={"files": entries_of(every)})
        every |= {"manifest.json": manifest.text(), "manifest.sha256": seal_of(manifest.text())}
        return [str(one) for one in verify_bundle(unpacked(every, self.folder)).wrong]

    def edited(self, edit: Callable[[dict[str, object]], None]) -> list[str]:
        """The same after one step of leaver.json was edited: the one that is not proven."""
        plain = json.loads(self.bundle.files["leaver.json"])
        edit(plain["steps"][self.unproven - 1])
        return self.rewritten(leaver_json=json.dumps(plain).encode())


@pytest.fixture
async def forger(tmp_path: Path) -> AsyncIterator[Forger]:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    pair = simulated_pair(people=8, page_size=3)
    pair.secrets.faults.add(Fault(Effect.AUDIT_MISSING, Ability.REVOKE))
    with office(pair, data) as work:
        made = report(work, await put_out(work), left("2027-01-15T09:00+01:00"))
        (number,) = [one.number for one in made.pack.steps if not one.proven and one.error]
        yield Forger(made.bundle, number, tmp_path / "b")


async def test_nothing_is_wrong_with_what_was_only_written_again(forger: Forger) -> None:
    assert forger.rewritten() == []


async def test_a_better_verdict_is_found(forger: Forger) -> None:
    place = f"leaver.json, step {forger.unproven}: "
    told = f"{place}its state or verdict is not what the journal's lines say"
    assert forger.edited(lambda step: step.update(verdict="effective and logged")) == [told]
    assert forger.edited(lambda step: step.update(proven=True)) == [told, SUMS, WORDS]


async def test_another_history_is_found(forger: Forger) -> None:
    told = f"leaver.json, step {forger.unproven}: its history is not what the journal's lines say"
    assert forger.edited(lambda step: step.update(history=[])) == [told]


async def test_a_borrowed_event_is_found(forger: Forger) -> None:
    plain = json.loads(forger.bundle.files["leaver.json"])
    borrowed = next(one["event"] for one in plain["steps"] if one["event"])
    told = f"leaver.json, step {forger.unproven}: its event is not the one in events.ndjson"
    assert forger.edited(lambda step: step.update(event=borrowed)) == [told]


async def test_a_step_left_out_is_found(forger: Forger) -> None:
    plain = json.loads(forger.bundle.files["leaver.json"])
    gone = plain["steps"].pop(forger.unproven - 1)["operation"]
    told = f"leaver.json: the operation {gone}, which the journal tells of, is missing"
    planned = f"leaver.json, runs, 1: the operation {gone}, which is in the plan, is missing"
    assert forger.rewritten(leaver_json=json.dumps(plain).encode()) == [told, planned, SUMS, WORDS]


async def test_a_page_that_says_something_else_is_found(forger: Forger) -> None:
    text = forger.bundle.files["leaver.html"].replace(b"NOT PROVEN", b"PROVEN")
    told = "leaver.html: it does not say what leaver.json says"
    assert forger.rewritten(leaver_html=text) == [told]


async def test_another_checkpoint_in_words_is_found(forger: Forger) -> None:
    plain = json.loads(forger.bundle.files["leaver.json"])
    plain["journal"]["hash"] = "0" * 64
    told = "leaver.json, journal: its checkpoint is not the manifest's"
    assert forger.rewritten(leaver_json=json.dumps(plain).encode()) == [told]


async def test_a_page_of_another_build_is_not_compared_and_that_is_said(
    forger: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(against_itself, "logic_digest", lambda: "another")
    checked = verify_bundle(unpacked(dict(forger.bundle.files), forger.folder))
    assert checked.wrong == ()
    assert any("not compared" in note for note in checked.notes)
