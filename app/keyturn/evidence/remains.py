"""What a run does not end, what cannot be seen, and what this report does not know."""

from collections.abc import Iterator, Sequence

from keyturn.decide.findings import ChangeKind
from keyturn.decide.plans import Plan, Verdict
from keyturn.evidence.moments import utc
from keyturn.evidence.pack import MachineTold, NotKnown, StepTold, SystemTold
from keyturn.evidence.readings import Reading
from keyturn.evidence.stated import Stated
from keyturn.evidence.subject import Subject
from keyturn_providers.records import Side

_SESSIONS = frozenset({ChangeKind.END_SESSION.value, ChangeKind.END_ALL_SESSIONS.value})
_ORPHANS = frozenset({"last manager", "last owner"})


def sessions_and_devices(steps: Sequence[StepTold]) -> tuple[str, ...]:
    """What was done about sessions, in words."""
    found = tuple(
        f"Step {one.number}: {one.words}: {one.verdict or one.state}"
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


def orphans_of(plan: Plan) -> tuple[str, ...]:
    """What the guards said of vaults and roles that would be left without anybody."""
    return tuple(
        f"{one.words} {', '.join(one.names)}".strip()
        for one in plan.guards
        if one.guard in _ORPHANS and (one.names or one.verdict is not Verdict.ALLOW)
    )


def residual_risks(steps: Sequence[StepTold], systems: Sequence[SystemTold]) -> tuple[str, ...]:
    """What may be open all the same."""
    return tuple(_risks(steps, systems))


def _risks(steps: Sequence[StepTold], systems: Sequence[SystemTold]) -> Iterator[str]:
    for one in steps:
        if not one.proven:
            why = one.error or one.verdict or one.state
            yield f"Step {one.number} is not proven ({one.words}): {why}"
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


def not_known(
    stated: Stated,
    subject: Subject,
    before: Sequence[Reading],
    later: Sequence[Reading],
    *,
    offboarding: bool,
) -> tuple[NotKnown, ...]:
    """Each field that an auditor asks for and keyturn cannot fill, with the reason."""
    return tuple(_not_known(stated, subject, before, later, offboarding=offboarding))


def _not_known(
    stated: Stated,
    subject: Subject,
    before: Sequence[Reading],
    later: Sequence[Reading],
    *,
    offboarding: bool,
) -> Iterator[NotKnown]:
    options = (
        ("case.left_at", stated.left_at, "--left-at"),
        ("case.approver", stated.approver, "--approver"),
        ("case.ticket", stated.ticket, "--ticket"),
        ("case.legal_hold", stated.legal_hold, "--legal-hold"),
    )
    for name, value, option in options:
        if value is None and offboarding:
            yield NotKnown(name, f"It was not stated ({option}), and keyturn asks no HR system.")
    if offboarding:
        for name in ("type of leaving", "last day and HR source", "notice received", "SLA class"):
            yield NotKnown(name, "HR has it; keyturn asks no HR system.")
        yield NotKnown("employee id", "No connected source gives one.")
        yield NotKnown("devices, factors and recovery paths", "No connected source lists them.")
        yield NotKnown("successors and new owners", "keyturn keeps no hand-over.")
        yield NotKnown(
            "rotation: class, due time, last changed, closed by",
            "keyturn does not read items, so it cannot see that one was changed.",
        )
    yield NotKnown("second person", "A run keeps who started it, and no second approval.")
    yield NotKnown("clock offsets", "They are shown by keyturn doctor and not kept with a run.")
    yield NotKnown("policy text", "Only its SHA-256 is kept with a run.")
    yield NotKnown(
        "page sizes and the server's own totals",
        "A snapshot keeps the proof of each listing in words, not its requests.",
    )
    for one in before:
        if one.snapshot is None:
            yield NotKnown(
                f"{one.used.source}: access before, listings",
                f"Snapshot {one.used.snapshot_id} is not in the cache any more.",
            )
    seen = {one.side for one in later}
    for one in before:
        if one.side not in seen:
            yield NotKnown(
                f"{one.used.source}: access after, by a whole reading",
                "It was not refreshed since the run; each step was read back by itself.",
            )
    if offboarding and subject.world is not None and subject.person is None:
        yield NotKnown("person", "The plan's snapshots have no such person.")
