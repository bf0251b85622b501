"""Proof that came late: steps without their audit event are looked for in the log once more."""

from keyturn.decide.logged import logged
from keyturn.decide.plans import Operation
from keyturn.decide.rechecks import Upgraded
from keyturn.decide.steps import AuditAnswer, Event, ProofVerdict, ReadBack, judge_proof
from keyturn.run.running import Run
from keyturn.run.verify import Claim, audit_of, claim_of, conclude, poll, read_back_of
from keyturn_providers.abilities import Ability
from keyturn_providers.records import AuditEvent


async def late_proof(run: Run) -> tuple[Upgraded, ...]:
    """Gives every step whose event has appeared its better verdict, and one that lagged until its
    time was up the verdict without it, each as a new entry of the journal.

    What was found in effect at the time, and is logged, was effective and logged, whatever became
    of it since. One that lagged is judged by what is read now: in time it stays as it is while
    either half is missing; when its time is up, it has its verdict.
    """
    checkpoints = run.checkpoints()
    claims = [
        claim
        for operation in run.plan.operations
        if _may_get_better(run, operation) and operation.change.side in checkpoints
        if (claim := await claim_of(run, operation)) is not None
    ]
    if not claims:
        return ()
    found, unreadable = await poll(run, claims, checkpoints)
    upgraded: list[Upgraded] = []
    for claim in claims:
        before = run.steps[claim.operation.id]
        event = found.get(claim.operation.id)
        proving = event is not None and not event.error and not event.by_another
        if event is not None and proving and _if_found(run, claim).is_good:
            _prove(run, claim, event)
        elif before.verdict == ProofVerdict.LAGGING.value:
            answer, why = audit_of(run, claim, checkpoints, found, unreadable)
            late = run.clock.elapsed_s() >= claim.until_s
            over = late and claim.operation.change.side not in unreadable
            conclude(run, claim, answer, why, over=over, last=False)
        verdict = run.steps[claim.operation.id].verdict
        if verdict != before.verdict:
            upgraded.append(
                Upgraded(claim.operation.number, claim.operation.words, before.verdict, verdict)
            )
    return tuple(upgraded)


def _prove(run: Run, claim: Claim, event: AuditEvent) -> None:
    verdict = _if_found(run, claim)
    # The words are those of the read that the verdict rests on.
    at_the_time = run.steps[claim.operation.id].words.partition(";")[0]
    told = at_the_time if _was_effective(run, claim) else claim.effect.words
    where = logged(event.id, event.actor, event.at_ms, event.source_address)
    words = f"{told}; {where}, which was found later"
    run.record(claim.operation, Event.SEEN, words, verdict=verdict.value)


def _if_found(run: Run, claim: Claim) -> ProofVerdict:
    """The verdict with an event, as long as the other half may still come."""
    return judge_proof(_read(run, claim), AuditAnswer.FOUND, deadline_passed=False)


def _was_effective(run: Run, claim: Claim) -> bool:
    """Whether it was found in effect at the time, and only its event was missing: by now it may be
    otherwise, which is another question."""
    return run.steps[claim.operation.id].verdict == ProofVerdict.EFFECTIVE_NOT_LOGGED.value


def _may_get_better(run: Run, operation: Operation) -> bool:
    step = run.steps.get(operation.id)
    about = run.abouts.get(operation.change.side)
    if step is None or step.intent == "" or about is None:
        return False
    if Ability.READ_AUDIT not in about.abilities or operation.change.side in run.blocked:
        return False
    waiting = {ProofVerdict.LAGGING.value, ProofVerdict.EFFECTIVE_NOT_LOGGED.value}
    unread = not operation.change.kind.can_be_read_back
    return step.verdict in waiting or (unread and step.verdict == ProofVerdict.UNKNOWN.value)


def _read(run: Run, claim: Claim) -> ReadBack:
    """What was read back at the time, where that was as wanted; else what is read now."""
    return ReadBack.AS_WANTED if _was_effective(run, claim) else read_back_of(claim)
