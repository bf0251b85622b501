"""Each step from intent to proof, with the audit event that proves it or why there is none."""

from collections import defaultdict
from collections.abc import Mapping

from keyturn.decide.about import about_of, same_change
from keyturn.decide.logged import proof_in
from keyturn.decide.plans import Operation
from keyturn.decide.run_done import request_ids_in
from keyturn.evidence.controls import tags_of
from keyturn.evidence.manifest import sha256
from keyturn.evidence.moments import utc
from keyturn.evidence.pack_runs import EntryTold, EventTold, StepTold
from keyturn.evidence.proof_words import is_good
from keyturn.evidence.run_record import RunRecord, StepEntry, StepRecord
from keyturn_providers.records import Side
from keyturn_storage.rows import ArchivedEvent


def label_of(run: int, number: int, *, several: bool) -> str:
    """What a step is called: `5`, or `2.5` where there are several runs."""
    return f"{run}.{number}" if several else str(number)


def told_steps(
    record: RunRecord, run: int, sources: Mapping[Side, str], *, several: bool
) -> tuple[StepTold, ...]:
    """Every step of the run with the number `run`, in the order of its number. `sources` say what
    the source of each side is called."""
    events: dict[str, list[ArchivedEvent]] = defaultdict(list)
    for event in record.events:
        events[event.operation_id].append(event)
    return tuple(
        _told(
            step,
            events[step.operation.id],
            sources[step.operation.change.side],
            run,
            label_of(run, step.operation.number, several=several),
        )
        for step in record.steps
    )


def _told(
    step: StepRecord, events: list[ArchivedEvent], source: str, run: int, label: str
) -> StepTold:
    operation, intent, concluded = step.operation, step.intent, step.concluded
    matched = _matched(step, events)
    answer = step.answered
    return StepTold(
        run=run,
        number=operation.number,
        label=label,
        change=sha256(same_change(operation.change).encode())[:16],
        about=about_of(operation.change),
        operation=operation.id,
        kind=operation.change.kind.value,
        source=source,
        words=operation.words,
        object=object_of(operation),
        precondition=operation.precondition,
        expected=operation.expected,
        irreversible=operation.irreversible,
        also=operation.also,
        depends_on=operation.depends_on,
        state=step.state.replace("_", " "),
        verdict=step.verdict,
        proven=is_good(step.verdict) and not step.error,
        sent=intent is not None,
        attempts=step.attempts,
        read_before=intent.read_before.words if intent else None,
        intended=utc(intent.first_ms) if intent else None,
        answered=utc(answer.at_ms) if answer else None,
        answer=_answer(step, answer),
        request_ids=_request_ids(step),
        observed=utc(concluded.at_ms) if concluded else None,
        read_back=step.words if concluded else None,
        event=_event(matched, intent.first_ms if intent else None) if matched else None,
        no_event=None if matched else _no_event(step, concluded),
        other_events=tuple(one.event_id for one in events if one is not matched),
        error=step.error,
        controls=tags_of(operation.change.kind),
        history=tuple(told_entry(one) for one in step.entries),
    )


def _matched(step: StepRecord, events: list[ArchivedEvent]) -> ArchivedEvent | None:
    """The event that verification took as proof. A failed attempt is logged too, and proves
    nothing, so that the words of the verdict decide."""
    if not is_good(step.verdict) and not step.verdict.startswith("logged"):
        return None
    said = proof_in(step.words)
    return next((one for one in events if said and one.event_id == said), None)


def _event(event: ArchivedEvent, first_ms: int | None) -> EventTold:
    return EventTold(
        id=event.event_id,
        at=utc(event.at_ms),
        actor=event.actor,
        action=event.action,
        target=event.target,
        source_address=event.source_address or None,
        seconds=None if first_ms is None else round((event.at_ms - first_ms) / 1000, 3),
    )


def _no_event(step: StepRecord, concluded: StepEntry | None) -> str:
    if concluded is None:
        return "It was not verified, so no event was looked for."
    until = utc(concluded.at_ms)
    if step.error:
        return f"None found until {until}: {step.error.rstrip('.')}."
    why = step.words.rpartition("; ")[2]
    return (
        f"None looked for, or none to be had, when it was verified at {until}: {why.rstrip('.')}."
    )


def _answer(step: StepRecord, answer: StepEntry | None) -> str:
    if answer is None:
        return "nothing was sent" if step.intent is None else "no answer is known"
    return answer.state.replace("_", " ")


def _request_ids(step: StepRecord) -> tuple[str, ...]:
    outcome = next((one.outcome for one in reversed(step.entries) if one.outcome), "")
    return request_ids_in(outcome)


def object_of(operation: Operation) -> str:
    """What it was done to, by id."""
    change = operation.change
    named = [
        f"{ref.kind.value} {ref.id}"
        for ref in (change.account, change.principal, change.group, *change.vaults)
        if ref is not None
    ]
    if change.session_id:
        named.append(f"session {change.session_id}")
    if change.carrier:
        named.append(f"edge {change.carrier}")
    return ", ".join(dict.fromkeys(named)) or change.email


def told_entry(entry: StepEntry) -> EntryTold:
    """An entry as the pack tells it."""
    return EntryTold(entry.seq, utc(entry.at_ms), entry.state, entry.verdict, entry.error)
