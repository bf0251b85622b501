"""A run as its journal entries tell it. The entries are the truth; folded tables are not asked,
but for words, whose digest is in the entries."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from keyturn.decide.planfile import recorded
from keyturn.decide.plans import Operation, Plan
from keyturn.evidence.manifest import Place
from keyturn.evidence.proof_words import is_good
from keyturn_storage.chain import Entry
from keyturn_storage.journal import Journal
from keyturn_storage.queries.entries import entries_around
from keyturn_storage.rows import ArchivedEvent, RunRow


class JournalBroken(Exception):
    """The journal is not as it was written, so nothing in it is evidence; says where."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path}: no evidence can be made from it: its chain is broken: {why}. Keep the file "
            "as it is, and compare it with a copy or with a checkpoint published earlier."
        )


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class StepEntry(_Entry):
    kind: Literal["step"]
    seq: int
    operation: str
    state: str
    at_ms: int
    intent: str
    outcome: str
    verdict: str
    error: str


class RunEntry(_Entry):
    kind: Literal["run", "end"]
    seq: int
    state: str
    at_ms: int
    operator: str = ""
    plan_sha256: str = ""
    outline_sha256: str = ""


class IntentEntry(_Entry):
    """What was written down before a call."""

    class Before(_Entry):
        words: str = ""

    first_ms: int = 0
    read_before: Before = Before()


_STEP, _RUN, _INTENT = TypeAdapter(StepEntry), TypeAdapter(RunEntry), TypeAdapter(IntentEntry)


def step_entry(line: str, run_id: str) -> StepEntry | None:
    """The entry of a step of this run; None for any other line."""
    try:
        content = json.loads(line)
        if content.get("run") != run_id or content.get("kind") != "step":
            return None
        return _STEP.validate_python(content)
    except (ValueError, AttributeError):
        return None


def proven_ms(entries: Sequence[StepEntry]) -> int | None:
    """Since when every verdict of a step has been a good one; None if the newest is not."""
    since = None
    for one in entries:
        if one.verdict and not is_good(one.verdict):
            since = None
        elif one.verdict and since is None:
            since = one.at_ms
    return since


@dataclass(frozen=True, slots=True)
class StepRecord:
    """All entries about one operation, oldest first, and the words of the newest."""

    operation: Operation
    entries: tuple[StepEntry, ...]
    words: str

    @property
    def state(self) -> str:
        return self.entries[-1].state if self.entries else "planned"

    @property
    def verdict(self) -> str:
        return next((one.verdict for one in reversed(self.entries) if one.verdict), "")

    @property
    def error(self) -> str:
        return self.entries[-1].error if self.entries else ""

    @property
    def attempts(self) -> int:
        return sum(one.state == "intended" for one in self.entries)

    @property
    def intent(self) -> IntentEntry | None:
        """The newest intent; None where nothing was ever about to be sent."""
        found = next((one.intent for one in reversed(self.entries) if one.intent), "")
        return _INTENT.validate_json(found) if found else None

    @property
    def concluded(self) -> StepEntry | None:
        """The entry that gave the verdict first: later looks with the same result move nothing."""
        found = None
        for one in reversed(self.entries):
            if one.verdict and one.verdict != self.verdict:
                break
            found = one if one.verdict else found
        return found

    @property
    def proven_ms(self) -> int | None:
        """Since when every verdict has been a good one; None if the newest is not."""
        return proven_ms(self.entries)

    @property
    def answered(self) -> StepEntry | None:
        """The first entry after an intent that says what came of the call."""
        sent = False
        for one in self.entries:
            if sent and one.state != "intended":
                return one
            sent = sent or one.state == "intended"
        return None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run with its plan, its steps and the audit events kept with it."""

    row: RunRow
    plan: Plan
    plan_sha256: str
    outline_sha256: str
    state: str
    ended_ms: int | None
    steps: tuple[StepRecord, ...]
    events: tuple[ArchivedEvent, ...]

    @property
    def last_ms(self) -> int:
        """When the newest entry of a step, or of the run, was written."""
        steps = [step.entries[-1].at_ms for step in self.steps if step.entries]
        return max([self.row.started_ms, *steps])


@dataclass(frozen=True, slots=True)
class Recorded:
    """Runs, oldest first. `entries` are all from their first to their last, and from those of the
    case where one is meant, those of other runs among them."""

    entries: tuple[Entry, ...]
    runs: tuple[RunRecord, ...]

    @property
    def start(self) -> Place:
        first = self.entries[0]
        return Place(seq=first.seq - 1, hash=first.prev_hash)

    @property
    def checkpoint(self) -> Place:
        last = self.entries[-1]
        return Place(seq=last.seq, hash=last.hash)

    @property
    def last_ms(self) -> int:
        return max(one.last_ms for one in self.runs)


def recorded_runs(
    journal: Journal, rows: Sequence[RunRow], case_id: str = "", undos: Sequence[str] = ()
) -> Recorded:
    """The runs `rows` of `journal`, and what it has of the case and of these undos.

    Raises JournalBroken where the chain does not hold, so that nothing edited is told as true, and
    PlanFileError for a plan that was changed."""
    report = journal.verify_chain()
    if not report.unbroken:
        raise JournalBroken(journal.path, report.why)
    entries = entries_around(journal, [*(row.id for row in rows), *undos], case_id)
    contents: dict[str, list[object]] = defaultdict(list)
    for entry in entries:
        content = json.loads(entry.line)
        contents[str(content.get("run"))].append(content)
    return Recorded(entries, tuple(_record(journal, row, contents[row.id]) for row in rows))


def _record(journal: Journal, row: RunRow, contents: Sequence[object]) -> RunRecord:
    """`contents` are of the run's entries."""
    plan = recorded(row.plan_json)
    by_operation: dict[str, list[StepEntry]] = defaultdict(list)
    state, ended_ms, plan_sha256, outline_sha256 = row.state, None, "", ""
    for content in contents:
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind == "step":
            step = _STEP.validate_python(content)
            by_operation[step.operation].append(step)
        elif kind in ("run", "end"):
            told = _RUN.validate_python(content)
            plan_sha256 = plan_sha256 or told.plan_sha256
            outline_sha256 = outline_sha256 or told.outline_sha256
            state, ended_ms = told.state, told.at_ms if told.state != "running" else None
    words = {step.operation_id: step.words for step in journal.steps(row.id)}
    return RunRecord(
        row=row,
        plan=plan,
        plan_sha256=plan_sha256,
        outline_sha256=outline_sha256,
        state=state,
        ended_ms=ended_ms,
        steps=tuple(
            StepRecord(one, tuple(by_operation[one.id]), words.get(one.id, ""))
            for one in plan.operations
        ),
        events=journal.events(row.id),
    )
