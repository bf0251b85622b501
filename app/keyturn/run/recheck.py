"""Looks again whether what runs cut is still cut, at any later time, and keeps what was found."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from keyturn.decide.about import is_about, takes_back
from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.names import account_title, counted
from keyturn.decide.planfile import recorded
from keyturn.decide.plans import Operation, Plan, PlanScope
from keyturn.decide.rechecks import CameBack, Due, NotSeen, Recheck, RecheckOf, due
from keyturn.decide.steps import State
from keyturn.decide.values import to_plain
from keyturn.decide.watched import kept_off, likely, off_before, put_back, renamed, watched
from keyturn.decide.world import World
from keyturn.run.admission import ask_both, refuse_other_sources
from keyturn.run.came_back import Back, by_whom, tell_cases
from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.late_verdicts import upgrade
from keyturn.run.looking import look
from keyturn.run.progress import Observer
from keyturn.run.running import Run
from keyturn.run.runs_done import Links, run_done, undo_links, undos_of
from keyturn.run.seen import Effect, Seen
from keyturn.run.used_after import used_after
from keyturn_providers.abilities import ReadsAccount, ReadsSessions
from keyturn_providers.contract import About
from keyturn_providers.errors import Gone, ProviderError
from keyturn_providers.records import Account, Session, Side
from keyturn_storage.journal import Journal
from keyturn_storage.queries.cases import cases_of_run
from keyturn_storage.rows import RunRow

RECHECK = "recheck"
"""The kind of the note that keeps a recheck."""
RECHECK_OF = "recheck of one"
"""The kind of the note that keeps what a recheck says of one of several who left by the run."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Both sources as they answered, once for all runs that are looked at."""

    abouts: Mapping[Side, About]
    failures: Mapping[Side, ProviderError]


async def ask(connections: Connections) -> Asked:
    """Who both sources are; the error of one that cannot say hides nothing of the other."""
    return Asked(*await ask_both(connections))


def offboardings(journal: Journal) -> tuple[RunRow, ...]:
    """The offboarding runs, newest first."""
    return tuple(row for row in journal.runs() if row.scope == PlanScope.OFFBOARD.value)


@dataclass(frozen=True, slots=True)
class Past:
    """What the journal has of all runs, read once: which undid which, and when a run was looked at
    wholly."""

    links: Links
    looked: Mapping[str, tuple[int, ...]]


def past_of(journal: Journal) -> Past:
    """Reads the journal once."""
    looked: dict[str, list[int]] = {}
    for body in journal.notes(RECHECK):
        note = json.loads(body)
        if not note["not_seen"]:
            looked.setdefault(str(note["run_id"]), []).append(int(note["at_ms"]))
    return Past(undo_links(journal), {run: tuple(moments) for run, moments in looked.items()})


def due_of(journal: Journal, row: RunRow, now_ms: int, past: Past | None = None) -> Due:
    """What is due of a run, by what the journal says was looked at. Nothing is while it has not
    ended, nor once it was undone."""
    known = past_of(journal) if past is None else past
    if row.ended_ms is None or _undone(journal, row.id, known.links):
        return Due(None)
    return due(row.ended_ms, now_ms, known.looked.get(row.id, ()))


async def recheck(
    row: RunRow,
    asked: Asked,
    connections: Connections,
    journal: Journal,
    *,
    world: World | None,
    observe: Observer,
    stop: Callable[[], bool],
    clock: Clock,
    operator: str,
    when: Due | None = None,
) -> Recheck:
    """Reads everything a run cut again, by id, and the leaver's accounts on both sides; writes what
    was found into the journal, and the better verdict of steps whose audit event has appeared.

    `world` is of the newest snapshots, for what most likely did it; None where there are none.
    Raises PlanFileError, or TenantChanged where the sources are not those of the run.
    """
    done = run_done(journal, row)
    refuse_other_sources(done.plan, asked.abouts, "recheck")
    run = Run(row.id, done.plan, connections, journal, 0, observe, stop, clock, asked.abouts)
    run.load()
    for side, failure in asked.failures.items():
        run.block(side, failure)
    past = past_of(journal)
    held = _Held(journal, row)
    looking = _Looking(run, world, _restored(journal, row.id, past.links), held)
    operations = (*watched(done), *(off_before(done.plan, world) if world is not None else ()))
    for operation in operations:
        await looking.at(operation)
    await looking.at_sessions(operations)
    looking.at_uses(operations, row.ended_ms)
    came_back = await by_whom(run, looking.came_back, row.started_ms)
    upgraded, remarks = await upgrade(run, row, operator)
    if when is None and row.ended_ms is not None:
        when = due_of(journal, row, clock.now_ms(), past)
    found = Recheck(
        run_id=row.id,
        title=row.title,
        at_ms=clock.now_ms(),
        checked=looking.checked.total(),
        moment=when.now.name if when is not None and when.now is not None else "",
        missed=tuple(moment.name for moment in when.missed) if when is not None else (),
        came_back=tuple(back for back, _ in came_back),
        not_seen=tuple(blind for _, blind in looking.not_seen),
        put_back=tuple(words for _, words in looking.put_back),
        upgraded=upgraded,
        remarks=remarks,
    )
    journal.note(RECHECK, json.dumps(to_plain(found)), found.at_ms, run_id=row.id)
    for one in _of_each(journal, done.plan, world, looking, found):
        journal.note(RECHECK_OF, json.dumps(to_plain(one)), found.at_ms, run_id=row.id)
    tell_cases(journal, found, operator)
    return found


