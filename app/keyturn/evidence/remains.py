"""What a run does not end, what cannot be seen, and what this report does not know."""

from collections.abc import Iterable, Iterator, Sequence

from keyturn.decide.findings import ChangeKind
from keyturn.decide.plans import Plan, Verdict
from keyturn.evidence.basis_told import Basis
from keyturn.evidence.case_record import Beside
from keyturn.evidence.moments import utc
from keyturn.evidence.pack_basis import NotKnown
from keyturn.evidence.pack_person import ExceptionTold, MachineTold, SystemTold
from keyturn.evidence.pack_runs import RunTold, StepTold, TotalsTold
from keyturn.evidence.readings import Reading
from keyturn.evidence.stated import Stated
from keyturn.evidence.subject import Subject
from keyturn.run.items_kept import items_kept
from keyturn_providers.records import Side

_SESSIONS = frozenset({ChangeKind.END_SESSION.value, ChangeKind.END_ALL_SESSIONS.value})
_ORPHANS = frozenset({"last manager", "last owner"})


def sessions_and_devices(steps: Sequence[StepTold]) -> tuple[str, ...]:
    """What was done about sessions, in words."""
    found = tuple(
        f"Step {one.label}: {one.words}: {one.verdict or one.state}"
        for one in steps
        if one.kind in _SESSIONS
    )
    return found or ("No step of this run ends a session.",)


def machines_of(subject: Subject) -> tuple[MachineTold, ...]:
    """The machine identities that belong to the person, from the plan's snapshots."""
    if subject.world is None or subject.person is None:
        return ()
    return tuple(
        MachineTold(
            name=machine.name,
            id=machine.id,
            kind=machine.kind,
            source=subject.world.side(side).name,
            last_used=utc(machine.last_used_ms) if machine.last_used_ms is not None else None,
            expires=utc(machine.expires_ms) if machine.expires_ms is not None else None,
            new_owner=None,
            words="ends with the account of its owner"
            if machine.dies_with_owner
            else "outlives the account: hand it over, then rotate what it knows",
        )
        for side in Side
        for machine in subject.world.side(side).snapshot.machines
        if machine.owner_account_id in subject.ids.get(side, ())
    )


def exceptions_of(subject: Subject) -> tuple[ExceptionTold, ...]:
    """The policy's exceptions for the person, as the plan's policy had them; nothing where that
    policy is not at hand."""
    if subject.world is None:
        return ()
    return tuple(
        ExceptionTold(
            vault=one.vault.name,
            vault_id=one.vault.id,
            level=one.level.value,
            until=utc(one.until_ms),
            owner=one.owner,
            reason=one.reason,
            ticket=one.ticket or None,
        )
        for one in subject.world.waivers.get(subject.key, ())
    )


def orphans_of(plans: Iterable[Plan]) -> tuple[str, ...]:
    """What the guards said of vaults and roles that would be left without anybody, each once."""
    return tuple(
        dict.fromkeys(
            f"{one.words} {', '.join(one.names)}".strip()
            for plan in plans
            for one in plan.guards
            if one.guard in _ORPHANS and (one.names or one.verdict is not Verdict.ALLOW)
        )
    )


def residual_risks(
    runs: Sequence[RunTold],
    totals: TotalsTold,
    steps: Sequence[StepTold],
    systems: Sequence[SystemTold],
    besides: Beside,
) -> tuple[str, ...]:
    """What may be open all the same."""
    return tuple(_risks(runs, totals, steps, systems, besides))


def _risks(
    runs: Sequence[RunTold],
    totals: TotalsTold,
    steps: Sequence[StepTold],
    systems: Sequence[SystemTold],
    besides: Beside,
) -> Iterator[str]:
    for undo in besides.undone:
        yield f"The run was undone by run {undo.run} at {undo.at} ({undo.state})."
    for run_id in besides.other_runs:
        case_id = besides.case.id if besides.case is not None else ""
        yield f"Run {run_id} of the same case is not in this evidence: keyturn report {case_id}"
    for run in runs:
        if run.undoes is not None and len(runs) > 1:
            yield (
                f"Run {run.number} took run {_number(runs, run.undoes)} back, from {run.started} "
                f"on ({run.state})."
            )
    for at_ms, back in besides.came_back:
        yield f"Came back, seen at {utc(at_ms)}: {back.words}: {back.why}"
    for looks in besides.looks.values():
        for blind in looks[-1].not_seen if looks else ():
            at = utc(looks[-1].at_ms)
            yield f"Could not be looked at again at {at}: {blind.words}: {blind.reason}"
    yield from _not_proven(runs, totals, steps)
    for system in systems:
        if system.exposure.open:
            yield f"{system.source}: {system.exposure.words}"
    yield (
        "A device that was offline may hold a readable copy, and nobody can cut off what was "
        "remembered, copied, exported or shared by link: only rotation helps."
    )
    yield (
        "Access tokens and cookies that applications issued themselves live until they expire, "
        "whatever the directory says."
    )


