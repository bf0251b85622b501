"""One operation from where it stands to its outcome: look, write the intent, call, write what came.

Nothing is ever called without an intent in the journal, and a call whose outcome is not known is
followed by a read before anything else.
"""

from keyturn.decide.findings import Change, ChangeKind, Ref
from keyturn.decide.plans import Operation, PlanScope
from keyturn.decide.steps import DRIFTED, Event
from keyturn.run.exchanges import kept_if_it_fails
from keyturn.run.looking import (
    PATIENCE_S,
    RETRY_WAITS_S,
    look,
    look_again,
    pause_for,
)
from keyturn.run.running import Run
from keyturn.run.seen import Effect, Seen
from keyturn.run.unable import unable_now
from keyturn_providers.abilities import (
    AddsMemberships,
    Confirms,
    Deactivates,
    EndsAllSessions,
    EndsSessions,
    MakesGrants,
    Narrows,
    Outcome,
    Provisions,
    Reactivates,
    Receipt,
    RemovesMemberships,
    Revokes,
    Suspends,
    able,
)
from keyturn_providers.errors import (
    BadAnswer,
    Conflict,
    Gone,
    NotAuthenticated,
    OutcomeUnknown,
    ProviderError,
    TenantChanged,
    Throttled,
    Unreachable,
)
from keyturn_providers.last_look import asking
from keyturn_providers.records import Level, PrincipalKind

MOST_LOST = 3
"""How often one operation is called in one run when every answer is lost."""
LONG_PAUSE_S = 30.0
"""After a longer pause what was read before it says no more: it is read again."""


class _Stopped(Exception):
    """The operator stopped while a connector was still looking: nothing was sent."""


def _may_leave(run: Run) -> None:
    run.refuse_if_taken_over()
    if run.stop():
        raise _Stopped


async def perform(run: Run, operation: Operation) -> None:
    """Does a planned operation, if its precondition still holds."""
    before = await look(run, operation)
    if _wanted(run, operation, before):
        await _send(run, operation, before)


def _wanted(run: Run, operation: Operation, before: Effect, *, unsent: bool = False) -> bool:
    """Whether it is to be sent after what was read; why not is written down. `unsent`: it has an
    intent, and surely no call of it arrived, so that what is found done is somebody else's."""
    match before.seen:
        case Seen.AS_WANTED:
            outcome = Outcome.ALREADY_SO.value if unsent else ""
            words = f"{before.words}; nothing was sent"
            run.record(operation, Event.WAS_SO, words, outcome=outcome)
        case Seen.IMPOSSIBLE:
            words = f"{before.words}; nothing was sent"
            run.record(operation, Event.DRIFTED, words, outcome=DRIFTED)
        case Seen.UNREADABLE:
            if operation.change.side not in run.blocked and not run.stop():
                words = "it could not be read first, so nothing was sent"
                run.record(operation, Event.DECLINED, words, error=before.words)
            _keep(run, operation, before.failure)
        case Seen.CANNOT_TELL if not _may_be_sent_unseen(run, operation, before):
            run.record(operation, Event.DECLINED, f"{before.words}; nothing was sent")
        case Seen.NOT_YET | Seen.CANNOT_TELL | Seen.AS_FAR_AS_SEEN:
            return True
    return False


def _may_be_sent_unseen(run: Run, operation: Operation, before: Effect) -> bool:
    """An answer that is not understood lets nothing be given, and nothing be taken but from a
    person who is named to leave. Where the source cannot be asked at all, the plan decides."""
    leaving = run.plan.scope is PlanScope.OFFBOARD and operation.change.kind.removes
    return before.blind or leaving


