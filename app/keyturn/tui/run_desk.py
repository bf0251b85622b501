"""The dashboard's work on cases: `keyturn.run.cases` and the evidence, over the real files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn.tui.apart import apart
from keyturn.tui.case_desk import (
    CaseLine,
    CaseSeen,
    CasesSeen,
    Draft,
    Evidence,
    LeaversSeen,
    RunOfCase,
    StepOfCase,
    VaultLeft,
)
from keyturn.tui.engine import Ended, Observe, Stop
from keyturn.tui.openings import Openings, operator, unobserved
from keyturn_storage.case_rows import Facts, Noted

if TYPE_CHECKING:
    from keyturn.decide.case_state import Standing
    from keyturn.decide.findings import Change
    from keyturn.decide.people import Person
    from keyturn.decide.plans import Plan
    from keyturn.decide.rechecks import Recheck
    from keyturn.decide.successors import Candidate
    from keyturn.decide.world import World
    from keyturn.run.giving_up import OpenStep
    from keyturn.run.leavers import LeaversPlanned
    from keyturn.run.rotation import RotationFound
    from keyturn.run.shared_rotation import SharedFound
    from keyturn_storage.case_rows import CaseRow
    from keyturn_storage.journal import Journal

CASES_SHOWN = 300
NO_CASE = "no case"


class CaseOpen(Exception):
    """A case that cannot be closed; says why and what to do next."""


@dataclass(frozen=True, slots=True)
class RunDesk:
    """`keyturn.tui.case_desk.CaseDesk` over cache, journal and both sources."""

    opened: Openings

    @classmethod
    def over(cls, opened: Openings) -> "RunDesk":
        """A desk over the same."""
        return cls(opened)

    @apart
    async def look(self, person_key: str, case_id: str = "") -> CaseSeen:
        """Looking makes neither a journal nor a case."""
        world = self.opened.world(self.opened.doors.load())
        with self.opened.journal_if_any() as journal:
            return seen_of(journal, person_key, world, case_id)[0]

    @apart
    async def look_at_all(self, people: Sequence[str]) -> LeaversSeen:
        """Looking makes neither a journal nor a case."""
        from keyturn.tui.run_leavers import look_at_all

        return look_at_all(self.opened, people)

    @apart
    async def state_of_all(self, people: Sequence[str], said: Mapping[str, object]) -> LeaversSeen:
        """A case for each."""
        from keyturn.tui.run_leavers import state_of_all

        return state_of_all(self.opened, people, said)

    @apart
    async def state(self, person_key: str, case_id: str, said: Mapping[str, object]) -> CaseSeen:
        """Facts go to the open case; a person whom no snapshot knows any more keeps the case."""
        from keyturn.run.cases import open_or_join
        from keyturn.run.persons import find_person
        from keyturn_storage.case_files import note_case, note_of_facts

        world = self.opened.world(self.opened.doors.load())
        by, at_ms = operator(), self.opened.now().now_ms()
        with self.opened.files() as (_cache, journal):
            row = row_of(journal, person_key, case_id)
            if row is not None and case_id:
                after = replace(row.facts, **said)  # type: ignore[arg-type]  # fields by name
                notes = note_of_facts(row.facts, after, by, at_ms)
                if notes:
                    note_case(journal, row.id, *notes)
            else:
                person = find_person(world, person_key)
                row = open_or_join(journal, world, person, said, by, at_ms)
            found = row_of(journal, person_key, row.id) or row
            return _seen(journal, found, world, world.people.get(person_key))

    @apart
    async def candidates(self, people: Sequence[str], vault_id: str) -> "tuple[Candidate, ...]":
        """From the newest snapshots."""
        from keyturn.decide.successors import successors

        world = self.opened.world(self.opened.doors.load())
        return successors(world, vault_id, people)

    @apart
    async def plan(self, draft: Draft, observe: Observe) -> "tuple[Plan, Draft]":
        """As `keyturn offboard`; a case is opened where something was decided."""
        from keyturn.run.case_opening import never_touched, open_cases
        from keyturn.run.leavers import Decisions, plan_leavers
        from keyturn.tui.run_leavers import shares

        loaded, clock = self.opened.doors.load(), self.opened.now()
        decisions = Decisions(
            {vault.id: vault.successor for vault in draft.vaults if vault.successor},
            {vault.id: vault.waiver for vault in draft.vaults if vault.waiver},
        )
        async with self.opened.everything(loaded, observe) as (connections, cache, journal):
            planned = await plan_leavers(
                draft.people, connections, cache, journal, loaded=loaded, clock=clock,
                decisions=decisions, skips=draft.skips,
            )  # fmt: skip
            read_only = self.opened.read_only or loaded.read_only
            decided = planned.successors or planned.waivers or draft.emergency
            if decided and not read_only and not never_touched(planned.plan):
                facts = {"mode": "emergency"} if draft.emergency else {}
                open_cases(journal, planned, facts, by=operator(), at_ms=clock.now_ms())
        return planned.plan, replace(draft, vaults=_left(planned), shares=shares(planned))

    @apart
    async def plan_again(
        self, findings: frozenset[str] | None, skips: "Mapping[Change, str]"
    ) -> "Plan":
        """From the newest snapshots, as `keyturn plan`."""
        from keyturn.run.planning import plan_sync

        loaded = self.opened.doors.load()
        async with self.opened.everything(loaded, unobserved) as (connections, cache, journal):
            return await plan_sync(
                connections, cache, journal, loaded=loaded, clock=self.opened.now(),
                chosen=findings, skips=skips,
            )  # fmt: skip

    @apart
    async def plan_retry(self, failed: Sequence[tuple[str, str]]) -> "Plan":
        """About both sources as they are now."""
        from keyturn.run.retry import plan_retry

        loaded = self.opened.doors.load()
        async with self.opened.everything(loaded, unobserved) as (connections, cache, journal):
            return await plan_retry(
                failed, connections, cache, journal, loaded=loaded, clock=self.opened.now()
            )

    @apart
    async def plan_move(self, person_key: str, observe: Observe) -> "Plan":
        """As `keyturn move`; the case is opened when it is applied."""
        from keyturn.run.mover import plan_move

        loaded, now = self.opened.doors.load(), self.opened.now()
        async with self.opened.everything(loaded, observe) as (connections, cache, journal):
            planned = await plan_move(
                person_key, connections, cache, journal, loaded=loaded, clock=now
            )
        return planned.plan

    async def open_steps(self, run_ids: Sequence[str], case_id: str = "") -> "tuple[OpenStep, ...]":
        """From the journal."""
        from keyturn.run.cases import find_case
        from keyturn.run.giving_up import open_steps

        with self.opened.journal_if_any() as journal:
            if journal is None:
                return ()
            row = find_case(journal, case_id) if case_id else None
            return tuple(one for run_id in run_ids for one in open_steps(journal, run_id, row))

    async def give_up(self, run_id: str, number: int, reason: str) -> Ended:
        """As `keyturn resume RUN --give-up`."""
        from keyturn.run.giving_up import give_up
        from keyturn.tui.run_engine import ended_of

        with self.opened.files() as (_cache, journal):
            now = self.opened.now()
            return ended_of(
                give_up(journal, run_id, number, reason, clock=now, operator=operator())
            )

    @apart
    async def recheck(
        self, case_ids: Sequence[str], observe: Observe, stop: Stop
    ) -> "tuple[Recheck, ...]":
        """As `keyturn recheck`."""
        from keyturn.tui.run_recheck import recheck_cases

        return await recheck_cases(self.opened, case_ids, observe, stop)

    @apart
    async def rotation(
        self, person_key: str, case_id: str, observe: Observe
    ) -> "tuple[RotationFound, str]":
        """As `keyturn rotation`: items are listed from outside, never read."""
        from keyturn.tui.run_rotation import rotation_of_one

        return await rotation_of_one(self.opened, person_key, case_id, observe)

    async def rotation_of_all(
        self, people: Sequence[str], observe: Observe
    ) -> "tuple[SharedFound, str]":
        """As `keyturn rotation` with several."""
        from keyturn.tui.run_rotation import rotation_of_all

        return await rotation_of_all(self.opened, people, observe)

    @apart
    async def report(self, run_id: str, person_key: str) -> Evidence:
        """As `keyturn report RUN`: from the journal and the cache alone."""
        return self._written(run_id, person_key)

    @apart
    async def report_case(self, case_id: str) -> Evidence:
        """As `keyturn report CASE`: the same, of every run of the case."""
        return self._written("", "", case_id)

    def _written(self, run_id: str, person_key: str, case_id: str = "") -> Evidence:
        from keyturn.evidence.exports import write_noted
        from keyturn.evidence.gather import report_on, report_on_case
        from keyturn.evidence.installed import signing_key, watched_tokens
        from keyturn.evidence.stated import Stated
        from keyturn.policy.loaded import LoadedPolicy
        from keyturn.run.cases import find_case
        from keyturn.run.runs_done import find_run

        loaded = self.opened.doors.load()
        from_file = loaded if isinstance(loaded, LoadedPolicy) else None
        with self.opened.files() as (cache, journal):
            key = signing_key(from_file, Path(from_file.path)) if from_file else None
            if case_id:
                report = report_on_case(
                    find_case(journal, case_id), journal, cache, stated=Stated(),
                    rules=loaded.rules, signing_key=key,
                )  # fmt: skip
            else:
                report = report_on(
                    find_run(journal, run_id), journal, cache, key=person_key, stated=Stated(),
                    rules=loaded.rules, signing_key=key,
                )  # fmt: skip
            written = write_noted(
                report.bundle, journal, self.opened.data / "evidence", by=operator(),
                at_ms=self.opened.now().now_ms(),
                tokens=watched_tokens(from_file) if from_file else frozenset(),
            )  # fmt: skip
        manifest = report.bundle.manifest
        return Evidence(
            written.folder, written.zip, written.zip_sha256,
            f"{report.pack.case.title}: {report.pack.case.verdict}", manifest.signing_key or "",
            len(report.pack.not_known),
            f"entry {manifest.checkpoint.seq}, hash {manifest.checkpoint.hash}",
        )  # fmt: skip

    async def cases(self) -> CasesSeen:
        """Those that were opened again first, then open, cut, verified, closed."""
        from keyturn.decide.case_state import CaseState
        from keyturn.run.cases import standing_of
        from keyturn_storage.queries.cases import cases, cases_count

        with self.opened.journal_if_any() as journal:
            if journal is None:
                return CasesSeen((), 0)
            rows = cases(journal, limit=CASES_SHOWN)
            found = [_line(no, row, standing_of(journal, row)) for no, row in enumerate(rows)]
            total = cases_count(journal)
        order = [state.value for state in CaseState]
        found.sort(key=lambda one: (not one.reopened, order.index(one.state)))
        return CasesSeen(tuple(found), total)

    async def close(self, case_id: str, reason: str) -> None:
        """As `keyturn case --close`."""
        from keyturn.decide.names import counted
        from keyturn.run.cases import close, find_case, is_closed, runs_of

        with self.opened.files() as (_cache, journal):
            row = find_case(journal, case_id)
            if is_closed(row):
                raise CaseOpen(f"case {row.id}: is closed already. Nothing was changed.")
            waiting = sum(run.open_steps for run in runs_of(journal, row))
            if waiting:
                steps = counted(waiting, "step of its runs is", "steps of its runs are")
                raise CaseOpen(
                    f"case {row.id}: cannot be closed: {steps} open. Go on with them first: R."
                )
            close(journal, row, reason, operator(), self.opened.now().now_ms())


def row_of(journal: "Journal", person_key: str, case_id: str) -> "CaseRow | None":
    """The case with this id, else the newest of the account that the key names, an open one
    first."""
    from keyturn.run.cases import is_closed
    from keyturn_storage.queries.cases import case, cases_of

    if case_id:
        return case(journal, case_id)
    side, _, account_id = person_key.partition(":")
    found = cases_of(journal, **{"directory_id" if side == "d" else "secrets_id": account_id})
    return next((one for one in found if not is_closed(one)), found[0] if found else None)


def seen_of(
    journal: "Journal | None", person_key: str, world: "World", case_id: str = ""
) -> "tuple[CaseSeen, CaseRow | None]":
    """The case with this id, else the person's newest, and its row; without a case, what there
    would be to decide."""
    person = world.people.get(person_key)
    row = None if journal is None else row_of(journal, person_key, case_id)
    if journal is None or row is None:
        return _unopened(world, person, person_key), None
    return _seen(journal, row, world, person), row


def _seen(journal: "Journal", row: "CaseRow", world: "World", person: "Person | None") -> CaseSeen:
    from keyturn.run.cases import runs_of, standing_of

    standing = standing_of(journal, row)
    return CaseSeen(
        id=row.id,
        name=row.name,
        login=row.login,
        state=standing.state.value,
        missing=standing.missing,
        facts=row.facts,
        vaults=_vaults(world, person, decisions(row)),
        runs=tuple(
            RunOfCase(
                run.id, run.scope.value, sum(step.good for step in run.steps),
                tuple(StepOfCase(s.number, s.words, s.state.value, s.verdict) for s in run.steps),
                run.undoes,
            )
            for run in runs_of(journal, row)
        ),
        notes=tuple(_notes(row)),
        opened=f"opened by {row.opened_by}",
        reopened=_reopened(standing.missing),
        known=person is not None,
    )  # fmt: skip


def _unopened(world: "World", person: "Person | None", person_key: str) -> CaseSeen:
    from keyturn.decide.concerned import login_of

    name = person.name if person is not None else person_key
    login = login_of(person) if person is not None else ""
    return CaseSeen(
        "", name, login, NO_CASE, (), Facts(), _vaults(world, person, {}), known=person is not None
    )


def _vaults(
    world: "World", person: "Person | None", decided: Mapping[str, VaultLeft]
) -> tuple[VaultLeft, ...]:
    """What nobody else manages now, with what was decided about it."""
    from keyturn.decide.guards_of_managers import managed_by_nobody_else

    if person is None or person.secrets is None:
        return ()
    return tuple(
        decided.get(vault_id) or VaultLeft(vault_id, world.secrets.vault_name(vault_id))
        for vault_id in managed_by_nobody_else(world, frozenset({person.secrets.id}))
    )


def decisions(row: "CaseRow") -> dict[str, VaultLeft]:
    """By its id the last decision about each vault."""
    found: dict[str, VaultLeft] = {}
    for note in row.notes:
        if note.what not in {Noted.SUCCESSOR, Noted.WAIVER}:
            continue
        said = note.decision
        vault = VaultLeft(said.vault, said.vault_name)
        if note.what == Noted.SUCCESSOR.value:
            found[vault.id] = replace(vault, successor=said.person, successor_name=said.person_name)
        else:
            found[vault.id] = replace(vault, waiver=said.reason)
    return found


def _notes(row: "CaseRow") -> list[str]:
    found: list[str] = []
    for note in row.notes:
        if note.what == Noted.SUCCESSOR.value:
            said = note.decision
            found.append(f"{said.vault_name}: {said.person_name} takes over, said {note.by}")
        elif note.what == Noted.WAIVER.value:
            said = note.decision
            found.append(f"{said.vault_name}: waived by {note.by}: {said.reason}")
        elif note.what == Noted.COMMENT.value:
            found.append(f"noted by {note.by}: {note.body}")
        elif note.what in {Noted.CLOSED, Noted.REOPENED}:
            word = "closed" if note.what == Noted.CLOSED.value else "opened again"
            found.append(f"{word} by {note.by}: {note.decision.reason}")
    return found


def _left(planned: "LeaversPlanned") -> tuple[VaultLeft, ...]:
    """Every vault that the plan would leave without a manager, with what was decided."""
    names = {vault.id: vault.name for held in planned.held for vault in held.orphaned}
    return tuple(
        VaultLeft(
            vault_id, name,
            planned.successors[vault_id].key if vault_id in planned.successors else "",
            planned.successors[vault_id].name if vault_id in planned.successors else "",
            planned.waivers.get(vault_id, ""),
        )
        for vault_id, name in names.items()
    )  # fmt: skip


def _reopened(missing: tuple[str, ...]) -> bool:
    return any(words.startswith("opened again") for words in missing)


def _line(no: int, row: "CaseRow", standing: "Standing") -> CaseLine:
    return CaseLine(
        no, row.id, row.person_key, row.name, row.login, standing.state.value,
        _reopened(standing.missing), standing.missing, row.facts, row.opened_ms, row.opened_by,
        len(row.run_ids),
    )  # fmt: skip
