"""One archive over a pair: what tests do to it, in one line each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.run.conftest import Seen, Watch
from tests.run.event_source import USAGES

from keyturn.run.archive import archive
from keyturn.run.archive_report import ArchiveReport
from keyturn.run.connections import Connections
from keyturn.run.progress import never
from keyturn_storage.journal import open_journal
from keyturn_storage.queries.coverage import coverage
from keyturn_storage.queries.events import Within, events_of_vault
from keyturn_storage.stream_rows import StreamCoverage

ALL = Within(limit=10_000)


@dataclass(slots=True)
class Archive:
    """One archive over a pair; what tests do to it, in one line each."""

    connections: Connections
    path: Path
    watch: Watch
    seen: Seen

    async def run(self, *, stop: Callable[[], bool] = never, max_pages: int = 200) -> ArchiveReport:
        report = await archive(
            self.connections,
            lambda: open_journal(self.path),
            observe=self.seen,
            stop=stop,
            clock=self.watch.clock,
            max_pages=max_pages,
        )
        if self.path.exists():
            with open_journal(self.path) as journal:
                assert journal.verify_chain().unbroken
        return report

    def ids(self, vault: str = "v-billing") -> list[str]:
        """The ids of all archived events about the vault, in the order of their times."""
        with open_journal(self.path, read_only=True) as journal:
            found = events_of_vault(journal, vault, ALL)
        return [one.id for one in sorted(found, key=lambda one: (one.at_ms, one.id))]

    def covered(self, stream: str = USAGES) -> StreamCoverage:
        with open_journal(self.path, read_only=True) as journal:
            (found,) = (one for one in coverage(journal) if one.stream == stream)
        return found


def numbered(first: int, last: int) -> list[str]:
    """The ids of item usages `first` to `last`."""
    return [f"u{number}" for number in range(first, last + 1)]