async def settle(run: Run, operation: Operation, *, lost: int = 0) -> None:
    """Goes on with an operation of which only the intent is known: reads before anything else.

    As wanted: done, and the audit log tells by whom. Not as wanted after the source's consistency
    delay: called again. What cannot be told is given up, what cannot be read stays open.
    """
    effect = await look_again(run, operation)
    match effect.seen:
        case Seen.AS_WANTED:
            words = f"read again: {effect.words}; the audit log tells whether this run did it"
            run.record(operation, Event.WAS_SO, words)
        case Seen.IMPOSSIBLE:
            run.record(operation, Event.FOUND_OTHERWISE, effect.words)
            words = f"{effect.words}; it is not called again"
            run.record(operation, Event.DRIFTED, words, outcome=DRIFTED)
        case Seen.AS_FAR_AS_SEEN:
            await _settle_unread(run, operation, effect, lost)
        case Seen.CANNOT_TELL if not operation.change.kind.can_be_read_back:
            await _settle_unread(run, operation, effect, lost)
        case Seen.CANNOT_TELL:
            words = f"{effect.words}, so keyturn does not call again: look at it yourself"
            run.record(operation, Event.GIVE_UP, words)
        case Seen.NOT_YET if run.outdated:
            words = f"{effect.words}, and it is not called again: {run.outdated}"
            run.record(operation, Event.GIVE_UP, words)
        case Seen.NOT_YET if lost < MOST_LOST:
            run.record(operation, Event.FOUND_OTHERWISE, f"read again: {effect.words}")
            await _send(run, operation, effect, lost=lost)
        case Seen.NOT_YET:
            words = f"called {lost} times, every answer was lost, and {effect.words}"
            run.record(operation, Event.LOST, words)
        case Seen.UNREADABLE:
            words = "it could not be read again; it stays open"
            if not run.stop():
                run.record(operation, Event.LOST, words, error=effect.words)


async def _settle_unread(run: Run, operation: Operation, effect: Effect, lost: int) -> None:
    """What cannot be read back whole, and does no harm when done twice, is called again."""
    if run.outdated:
        words = f"{effect.words}, and it is not called again: {run.outdated}"
        run.record(operation, Event.GIVE_UP, words)
    elif lost < MOST_LOST:
        words = f"{effect.words}; it is called again, which does no harm"
        run.record(operation, Event.FOUND_OTHERWISE, words)
        await _send(run, operation, effect, lost=lost)
    else:
        words = f"called {lost} times, every answer was lost, and {effect.words}"
        run.record(operation, Event.LOST, words)


async def _send(run: Run, operation: Operation, before: Effect, *, lost: int = 0) -> None:
    side = operation.change.side
    if words := unable_now(run.abouts.get(side), operation.change.kind):
        # A part of the source may be signed out: what was planned with it waits for it.
        run.unable[operation.id] = words
        return
    tries, waited = 0, 0.0
    step = run.steps.get(operation.id)
    never_called = lost == 0 and (step is None or step.attempts == 0)
    while not run.stop() and side not in run.blocked:
        run.keep_lease()
        await run.intend(operation, before)
        try:
            with asking(lambda: _may_leave(run)), kept_if_it_fails(run, operation):
                receipt = await _call(operation.change, run.writer(side), operation.id)
        except _Stopped:
            run.record(operation, Event.NOT_SENT, "stopped before it was sent")
            return
        except Throttled as busy:
            pause, words = busy.retry_after_s, str(busy)
            waited += pause
            run.record(operation, Event.NOT_SENT, "nothing was done yet", error=words)
            if waited > PATIENCE_S:
                _keep(run, operation, busy)
                run.block(side, busy)
                return
        except Unreachable as failure:
            words = str(failure)
            if tries == len(RETRY_WAITS_S):
                _keep(run, operation, failure)
                run.record(operation, Event.DECLINED, "not sent", error=words)
                return
            run.record(operation, Event.NOT_SENT, "not sent yet", error=words)
            pause = RETRY_WAITS_S[tries]
            tries += 1
        except (OutcomeUnknown, BadAnswer) as failure:
            # Whoever answered so that nobody understands it may have done it, or not.
            words = "the answer was lost; it is read again"
            run.record(operation, Event.LOST, words, error=str(failure))
            _keep(run, operation, failure)
            await settle(run, operation, lost=lost + 1)
            return
        except ProviderError as failure:
            _keep(run, operation, failure)
            _declined(run, operation, failure)
            return
        else:
            _done(run, operation, receipt)
            return
        if not await pause_for(run, operation, pause, words):
            return
        if pause > LONG_PAUSE_S:
            before = await look(run, operation)
            if not _wanted(run, operation, before, unsent=never_called):
                return


