"""Makes the evidence of one run from the journal and the cache. Reads only; asks no source."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from keyturn import __version__
from keyturn.decide.blast_radius import BlastRadius
from keyturn.decide.rules import Rules
from keyturn.decide.values import to_plain
from keyturn.evidence import access, chain_lines, events_file, readings
from keyturn.evidence.basis_told import Basis, basis_of
from keyturn.evidence.bundle import Bundle, bundle_of, logic_digest
from keyturn.evidence.case_record import Beside, beside, told_notes, with_case
from keyturn.evidence.case_telling import told_case, told_person, told_plan
from keyturn.evidence.controls import CONTROLS
from keyturn.evidence.exposure import exposure
from keyturn.evidence.manifest import sha256
from keyturn.evidence.minimise import Minimiser, minimiser
from keyturn.evidence.moments import utc
from keyturn.evidence.pack import (
    FORMAT,
    JournalTold,
    Pack,
    StepTold,
    SystemTold,
    ToolTold,
)
from keyturn.evidence.page import page
from keyturn.evidence.readings import Reading
from keyturn.evidence.readme import readme
from keyturn.evidence.recipes import recipe
from keyturn.evidence.remains import (
    exceptions_of,
    machines_of,
    not_known,
    orphans_of,
    residual_risks,
    sessions_and_devices,
)
from keyturn.evidence.rotation_told import nobody, rotation_told
from keyturn.evidence.run_record import RunRecord, run_record
from keyturn.evidence.stated import Stated
from keyturn.evidence.step_telling import told_steps
from keyturn.evidence.subject import Subject, subject_of
from keyturn.run.basis import SourceAsked, SourcesAsked
from keyturn.run.cases import held_of
from keyturn_providers.records import Side
from keyturn_storage.chain import PURGED_LINE
from keyturn_storage.journal import Journal
from keyturn_storage.rows import RunRow
from keyturn_storage.snapshots import Cache

PLAN, PLAN_MINIMISED = "plan.json", "plan-minimised.json"


@dataclass(frozen=True, slots=True)
class Report:
    """A bundle, with the pack that is in it."""

    bundle: Bundle
    pack: Pack


def report_on(
    row: RunRow,
    journal: Journal,
    cache: Cache | None,
    *,
    key: str,
    stated: Stated,
    rules: Rules | None = None,
    signing_key: Path | None = None,
    whole_chain: bool = False,
) -> Report:
    """The evidence of the run `row` about the person with the key `key` ("" for a run that put
    nobody out). The same bytes whenever it is made from the same journal and cache, but for the
    signature.

    `rules` are used only if they are those the plan was made with. Raises JournalBroken,
    PlanFileError, WhichPerson, CannotSign.
    """
    whole = run_record(journal, row)
    plan = whole.plan
    if rules is not None and rules.digest != plan.policy_digest:
        rules = None
    besides = beside(journal, row.id, key)
    before = readings.before(cache, plan.snapshots)
    later = readings.after(cache, plan.snapshots, whole.last_ms)
    subject = subject_of(plan, key, before, rules, besides)
    record = _of_subject(whole, subject)
    withheld = _withheld(whole, record)
    case_id = besides.case.id if besides.case else ""

    def shown(line: str) -> bool:
        # Of a line that was purged only the hash is left to give.
        if line == PURGED_LINE:
            return False
        return whole_chain or chain_lines.is_of(line, row.id, withheld, case_id)

    names = _names(subject)
    plan_file, plan_text = _plan_file(row.plan_json, names)
    basis = basis_of(journal, row.id, plan.policy_digest, names)
    pack = _pack(
        record, journal, subject, besides, before, later,
        with_case(stated, besides.case), names, plan_file, basis,
        JournalTold(
            whole.start.seq,
            whole.start.hash,
            whole.checkpoint.seq,
            whole.checkpoint.hash,
            len(whole.entries),
            sum(not shown(one.line) for one in whole.entries),
            tuple(sorted(withheld)),
        ),
    )  # fmt: skip
    events = whole.events if whole_chain else record.events
    files = {
        "leaver.json": _json(to_plain(pack)),
        "leaver.html": page(pack).encode("utf-8"),
        plan_file: plan_text,
        **basis.files,
        chain_lines.FILE: chain_lines.written(whole.entries, shown),
        events_file.EVENTS: events_file.written(events),
        "README.txt": readme(
            pack, signed=signing_key is not None, basis=sorted(basis.files)
        ).encode("utf-8"),
    }
    bundle = bundle_of(
        files,
        run=row.id,
        name=row.id if len(plan.subjects) < 2 else f"{row.id}-{sha256(key.encode())[:8]}",
        plan=plan.digest,
        start=whole.start,
        checkpoint=whole.checkpoint,
        key=signing_key,
    )
    return Report(bundle, pack)


def _of_subject(whole: RunRecord, subject: Subject) -> RunRecord:
    """The run without what is only about others who left in it."""
    steps = tuple(one for one in whole.steps if subject.concerns(one.operation))
    mine = {one.operation.id for one in steps}
    events = tuple(one for one in whole.events if one.operation_id in mine)
    if len(steps) == len(whole.steps):
        return whole
    return replace(whole, steps=steps, events=events)


def _withheld(whole: RunRecord, record: RunRecord) -> frozenset[str]:
    mine = {one.operation.id for one in record.steps}
    return frozenset(one.operation.id for one in whole.steps) - mine


def _names(subject: Subject) -> Minimiser:
    if subject.world is None:
        return Minimiser()
    every = [one for side in Side for one in subject.world.side(side).snapshot.accounts]
    return minimiser(every, subject.accounts)


def _plan_file(text: str, names: Minimiser) -> tuple[str, bytes]:
    """The plan word for word, if it names nobody else; else without those names."""
    plain: object = json.loads(text)
    without = names.value(plain)
    if without == plain:
        return PLAN, text.encode("utf-8")
    return PLAN_MINIMISED, _json(without)


def _json(plain: object) -> bytes:
    return (json.dumps(plain, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def _pack(
    record: RunRecord,
    journal: Journal,
    subject: Subject,
    besides: Beside,
    before: Sequence[Reading],
    later: Sequence[Reading],
    stated: Stated,
    names: Minimiser,
    plan_file: str,
    basis: Basis,
    chain: JournalTold,
) -> Pack:
    plan = record.plan
    systems = tuple(_system(record, subject, one, later, stated, besides) for one in before)
    rows = [row for one in systems for row in one.access]
    secrets = next((one.used for one in before if one.side is Side.SECRETS), None)
    steps = told_steps(record)
    pack = Pack(
        format=FORMAT,
        case=told_case(record, stated, steps, besides),
        person=told_person(subject),
        systems=systems,
        steps=steps,
        sessions_and_devices=sessions_and_devices(steps),
        machines=machines_of(subject),
        orphans=orphans_of(plan),
        exceptions=exceptions_of(subject),
        decided=told_notes(besides.case),
        rechecks=besides.rechecks if not subject.others else (),
        undone=besides.undone,
        rotation=rotation_told(
            journal,
            subject,
            besides.case,
            stated,
            secrets.tenant if secrets else "",
            rows,
            began_ms=record.row.started_ms,
            last_ms=record.last_ms,
        )
        if subject.key
        else nobody(),
        residual_risks=residual_risks(steps, systems, besides),
        plan=told_plan(record, plan_file, basis.policy),
        completeness=(
            *(readings.told(one, readings.BEFORE, plan.created_ms) for one in before),
            *(readings.told(one, readings.AFTER, plan.created_ms) for one in later),
        ),
        sources=basis.sources,
        blind_spots=plan.blind_spots,
        controls=CONTROLS,
        recheck=tuple((one.source, recipe(one.kind, one.account_id or "")) for one in systems),
        journal=chain,
        tool=ToolTold(__version__, logic_digest(), plan.policy_digest),
        not_known=not_known(stated, subject, besides, before, later, basis, plan.policy_digest),
    )
    return _minimised(pack, names)


def _minimised(pack: Pack, names: Minimiser) -> Pack:
    """Without the names of others, but for who acted: the operators, and actors of events."""
    small = names.value(pack)
    return replace(
        small,
        case=replace(pack.case, title=small.case.title),
        undone=pack.undone,
        sources=replace(small.sources, sources=_asked(small.sources, pack.sources))
        if small.sources is not None and pack.sources is not None
        else None,
        exceptions=tuple(
            replace(one, owner=whole.owner)
            for one, whole in zip(small.exceptions, pack.exceptions, strict=True)
        ),
        decided=tuple(
            replace(one, by=whole.by)
            for one, whole in zip(small.decided, pack.decided, strict=True)
        ),
        controls=pack.controls,
        journal=pack.journal,
        tool=pack.tool,
        steps=tuple(_step(one, whole) for one, whole in zip(small.steps, pack.steps, strict=True)),
    )


def _asked(small: SourcesAsked, whole: SourcesAsked) -> tuple[SourceAsked, ...]:
    return tuple(
        replace(one, asked_as=other.asked_as)
        for one, other in zip(small.sources, whole.sources, strict=True)
    )


def _step(small: StepTold, whole: StepTold) -> StepTold:
    return replace(small, event=whole.event)


def _system(
    record: RunRecord,
    subject: Subject,
    reading: Reading,
    later: Sequence[Reading],
    stated: Stated,
    besides: Beside,
) -> SystemTold:
    side, used = reading.side, reading.used
    steps = [one for one in record.steps if one.operation.change.side is side]
    account = subject.account(side)
    after = next((one for one in later if one.side is side), None)
    one_id = next(iter(subject.ids.get(side, ())), None)
    alone = bool(subject.key)
    kept = held_of(besides.case) if besides.case is not None and reading.snapshot is None else ()
    held = kept[-1] if kept else None
    return SystemTold(
        source=used.source,
        kind=used.kind,
        tenant=used.tenant,
        side=side.value,
        account=account.name if account else subject.names.get(side) if alone else None,
        account_id=account.id if account else one_id if alone else None,
        state_before=(account.state_raw or account.state.value) if account else None,
        access_from=_access_from(reading, held),
        access=access.access_of(side, subject, steps, after, held) if alone else (),
        exposure=exposure(steps, account, stated.left_ms, used.taken_ms, used.source),
    )


def _access_from(reading: Reading, held: BlastRadius | None) -> str:
    if reading.snapshot is not None:
        return access.FROM_SNAPSHOT
    return access.FROM_CASE.format(at=utc(held.read_ms)) if held is not None else access.FROM_PLAN
