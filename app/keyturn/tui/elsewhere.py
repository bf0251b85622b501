"""What another keyturn did to the same files, from cron or another terminal: told here as well."""

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from pathlib import Path

    from keyturn.tui.app import KeyturnApp

Stamp = tuple[int, int]


class SeesOthers:
    """For the app, which looks from time to time."""

    journal_seen: Stamp | None = None
    looks_elsewhere: bool = True
    """Not after a look that failed: it would fail again and again."""

    def look_elsewhere(self) -> None:
        """Has every screen read anew where cache or journal are not as they were shown. What runs
        here tells the screens itself, when it has ended; the past does not change."""
        app = cast("KeyturnApp", self)
        if self.looks_elsewhere and not app.going and app.back is None:
            app.work("elsewhere", "looking for what another keyturn did", self._look)

    async def _look(self) -> None:
        from keyturn_storage.files import JOURNAL_NAME

        app = cast("KeyturnApp", self)
        data, journal = app.parts.data, app.parts.state_dir / JOURNAL_NAME
        self.looks_elsewhere = False
        sources, drift, seen = await app.parts.reads.ask(
            lambda: (data.sources(), data.drift(), _stamp(journal))
        )
        self.looks_elsewhere = True
        before, self.journal_seen = self.journal_seen, seen
        shown = app.facts.sources, app.facts.drift
        if (sources, drift) != shown or (before is not None and seen != before):
            app.data_changed()


def _stamp(path: "Path") -> Stamp:
    """Another after every commit: the journal is written in place."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