def _number(runs: Sequence[RunTold], run_id: str) -> str:
    return next((str(run.number) for run in runs if run.run == run_id), run_id)


def _not_proven(
    runs: Sequence[RunTold], totals: TotalsTold, steps: Sequence[StepTold]
) -> Iterator[str]:
    bad = {*totals.open, *totals.unproven, *totals.not_done}
    put_back = {*totals.put_back}
    for one in steps:
        if one.label in bad if len(runs) > 1 else not one.proven:
            why = one.error or one.verdict or one.state
            yield f"Step {one.label} is not proven ({one.words}): {why}"
        elif one.label in put_back:
            yield f"Step {one.label} was put back by an undo, and not done again ({one.words})"
        elif one.label in totals.not_planned_again:
            why = one.error or one.verdict or one.state
            yield (
                f"Step {one.label} was not done ({one.words}): {why}; no later run planned it again"
            )


def not_known(
    stated: Stated,
    subject: Subject,
    besides: Beside,
    before: Sequence[Reading],
    later: Sequence[Reading],
    bases: Sequence[Basis],
    policy_digest: str,
) -> tuple[NotKnown, ...]:
    """Each field that an auditor asks for and keyturn cannot fill, with the reason. `bases` are
    what each run rested on."""
    leaver = _of_the_leaver(stated, subject, besides, policy_digest) if subject.key else ()
    return (*leaver, *_of_every_run(before, later, bases))


def _of_the_leaver(
    stated: Stated, subject: Subject, besides: Beside, policy_digest: str
) -> Iterator[NotKnown]:
    options = (
        ("case.left_at", stated.left_at, "--left-at"),
        ("case.approver", stated.approver, "--approver"),
        ("case.ticket", stated.ticket, "--ticket"),
        ("case.legal_hold", stated.legal_hold, "--legal-hold"),
    )
    for name, value, option in options:
        if value is None:
            why = f"It was stated neither in a case nor here ({option}); keyturn asks no HR system."
            yield NotKnown(name, why)
    case = besides.case
    if case is None:
        yield NotKnown("case.case", "The run belongs to no case of this person.")
        yield NotKnown("successors and waivers", "The run belongs to no case of this person.")
    if case is None or not case.facts.kind:
        yield NotKnown("case.type", "Nobody stated the type of leaving in a case.")
    if case is None or not case.facts.mode:
        yield NotKnown("case.mode", "Nobody stated emergency or standard in a case.")
    for name in ("last day and HR source", "notice received", "SLA class"):
        yield NotKnown(name, "HR has it; keyturn asks no HR system.")
    if subject.world is None or subject.world.rules.digest != policy_digest:
        yield NotKnown(
            "exceptions of the policy",
            "Neither the plan's snapshots nor keyturn.yaml of that time are at hand; the policy's "
            "text is in this bundle where it was kept.",
        )
    yield NotKnown("employee id", "No connected source gives one.")
    yield NotKnown("devices, factors and recovery paths", "No connected source lists them.")
    yield NotKnown("new owners of machine identities", "keyturn keeps no hand-over of them.")
    if case is None or items_kept(case) is None:
        yield NotKnown(
            "rotation: last changed, closed, closed by",
            "Nobody listed the items for a case of this person (keyturn rotation CASE).",
        )
    if not besides.rechecks:
        yield NotKnown("re-verify results", "Nobody looked again (keyturn recheck) since the run.")
    if subject.world is not None and subject.person is None:
        yield NotKnown("person", "The plan's snapshots have no such person.")


def _of_every_run(
    before: Sequence[Reading], later: Sequence[Reading], bases: Sequence[Basis]
) -> Iterator[NotKnown]:
    yield NotKnown("second person", "A run keeps who started it, and no second approval.")
    for number, basis in enumerate(bases, start=1):
        of = f"run {number}: " if len(bases) > 1 else ""
        if basis.sources is None:
            words = "What the sources said of themselves was not kept with this run, or was purged."
            yield NotKnown(f"{of}clock offsets, page sizes, who keyturn was there", words)
        if not basis.policy_there:
            yield NotKnown(f"{of}policy text", basis.policy)
    yield NotKnown(
        "each request of a reading",
        "A snapshot keeps of each listing its pages, its rows and the proof in words, with the "
        "server's own total where it gives one, not its requests.",
    )
    seen = {one.side for one in later}
    for one in before:
        if one.snapshot is None:
            yield NotKnown(
                f"{one.used.source}: access before, listings",
                f"Snapshot {one.used.snapshot_id} is not in the cache any more.",
            )
        if one.side not in seen:
            yield NotKnown(
                f"{one.used.source}: access after, by a whole reading",
                "It was not refreshed since the run; each step was read back by itself.",
            )
