"""Makes the evidence of one run, or of all runs of a case, from the journal and the cache. Reads
only; asks no source."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from keyturn import __version__
from keyturn.decide.outline import outline_of, outline_text
from keyturn.decide.planfile import recorded
from keyturn.decide.plans import Plan
from keyturn.decide.rules import Rules
from keyturn.decide.values import to_plain
from keyturn.evidence import chain_lines, events_file, readings
from keyturn.evidence.basis_told import Basis, basis_of
from keyturn.evidence.bundle import Bundle, bundle_of, logic_digest
from keyturn.evidence.case_record import Beside, beside, told_notes, told_rechecks, with_case
from keyturn.evidence.case_telling import told_case, told_person, told_plan, told_run
from keyturn.evidence.controls import CONTROLS
from keyturn.evidence.facts_file import FACTS, facts_written
from keyturn.evidence.manifest import RunPlace, sha256
from keyturn.evidence.minimise import Minimiser, minimiser
from keyturn.evidence.names_of_files import (
    OUTLINE,
    PACK,
    PAGE,
    PLAN,
    PLAN_MINIMISED,
    before_names,
)
from keyturn.evidence.pack import FORMAT, Pack
from keyturn.evidence.pack_basis import JournalTold, ReadingTold, ToolTold
from keyturn.evidence.pack_runs import RunTold, StepTold
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
from keyturn.evidence.run_record import Recorded, RunRecord, recorded_runs
from keyturn.evidence.stated import Stated
from keyturn.evidence.step_telling import told_steps
from keyturn.evidence.subject import NoRuns, Subject, subject_of, together
from keyturn.evidence.systems import Part, systems_of
from keyturn.evidence.totals import stands
from keyturn.run.basis import SourceAsked, SourcesAsked
from keyturn_providers.records import Side
from keyturn_storage.case_rows import CaseRow
from keyturn_storage.chain import PURGED_LINE
from keyturn_storage.journal import Journal
from keyturn_storage.rows import RunRow
from keyturn_storage.snapshots import Cache


@dataclass(frozen=True, slots=True)
class Report:
    """A bundle, with the pack that is in it."""

    bundle: Bundle
    pack: Pack


@dataclass(frozen=True, slots=True)
class Made:
    """With what evidence is made: `rules` are used only for a plan that was made with them."""

    journal: Journal
    cache: Cache | None
    stated: Stated
    rules: Rules | None = None
    signing_key: Path | None = None
    whole_chain: bool = False


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

    Raises JournalBroken, PlanFileError, WhichPerson, CannotSign.
    """
    made = Made(journal, cache, stated, rules, signing_key, whole_chain)
    alone = len(recorded(row.plan_json).subjects) < 2
    name = row.id if alone else f"{row.id}-{sha256(key.encode())[:8]}"
    return _report(made, (row,), key, name, None)


def report_on_case(
    case: CaseRow,
    journal: Journal,
    cache: Cache | None,
    *,
    stated: Stated,
    rules: Rules | None = None,
    signing_key: Path | None = None,
    whole_chain: bool = False,
) -> Report:
    """The evidence of every run of a case, in order, about the person whose case it is; the same
    bytes as long as nothing happens in the case. Raises as `report_on`, and NoRuns."""
    made = Made(journal, cache, stated, rules, signing_key, whole_chain)
    rows = tuple(row for run_id in case.run_ids if (row := journal.run(run_id)) is not None)
    if not rows:
        raise NoRuns(
            f"case {case.id} of {case.name}: no run of it is there, so there is nothing to give "
            "evidence of. Plan the offboarding and apply it first (keyturn offboard)."
        )
    return _report(made, rows, case.person_key, f"case-{case.id}", case)


