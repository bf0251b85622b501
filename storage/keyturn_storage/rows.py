"""The row types storage hands out and takes in. Plain frozen values, nothing of SQLite.

Rows of decisions (people, findings, group links) are taken in these shapes, so that storage needs
nothing from `keyturn.decide`. All times are UTC milliseconds.
"""

from dataclasses import dataclass

from keyturn_providers.records import Listing, Side, SourceIdentity
from keyturn_storage.list_rows import DriftCounts as DriftCounts
from keyturn_storage.list_rows import FindingRow as FindingRow
from keyturn_storage.list_rows import GrantRow as GrantRow
from keyturn_storage.list_rows import GroupRow as GroupRow
from keyturn_storage.list_rows import PersonRow as PersonRow
from keyturn_storage.list_rows import SourceRow as SourceRow


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """A snapshot without its rows. `state` is "reading", "sealed" or "abandoned"."""

    id: int
    source: SourceIdentity
    started_ms: int
    ended_ms: int | None
    state: str
    complete: bool
    listings: tuple[Listing, ...] = ()
    blind_spots: tuple[str, ...] = ()
    invariants: tuple[tuple[str, str], ...] = ()
    """(rule, "passed" | "failed: why" | "skipped: why")"""
    error: str = ""
    accounts: int = 0
    groups: int = 0
    memberships: int = 0
    vaults: int = 0
    grants: int = 0
    machines: int = 0
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class PersonIn:
    """A matched person as decided, for the cache. `sign` and `severity_rank` are the worst of the
    person's findings ("=" and 9 where there are none)."""

    key: str
    name: str
    directory_id: str | None
    secrets_id: str | None
    matched_by: str
    sign: str
    severity_rank: int
    findings: int


@dataclass(frozen=True, slots=True)
class GroupLinkIn:
    """A directory group and the secrets group that stands for it; one of them may be missing."""

    key: str
    name: str
    directory_id: str | None
    secrets_id: str | None
    in_policy: bool
    sign: str
    findings: int


@dataclass(frozen=True, slots=True)
class FindingIn:
    """A finding as decided. `*_ref` are "side/kind/id"; `body` is the finding as JSON."""

    id: str
    kind: str
    severity: str
    severity_rank: int
    sign: str
    person_key: str
    subject_ref: str
    subject_name: str
    object_ref: str
    object_name: str
    words: str
    body: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in the journal. `state` is "running", "stopped" or "ended"."""

    id: str
    plan_id: str
    scope: str
    title: str
    operator: str
    started_ms: int
    ended_ms: int | None
    state: str
    plan_json: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """Where one operation of a run stands: the newest journal entry about it, folded.

    `state` is a word of `keyturn.decide.steps.State`. `intent` and `outcome` are JSON. `done_ms` is
    when it was first taken, or may have been; later verdicts do not move it."""

    run_id: str
    operation_id: str
    number: int
    state: str
    words: str
    at_ms: int
    attempts: int
    intent: str
    outcome: str
    verdict: str
    error: str
    done_ms: int | None = None


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """Who works on a target. `run_id` says for which run, where it is for one."""

    target: str
    holder: str
    host: str
    pid: int
    process_start: str
    operation: str
    generation: int
    taken_ms: int
    expires_ms: int
    run_id: str


@dataclass(frozen=True, slots=True)
class ArchivedEvent:
    """An audit event kept for evidence. `side` and `source` say whose log it was."""

    run_id: str
    operation_id: str
    source: str
    side: Side
    event_id: str
    at_ms: int
    actor: str
    action: str
    target: str
    source_address: str
    raw: str
