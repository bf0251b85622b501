"""What the lists of the Drift and Machines screens ask of the cache. Only in the reading thread."""

from collections.abc import Sequence

from keyturn.tui.drift_rows import finding_line
from keyturn.tui.machine_rows import machine_line
from keyturn.tui.reads import Reads
from keyturn.tui.widgets.row_source import Row
from keyturn_storage.queries import finding_lines, machines
from keyturn_storage.queries.reader import Reader


class FindingLines:
    """Every finding in one order. Ages are as of `now_ms`."""

    def __init__(self, reads: Reads[Reader], order: finding_lines.Order, now_ms: int) -> None:
        self._reads, self._order, self._now_ms = reads, order, now_ms

    def ids(self) -> Sequence[int]:
        return finding_lines.finding_nos(self._reads.reader(), self._order)

    def rows(self, ids: Sequence[int]) -> Sequence[Row]:
        found = finding_lines.finding_rows(self._reads.reader(), ids)
        return [finding_line(row, self._now_ms) for row in found]

    def search(self) -> Sequence[tuple[int, str]]:
        return finding_lines.finding_search(self._reads.reader())


class MachineLines:
    """Every machine identity of both sources. Ages are as of `now_ms`."""

    def __init__(self, reads: Reads[Reader], now_ms: int) -> None:
        self._reads, self._now_ms = reads, now_ms

    def ids(self) -> Sequence[int]:
        return machines.machine_nos(self._reads.reader())

    def rows(self, ids: Sequence[int]) -> Sequence[Row]:
        found = machines.machine_rows(self._reads.reader(), ids)
        return [machine_line(row, self._now_ms) for row in found]

    def search(self) -> Sequence[tuple[int, str]]:
        return machines.machine_search(self._reads.reader())