def _of_each(
    journal: Journal, plan: Plan, world: World | None, looking: "_Looking", found: Recheck
) -> Iterator[RecheckOf]:
    """What it says of each of several leavers whose accounts are known."""
    for key in plan.subjects if len(plan.subjects) > 1 else ():
        case = next((x for x in cases_of_run(journal, found.run_id) if x.person_key == key), None)
        person = world.people.get(key) if world is not None else None
        if case is not None:
            name, ids = case.name, {case.directory_id, case.secrets_id} - {""}
        elif person is not None:
            accounts = (person.directory, person.secrets)
            name, ids = person.name, {one.id for one in accounts if one is not None}
        else:
            continue
        mine = {f"{side.value}/{one}" for side in Side for one in ids}
        numbers = {one.number for one in plan.operations if is_about(one, plan, ids)}
        look = replace(
            found,
            title=f"Offboard {name}",
            checked=sum(number for of, number in looking.checked.items() if of in mine),
            came_back=tuple(one for one in found.came_back if one.account in mine),
            not_seen=tuple(blind for of, blind in looking.not_seen if of in mine),
            put_back=tuple(words for of, words in looking.put_back if of in mine),
            upgraded=tuple(one for one in found.upgraded if one.number in numbers),
            remarks=(),
        )
        yield RecheckOf(key, look)


class _Held:
    """When each thing was last seen cut, by the looks before this one."""

    def __init__(self, journal: Journal, row: RunRow) -> None:
        notes = [json.loads(body) for body in journal.notes(RECHECK, run_id=row.id)]
        self._last_ms = row.ended_ms
        self._back: dict[str, int | None] = {}
        self._told = set[str]()
        for note in notes:
            back = {str(one["words"]): one.get("after_ms") for one in note["came_back"]}
            self._told.update(back)
            # What was back at one look and is not at the next was cut again in between.
            self._back = {words: self._back.get(words, at_ms) for words, at_ms in back.items()}
            if not note["not_seen"]:
                self._last_ms = int(note["at_ms"])

    def told(self, words: str) -> bool:
        """Whether an earlier look has said just this."""
        return words in self._told

    def until_ms(self, words: str) -> int | None:
        """The last moment at which it was not back; None where nobody knows."""
        return self._back.get(words, self._last_ms)


