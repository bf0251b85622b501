"""A run while it is executed: the plan, the two connections, and its one writer of steps."""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field

from keyturn.decide.before import kept
from keyturn.decide.plans import Operation, Plan
from keyturn.decide.steps import Event, Impossible, State, advance, replayed
from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.progress import Observer, StepChanged
from keyturn.run.seen import Effect
from keyturn.run.turns import Turns
from keyturn_providers.contract import About
from keyturn_providers.errors import ProviderError
from keyturn_providers.records import Side
from keyturn_storage import leases
from keyturn_storage.journal import Journal
from keyturn_storage.rows import StepRow

CHECKPOINT = "audit checkpoint"
_TAKEN = frozenset({State.APPLIED, State.UNKNOWN})


@dataclass(slots=True)
class Run:
    """One execution of a plan, by this process, under one lease.

    `abouts` has no entry for a source that could not be asked; `blocked` says in words why no
    more is sent to a source, and its steps stay open. `outdated` says why nothing more may be
    called because of this plan at all: what was sent is still read and verified. `steps` is what
    the journal says. `failures` are, by operation, why a call or the look before it failed.
    `unable` says, by operation, what the source cannot be asked to do just now; it stays open.
    """

    id: str
    plan: Plan
    connections: Connections
    journal: Journal
    generation: int
    observe: Observer
    stop: Callable[[], bool]
    clock: Clock
    abouts: Mapping[Side, About]
    outdated: str = ""
    blocked: dict[Side, str] = field(default_factory=dict)
    steps: dict[str, StepRow] = field(default_factory=dict)
    readers: dict[Side, object] = field(default_factory=dict)
    writers: dict[Side, object] = field(default_factory=dict)
    odd_answers: dict[Side, int] = field(default_factory=dict)
    turns: dict[Side, Turns] = field(default_factory=dict)
    failures: dict[str, ProviderError] = field(default_factory=dict)
    unable: dict[str, str] = field(default_factory=dict)
    renewed_ms: int = 0
    _untold: list[StepChanged] | None = None
    _intents: list[tuple[Operation, Effect, asyncio.Future[None]]] = field(default_factory=list)

    def load(self) -> None:
        """Takes the steps from the journal."""
        self.steps = {step.operation_id: step for step in self.journal.steps(self.id)}

    def replay(self) -> None:
        """Takes the steps from the journal, to go on with them. Raises Impossible where its entries
        tell of a step what cannot have been, or another state than its row has."""
        self.load()
        for operation_id, states in states_of(self.journal.lines(self.id)).items():
            step = self.steps[operation_id]
            try:
                now = replayed(states)
            except Impossible as fault:
                raise Impossible(f"step {step.number}: {fault}") from None
            if now.value != step.state:
                words = f"{step.state!r} is stored, and the entries say {now.value!r}"
                raise Impossible(f"step {step.number}: {words}")

    def state(self, operation: Operation) -> State:
        """Where an operation stands."""
        step = self.steps.get(operation.id)
        return State(step.state) if step else State.PLANNED

    def reader(self, side: Side) -> object:
        """The reader of a side; its by-id reads are live at every call."""
        if side not in self.readers:
            self.readers[side] = self.connections.of(side).reader()
        return self.readers[side]

    def writer(self, side: Side) -> object:
        """The writer of a side. Raises `ReadOnly`."""
        if side not in self.writers:
            self.writers[side] = self.connections.of(side).writer()
        return self.writers[side]

    def turn(
        self, operation: Operation, *, sends: bool = True
    ) -> AbstractAsyncContextManager[None]:
        """Hold it while something is asked of a source for a step: no more steps than the source
        takes at once are under way there. What is to be sent goes before what is only read."""
        side = operation.change.side
        if side not in self.turns:
            about = self.abouts.get(side)
            self.turns[side] = Turns(about.changes_at_once if about else 1)
        return self.turns[side].turn((0 if sends else 1, operation.number))

    def block(self, side: Side, failure: ProviderError) -> None:
        """No more is sent to this source in this run; its steps stay open."""
        self.blocked.setdefault(side, str(failure))

    def record(
        self,
        operation: Operation,
        event: Event,
        words: str,
        *,
        intent: str = "",
        outcome: str = "",
        verdict: str = "",
        error: str = "",
    ) -> None:
        """Writes down what happened to an operation, then tells whoever watches.

        Raises LeaseLost, or Impossible for an event that the table of states does not allow.
        """
        try:
            state = advance(self.state(operation), event)
        except Impossible as fault:
            raise Impossible(f"step {operation.number}: {fault}") from None
        at_ms = self.clock.now_ms()
        self.journal.record_step(
            self.id,
            operation.id,
            operation.number,
            state.value,
            words,
            at_ms,
            intent=intent,
            outcome=outcome,
            verdict=verdict,
            error=error,
            generation=self.generation,
            removes=operation.change.kind.removes,
        )
        before = self.steps.get(operation.id)
        self.steps[operation.id] = StepRow(
            self.id,
            operation.id,
            operation.number,
            state.value,
            words,
            at_ms,
            (before.attempts if before else 0) + int(state is State.INTENDED),
            intent or (before.intent if before else ""),
            outcome or (before.outcome if before else ""),
            verdict or (before.verdict if before else ""),
            error,
            (before.done_ms if before else None) or (at_ms if state in _TAKEN else None),
        )
        self._tell(
            StepChanged(self.id, operation.id, operation.number, state.value, words, verdict, at_ms)
        )

    def _tell(self, event: StepChanged) -> None:
        if self._untold is None:
            self.observe(event)
        else:
            self._untold.append(event)

    @contextmanager
    def writing_as_one(self) -> Iterator[None]:
        """What is recorded in the block becomes durable together, and is told of then: waiting for
        the disk once, not for every step. Nothing may be awaited inside."""
        before = dict(self.steps)
        self._untold = []
        try:
            with self.journal.as_one():
                yield
        except BaseException:
            self.steps = before
            raise
        finally:
            told, self._untold = self._untold, None
        for event in told:
            self.observe(event)

    async def intend(self, operation: Operation, before: Effect) -> None:
        """Writes the exact intent down before the call is made, with those of all other steps that
        are about to be sent at the same moment."""
        written = asyncio.get_running_loop().create_future()
        self._intents.append((operation, before, written))
        if len(self._intents) == 1:
            asyncio.get_running_loop().call_soon(self._write_intents)
        await written

    def _write_intents(self) -> None:
        intents, self._intents = self._intents, []
        wanted = [(op, before, written) for op, before, written in intents if not written.done()]
        try:
            with self.writing_as_one():
                for operation, before, _ in wanted:
                    self._intend(operation, before)
        except BaseException as failure:  # noqa: BLE001 - each of those who wait has to know
            for _, _, written in wanted:
                written.set_exception(failure)
        else:
            for _, _, written in wanted:
                written.set_result(None)

    def _intend(self, operation: Operation, before: Effect) -> None:
        change = operation.change
        step = self.steps.get(operation.id)
        earlier = json.loads(step.intent) if step and step.intent else {}
        intent = {
            "first_ms": earlier.get("first_ms", self.clock.now_ms()),
            "attempt": (step.attempts if step else 0) + 1,
            "kind": change.kind.value,
            "side": change.side.value,
            "account": change.account.id if change.account else "",
            "group": change.group.id if change.group else "",
            "principal_kind": change.principal_kind.value if change.principal_kind else "",
            "principal": change.principal.id if change.principal else "",
            "vaults": [vault.id for vault in change.vaults],
            "level": change.level.value if change.level else "",
            "carrier": change.carrier,
            "session": change.session_id,
            "permissions": list(change.permissions),
            "email": change.email,
            "before": kept(before.now, earlier),
            "read_before": {"seen": before.seen.value, "words": before.words},
            "as": sorted({*earlier.get("as", ()), self.own_account(change.side)}),
            "generation": self.generation,
        }
        self.record(
            operation, Event.INTEND, before.words, intent=json.dumps(intent, ensure_ascii=False)
        )

    def own_account(self, side: Side) -> str:
        """The id of keyturn's own account in a source, "" where it has none or none is told."""
        about = self.abouts.get(side)
        own = about.own if about is not None else None
        return (own.account_id or "") if own is not None else ""

    def keep_lease(self) -> None:
        """Renews the lease when a third of its time has gone. Raises LeaseLost."""
        now_ms = self.clock.now_ms()
        if now_ms - self.renewed_ms >= leases.TTL_MS // 3:
            leases.renew(self.journal, self.generation, now_ms=now_ms)
            self.renewed_ms = now_ms

    def refuse_if_taken_over(self) -> None:
        """Raises LeaseLost if anybody else has taken over any of the run's targets."""
        leases.still_held(self.journal, self.generation)

    def checkpoints(self) -> dict[Side, str]:
        """The audit positions taken before the first change, by side."""
        found: dict[Side, str] = {}
        for body in self.journal.notes(CHECKPOINT, run_id=self.id):
            note = json.loads(body)
            found.setdefault(Side(note["side"]), str(note["since"]))
        return found

    def note_checkpoint(self, side: Side, since: str) -> None:
        """Keeps the audit position of a side."""
        body = json.dumps({"side": side.value, "since": since})
        at_ms, generation = self.clock.now_ms(), self.generation
        self.journal.note(CHECKPOINT, body, at_ms, run_id=self.id, generation=generation)


def states_of(lines: Iterable[str]) -> dict[str, list[str]]:
    """The states of every step of a run in the order in which the journal's lines tell them."""
    found: dict[str, list[str]] = {}
    for line in lines:
        entry = json.loads(line)
        if entry["kind"] == "step":
            found.setdefault(str(entry["operation"]), []).append(str(entry["state"]))
    return found
