"""Imports ahead of the first key what keys need: it takes longer than what they then do."""

import sys
import time
from collections.abc import Callable
from importlib import import_module

PAUSE_S = 0.02
"""Between two modules: keys have their turn."""
_FOR_JOBS = (
    "sqlite_utils",
    "keyturn_storage.stream_archive",
    "keyturn.run.late_verdicts",
    "keyturn.run.refresh",
    "keyturn.run.archive_report",
    "keyturn.tui.progress_words",
)


def import_for_keys() -> None:
    """Cards and the filter language. In a job's thread, after the first paint. May be called
    again."""
    import keyturn.tui.cards
    import keyturn.tui.filtering
    import keyturn.tui.hand
    import keyturn.tui.screens.person
    import keyturn.tui.screens.vault  # noqa: F401 - to have them is all that is wanted


def import_for_jobs(stop: Callable[[], bool]) -> None:
    """What a refresh needs, until asked to stop: imported as it begins, it held up the loop for
    longer than anything that the refresh then does. Where `import_for_keys` may be called, after
    it."""
    for name in _FOR_JOBS:
        if stop():
            return
        if name not in sys.modules:
            _ = import_module(name)
            time.sleep(PAUSE_S)
