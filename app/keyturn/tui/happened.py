"""What the Activity screen is made from, from cache and journal. Only in the reading thread."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn.tui.activity_rows import Beyond, Happened
from keyturn_storage.journal_if_any import journal_if_any
from keyturn_storage.queries import activity
from keyturn_storage.queries.cases import reopened_names
from keyturn_storage.rows import StepRow

if TYPE_CHECKING:
    from keyturn.tui.cache_data import CacheData

FAILURES_FOR_MS = 7 * 24 * 60 * 60 * 1000
"""How long a failure of a run that has ended is still told as one. Open runs are always told."""


def happened(data: "CacheData", journal: Path, now_ms: int, times: int = 1) -> Happened:
    """Every part is limited, so all of it is small; runs and reads to `times` as many as at first.
    What there is beyond the limits is counted."""
    since_ms, run_limit, read_limit = (
        now_ms - FAILURES_FOR_MS, activity.RUNS_SHOWN * times, activity.READS_SHOWN * times,
    )  # fmt: skip
    runs: tuple[activity.RunLine, ...] = ()
    troubled: tuple[StepRow, ...] = ()
    names: dict[str, str] = {}
    reopened: tuple[int, tuple[str, ...]] = (0, ())
    older_runs = untold = 0
    with journal_if_any(journal) as found:
        if found is not None:
            runs = activity.run_lines(found, now_ms, run_limit)
            older_runs = activity.runs_count(found) - len(runs)
            reopened = reopened_names(found)
            troubled = activity.troubled_steps(found, since_ms)
            untold = activity.troubled_count(found, since_ms) - len(troubled)
            overtaken = activity.overtaken(found, troubled)
            troubled = tuple(step for step in troubled if step.operation_id not in overtaken)
            names = activity.words_of_operations(found, {step.run_id for step in troubled})
    if not data.exists():
        return Happened(
            runs, troubled, names=names, reopened=reopened, beyond=Beyond(older_runs, 0, untold)
        )
    reader = data.reads.reader()
    reads, pushes = activity.read_lines(reader, read_limit), activity.push_lines(reader)
    beyond = Beyond(
        older_runs,
        activity.reads_count(reader) - len(reads),
        untold,
        activity.pushes_count(reader) - len(pushes),
    )
    return Happened(
        runs, troubled, reads, pushes,
        activity.urgent_names(reader), data.drift(), data.sources(), names, reopened, beyond,
    )  # fmt: skip


def steps_of(journal: Path, run_id: str) -> tuple[tuple[StepRow, ...], dict[str, str]]:
    """The steps of one run, and what each was to do."""
    with journal_if_any(journal) as found:
        if found is None:
            return (), {}
        return activity.steps_of(found, run_id), activity.words_of_operations(found, {run_id})


def exchanges_of(
    journal: Path, run_ids: Collection[str]
) -> dict[str, tuple[activity.ExchangeRow, ...]]:
    """What was asked and answered when steps of these runs failed, by the operation's id."""
    every: dict[str, tuple[activity.ExchangeRow, ...]] = {}
    with journal_if_any(journal) as found:
        for run_id in run_ids if found is not None else ():
            if found is not None:
                every |= activity.exchanges_of(found, run_id)
    return every
