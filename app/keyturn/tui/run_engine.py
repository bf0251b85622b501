"""The dashboard's engine: `keyturn.run` over the configuration, the cache and the journal.

Nothing here is imported or opened before it is asked for: the first paint needs none of it. Every
method runs in a job's own thread and event loop, with its own connections, and closes them.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn.tui.apart import apart
from keyturn.tui.engine import Card, Ended, Met, Observe, Refreshed, Setting, StepEnd, Stop
from keyturn.tui.openings import Doors, Openings, operator, unobserved

if TYPE_CHECKING:
    from keyturn.decide.blast_radius import BlastRadius
    from keyturn.decide.people import Person
    from keyturn.decide.plans import Plan
    from keyturn.decide.world import World
    from keyturn.run.archive_report import ArchiveReport
    from keyturn.run.clock import Clock
    from keyturn.run.connections import Connections
    from keyturn.run.late_verdicts import LaterVerdicts
    from keyturn.run.refresh import SourceReport
    from keyturn.run.results import RunResult
    from keyturn.tui.case_desk import CaseDesk
    from keyturn.tui.hand import Thing
    from keyturn_providers.consoles import ConsolePage
    from keyturn_providers.contract import About
    from keyturn_providers.errors import ProviderError
    from keyturn_providers.records import Session, Side
    from keyturn_storage.queries.past import Past


REOPENED_NAMED = 2
"""How many of whose case is open again are named on every screen."""


@dataclass(frozen=True, slots=True)
class RunEngine:
    """`keyturn.tui.engine.Engine` over real files."""

    doors: Doors
    data: Path
    read_only: bool = False
    clock: "Callable[[], Clock] | None" = None
    then: tuple[tuple[int, int], int] | None = None
    """Two snapshots and their time, where the answers are about the past."""
    after_read: "Callable[[], None] | None" = None
    """Done after both sources were read and decided; the demo gives its cache a past."""
    many: int | None = None
    """With so many accounts and grants it is decided in a process of its own; None as is usual."""

    @property
    def opened(self) -> Openings:
        """Where this engine gets what it works with."""
        return Openings(self.doors, self.data, self.read_only, self.clock, self.then, self.many)

    @classmethod
    def over(cls, opened: Openings) -> "RunEngine":
        """An engine that gets the same from there."""
        return cls(
            opened.doors, opened.data, opened.read_only, opened.clock, opened.then,
            many=opened.many,
        )  # fmt: skip

    @property
    def desk(self) -> "CaseDesk":
        """The work on cases, over the same files."""
        from keyturn.tui.run_desk import RunDesk

        return RunDesk(self.opened)

    async def setting(self) -> Setting:
        """From keyturn.yaml."""
        loaded = self.doors.load()
        return Setting(loaded.organisation, self.read_only or loaded.read_only)

    async def refresh(self, observe: Observe, stop: Stop) -> Refreshed:
        """Reads both sources, decides anew, then archives events; half a refresh is still shown for
        what it is."""
        from keyturn.run.apart import assess_apart
        from keyturn.run.archive import archive
        from keyturn.run.assess import NothingRead
        from keyturn.run.late_verdicts import later_verdicts
        from keyturn.run.refresh import refresh
        from keyturn_storage.journal import open_journal
        from keyturn_storage.snapshots import open_cache

        loaded, clock = self.doors.load(), self.opened.now()
        async with self.opened.connected(loaded, observe, read_only=True) as connections:
            with open_cache(self.opened.cache_path) as cache:
                report = await refresh(connections, cache, observe=observe, stop=stop, clock=clock)
                if report.stopped:
                    return Refreshed(False, "Stopped: nothing of this refresh was kept.")
                failed = [
                    source.failure
                    for source in (report.directory, report.secrets)
                    if source.failure is not None and source.snapshot is None
                ]
                try:
                    # What the other source gave counts, whatever became of this one.
                    await assess_apart(cache, loaded.rules, clock.now_ms())
                except NothingRead:
                    if not failed:
                        raise
                if self.after_read is not None and not failed:
                    cache.close()
                    self.after_read()
            archived = await archive(
                connections, lambda: open_journal(self.opened.journal_path),
                observe=observe, stop=stop, clock=clock,
            )  # fmt: skip
            later = await later_verdicts(
                connections, self.opened.journal_path,
                observe=observe, stop=stop, clock=clock, operator=operator(),
            )  # fmt: skip
        if failed:
            raise failed[0]
        words = _refresh_words(report.directory, report.secrets)
        more = (*_archive_words(archived), *_later_words(later))
        return Refreshed(report.complete and archived.well, " ".join((words, *more)))

    @apart
    async def card(self, person_key: str) -> Card:
        """From the newest snapshots, and the sessions there are now."""
        from keyturn.run.persons import find_person
        from keyturn.tui.person_card import card_of

        loaded = self.doors.load()
        world = self.opened.world(loaded)
        person = find_person(world, person_key)
        async with self.opened.connected(loaded, unobserved, read_only=True) as connections:
            sessions = await _sessions(connections, person)
        now_ms = self.opened.now().now_ms()
        return card_of(world, person, sessions, self._held(world, person, now_ms), now_ms)

    @apart
    async def paths(self, person_key: str, vault_id: str) -> tuple[str, ...]:
        """First the whole answer in words, then each path."""
        from keyturn.decide.explain import access_paths, why
        from keyturn.run.persons import find_person

        world = self.opened.world(self.doors.load())
        person = find_person(world, person_key)
        found = [why(world, person, vault_id or None)]
        one_by_one = world.secrets.snapshot.permission_rules is not None
        for path in access_paths(world, person):
            if vault_id in {"", path.vault_id}:
                line = f" (line {path.policy_line})" if path.policy_line else ""
                policy = f"in policy{line}" if path.in_policy else "not in policy"
                note = f" ({path.note})" if path.note else ""
                # Where permissions are given one by one an edge has no name of its own.
                by = "" if one_by_one else f", by {path.carrier}"
                found.append(
                    f"{path.vault_name}: {path.level.value}, {path.via}{by}, {policy}{note}"
                )
        return tuple(found)

    async def console_pages(self, things: "Sequence[Thing]") -> "tuple[ConsolePage, ...]":
        """From the origins that the configuration pins."""
        from keyturn_providers.consoles import console_page

        loaded = self.doors.load()
        found: list[ConsolePage] = []
        for thing in things:
            kind, source, settings = self.doors.reached(loaded, thing.side)
            found.append(console_page(kind, source, settings, thing.kind, thing.id, thing.name))
        return tuple(found)

    @apart
    async def plan_sync(self, finding_ids: frozenset[str] | None) -> "Plan":
        """From the newest snapshots; who keyturn is, is asked of both sources."""
        from keyturn.run.planning import plan_sync

        loaded = self.doors.load()
        async with self.opened.everything(loaded, unobserved) as (connections, cache, journal):
            return await plan_sync(
                connections, cache, journal, loaded=loaded, clock=self.opened.now(),
                chosen=finding_ids,
            )  # fmt: skip

    @apart
    async def plan_offboard(self, person_key: str) -> "Plan":
        """About the leaver as they are now in both sources."""
        from keyturn.run.planning import plan_offboard

        loaded = self.doors.load()
        async with self.opened.everything(loaded, unobserved) as (connections, cache, journal):
            return await plan_offboard(
                person_key, connections, cache, journal, loaded=loaded, clock=self.opened.now()
            )

    @apart
    async def plan_undo(self, run_id: str, case_id: str = "") -> "Plan":
        """About everything that the run changed as it is now in both sources."""
        from keyturn.run.undo import plan_undo

        loaded = self.doors.load()
        async with self.opened.everything(loaded, unobserved) as (connections, cache, journal):
            return await plan_undo(
                run_id, connections, cache, journal, loaded=loaded, clock=self.opened.now(),
                person=case_id,
            )  # fmt: skip

    async def apply(self, plan: "Plan", confirmed: str, observe: Observe, stop: Stop) -> Ended:
        """Everything that was done is in the journal before this returns, however it ends."""
        from keyturn.run.apply import apply

        loaded = self.doors.load()
        async with self.opened.everything(loaded, observe) as (connections, _cache, journal):
            if not (self.read_only or loaded.read_only) and confirmed.strip() == plan.confirm_with:
                await self._ensure_cases(plan)
            result = await apply(
                plan, connections, journal, loaded=loaded, observe=observe, stop=stop,
                clock=self.opened.now(), operator=operator(), confirmed=confirmed,
            )  # fmt: skip
        return ended_of(result)

    async def _ensure_cases(self, plan: "Plan") -> None:
        if plan.subjects and not plan.refused:
            await self._open_cases(plan)

    @apart
    async def _open_cases(self, plan: "Plan") -> None:
        from keyturn.run.cases_of_plan import ensure_cases

        rules, at_ms = self.doors.load().rules, self.opened.now().now_ms()
        with self.opened.files() as (cache, journal):
            ensure_cases(plan, cache, journal, rules, by=operator(), at_ms=at_ms)

    async def resume(self, observe: Observe, stop: Stop) -> tuple[Ended, ...]:
        """As `keyturn resume`: nothing is sent before it was read again."""
        from keyturn.run.recover import resume

        if not await self.open_runs():
            return ()
        loaded = self.doors.load()
        async with self.opened.everything(loaded, observe) as (connections, _cache, journal):
            results = await resume(
                journal, connections, loaded=loaded, observe=observe, stop=stop,
                clock=self.opened.now(), operator=operator(),
            )  # fmt: skip
        if not results and stop():
            return (Ended("", "stopped", "Stopped before anything was taken up. R resumes.", ()),)
        return tuple(map(ended_of, results))

    async def open_runs(self) -> int:
        """Looking does not make a journal."""
        with self.opened.journal_if_any() as journal:
            return len(journal.open_runs()) if journal is not None else 0

    async def reopened(self) -> tuple[int, tuple[str, ...]]:
        """Looking does not make a journal."""
        from keyturn_storage.queries.cases import reopened_names

        with self.opened.journal_if_any() as journal:
            return reopened_names(journal, REOPENED_NAMED) if journal is not None else (0, ())

    async def past(self, pair: tuple[int, int], at_ms: int) -> "Past":
        """Decided anew, by the policy of now."""
        from keyturn_storage.earlier import earlier_file
        from keyturn_storage.queries.past import Past

        past = Past(*pair, at_ms, earlier_file(self.opened.cache_path, os.getpid()))
        try:
            await self._decide_then(past)
        except BaseException:
            past.forget()
            raise
        return past

    @apart
    async def _decide_then(self, past: "Past") -> None:
        from keyturn.run.assess import decide, rows_of
        from keyturn_storage.earlier import lay_down
        from keyturn_storage.snapshots import open_cache

        pair = (past.directory_snapshot, past.secrets_snapshot)
        with open_cache(self.opened.cache_path) as cache:
            directory, secrets = map(cache.load, pair)
            found = decide(directory, secrets, self.doors.load().rules, past.at_ms)
        lay_down(self.opened.cache_path, past.decided, pair, past.at_ms, *rows_of(found))

    def as_of(self, pair: tuple[int, int], at_ms: int) -> "RunEngine":
        """Reads and decides as before; only what is asked about people is asked of then."""
        return replace(self, then=(pair, at_ms))

    async def meet(self, observe: Observe) -> tuple[Met, ...]:
        """Both sources; one that fails does not hide the other."""
        from keyturn_providers.errors import ProviderError
        from keyturn_providers.records import Side

        loaded = self.doors.load()
        found: list[Met] = []
        async with self.opened.connected(loaded, observe, read_only=self.read_only) as connections:
            for side in Side:
                try:
                    found.append(_met(await connections.of(side).about()))
                except ProviderError as error:
                    found.append(_not_met(side, error))
        return tuple(found)

    # ------------------------------------------------------------------ opening and closing

    def _held(self, world: "World", person: "Person", now_ms: int) -> "BlastRadius":
        """What a person can reach. Looking does not make a journal."""
        from keyturn.decide.blast_radius import ItemsUsed, blast_radius
        from keyturn.run.leavers import held_by

        with self.opened.journal_if_any() as journal:
            if journal is not None:
                return held_by(world, journal, person, now_ms)
        return blast_radius(world, person, ItemsUsed.never_archived(now_ms))


def ended_of(result: "RunResult") -> Ended:
    """The end of a run in the dashboard's words."""
    # The sum is worded for the command line; in front of a dashboard the key is nearer.
    words = result.words.replace(": keyturn resume.", ": R resumes (or keyturn resume).")
    return Ended(
        result.run_id,
        result.state,
        " ".join((words, *result.blocked)),
        tuple(
            StepEnd(
                step.operation.id,
                step.state.value,
                step.error or step.words,
                step.verdict,
                step.operation.words,
            )
            for step in result.steps
        ),
        result.plan.id,
    )


