"""Proof: every change is read back by id and matched to the target's own audit log.

Applied is not verified. All steps of a run are verified together at its end, so that none waits for
another's audit event. What a source has no log of is said, never taken for granted.
"""

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
from keyturn.run.looking import BLOCKING, look_again
from keyturn.run.running import Run
from keyturn.run.seen import Effect, Seen
from keyturn.run.sought import sought_by
from keyturn_providers.contract import Ability, ReadsAudit
from keyturn_providers.errors import ProviderError
from keyturn_providers.records import AuditEvent, Side
from keyturn_storage.rows import ArchivedEvent

DEFAULT_AUDIT_WAIT_S = 30.0
"""How long a run waits for audit events before it leaves them to `resume` as lagging."""

_FIRST_POLL_S = 0.25
_LONGEST_POLL_S = 5.0
_TO_PROVE = frozenset({State.APPLIED, State.ALREADY_SO})


@dataclass(frozen=True, slots=True)
class Claim:
    """An operation to prove: what the read-back said, and until when its event may come."""

    operation: Operation
    effect: Effect
    sent: bool
    deadline_ms: int


async def verify(run: Run, *, audit_wait_s: float = DEFAULT_AUDIT_WAIT_S) -> None:
    """Gives every applied step of the run its verdict, and writes it down.

    Steps whose audit event may still come when `audit_wait_s` is over are "lagging" and stay open,
    as do those of a blocked source. Stops between two requests.
    """
    claims: list[Claim] = []
    for operation in run.plan.operations:
        if run.state(operation) not in _TO_PROVE or _settled(run, operation):
            continue
        if run.stop():
            return
        run.keep_lease()
        claim = await claim_of(run, operation)
        if claim is not None:
            claims.append(claim)
    await _match_audit(run, claims, audit_wait_s)


async def claim_of(run: Run, operation: Operation) -> Claim | None:
    """What is to be proven of an operation that was taken, read back now; None where its source is
    blocked or the operator stops."""
    side = operation.change.side
    if side in run.blocked:
        return None
    effect = await look_again(run, operation)
    if effect.seen is Seen.UNREADABLE and (side in run.blocked or run.stop()):
        return None
    step = run.steps[operation.id]
    about = run.abouts.get(side)
    lag_ms = int((about.audit_lag_s if about else 0.0) * 1000)
    taken_ms = step.at_ms if step.done_ms is None else step.done_ms
    return Claim(operation, effect, step.intent != "", taken_ms + lag_ms)


async def _match_audit(run: Run, claims: list[Claim], audit_wait_s: float) -> None:
    checkpoints = run.checkpoints()
    until_ms = run.clock.now_ms() + int(audit_wait_s * 1000)
    pause = _FIRST_POLL_S
    waiting = list(claims)
    while waiting:
        run.keep_lease()
        now_ms = run.clock.now_ms()
        found, unreadable = await poll(run, waiting, checkpoints)
        last = now_ms >= until_ms
        left: list[Claim] = []
        for claim in waiting:
            answer, why = audit_of(run, claim, checkpoints, found, unreadable)
            # A log that cannot be read just now says neither yes nor no, however late it is.
            silent = claim.operation.change.side in unreadable
            over = answer is AuditAnswer.NO_ACCESS or (now_ms >= claim.deadline_ms and not silent)
            if not conclude(run, claim, answer, why, over=over, last=last):
                left.append(claim)
        waiting = left
        if waiting and not await run.clock.wait(pause, run.stop):
            return
        pause = min(pause * 2, _LONGEST_POLL_S)


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
    run.journal.archive_events(
        [
            ArchivedEvent(
                run_id=run.id,
                operation_id=event.operation_id or "",
                source=about.source.name if about else side.value,
                side=side,
                event_id=event.id,
                at_ms=event.at_ms,
                actor=event.actor,
                action=event.action,
                target=event.target,
                source_address=event.source_address,
                raw=event.raw,
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
    if run.clock.now_ms() < claim.deadline_ms:
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