def _keep(run: Run, operation: Operation, failure: ProviderError | None) -> None:
    if failure is not None:
        run.failures[operation.id] = failure


def _done(run: Run, operation: Operation, receipt: Receipt) -> None:
    outcome = " ".join((receipt.outcome.value, *receipt.request_ids))
    note = f"; {receipt.note}" if receipt.note else ""
    if receipt.outcome is Outcome.ALREADY_SO:
        run.record(operation, Event.WAS_SO, f"was so already{note}", outcome=outcome)
    else:
        words = f"accepted, not verified yet{note}"
        run.record(operation, Event.ACCEPTED, words, outcome=outcome)


def _declined(run: Run, operation: Operation, failure: ProviderError) -> None:
    side = operation.change.side
    match failure:
        case Gone() if operation.change.kind.removes:
            run.record(operation, Event.WAS_SO, f"already gone: {failure.why}", outcome="gone")
        case Gone() | Conflict():
            gone = isinstance(failure, Gone)
            words = "it is gone" if gone else "it is not as the plan says any more"
            run.record(operation, Event.DRIFTED, words, outcome=DRIFTED, error=str(failure))
        case NotAuthenticated():
            run.block(side, failure)
            run.record(operation, Event.NOT_SENT, "not done; it stays open", error=str(failure))
        case TenantChanged():
            # Whoever answered so may have done anything, or nothing.
            run.block(side, failure)
            run.record(operation, Event.LOST, "it stays open", error=str(failure))
        case _:
            run.record(operation, Event.DECLINED, "refused by the source", error=str(failure))


async def _call(change: Change, writer: object, operation_id: str) -> Receipt:
    """The one remote write that a change is."""
    match change.kind:
        case ChangeKind.SUSPEND:
            return await able(writer, Suspends).suspend(_id(change.account), operation_id)
        case ChangeKind.REACTIVATE:
            return await able(writer, Reactivates).reactivate(_id(change.account), operation_id)
        case ChangeKind.DEACTIVATE:
            return await able(writer, Deactivates).deactivate(_id(change.account), operation_id)
        case ChangeKind.END_SESSION:
            return await able(writer, EndsSessions).end_session(change.session_id, operation_id)
        case ChangeKind.END_ALL_SESSIONS:
            return await able(writer, EndsAllSessions).end_all_sessions(
                _id(change.account), operation_id
            )
        case ChangeKind.PROVISION:
            name = change.account.name if change.account else change.email
            return await able(writer, Provisions).provision(change.email, name, operation_id)
        case ChangeKind.CONFIRM:
            return await able(writer, Confirms).confirm(_id(change.account), operation_id)
        case ChangeKind.ADD_MEMBERSHIP:
            return await able(writer, AddsMemberships).add_membership(
                _id(change.group), _id(change.account), operation_id
            )
        case ChangeKind.REMOVE_MEMBERSHIP:
            return await able(writer, RemovesMemberships).remove_membership(
                _id(change.group), _id(change.account), operation_id
            )
        case ChangeKind.GRANT:
            return await able(writer, MakesGrants).grant(
                change.vaults[0].id,
                change.principal_kind or PrincipalKind.ACCOUNT,
                _id(change.principal),
                change.level or Level.READ,
                operation_id,
                change.permissions,
            )
        case ChangeKind.RESTORE_GRANT:
            return await able(writer, MakesGrants).restore(
                change.carrier, operation_id, change.permissions
            )
        case ChangeKind.NARROW:
            return await able(writer, Narrows).narrow(
                change.carrier, change.level or Level.NONE, operation_id, change.permissions
            )
        case ChangeKind.REVOKE:
            return await able(writer, Revokes).revoke(change.carrier, operation_id)


def _id(ref: Ref | None) -> str:
    if ref is None:
        raise ValueError("the change names nothing to act on")
    return ref.id
