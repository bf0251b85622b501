"""Proof: every change is read back by id and matched to the target's own audit log.

Applied is not verified. Each step is read back once it was sent; for their audit events all steps
wait together, so that none waits for another's. What a source has no log of is said, never taken
for granted.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from keyturn.decide.logged import entry, logged, moment
from keyturn.decide.plans import Operation
from keyturn.decide.steps import (
    AuditAnswer,
    Event,
    ProofVerdict,
    ReadBack,
    State,
    judge_proof,
)
from keyturn.run.archived_event import archived_event
from keyturn.run.looking import BLOCKING, look_again, look_in_turn
from keyturn.run.running import Run
from keyturn.run.seen import Effect, Seen
from keyturn.run.sought import sought_by
from keyturn_providers.abilities import Ability, ReadsAudit
from keyturn_providers.errors import ProviderError
from keyturn_providers.records import AuditEvent, Side

DEFAULT_AUDIT_WAIT_S = 30.0
"""How long a run waits for audit events before it leaves them to `resume` as lagging."""

_FIRST_POLL_S = 0.25
_LONGEST_POLL_S = 5.0
_TO_PROVE = frozenset({State.APPLIED, State.ALREADY_SO})


@dataclass(frozen=True, slots=True)
class Claim:
    """An operation to prove: what the read-back said, and until when its event may come.

    `deadline_ms` is told, `until_s` judged by: a clock that is set right makes nothing late.
    """

    operation: Operation
    effect: Effect
    sent: bool
    deadline_ms: int
    until_s: float


class Proofs:
    """The steps of a run that wait for their audit events; the log is read for all of them
    together, and while others are still being sent."""

    def __init__(self, run: Run, audit_wait_s: float) -> None:
        self._run = run
        self._wait_s = audit_wait_s
        self._waiting: list[Claim] = []
        self._news = asyncio.Event()
        self._closed = False

    async def read_back(self, operation: Operation) -> Effect | None:
        """What is read of an accepted step by id, when the source has room for it; the step then
        waits for its audit event. None where there is nothing to prove, or it could not be asked:
        then the step stays as it is."""
        run, side = self._run, operation.change.side
        if run.state(operation) not in _TO_PROVE or _settled(run, operation):
            return None
        if run.stop() or side in run.blocked:
            return None
        run.keep_lease()
        claim = await claim_of(run, operation)
        if claim is None:
            return None
        self._waiting.append(claim)
        self._news.set()
        return claim.effect

    def close(self) -> None:
        """No more steps will come."""
        self._closed = True
        self._news.set()

    async def match(self) -> None:
        """Gives every step that was read back its verdict, and writes it down.

        Steps whose audit event may still come when the wait is over, counted from when no more
        steps came, are "lagging" and stay open. Stops between two requests.
        """
        run = self._run
        pause = _FIRST_POLL_S
        while True:
            if not self._closed and not self._news.is_set():
                await self._news.wait()
            if not self._closed:
                # A little later there are more of them to ask for at once.
                if not await self._pause(pause):
                    return
                pause = min(pause * 2, _LONGEST_POLL_S)
            if self._closed:
                break
            self._news.clear()
            await self._ask(last=False)
        pause = _FIRST_POLL_S
        until_s = run.clock.elapsed_s() + self._wait_s
        while self._waiting and not run.stop():
            await self._ask(last=run.clock.elapsed_s() >= until_s)
            if self._waiting and not await run.clock.wait(pause, run.stop):
                return
            pause = min(pause * 2, _LONGEST_POLL_S)

    async def _pause(self, seconds: float) -> bool:
        """Waits, but no longer than until no more steps come. False if it was stopped."""
        run = self._run
        left = seconds
        while left > 0 and not self._closed:
            if not await run.clock.wait(min(left, _FIRST_POLL_S), run.stop):
                return False
            left -= _FIRST_POLL_S
        return True

    async def _ask(self, *, last: bool) -> None:
        run = self._run
        checkpoints = run.checkpoints()
        waiting, self._waiting = self._waiting, []
        run.keep_lease()
        now_s = run.clock.elapsed_s()
        found, unreadable = await poll(run, waiting, checkpoints)
        left: list[Claim] = []
        with run.writing_as_one():
            for claim in waiting:
                answer, why = audit_of(run, claim, checkpoints, found, unreadable)
                # A log that cannot be read just now says neither yes nor no, however late it is.
                silent = claim.operation.change.side in unreadable
                over = answer is AuditAnswer.NO_ACCESS or (now_s >= claim.until_s and not silent)
                # One that needs somebody to act first will not answer later either.
                shut = silent and claim.operation.change.side in run.blocked
                if not conclude(run, claim, answer, why, over=over, last=last or shut):
                    left.append(claim)
        self._waiting.extend(left)


async def claim_of(run: Run, operation: Operation) -> Claim | None:
    """What is to be proven of an operation that was taken, read back now; None where its source is
    blocked or the operator stops."""
    side = operation.change.side
    if side in run.blocked:
        return None
    effect = await look_again(run, operation, look_in_turn)
    if effect.seen is Seen.UNREADABLE and (side in run.blocked or run.stop()):
        return None
    step = run.steps[operation.id]
    about = run.abouts.get(side)
    lag_s = about.audit_lag_s if about else 0.0
    taken_ms = step.at_ms if step.done_ms is None else step.done_ms
    since_s = max(0.0, (run.clock.now_ms() - taken_ms) / 1000)
    until_s = run.clock.elapsed_s() + max(0.0, lag_s - since_s)
    deadline_ms = taken_ms + int(lag_s * 1000)
    return Claim(operation, effect, step.intent != "", deadline_ms, until_s)


async def poll(
    run: Run, waiting: list[Claim], checkpoints: Mapping[Side, str]
) -> tuple[dict[str, AuditEvent], dict[Side, str]]:
    """The events of the waiting operations, kept for evidence, and why a log was not read."""
    found: dict[str, AuditEvent] = {}
    unreadable: dict[Side, str] = {}
    for side in Side:
        sought = tuple(
            sought_by(claim.operation, run.steps[claim.operation.id])
            for claim in waiting
            if claim.operation.change.side is side and claim.sent
        )
        reader = run.reader(side) if sought else None
        if not isinstance(reader, ReadsAudit) or side not in checkpoints:
            continue
        try:
            events: tuple[AuditEvent, ...] = await reader.audit_events(checkpoints[side], sought)
        except ProviderError as failure:
            unreadable[side] = str(failure)
            if isinstance(failure, BLOCKING):
                run.block(side, failure)
            continue
        _archive(run, side, events)
        for event in sorted(events, key=_proves):
            if event.operation_id:
                found[event.operation_id] = event
    return found, unreadable


def _proves(event: AuditEvent) -> tuple[bool, bool]:
    """Orders events by what they are worth as proof, the best last."""
    return (not event.by_another, not event.error)


def _archive(run: Run, side: Side, events: tuple[AuditEvent, ...]) -> None:
    about = run.abouts.get(side)
    source = about.source.name if about else side.value
    run.journal.archive_events(
        [
            archived_event(
                event,
                run_id=run.id,
                operation_id=event.operation_id or "",
                source=source,
                side=side,
            )
            for event in events
        ],
        generation=run.generation,
    )


def audit_of(
    run: Run,
    claim: Claim,
    checkpoints: Mapping[Side, str],
    found: Mapping[str, AuditEvent],
    unreadable: Mapping[Side, str],
) -> tuple[AuditAnswer, str]:
    """What the log says of a claim, and why, in words."""
    side = claim.operation.change.side
    about = run.abouts.get(side)
    if not claim.sent:
        return AuditAnswer.NO_ACCESS, "nothing was sent, so nothing is logged"
    if about is None or Ability.READ_AUDIT not in about.abilities:
        return AuditAnswer.NO_ACCESS, "there is no audit log to read"
    if side not in checkpoints:
        return AuditAnswer.NO_ACCESS, "the audit log could not be read when the run began"
    event = found.get(claim.operation.id)
    told = entry(event.id, event.actor, event.at_ms, event.source_address) if event else ""
    if event is not None and not event.error and not event.by_another:
        proof = logged(event.id, event.actor, event.at_ms, event.source_address)
        return AuditAnswer.FOUND, proof
    if side in unreadable:
        return AuditAnswer.NOT_FOUND, unreadable[side]
    if event is not None and event.by_another:
        return AuditAnswer.NOT_FOUND, f"the log has only what somebody else did: {told}"
    if event is not None:
        return AuditAnswer.NOT_FOUND, f"the log has only a failed attempt: {event.error} ({told})"
    until = moment(claim.deadline_ms)
    if run.clock.elapsed_s() < claim.until_s:
        return AuditAnswer.NOT_FOUND, f"the audit log does not have it yet, and may until {until}"
    return AuditAnswer.NOT_FOUND, f"the audit log does not have it; its time was up at {until}"


def conclude(
    run: Run, claim: Claim, answer: AuditAnswer, why: str, *, over: bool, last: bool
) -> bool:
    """Writes the verdict down; False where it is still to be waited for. `over`: its time is up, or
    there is no log. `last`: nothing more is waited for now, so that it is lagging."""
    read = read_back_of(claim)
    verdict = judge_proof(read, answer, deadline_passed=over)
    lagging = verdict is ProofVerdict.LAGGING
    if lagging and not last:
        return False
    error = why if _missing(run, claim, answer) else ""
    words = f"{claim.effect.words}; {why}"
    if read is ReadBack.UNREADABLE:
        words, error = f"it could not be read back; {why}", claim.effect.words
    if lagging:
        run.record(claim.operation, Event.LAGGING, words, verdict=verdict.value, error=error)
    else:
        event = Event.SEEN if _is_seen(read, verdict) else Event.NOT_SEEN
        run.record(claim.operation, event, words, verdict=verdict.value, error=error)
    return True


def read_back_of(claim: Claim) -> ReadBack:
    """What the read-back says. What no source shows whole is not to be read, rather than unread."""
    read = _READ_BACK[claim.effect.seen]
    if read is ReadBack.UNREADABLE and not claim.operation.change.kind.can_be_read_back:
        return ReadBack.NOT_TO_BE_READ
    return read


def _is_seen(read: ReadBack, verdict: ProofVerdict) -> bool:
    proven = verdict in {ProofVerdict.LOGGED, ProofVerdict.EFFECTIVE_LOGGED}
    return read is ReadBack.AS_WANTED or proven


def _missing(run: Run, claim: Claim, answer: AuditAnswer) -> bool:
    """Whether there is a log that ought to have the change, and it was not found there."""
    about = run.abouts.get(claim.operation.change.side)
    logs = about is not None and Ability.READ_AUDIT in about.abilities
    return claim.sent and logs and answer is not AuditAnswer.FOUND


def _settled(run: Run, operation: Operation) -> bool:
    return run.steps[operation.id].verdict not in ("", ProofVerdict.LAGGING.value)


_READ_BACK = {
    Seen.AS_WANTED: ReadBack.AS_WANTED,
    Seen.AS_FAR_AS_SEEN: ReadBack.AS_FAR_AS_SEEN,
    Seen.NOT_YET: ReadBack.OTHERWISE,
    Seen.IMPOSSIBLE: ReadBack.OTHERWISE,
    Seen.CANNOT_TELL: ReadBack.UNREADABLE,
    Seen.UNREADABLE: ReadBack.UNREADABLE,
}
