"""Walks a run's operations from wherever each stands to its verdict. Apply and resume share it.

What does not depend on one another is under way together, as far as the sources take it; each step
is read back as soon as it was sent, while others are still being sent.
"""

import asyncio

from keyturn.decide.order import comes_after
from keyturn.decide.plans import Operation
from keyturn.decide.steps import WAITED, Event, State
from keyturn.run.holding import Holding, why
from keyturn.run.looking import look_again, look_in_turn
from keyturn.run.progress import RunEnded
from keyturn.run.results import RunResult, result_of
from keyturn.run.running import Run
from keyturn.run.seen import Effect, Seen
from keyturn.run.sending import perform, settle
from keyturn.run.together import together
from keyturn.run.verify import Proofs
from keyturn_providers.last_look import asking


async def execute(run: Run, *, audit_wait_s: float) -> RunResult:
    """Does what is left of the run, verifies, and says in the journal how it ended.

    Of each source no more steps are under way than it takes at once, each with one request at a
    time. A stop is seen between two requests; the rest stays open. A refused operation ends only
    those that depend on it. Raises LeaseLost.
    """
    proofs = Proofs(run, audit_wait_s)
    flow = _Flow(run, proofs)
    asked = run.stop
    # Where one step fails so that the run cannot go on, no other may begin anything more.
    run.stop = lambda: flow.over or asked()
    with asking(run.refuse_if_taken_over):
        await together((flow.all(), proofs.match()))
    return _end(run, flow.holding)


class _Flow:
    """The operations under way, and what each is waited for by others."""

    def __init__(self, run: Run, proofs: Proofs) -> None:
        self._run = run
        self._proofs = proofs
        self.holding = Holding(run)
        self.over = False
        operations = run.plan.operations
        self._of = {operation.id: operation for operation in operations}
        self._tried = {operation.id: asyncio.Event() for operation in operations}
        self._read = {operation.id: asyncio.Event() for operation in operations}
        self._effects: dict[str, Effect] = {}
        order = comes_after([operation.change for operation in operations])
        self._before = {
            operation.id: tuple(operations[place].id for place in order[number])
            for number, operation in enumerate(operations)
        }

    async def all(self) -> None:
        """Every operation to its claim of proof, or to where it stays."""
        await together(self._one(operation) for operation in self._run.plan.operations)
        self._proofs.close()

    async def _one(self, operation: Operation) -> None:
        try:
            await self._walk(operation)
        except BaseException:
            self.over = True
            raise

    async def _walk(self, operation: Operation) -> None:
        if self._run.state(operation).open:
            for earlier in self._before[operation.id]:
                await self._tried[earlier].wait()
            if await self._may_begin(operation):
                await self._try(operation)
        self._tried[operation.id].set()
        await self._read_back(operation, first=False)
        self._read[operation.id].set()

    async def _may_begin(self, operation: Operation) -> bool:
        """Whether everything it needs is in effect; what can never be is given up."""
        run = self._run
        for needed in operation.depends_on:
            other = self._of.get(needed)
            if other is None:
                continue
            if other.number > operation.number:
                return False  # a plan has its own order; what turns it round is left open
            await self._read[needed].wait()
            if run.stop() or other.change.side in run.blocked or run.state(other).open:
                return False
            if not run.state(other).accepted:
                words = f"{WAITED}{other.number} ({other.words}), which was not done"
            elif not other.change.kind.can_be_read_back:
                continue
            else:
                # Accepted is not in effect: what replaces it must be seen before it is taken away.
                there = await self._seen(other)
                if there.seen is Seen.AS_WANTED:
                    continue
                if run.stop() or other.change.side in run.blocked:
                    return False
                words = f"step {other.number} ({other.words}) is not seen: {there.words}"
            if run.state(operation).open:
                run.record(operation, Event.GIVE_UP, f"not done: {words}")
            return False
        return True

    async def _seen(self, operation: Operation) -> Effect:
        """What was read back just now, by this run; read again where an earlier one had proof."""
        if operation.id not in self._effects:
            self._effects[operation.id] = await look_again(self._run, operation, look_in_turn)
        return self._effects[operation.id]

    async def _try(self, operation: Operation) -> None:
        """Sends it, alone where others like it wait to see what becomes of it."""
        gate = self.holding.gate(operation)
        if gate is not None and self._run.state(operation) is State.PLANNED:
            async with gate.lock:
                if not gate.open:
                    await self._send(operation, first=True)
                    self._tried[operation.id].set()
                    await self._read_back(operation, first=True)
                    return
        await self._send(operation, first=False)

    async def _send(self, operation: Operation, *, first: bool) -> None:
        run, side = self._run, operation.change.side
        async with run.turn(operation):
            if run.stop() or side in run.blocked:
                return
            run.keep_lease()
            planned = run.state(operation) is State.PLANNED
            if planned and run.outdated:
                run.record(operation, Event.GIVE_UP, f"not done: {run.outdated}")
                return
            held = self.holding.holds(operation) if planned else None
            if held is not None:
                words = f"held back, nothing was sent: {why(held)}"
                run.record(operation, Event.HELD, words, error=held.words)
                return
            run.failures.pop(operation.id, None)
            await (perform if planned else settle)(run, operation)
        failure = run.failures.get(operation.id)
        if run.state(operation) is State.APPLIED:
            self.holding.accepted(operation)
        elif failure is not None and not run.state(operation).accepted:
            self.holding.failed(operation, failure, first=first)

    async def _read_back(self, operation: Operation, *, first: bool) -> None:
        if operation.id in self._effects:
            return
        effect = await self._proofs.read_back(operation)
        if effect is None:
            return
        self._effects[operation.id] = effect
        if self._run.state(operation) is not State.APPLIED:
            return
        if effect.seen is Seen.AS_WANTED or not operation.change.kind.can_be_read_back:
            self.holding.in_effect(operation)
        elif effect.seen in {Seen.NOT_YET, Seen.IMPOSSIBLE}:
            self.holding.not_in_effect(operation, effect.words, first=first)


def _end(run: Run, holding: Holding) -> RunResult:
    unable = dict.fromkeys(run.unable.values())
    blocked = (*run.blocked.values(), *holding.words(), *unable)
    result = result_of(run.id, run.plan, "stopped", run.steps, blocked)
    if not result.open:
        result = result_of(run.id, run.plan, "ended", run.steps, blocked)
    run.journal.end_run(run.id, result.state, run.clock.now_ms(), generation=run.generation)
    run.observe(RunEnded(run.id, result.state, dict(result.counts)))
    return result
