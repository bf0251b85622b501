"""The leaver pack: what an auditor asks about one run, or about all runs of a case, as plain values
in the order they are read.

What keyturn does not know is None, and named in `not_known` with the reason; nothing is made up.
All times are UTC, written as in `moments.utc`. A `label` names a step: by its number, and by that
of its run too (2.5) where there are several.
"""

from dataclasses import dataclass

from keyturn.run.basis import SourcesAsked

FORMAT = "keyturn leaver pack 4"


@dataclass(frozen=True, slots=True)
class NotKnown:
    field: str
    why: str


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
class CaseTold:
    """`runs` are the ids of those in this evidence, oldest first. `stated` are what the operator
    said on the command line of the report, `from_case` what was stated in the leaver's case;
    keyturn checked none of it."""

    case: str | None
    opened_by: str | None
    opened: str | None
    type: str | None
    mode: str | None
    runs: tuple[str, ...]
    scope: str
    title: str
    state: str
    operators: tuple[str, ...]
    started: str
    ended: str | None
    left_at: str | None
    left_at_as_stated: str | None
    approver: str | None
    ticket: str | None
    legal_hold: str | None
    stated: tuple[str, ...]
    from_case: tuple[str, ...]
    totals: TotalsTold
    proven: bool
    verdict: str


@dataclass(frozen=True, slots=True)
class PersonTold:
    key: str
    name: str
    logins: tuple[str, ...]
    emails: tuple[str, ...]
    title: str | None
    department: str | None
    manager: str | None
    matched_by: str | None


@dataclass(frozen=True, slots=True)
class AccessTold:
    """One way in, before and after. `step` is the label of the last step that took it, None where
    none did; `found_by` the number of the first run whose plan found it. `seen_later` is what the
    first whole refresh after the last run says."""

    kind: str
    name: str
    id: str
    level: str
    via: str
    step: str | None
    after: str
    seen_later: str | None
    found_by: int = 1


@dataclass(frozen=True, slots=True)
class WindowTold:
    """A time in which the account was on. `from_` None: no leave time was stated; `until` None: no
    end is proven."""

    from_: str | None
    until: str | None
    minutes: int | None
    because: str


@dataclass(frozen=True, slots=True)
class ExposureTold:
    """From leave time to the verified cut, and from each return to the next one. `minutes`, of all
    windows together, None with `open`: the last never ended as far as is proven. `at_most`: it
    ended earlier than keyturn saw it, or began later. `cut` is the end of the last one."""

    minutes: int | None
    open: bool
    at_most: bool
    cut: str | None
    last_cut: str | None
    last_minutes: int | None
    words: str
    windows: tuple[WindowTold, ...] = ()


@dataclass(frozen=True, slots=True)
class SystemTold:
    source: str
    kind: str
    tenant: str
    side: str
    account: str | None
    account_id: str | None
    state_before: str | None
    access_from: str
    access: tuple[AccessTold, ...]
    exposure: ExposureTold


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
    same to the same, `about` tells what is done and taken back again (`totals.about_of`), `run` is
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
class ListingTold:
    """All listings of one collection. `pages` is in how many answers they came, None where that was
    not kept; `proofs` are the words that say why they are complete."""

    collection: str
    listings: int
    complete: int
    pages: int | None
    rows: int
    unreadable: int
    proofs: tuple[str, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CountTold:
    what: str
    rows: int


@dataclass(frozen=True, slots=True)
class ReadingTold:
    """One reading of a source that the plan rests on, or that came after. `kept` is False where the
    snapshot is not in the cache any more; then only what the plan says of it is known."""

    role: str
    source: str
    kind: str
    tenant: str
    snapshot: int
    began: str
    ended: str | None
    age_minutes: int | None
    complete: bool
    kept: bool
    rows_sha256: str | None
    counts: tuple[CountTold, ...]
    listings: tuple[ListingTold, ...]
    invariants: tuple[tuple[str, str], ...]
    blind_spots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MachineTold:
    name: str
    id: str
    kind: str
    source: str
    last_used: str | None
    expires: str | None
    new_owner: str | None
    words: str


@dataclass(frozen=True, slots=True)
class RotationEntryTold:
    """One item to be changed, never what is in it; `item` None stands for everything else in the
    vault. `urgency` is its class. `closed` is when it was changed for good, `closed_by` the account
    that did; `change_is_seen` says whether a change can be seen at all."""

    item: str | None
    vault: str
    vault_name: str
    contact: str
    times: int
    last_used: str | None
    last_changed: str | None
    urgency: str
    due: str
    because: str
    change_is_seen: bool
    perhaps_changed: str | None
    closed: str | None
    closed_by: str | None


@dataclass(frozen=True, slots=True)
class RotationTold:
    """Most urgent first, closed entries last. `basis` says what the list rests on, `items_listed`
    when items were last looked at, `missing` which part of the period no archive covers."""

    basis: tuple[str, ...]
    left: str | None
    cut: str | None
    from_: str | None
    until: str | None
    items_listed: str | None
    usage_known: bool
    entries: tuple[RotationEntryTold, ...]
    entries_in_all: int
    open: int
    changes_not_seen_in: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ControlTold:
    framework: str
    control: str
    asks: str
    evidence: str
    not_proven: str


@dataclass(frozen=True, slots=True)
class JournalTold:
    start_seq: int
    start_hash: str
    seq: int
    hash: str
    entries: int
    withheld: int
    not_told: tuple[str, ...]
    """The operations of these runs that are about others who left with them."""


@dataclass(frozen=True, slots=True)
class ToolTold:
    keyturn: str
    logic_sha256: str


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


@dataclass(frozen=True, slots=True)
class CaseNoteTold:
    """Something decided in the case; `entry` of the journal covers it."""

    what: str
    words: str
    by: str
    at: str
    entry: int


@dataclass(frozen=True, slots=True)
class ExceptionTold:
    """What the policy let the person hold outside of its mappings, and who answers for it."""

    vault: str
    vault_id: str
    level: str
    until: str
    owner: str
    reason: str
    ticket: str | None


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
class Pack:
    """Everything, in the order of the page."""

    format: str
    case: CaseTold
    person: PersonTold | None
    runs: tuple[RunTold, ...]
    systems: tuple[SystemTold, ...]
    steps: tuple[StepTold, ...]
    sessions_and_devices: tuple[str, ...]
    machines: tuple[MachineTold, ...]
    orphans: tuple[str, ...]
    exceptions: tuple[ExceptionTold, ...]
    decided: tuple[CaseNoteTold, ...]
    rechecks: tuple[RecheckTold, ...]
    undone: tuple[UndoneTold, ...]
    rotation: RotationTold
    residual_risks: tuple[str, ...]
    completeness: tuple[ReadingTold, ...]
    blind_spots: tuple[str, ...]
    controls: tuple[ControlTold, ...]
    recheck: tuple[tuple[str, str], ...]
    journal: JournalTold
    tool: ToolTold
    not_known: tuple[NotKnown, ...]
