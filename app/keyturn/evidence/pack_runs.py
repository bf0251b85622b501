"""What the pack tells of runs: each with its plan and its steps, their sum, and what came after."""

from dataclasses import dataclass

from keyturn.run.basis import SourcesAsked


@dataclass(frozen=True, slots=True)
class VerdictTold:
    """How many proven changes have this verdict."""

    verdict: str
    changes: int


@dataclass(frozen=True, slots=True)
class TotalsTold:
    """Over all runs. The same change in several of them counts once, by the last look at it.

    `proven`: how many are in effect, as far as the source lets anybody see. The rest by the labels
    of their steps: `open` is to be done or not known, `unproven` was accepted and not seen,
    `put_back` was taken back by an undo and not made since, `not_done` was refused or given up in
    the last run, `not_planned_again` in an earlier one, and the last did not find it wanted.
    """

    runs: int
    steps: int
    changes: int
    proven: int
    verdicts: tuple[VerdictTold, ...]
    open: tuple[str, ...]
    unproven: tuple[str, ...]
    not_done: tuple[str, ...]
    put_back: tuple[str, ...]
    not_planned_again: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventTold:
    """An event of the target's own audit log. `seconds` after the intent, by the target's clock."""

    id: str
    at: str
    actor: str
    action: str
    target: str
    source_address: str | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class EntryTold:
    """One entry of the journal about a step."""

    entry: int
    at: str
    state: str
    verdict: str
    error: str


@dataclass(frozen=True, slots=True)
class StepTold:
    """One operation from plan to proof. `observed` is when it was read back, `no_event` why no
    audit event proves it and until when there was time. `change` is equal for steps that do the
    same to the same, `about` tells what is done and taken back again (`decide.about`), `run` is
    the number of the step's run."""

    run: int
    number: int
    label: str
    change: str
    about: tuple[str, ...]
    operation: str
    kind: str
    source: str
    words: str
    object: str
    precondition: str
    expected: str
    irreversible: str
    also: tuple[str, ...]
    depends_on: tuple[str, ...]
    state: str
    verdict: str
    proven: bool
    sent: bool
    attempts: int
    read_before: str | None
    intended: str | None
    answered: str | None
    answer: str
    request_ids: tuple[str, ...]
    observed: str | None
    read_back: str | None
    event: EventTold | None
    no_event: str | None
    other_events: tuple[str, ...]
    error: str
    controls: tuple[str, ...]
    history: tuple[EntryTold, ...]


@dataclass(frozen=True, slots=True)
class GuardTold:
    guard: str
    verdict: str
    words: str
    names: tuple[str, ...]
    next_step: str


@dataclass(frozen=True, slots=True)
class LeftTold:
    words: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlanTold:
    """`text` says where the whole plan is, `policy` what is kept of the policy it rests on."""

    id: str
    digest: str
    created: str
    program: str
    sha256_in_journal: str
    text: str
    policy_sha256: str
    policy: str
    guards: tuple[GuardTold, ...]
    left_alone: tuple[LeftTold, ...]


@dataclass(frozen=True, slots=True)
class RunTold:
    """One run. `undoes` is the id of the run it takes back, `taken_back` the labels of its own
    steps that a later run took back. `sources` are as they answered when it began, None where not
    kept."""

    number: int
    run: str
    scope: str
    title: str
    state: str
    operator: str
    started: str
    ended: str | None
    undoes: str | None
    taken_back: tuple[str, ...]
    proven: bool
    verdict: str
    plan: PlanTold
    sources: SourcesAsked | None


@dataclass(frozen=True, slots=True)
class RecheckTold:
    """A later look at what the run with this number cut."""

    run: int
    at: str
    moment: str
    words: str
    came_back: tuple[str, ...]
    not_seen: tuple[str, ...]
    put_back: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UndoneTold:
    """A later run that takes one of these back, and is not in this evidence."""

    run: str
    at: str
    operator: str
    state: str