def _report(
    made: Made, rows: tuple[RunRow, ...], key: str, name: str, case: CaseRow | None
) -> Report:
    besides = beside(made.journal, rows, key)
    undos = [one.run for one in besides.undone]
    whole = recorded_runs(made.journal, rows, besides.case.id if besides.case else "", undos)
    parts = _parts(made, whole, key, besides)
    subject = together([part.subject for part in parts])
    withheld = {
        one.row.id: _operations(one) - _operations(part.record)
        for one, part in zip(whole.runs, parts, strict=True)
    }
    case_id = besides.case.id if besides.case is not None else ""

    def shown(line: str) -> bool:
        # Of a line that was purged only the hash is left to give.
        if line == PURGED_LINE:
            return False
        return made.whole_chain or chain_lines.is_of(line, withheld, case_id, undos, key)

    names = _names(parts, subject)
    kept = [_kept(made.journal, part, len(parts), names) for part in parts]
    not_told = sorted(one for operations in withheld.values() for one in operations)
    pack = _pack(
        made, parts, subject, besides, names, kept,
        JournalTold(
            whole.start.seq,
            whole.start.hash,
            whole.checkpoint.seq,
            whole.checkpoint.hash,
            len(whole.entries),
            sum(not shown(one.line) for one in whole.entries),
            tuple(not_told),
        ),
    )  # fmt: skip
    events = [
        event
        for one, part in zip(whole.runs, parts, strict=True)
        for event in (one if made.whole_chain else part.record).events
    ]
    files = {
        PACK: _json(to_plain(pack)),
        PAGE: page(pack).encode("utf-8"),
        **{name: content for one in kept for name, content in one.files.items()},
        chain_lines.FILE: chain_lines.written(whole.entries, shown),
        events_file.EVENTS: events_file.written(events),
        **({} if besides.case is None else {FACTS: facts_written(besides.case)}),
    }
    files["README.txt"] = readme(pack, files, signed=made.signing_key is not None).encode("utf-8")
    bundle = bundle_of(
        files,
        runs=[RunPlace(run=one.row.id, plan=one.plan.digest) for one in whole.runs],
        case=case.id if case is not None else None,
        name=name,
        start=whole.start,
        checkpoint=whole.checkpoint,
        key=made.signing_key,
    )
    return Report(bundle, pack)


def _parts(made: Made, whole: Recorded, key: str, besides: Beside) -> tuple[Part, ...]:
    """The runs, each without what is only about others who left in it."""
    befores = [readings.before(made.cache, one.plan.snapshots) for one in whole.runs]
    subjects = [
        subject_of(one.plan, key, before, _rules_of(made, one.plan), besides)
        for one, before in zip(whole.runs, befores, strict=True)
    ]
    all_ = together(subjects)
    return tuple(
        Part(at + 1, _of_subject(one, all_), subjects[at], befores[at])
        for at, one in enumerate(whole.runs)
    )


def _rules_of(made: Made, plan: Plan) -> Rules | None:
    same = made.rules is not None and made.rules.digest == plan.policy_digest
    return made.rules if same else None


def _of_subject(whole: RunRecord, subject: Subject) -> RunRecord:
    """The run without what is only about others who left in it."""
    steps = tuple(one for one in whole.steps if subject.concerns(one.operation, whole.plan))
    mine = {one.operation.id for one in steps}
    events = tuple(one for one in whole.events if one.operation_id in mine)
    if len(steps) == len(whole.steps):
        return whole
    return replace(whole, steps=steps, events=events)


def _operations(record: RunRecord) -> frozenset[str]:
    return frozenset(one.operation.id for one in record.steps)


def _names(parts: Sequence[Part], subject: Subject) -> Minimiser:
    """One that knows everybody in the snapshots of all plans."""
    worlds = [part.subject.world for part in parts if part.subject.world is not None]
    every = [one for world in worlds for side in Side for one in world.side(side).snapshot.accounts]
    mine = [one for part in parts for one in part.subject.accounts]
    return minimiser(every, [*mine, *subject.accounts])


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept of one run, as files and in words."""

    plan_file: str
    basis: Basis
    files: Mapping[str, bytes]


def _kept(journal: Journal, part: Part, runs: int, names: Minimiser) -> Kept:
    row, before = part.record.row, before_names(part.number, runs)
    plan_file, plan_text = _plan_file(row.plan_json, names, before)
    basis = basis_of(journal, row.id, part.record.plan.policy_digest, names, before)
    outline = _outline(part.record, names) if plan_file.endswith(PLAN_MINIMISED) else {}
    outlines = {before + name: text for name, text in outline.items()}
    return Kept(plan_file, basis, {plan_file: plan_text, **outlines, **basis.files})


def _outline(record: RunRecord, names: Minimiser) -> dict[str, bytes]:
    """The outline that the journal's line has the digest of, if nobody is named even in its ids."""
    text = outline_text(outline_of(record.plan))
    same = sha256(text.encode()) == record.outline_sha256
    plain: object = json.loads(text)
    return {OUTLINE: text.encode()} if same and names.value(plain) == plain else {}


def _plan_file(text: str, names: Minimiser, before: str) -> tuple[str, bytes]:
    """The plan word for word, if it names nobody else; else without those names."""
    plain: object = json.loads(text)
    without = names.value(plain)
    if without == plain:
        return before + PLAN, text.encode("utf-8")
    return before + PLAN_MINIMISED, _json(without)


