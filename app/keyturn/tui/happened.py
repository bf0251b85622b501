"""What the Activity screen is made from, from cache and journal. Only in the reading thread."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn.tui.activity_rows import Happened
from keyturn_storage.journal_if_any import journal_if_any
from keyturn_storage.queries import activity
from keyturn_storage.queries.cases import reopened_names
from keyturn_storage.rows import StepRow

if TYPE_CHECKING:
    from keyturn.tui.cache_data import CacheData

FAILURES_FOR_MS = 7 * 24 * 60 * 60 * 1000
"""How long a failure of a run that has ended is still told as one. Open runs are always told."""


def happened(data: "CacheData", journal: Path, now_ms: int) -> Happened:
    """Every part is limited, so all of it is small."""
    runs: tuple[activity.RunLine, ...] = ()
    troubled: tuple[StepRow, ...] = ()
    names: dict[str, str] = {}
    reopened: tuple[int, tuple[str, ...]] = (0, ())
    with journal_if_any(journal) as found:
        if found is not None:
            runs = activity.run_lines(found)
            reopened = reopened_names(found)
            troubled = activity.troubled_steps(found, now_ms - FAILURES_FOR_MS)
            good = activity.made_good(found, troubled)
            troubled = tuple(step for step in troubled if step.operation_id not in good)
            names = activity.words_of_operations(found, {step.run_id for step in troubled})
    if not data.exists():
        return Happened(runs, troubled, names=names, reopened=reopened)
    reader = data.reads.reader()
    return Happened(
        runs, troubled, activity.read_lines(reader), activity.push_lines(reader),
        activity.urgent_names(reader), data.drift(), data.sources(), names, reopened,
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