class _Looking:
    """One look at everything that a run cut."""

    def __init__(
        self, run: Run, world: World | None, restored: tuple[Change, ...], held: "_Held"
    ) -> None:
        self._run = run
        self._held = held
        self._world = world
        self._restored = restored
        self._titles: dict[tuple[Side, str], str] = {}
        self.checked = Counter[str]()
        self.came_back: list[Back] = []
        self.not_seen: list[tuple[str, NotSeen]] = []
        self.put_back: list[tuple[str, str]] = []

    async def at(self, operation: Operation) -> None:
        """Whether one cut still holds."""
        of = _account_of(operation)
        self.checked[of] += 1
        side = operation.change.side
        if side in self._run.blocked:
            self.not_seen.append((of, NotSeen(operation.words, self._run.blocked[side])))
            return
        if self._run.stop():
            blind = NotSeen(operation.words, "stopped before it was looked at")
            self.not_seen.append((of, blind))
            return
        now = await self._called(operation)
        effect = await look(self._run, now)
        if _holds(now.change, effect):
            return
        if effect.seen in {Seen.UNREADABLE, Seen.CANNOT_TELL}:
            self.not_seen.append((of, NotSeen(operation.words, effect.words)))
        elif put_back(operation.change, self._restored):
            self.put_back.append((of, f"{self._where(operation)}: {effect.words}"))
        else:
            words = f"{self._where(operation)}: {effect.words} again"
            why = likely(self._world, operation.change) if self._world is not None else ""
            self._back(words, why, operation, operation)

    async def at_sessions(self, operations: tuple[Operation, ...]) -> None:
        """Whether an account that was put off in the secret manager has live sessions."""
        reader = self._run.reader(Side.SECRETS)
        for operation in operations:
            ref, kind = operation.change.account, operation.change.kind
            off = kind in {ChangeKind.SUSPEND, ChangeKind.DEACTIVATE}
            if ref is None or ref.side is not Side.SECRETS or not off:
                continue
            if not isinstance(reader, ReadsSessions) or Side.SECRETS in self._run.blocked:
                continue
            if put_back(operation.change, self._restored):
                continue
            words = f"sessions of {ref.name} in {self._name(Side.SECRETS)}"
            try:
                live: tuple[Session, ...] = await reader.read_sessions(ref.id)
            except Gone:
                continue
            except ProviderError as failure:
                self.not_seen.append((_account_of(operation), NotSeen(words, str(failure))))
                continue
            self.checked[_account_of(operation)] += 1
            if live:
                number = counted(len(live), "session")
                said = f"{self._name(Side.SECRETS)}: {ref.name} has {number} live"
                self._back(said, "Made after the run, or left by it.", operation, None)

    def at_uses(self, operations: tuple[Operation, ...], ended_ms: int | None) -> None:
        """Whether the archive tells of sign-ins or item uses of an account that was put off. What
        was said once is not said again: it is of the past, whatever is done about it."""
        source = self._run.abouts[Side.SECRETS].source if Side.SECRETS in self._run.abouts else None
        if source is None or ended_ms is None:
            return
        looked_at = set[str]()
        for operation in operations:
            ref, kind = operation.change.account, operation.change.kind
            off = kind in {ChangeKind.SUSPEND, ChangeKind.DEACTIVATE}
            if ref is None or ref.side is not Side.SECRETS or not off:
                continue
            if put_back(operation.change, self._restored) or ref.id in looked_at:
                continue
            looked_at.add(ref.id)
            used = used_after(self._run.journal, source, ref.id, ended_ms)
            words = f"{source.name}: {ref.name} has {used}"
            if used and not self._held.told(words):
                why = "An account that is off cannot: look whose device or session it was."
                self._back(words, why, operation, None)

    def _back(
        self, words: str, likely: str, operation: Operation, sought: Operation | None
    ) -> None:
        account = _account_of(operation)
        cut_by = operation.id if sought is not None else ""
        back = CameBack(words, likely, cut_by, account, after_ms=self._held.until_ms(words))
        self.came_back.append((back, sought))

    def _where(self, operation: Operation) -> str:
        return self._name(operation.change.side)

    def _name(self, side: Side) -> str:
        return self._run.abouts[side].source.name

    async def _called(self, operation: Operation) -> Operation:
        """The operation with its account called as it is called now."""
        ref = operation.change.account or operation.change.principal
        reader = self._run.reader(operation.change.side)
        if ref is None or not isinstance(reader, ReadsAccount) or ref.kind.value != "account":
            return operation
        key = (ref.side, ref.id)
        if key not in self._titles:
            try:
                account: Account | None = await reader.read_account(ref.id)
            except ProviderError:
                return operation
            self._titles[key] = account_title(account) if account is not None else ref.name
        title = self._titles[key]
        return operation if title == ref.name else renamed(operation, title)


def _account_of(operation: Operation) -> str:
    ref = operation.change.account or operation.change.principal
    return f"{ref.side.value}/{ref.id}" if ref is not None else ""


def _holds(change: Change, effect: Effect) -> bool:
    if change.kind is ChangeKind.DEACTIVATE and effect.now.state is not None:
        return kept_off(effect.now.state, change.kind)
    return effect.seen is Seen.AS_WANTED


def _restored(journal: Journal, run_id: str, links: Links) -> tuple[Change, ...]:
    """What undos of the run brought back and was not taken back itself."""
    return tuple(
        change
        for row in undos_of(journal, run_id, links)
        for change in _standing(journal, row, links)
    )


def _standing(journal: Journal, row: RunRow, links: Links) -> list[Change]:
    back = _restored(journal, row.id, links)
    return [
        step.operation.change
        for step in run_done(journal, row).steps
        if step.state not in {State.PLANNED, State.REFUSED, State.GIVEN_UP}
        if not any(takes_back(one, step.operation.change) for one in back)
    ]


def _undone(journal: Journal, run_id: str, links: Links) -> bool:
    """Whether undos that still stand took a run back, at least in part: all of it, or what it did
    to each of those whom it put out."""
    plans = [
        undo.plan
        for row in undos_of(journal, run_id, links)
        if (undo := run_done(journal, row)).made and not _undone(journal, row.id, links)
    ]
    row = journal.run(run_id)
    if any(not plan.undoes_of for plan in plans) or row is None or not plans:
        return bool(plans)
    whose = {plan.undoes_of for plan in plans}
    run = recorded(row.plan_json)
    return whose.issuperset(run.subjects or {run.undoes_of})