def _refresh_words(*sources: "SourceReport") -> str:
    return " ".join(f"{one.source}: {one.words.rstrip('.')}." for one in sources)


def _archive_words(archived: "ArchiveReport") -> tuple[str, ...]:
    """What went wrong or was lost; the Sources screen has the rest."""
    if archived.failure:
        return (f"Events not archived: {archived.failure}",)
    return tuple(f"{one.name}: {one.words}." for one in archived.streams if one.failure or one.gaps)


def _later_words(later: "tuple[LaterVerdicts, ...]") -> tuple[str, ...]:
    """How many steps of earlier runs have another verdict; the Activity screen has the rest."""
    from keyturn.decide.names import counted

    number = sum(len(one.upgraded) for one in later)
    return (f"{counted(number, 'earlier step')} with a later verdict.",) if number else ()


async def _sessions(connections: "Connections", person: "Person") -> "tuple[Session, ...] | str":
    """The live sessions, or why they are not known."""
    from keyturn_providers.abilities import ReadsSessions
    from keyturn_providers.errors import Gone, ProviderError

    if person.secrets is None:
        return ()
    reader = connections.secrets.reader()
    if not isinstance(reader, ReadsSessions):
        return "the secret manager lists no sessions"
    try:
        return await reader.read_sessions(person.secrets.id)
    except Gone:
        return ()
    except ProviderError as failure:
        return f"the secret manager could not be asked. {failure.why}"


def _not_met(side: "Side", error: "ProviderError") -> Met:
    return Met(
        side, error.source, "", "", error=str(error), what=error.what, why=error.why,
        next_step=error.next_step,
    )  # fmt: skip


def _met(about: "About") -> Met:
    from keyturn.run.source_health import lacking

    return Met(
        side=about.source.side,
        name=about.source.name,
        kind=about.source.kind,
        address=about.address,
        tenant=about.source.tenant,
        version=about.version,
        own=about.own.name if about.own is not None else "",
        expires_ms=about.own.expires_ms if about.own is not None else None,
        abilities=tuple(sorted(ability.value for ability in about.abilities)),
        lacking=tuple(one.value for one in lacking(about.source.side, about.abilities)),
        checks=about.checks,
        blind_spots=about.blind_spots,
        notes=about.notes,
    )
