"""What a recheck found again: who did it, by the audit log of the source, and the cases of those it
is about, which are opened again."""

import json
from collections.abc import Sequence
from dataclasses import replace

from keyturn.decide.plans import Operation
from keyturn.decide.rechecks import ARCHIVE, AUDIT_LOG, CameBack, Recheck
from keyturn.run.archived_back import archived_back
from keyturn.run.archived_event import archived_event
from keyturn.run.cases import is_back, reopened
from keyturn.run.running import Run
from keyturn.run.sought import intended_ms, sought_again
from keyturn_providers.abilities import ReadsAudit, Sought
from keyturn_providers.errors import ProviderError
from keyturn_providers.records import AuditEvent, Side
from keyturn_storage.case_files import note_case
from keyturn_storage.case_rows import CaseRow, Noted, NoteIn
from keyturn_storage.journal import Journal
from keyturn_storage.queries.cases import cases_of_run

Back = tuple[CameBack, Operation | None]
"""What came back, and the operation that had cut it; None where no event of it is to be sought."""


async def by_whom(run: Run, found: Sequence[Back], since_ms: int) -> tuple[Back, ...]:
    """The same, each with the newest event that brought it back, where one is known: by the archive
    where that is whole for the time, and by the audit log of now, which has what came after the
    archive's end. The events are archived with the run. A log that cannot be read hides only who
    did it."""
    positions = run.checkpoints()
    told: dict[str, AuditEvent] = {}
    from_archive: set[str] = set()
    for side in Side:
        every = {
            str(number): (one, back.after_ms)
            for number, (back, operation) in enumerate(found)
            if operation is not None and operation.change.side is side
            if (one := _sought(run, operation, str(number), since_ms)) is not None
        }
        archived = archived_back(run.journal, run.abouts[side].source, every) if every else {}
        told |= archived
        from_archive |= archived.keys()
        sought = {name: one for name, (one, _) in every.items()}
        reader = run.reader(side) if sought and side not in run.blocked else None
        if not isinstance(reader, ReadsAudit) or side not in positions or run.stop():
            continue
        try:
            events: tuple[AuditEvent, ...] = await reader.audit_events(
                positions[side], tuple(sought.values())
            )
        except ProviderError:
            continue
        for event in sorted(events, key=lambda one: one.at_ms):
            name = event.operation_id or ""
            if name in sought and not event.error and not _older(event, told.get(name)):
                told[name] = event
                from_archive.discard(name)
    _archive(run, found, told)
    known_by = {name: ARCHIVE if name in from_archive else AUDIT_LOG for name in told}
    return tuple(
        (_told(back, told.get(str(number)), known_by.get(str(number), "")), cut)
        for number, (back, cut) in enumerate(found)
    )


def _sought(run: Run, operation: Operation, name: str, since_ms: int) -> Sought | None:
    step = run.steps.get(operation.id)
    return sought_again(operation, name, since_ms if step is None else intended_ms(step))


def _older(event: AuditEvent, known: AuditEvent | None) -> bool:
    """Whether it tells nothing newer: it is the known one, or came before it."""
    return known is not None and (event.id == known.id or event.at_ms < known.at_ms)


def _told(back: CameBack, event: AuditEvent | None, known_by: str) -> CameBack:
    if event is None:
        return back
    return replace(
        back,
        since_ms=event.at_ms,
        by=event.actor,
        event=event.id,
        address=event.source_address,
        known_by=known_by,
    )


def _archive(run: Run, found: Sequence[Back], told: dict[str, AuditEvent]) -> None:
    """Keeps the events with the run, as proof of none of its steps: they came after them."""
    rows = []
    for number, event in told.items():
        operation = found[int(number)][1]
        if operation is None:
            continue
        side = operation.change.side
        source = run.abouts[side].source.name
        rows.append(archived_event(event, run_id=run.id, operation_id="", source=source, side=side))
    if rows:
        run.journal.archive_events(rows)


def tell_cases(journal: Journal, found: Recheck, by: str) -> tuple[CaseRow, ...]:
    """Opens the cases of those again to whom something came back, by name and once for the same
    thing; and notes of one that was opened so that nothing is back any more. The cases that are
    told something."""
    told: list[CaseRow] = []
    for row in cases_of_run(journal, found.run_id):
        mine = tuple(one for one in found.came_back if _is_of(one, row))
        reason = "; ".join(_reason(one) for one in mine)
        before = reopened(row)
        if mine and reason != before:
            note = NoteIn(Noted.REOPENED, json.dumps({"reason": reason}), by, found.at_ms)
        elif not mine and is_back(row) and found.whole:
            words = "nothing that was cut is back any more"
            note = NoteIn(Noted.SETTLED, json.dumps({"reason": words}), by, found.at_ms)
        else:
            continue
        note_case(journal, row.id, note)
        told.append(row)
    return tuple(told)


def _is_of(back: CameBack, row: CaseRow) -> bool:
    side, _, account_id = back.account.partition("/")
    mine = row.directory_id if side == Side.DIRECTORY.value else row.secrets_id
    return account_id != "" and account_id == mine


def _reason(back: CameBack) -> str:
    return f"{back.words}, {back.when}" if back.when else back.words
