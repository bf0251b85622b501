"""Reading one operation's effect, patiently: throttled and unreachable reads are tried again."""

from collections.abc import Awaitable, Callable

from keyturn.decide.plans import Operation
from keyturn.run.effect import observe_effect
from keyturn.run.running import Run
from keyturn.run.seen import Effect, Seen
from keyturn_providers.contract import Waiting
from keyturn_providers.errors import (
    BadAnswer,
    NotAuthenticated,
    OutcomeUnknown,
    ProviderError,
    TenantChanged,
    Throttled,
    Unreachable,
)

BLOCKING = (NotAuthenticated, TenantChanged, BadAnswer)
"""After one of these nothing more is sent to the source in this run."""

RETRY_WAITS_S = (1.0, 3.0, 9.0)
PATIENCE_S = 600.0
"""The longest that one operation waits for rate limits."""
MOST_ODD = 3
"""So many answers in a row that are not understood block their source."""

_READ_BACKS = 4


async def look(run: Run, operation: Operation) -> Effect:
    """Whether the operation's change is in effect now; never raises a ProviderError.

    UNREADABLE with the error in words where the read failed for good; the source is then blocked if
    the error says so, or if it was throttled for longer than `PATIENCE_S`. Also UNREADABLE where
    the operator stopped while it was waiting.
    """
    side = operation.change.side
    tries, waited = 0, 0.0
    failed: ProviderError
    while True:
        try:
            effect = await observe_effect(operation.change, run.reader(side))
        except BadAnswer as failure:
            # One odd object stops only its own step; a source that answers so again and again is
            # not understood at all.
            run.odd_answers[side] = run.odd_answers.get(side, 0) + 1
            if run.odd_answers[side] >= MOST_ODD:
                run.block(side, failure)
            return _unreadable(failure)
        except BLOCKING as failure:
            run.block(side, failure)
            return _unreadable(failure)
        except Throttled as busy:
            pause, failed = busy.retry_after_s, busy
            waited += pause
            if waited > PATIENCE_S:
                # As after a write: who says "later" for so long is left to another run, and its
                # steps stay open instead of being given up one after the other.
                run.block(side, busy)
                return _unreadable(busy)
        except (Unreachable, OutcomeUnknown) as failure:
            failed = failure
            if tries == len(RETRY_WAITS_S):
                return _unreadable(failed)
            pause = RETRY_WAITS_S[tries]
            tries += 1
        except ProviderError as failure:
            return _unreadable(failure)
        else:
            run.odd_answers[side] = 0
            return effect
        if not await pause_for(run, operation, pause, str(failed)) or side in run.blocked:
            return _unreadable(failed)


def _unreadable(failure: ProviderError) -> Effect:
    return Effect(Seen.UNREADABLE, str(failure), failure=failure)


async def look_in_turn(run: Run, operation: Operation) -> Effect:
    """Like `look`, when it is this step's turn at the source."""
    async with run.turn(operation, sends=False):
        if run.stop():
            return Effect(Seen.UNREADABLE, "stopped before it was read")
        return await look(run, operation)


async def look_again(
    run: Run,
    operation: Operation,
    reading: Callable[[Run, Operation], Awaitable[Effect]] = look,
) -> Effect:
    """Like `look`, reading again for as long as a read may lag behind a write.

    The answer is NOT_YET only after the source's consistency delay has passed. Between two reads
    nothing of the source is kept from others where `reading` is `look_in_turn`.
    """
    effect = await reading(run, operation)
    about = run.abouts.get(operation.change.side)
    delay = about.consistency_delay_s if about else 0.0
    for _ in range(_READ_BACKS):
        if effect.seen is not Seen.NOT_YET or delay <= 0:
            return effect
        if not await run.clock.wait(delay / _READ_BACKS, run.stop):
            return Effect(Seen.UNREADABLE, "stopped before the source had answered for sure")
        effect = await reading(run, operation)
    return effect


async def pause_for(run: Run, operation: Operation, seconds: float, reason: str) -> bool:
    """Waits, telling why, and keeps the lease. False if the operator stopped meanwhile."""
    side = operation.change.side
    about = run.abouts.get(side)
    run.observe(Waiting(about.source.name if about else side.value, seconds, reason))
    left = seconds
    while left > 0:
        run.keep_lease()
        if not await run.clock.wait(min(left, 30.0), run.stop):
            return False
        left -= 30.0
    return True
