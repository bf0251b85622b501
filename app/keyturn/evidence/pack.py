"""The leaver pack: what an auditor asks about one run, or about all runs of a case, as plain values
in the order they are read.

What keyturn does not know is None, and named in `not_known` with the reason; nothing is made up.
All times are UTC, written as in `moments.utc`. A `label` names a step: by its number, and by that
of its run too (2.5) where there are several.
"""

from dataclasses import dataclass

from keyturn.evidence.pack_basis import ControlTold, JournalTold, NotKnown, ReadingTold, ToolTold
from keyturn.evidence.pack_person import (
    CaseNoteTold,
    CaseTold,
    ExceptionTold,
    MachineTold,
    PersonTold,
    RotationTold,
    SystemTold,
)
from keyturn.evidence.pack_runs import RecheckTold, RunTold, StepTold, UndoneTold

FORMAT = "keyturn leaver pack 5"


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