def _json(plain: object) -> bytes:
    return (json.dumps(plain, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def _pack(
    made: Made,
    parts: Sequence[Part],
    subject: Subject,
    besides: Beside,
    names: Minimiser,
    kept: Sequence[Kept],
    chain: JournalTold,
) -> Pack:
    stated = with_case(made.stated, besides.case)
    plans = [part.record.plan for part in parts]
    last_ms = max(part.record.last_ms for part in parts)
    # An undo rests on no snapshot: what it gives back is read live, by id.
    used = next((plan.snapshots for plan in reversed(plans) if plan.snapshots), ())
    later = readings.after(made.cache, used, last_ms)
    steps = _steps(parts)
    planned = [part.number for part in parts if not part.record.plan.undoes]
    changes = stands(steps, (planned or [len(parts)])[-1])
    systems = systems_of(parts, subject, later, stated, besides, changes)
    rows = [row for one in systems for row in one.access]
    runs = tuple(
        told_run(
            part.record,
            part.number,
            steps,
            told_plan(part.record, one.plan_file, one.basis.policy),
            one.basis.sources,
        )
        for part, one in zip(parts, kept, strict=True)
    )
    case = told_case(runs, steps, stated, besides)
    pack = Pack(
        format=FORMAT,
        case=case,
        person=told_person(subject),
        runs=runs,
        systems=systems,
        steps=steps,
        sessions_and_devices=sessions_and_devices(steps),
        machines=machines_of(subject),
        orphans=orphans_of(plans),
        exceptions=exceptions_of(subject),
        decided=told_notes(besides.case),
        rechecks=told_rechecks(
            besides.looks,
            # A look that was kept of all who left together is told of none of them.
            {
                part.record.row.id: part.number
                for part in parts
                if part.record.row.id not in besides.untold
            },
        ),
        undone=besides.undone,
        rotation=rotation_told(
            made.journal,
            subject,
            besides.case,
            stated,
            next((one.tenant for one in systems if one.side == Side.SECRETS.value), ""),
            rows,
            began_ms=parts[0].record.row.started_ms,
            last_ms=last_ms,
        )
        if subject.key
        else nobody(),
        residual_risks=residual_risks(runs, case.totals, steps, systems, besides),
        completeness=tuple(_completeness(parts, later)),
        blind_spots=tuple(dict.fromkeys(spot for plan in plans for spot in plan.blind_spots)),
        controls=CONTROLS,
        recheck=tuple((one.source, recipe(one.kind, one.account_id or "")) for one in systems),
        journal=chain,
        tool=ToolTold(__version__, logic_digest()),
        not_known=not_known(
            stated, subject, besides, _readings(parts), later, [one.basis for one in kept],
            plans[0].policy_digest,
        ),
    )  # fmt: skip
    return _minimised(pack, names)


def _steps(parts: Sequence[Part]) -> tuple[StepTold, ...]:
    sources = {side: side.value for side in Side}
    told: list[StepTold] = []
    for part in parts:
        sources |= {one.side: one.used.source for one in part.before}
        told += told_steps(part.record, part.number, sources, several=len(parts) > 1)
    return tuple(told)


def _readings(parts: Sequence[Part]) -> tuple[Reading, ...]:
    """Those that the plans rest on, each once."""
    found: dict[tuple[str, str, int], Reading] = {}
    for part in parts:
        for one in part.before:
            found.setdefault((one.used.source, one.used.tenant, one.used.snapshot_id), one)
    return tuple(found.values())


def _completeness(parts: Sequence[Part], later: Sequence[Reading]) -> Iterator[ReadingTold]:
    alone = len(parts) == 1
    told = set[tuple[str, str, int]]()
    for part in parts:
        role = readings.BEFORE if alone else readings.BEFORE_OF.format(number=part.number)
        for one in part.before:
            key = (one.used.source, one.used.tenant, one.used.snapshot_id)
            if key not in told:
                told.add(key)
                yield readings.told(one, role, part.record.plan.created_ms)
    for one in later:
        yield readings.told(one, readings.AFTER if alone else readings.AFTER_ALL)


def _minimised(pack: Pack, names: Minimiser) -> Pack:
    """Without the names of others, but for who acted: the operators, and actors of events. Later
    looks stand as the journal's lines have them, which hold them word for word."""
    small = names.value(pack)
    return replace(
        small,
        case=replace(pack.case, title=small.case.title),
        runs=tuple(_run(one, whole) for one, whole in zip(small.runs, pack.runs, strict=True)),
        rechecks=pack.rechecks,
        undone=pack.undone,
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


def _run(small: RunTold, whole: RunTold) -> RunTold:
    sources = small.sources
    if sources is not None and whole.sources is not None:
        sources = replace(sources, sources=_asked(sources, whole.sources))
    return replace(small, operator=whole.operator, sources=sources)


def _asked(small: SourcesAsked, whole: SourcesAsked) -> tuple[SourceAsked, ...]:
    return tuple(
        replace(one, asked_as=other.asked_as)
        for one, other in zip(small.sources, whole.sources, strict=True)
    )


def _step(small: StepTold, whole: StepTold) -> StepTold:
    return replace(small, event=whole.event)
