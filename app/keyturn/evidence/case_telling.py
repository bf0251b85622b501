"""The head of the pack: the runs, whom they are about, and each plan with its guards."""

from collections import Counter
from collections.abc import Sequence

from keyturn.decide.rechecks import CameBack
from keyturn.evidence.case_record import Beside
from keyturn.evidence.moments import utc
from keyturn.evidence.names_of_files import PLAN
from keyturn.evidence.pack_person import CaseTold, PersonTold
from keyturn.evidence.pack_runs import GuardTold, LeftTold, PlanTold, RunTold, StepTold, UndoneTold
from keyturn.evidence.run_record import RunRecord
from keyturn.evidence.stated import Stated
from keyturn.evidence.subject import Subject
from keyturn.evidence.totals import all_proven, taken_back, totals_of, verdict_of
from keyturn.run.basis import SourcesAsked
from keyturn_providers.records import Side


def told_case(
    runs: Sequence[RunTold],
    steps: Sequence[StepTold],
    stated: Stated,
    besides: Beside,
) -> CaseTold:
    """All runs together, with what was stated about them, here and in the leaver's case."""
    first, case = runs[0], besides.case
    totals = totals_of(runs, steps)
    unended = [run for run in runs if run.state != "ended"]
    alone = len(runs) == 1
    return CaseTold(
        case=case.id if case else None,
        opened_by=case.opened_by if case else None,
        opened=utc(case.opened_ms) if case else None,
        type=case.facts.kind or None if case else None,
        mode=case.facts.mode or None if case else None,
        runs=tuple(run.run for run in runs),
        scope=first.scope,
        title=first.title,
        state=unended[-1].state if unended else "ended",
        operators=tuple(dict.fromkeys(run.operator for run in runs)),
        started=first.started,
        ended=runs[-1].ended if not unended else None,
        left_at=utc(stated.left_ms) if stated.left_ms is not None else None,
        left_at_as_stated=stated.left_at,
        approver=stated.approver,
        ticket=stated.ticket,
        legal_hold=stated.legal_hold,
        stated=stated.fields,
        from_case=stated.from_case,
        totals=totals,
        proven=(first.proven if alone else all_proven(runs, totals)) and not besides.again,
        verdict=later_words(besides.undone, besides.came_back)
        + (first.verdict if alone else verdict_of(runs, totals)),
    )


def told_run(
    record: RunRecord,
    number: int,
    steps: Sequence[StepTold],
    plan: PlanTold,
    sources: SourcesAsked | None,
) -> RunTold:
    """One run by itself; `steps` are those of all runs."""
    row = record.row
    mine = [step for step in steps if step.run == number]
    return RunTold(
        number=number,
        run=row.id,
        scope=row.scope,
        title=record.plan.title,
        state=record.state,
        operator=row.operator,
        started=utc(row.started_ms),
        ended=utc(record.ended_ms) if record.ended_ms is not None else None,
        undoes=record.plan.undoes or None,
        taken_back=taken_back(number, steps),
        proven=record.state == "ended" and all(one.proven for one in mine),
        verdict=run_verdict(record.state, mine),
        plan=plan,
        sources=sources,
    )


def later_words(undone: Sequence[UndoneTold], back: Sequence[tuple[int, CameBack]]) -> str:
    """What happened since, before everything else: it may make the rest worthless."""
    said = [f"UNDONE by run {one.run} at {one.at}. " for one in undone]
    if back:
        said.append(f"CAME BACK, seen at {utc(back[-1][0])}: {len(back)}. ")
    return "".join(said)


def run_verdict(state: str, steps: Sequence[StepTold]) -> str:
    """What came of one run, in words; `steps` are its own."""
    open_ = [one.label for one in steps if not one.proven]
    if not steps:
        return "There was nothing to do."
    if open_:
        return f"NOT PROVEN: {len(open_)} of {len(steps)} steps ({', '.join(open_)})."
    counts = Counter(one.verdict for one in steps)
    parts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    end = "" if state == "ended" else f" The run itself is {state}."
    return f"All {len(steps)} steps proven ({parts}).{end}"


def told_person(subject: Subject) -> PersonTold | None:
    """The leaver, as far as the plan or its snapshots know; None for a run about several."""
    if not subject.key:
        return None
    person = subject.person
    accounts = [one for side in Side if (one := subject.account(side)) is not None]
    first = accounts[0] if accounts else None
    name = person.name if person else next(iter(subject.names.values()), subject.key)
    return PersonTold(
        key=subject.key,
        name=name,
        logins=tuple(dict.fromkeys(one.name for one in accounts)),
        emails=tuple(dict.fromkeys(mail.address for one in accounts for mail in one.emails)),
        title=first.title or None if first else None,
        department=first.department or None if first else None,
        manager=first.manager or None if first else None,
        matched_by=person.matched_by.value if person else None,
    )


def told_plan(record: RunRecord, file: str, policy: str) -> PlanTold:
    """The plan as it was reviewed: guards, what was left alone, where its text is, and that of the
    policy."""
    plan = record.plan
    return PlanTold(
        id=plan.id,
        digest=plan.digest,
        created=utc(plan.created_ms),
        program=plan.program,
        sha256_in_journal=record.plan_sha256,
        text=f"{file}, word for word; its SHA-256 is in the journal's entry of the run"
        if file.endswith(PLAN)
        else f"{file}, without the names of other people; the SHA-256 in the journal is that of "
        "the whole text, which stays in the journal",
        policy_sha256=plan.policy_digest,
        policy=policy,
        guards=tuple(
            GuardTold(one.guard, one.verdict.value, one.words, one.names, one.next_step)
            for one in plan.guards
        ),
        left_alone=tuple(LeftTold(one.words, one.reason) for one in plan.left_alone),
    )
