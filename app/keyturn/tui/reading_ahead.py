"""Begins to read what the first paint shows before anything that draws has been imported.

Importing Textual takes longer than those reads, and SQLite reads without Python's lock: both go on
at once. Nothing here, nor what it imports, may import Textual.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn.tui.cache_data import CacheData
from keyturn.tui.first_look import FirstLook, first_look
from keyturn.tui.state import recall
from keyturn_storage.files import data_dir

if TYPE_CHECKING:
    from keyturn.tui.real_doors import RealDoors
    from keyturn.tui.start import DashboardOptions


@dataclass(frozen=True, slots=True)
class ReadAhead:
    """The files of a dashboard, and the first look at them, which is on its way."""

    directory: Path
    doors: "Callable[[], RealDoors]"
    """Always the same; nothing is imported for them before they are asked for."""
    data: CacheData
    person: str
    begun: "Future[FirstLook | None]"

    def look(self) -> FirstLook | None:
        """Waits for it. None also for a cache that cannot be read: the screens that ask for it
        next tell why."""
        return self.begun.result() if self.begun.exception() is None else None


def read_ahead(options: "DashboardOptions", now_ms: Callable[[], int]) -> ReadAhead:
    """Opens nothing but the data directory here, and the cache in its own thread."""
    directory = data_dir(options.data)

    @cache
    def doors() -> "RealDoors":
        from keyturn.tui.real_doors import RealDoors

        return RealDoors(options.config)

    data = CacheData(
        directory / "cache.db",
        now_ms,
        lambda: doors().load().rules,
        lambda: doors().silence_ms(),
    )
    remembered, link = recall(directory), options.link
    person = link.key if link is not None and link.kind == "user" else options.person
    begun = data.reads.begin(lambda: first_look(data, remembered, person))
    return ReadAhead(directory, doors, data, person, begun)
