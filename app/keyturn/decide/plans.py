"""A plan: an ordered, hashed set of operations. A value; preview and apply walk the same steps."""

from dataclasses import dataclass
from enum import StrEnum

from keyturn.decide.findings import Change

_RUN = "run:"
PLAN_FORMAT = 2
"""1 had no changes with permissions, an e-mail address or a moment."""


class PlanScope(StrEnum):
    """What a plan is made from. FINDINGS are those that were chosen, SYNC is all of them."""

    SYNC = "sync"
    OFFBOARD = "offboard"
    FINDINGS = "findings"
    UNDO = "undo"
    MOVE = "move"

    @property
    def by_name(self) -> bool:
        """Whether such a plan says by name what it changes, each read live by id, and rests on
        nothing that a listing lacks."""
        return self in {PlanScope.OFFBOARD, PlanScope.UNDO}

    def subject(self, run_id: str, person_key: str = "") -> str:
        """The `subject_key` of a plan of this scope that is about a run, or about what it has of
        one person."""
        return f"{_RUN}{run_id}/{person_key}" if person_key else f"{_RUN}{run_id}"


@dataclass(frozen=True, slots=True)
class Operation:
    """One typed change. `id` is unique for ever (it travels to the target's audit log).

    `precondition` says in words what must still be true; the engine re-reads it live before the
    call. `inverse` undoes it, None with `irreversible` saying why. `expected` says in words what
    proof is looked for. `depends_on` are ids of operations that must be done first. `stage` is a
    number of `order.Stage`.
    """

    id: str
    number: int
    change: Change
    words: str
    precondition: str
    expected: str
    inverse: Change | None = None
    irreversible: str = ""
    depends_on: tuple[str, ...] = ()
    stage: int = 0
    finding_ids: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """Side effects in names: e.g. vaults lost because they hang on the same carrier."""


class Verdict(StrEnum):
    """What a guard says: ASK wants the operator's word, REFUSE lets nothing of the plan be done."""

    ALLOW = "allow"
    ASK = "ask"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class GuardVerdict:
    """One guard's word on a plan: which rule, which names, what would pass."""

    guard: str
    verdict: Verdict
    words: str
    names: tuple[str, ...] = ()
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """Something in scope that the plan does not change, and why. Counted and shown."""

    words: str
    reason: str


@dataclass(frozen=True, slots=True)
class SnapshotUsed:
    """A snapshot the plan was decided from, and whether all its listings are complete."""

    source: str
    kind: str
    tenant: str
    snapshot_id: int
    taken_ms: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """`id` is the first 12 hex digits of `digest`, the SHA-256 over everything else.

    `confirm_with` is what the operator must type: the login (one person) or the count.
    `subject_key` is the leaver's key, or "run:" and the id of the run that is undone, with a slash
    and the key of the one person of whom it is; the keys of several leavers are a line each.
    """

    id: str
    digest: str
    format: int
    created_ms: int
    program: str
    scope: PlanScope
    title: str
    subject_key: str
    policy_digest: str
    snapshots: tuple[SnapshotUsed, ...]
    operations: tuple[Operation, ...]
    guards: tuple[GuardVerdict, ...]
    left_alone: tuple[LeftAlone, ...]
    blind_spots: tuple[str, ...]
    confirm_with: str

    @property
    def undoes(self) -> str:
        """The id of the run that this plan takes back; empty for every other plan."""
        return self._undone[0]

    @property
    def undoes_of(self) -> str:
        """The key of the one person whose steps of that run it takes back; empty where it is all of
        them, and for every other plan."""
        return self._undone[1]

    @property
    def _undone(self) -> tuple[str, str]:
        if self.scope is not PlanScope.UNDO:
            return "", ""
        run_id, _, person_key = self.subject_key.removeprefix(_RUN).partition("/")
        return run_id, person_key

    @property
    def subjects(self) -> tuple[str, ...]:
        """The keys of the persons that this plan puts out or moves; empty for every other plan."""
        named = self.scope in {PlanScope.OFFBOARD, PlanScope.MOVE}
        return tuple(self.subject_key.split("\n")) if named and self.subject_key else ()

    @property
    def refused(self) -> bool:
        """Whether a guard refuses it."""
        return any(v.verdict is Verdict.REFUSE for v in self.guards)

    @property
    def asks(self) -> bool:
        """Whether a guard asks about it."""
        return any(v.verdict is Verdict.ASK for v in self.guards)
