"""Walks a run's operations from wherever each stands to its verdict. Apply and resume share it."""

from keyturn.decide.plans import Operation
from keyturn.decide.steps import Event, State
from keyturn.run.looking import look_again
from keyturn.run.progress import RunEnded
from keyturn.run.results import RunResult, result_of
from keyturn.run.running import Run
from keyturn.run.seen import Seen
from keyturn.run.sending import perform, settle
from keyturn.run.verify import verify


async def execute(run: Run, *, audit_wait_s: float) -> RunResult:
    """Does what is left of the run, verifies, and says in the journal how it ended.

    At most one request is in flight. A stop is seen between two requests; the rest stays open. A
    refused operation ends only those that depend on it. Raises LeaseLost.
    """
    for operation in run.plan.operations:
        if run.stop():
            break
        if not run.state(operation).open or operation.change.side in run.blocked:
            continue
        await _advance(run, operation)
    if not run.stop():
        await verify(run, audit_wait_s=audit_wait_s)
    return _end(run)


async def _advance(run: Run, operation: Operation) -> None:
    run.keep_lease()
    names = {other.id: other for other in run.plan.operations}
    for needed in operation.depends_on:
        other = names.get(needed)
        if other is None:
            continue
        if run.state(other).accepted:
            if not other.change.kind.can_be_read_back:
                continue
            # Accepted is not in effect: what replaces it must be seen before it is taken away.
            if (there := await look_again(run, other)).seen is Seen.AS_WANTED:
                continue
            if run.stop() or other.change.side in run.blocked:
                return
            words = f"not done: step {other.number} ({other.words}) is not seen: {there.words}"
            if run.state(operation).open:
                run.record(operation, Event.GIVE_UP, words)
            return
        if run.state(other).open:
            return
        words = f"not done: it waits for step {other.number} ({other.words}), which was not done"
        run.record(operation, Event.GIVE_UP, words)
        return
    if run.state(operation) is State.PLANNED and run.outdated:
        run.record(operation, Event.GIVE_UP, f"not done: {run.outdated}")
    elif run.state(operation) is State.PLANNED:
        await perform(run, operation)
    else:
        await settle(run, operation)


def _end(run: Run) -> RunResult:
    blocked = tuple(run.blocked.values())
    result = result_of(run.id, run.plan, "stopped", run.steps, blocked)
    if not result.open:
        result = result_of(run.id, run.plan, "ended", run.steps, blocked)
    run.journal.end_run(run.id, result.state, run.clock.now_ms(), generation=run.generation)
    run.observe(RunEnded(run.id, result.state, dict(result.counts)))
    return result
