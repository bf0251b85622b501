"""What the dashboard asks about the cases of leavers. Every coroutine runs in a job's thread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from keyturn.tui.engine import Ended, Observe, Stop
from keyturn_storage.case_rows import Facts

if TYPE_CHECKING:
    from keyturn.decide.blast_radius import BlastRadius
    from keyturn.decide.findings import Change
    from keyturn.decide.plans import Plan
    from keyturn.decide.rechecks import Recheck
    from keyturn.decide.successors import Candidate
    from keyturn.run.giving_up import OpenStep
    from keyturn.run.rotation import RotationFound
    from keyturn.run.shared_rotation import SharedFound


@dataclass(frozen=True, slots=True)
class VaultLeft:
    """A vault that nobody but the leaver manages, and what was decided: who takes over (key and
    name), or why nobody has to. Nothing of it is set while nothing was decided."""

    id: str
    name: str
    successor: str = ""
    successor_name: str = ""
    waiver: str = ""

    @property
    def decided(self) -> bool:
        """Whether it is no reason any more to refuse the plan."""
        return bool(self.successor or self.waiver)


@dataclass(frozen=True, slots=True)
class Share:
    """What of a plan is about one leaver: the ids of its operations."""

    name: str
    operations: frozenset[str]


@dataclass(frozen=True, slots=True)
class Draft:
    """What is decided of an offboarding before its plan is made. `skips` are changes that are left
    out, each with its reason. Of a plan that was made, `shares` are what each leaver has of it."""

    people: tuple[str, ...]
    name: str
    vaults: tuple[VaultLeft, ...] = ()
    skips: "Mapping[Change, str]" = field(default_factory=dict)
    emergency: bool = False
    shares: tuple[Share, ...] = ()

    @property
    def undecided(self) -> tuple[VaultLeft, ...]:
        return tuple(vault for vault in self.vaults if not vault.decided)


@dataclass(frozen=True, slots=True)
class StepOfCase:
    """A step of a run, as far as it is about the leaver."""

    number: int
    words: str
    state: str
    verdict: str


@dataclass(frozen=True, slots=True)
class RunOfCase:
    """A run of a case. `proven` counts the steps with a good verdict; `undoes` is the run that it
    took back."""

    id: str
    scope: str
    proven: int
    steps: tuple[StepOfCase, ...]
    undoes: str = ""

    @property
    def open(self) -> int:
        """How many of its steps are still to be called, or nobody knows of."""
        return sum(step.state in {"planned", "intended", "unknown"} for step in self.steps)


@dataclass(frozen=True, slots=True)
class CaseSeen:
    """One leaver's case; `id` is empty where there is none yet. `known` says whether the person is
    in the newest snapshots. `notes` are comments, closings and re-openings in words."""

    id: str
    name: str
    login: str
    state: str
    missing: tuple[str, ...]
    facts: Facts
    vaults: tuple[VaultLeft, ...] = ()
    runs: tuple[RunOfCase, ...] = ()
    notes: tuple[str, ...] = ()
    opened: str = ""
    reopened: bool = False
    known: bool = True


@dataclass(frozen=True, slots=True)
class LeaverSeen:
    """One of several who leave at once. `held` is what the person can reach, None for somebody whom
    the newest snapshots do not know."""

    key: str
    case: CaseSeen
    held: "BlastRadius | None" = None


@dataclass(frozen=True, slots=True)
class LeaversSeen:
    """Several who leave at once, and the vaults that nobody but these people manages."""

    leavers: tuple[LeaverSeen, ...]
    vaults: tuple[VaultLeft, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case in the list of all."""

    no: int
    id: str
    person_key: str
    name: str
    login: str
    state: str
    reopened: bool
    missing: tuple[str, ...]
    facts: Facts
    opened_ms: int
    opened_by: str
    runs: int


@dataclass(frozen=True, slots=True)
class CasesSeen:
    """The newest cases, those that need somebody first; `total` counts those without a limit."""

    lines: tuple[CaseLine, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """A bundle that was written: where, and what it says in a sentence or two."""

    folder: Path
    zip: Path
    zip_sha256: str
    verdict: str
    signed: str
    not_known: int
    checkpoint: str


class CaseDesk(Protocol):
    """The work behind Offboard, Cases and Rotation. Errors are raised as they come."""

    async def look(self, person_key: str, case_id: str = "") -> CaseSeen:
        """The case with this id, else the person's newest. Asks no source."""
        ...

    async def state(self, person_key: str, case_id: str, said: Mapping[str, object]) -> CaseSeen:
        """Keeps what was stated, by the fields of `Facts`, in the person's open case; opens one
        where there is none."""
        ...

    async def look_at_all(self, people: Sequence[str]) -> LeaversSeen:
        """The newest case of each of these people, and what each can reach. Asks no source."""
        ...

    async def state_of_all(self, people: Sequence[str], said: Mapping[str, object]) -> LeaversSeen:
        """As `state`, the same of each."""
        ...

    async def candidates(self, people: Sequence[str], vault_id: str) -> "tuple[Candidate, ...]":
        """Who could take a vault over when these people leave, the most likely first."""
        ...

    async def plan(self, draft: Draft, observe: Observe) -> "tuple[Plan, Draft]":
        """The plan about the leavers as they are now; and the draft with every vault that would be
        left without a manager. What was decided is kept in their cases."""
        ...

    async def plan_again(
        self, findings: frozenset[str] | None, skips: "Mapping[Change, str]"
    ) -> "Plan":
        """The plan that mends these findings, or all, without what is skipped."""
        ...

    async def plan_retry(self, failed: "Sequence[tuple[str, str]]") -> "Plan":
        """What these operations of runs were to do, planned anew and nothing else."""
        ...

    async def plan_move(self, person_key: str, observe: Observe) -> "Plan":
        """The plan that takes from somebody what their new role does not justify."""
        ...

    async def open_steps(
        self, run_ids: "Sequence[str]", case_id: str = ""
    ) -> "tuple[OpenStep, ...]":
        """The steps of these runs that can be given up; with a case those about its leaver alone.
        Asks no source."""
        ...

    async def give_up(self, run_id: str, number: int, reason: str) -> Ended:
        """Gives a step up; asks no source. Raises CannotGiveUp, or LeaseHeld where somebody is at
        work on the run."""
        ...

    async def recheck(
        self, case_ids: "Sequence[str]", observe: Observe, stop: Stop
    ) -> "tuple[Recheck, ...]":
        """Reads again what the runs of these cases cut, and keeps what was found with them."""
        ...

    async def rotation(
        self, person_key: str, case_id: str, observe: Observe
    ) -> "tuple[RotationFound, str]":
        """What has to be changed because somebody left, and the offset of the leave time."""
        ...

    async def rotation_of_all(
        self, people: Sequence[str], observe: Observe
    ) -> "tuple[SharedFound, str]":
        """As `rotation`, of several as one list; the offset is "" where it is not the same."""
        ...

    async def report(self, run_id: str, person_key: str) -> Evidence:
        """Writes the evidence of a run about one person."""
        ...

    async def report_case(self, case_id: str) -> Evidence:
        """Writes the evidence of every run of a case."""
        ...

    async def cases(self) -> CasesSeen:
        """Every case."""
        ...

    async def close(self, case_id: str, reason: str) -> None:
        """Closes a case. Raises CaseOpen where steps of its runs are open."""
        ...
