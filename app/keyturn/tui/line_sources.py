"""What the lists of the Drift and Machines screens ask of the cache. Only in the reading thread."""

from collections.abc import Callable, Mapping, Sequence

from keyturn.decide.scope_use import ScopeUse
from keyturn.tui.drift_rows import finding_line
from keyturn.tui.filtering import FINDING_FIELDS, Filtering
from keyturn.tui.machine_rows import machine_line
from keyturn.tui.reads import Reads
from keyturn.tui.widgets.row_source import Found, Row, Suggestion, Wish
from keyturn_storage.queries import finding_lines, machines
from keyturn_storage.queries.reader import Reader

Used = Callable[[Sequence[machines.MachineRow]], Mapping[int, ScopeUse]]


class FindingLines:
    """Every finding in one order. Ages are as of `now_ms`."""

    orders = finding_lines.ORDERS

    def __init__(self, reads: Reads[Reader], order: finding_lines.Order, now_ms: int) -> None:
        self._reads, self._order, self._now_ms = reads, order, now_ms
        self._filtering = Filtering(FINDING_FIELDS, reads.reader, lambda: now_ms)

    def ids(self) -> Sequence[int]:
        return finding_lines.finding_nos(self._reads.reader(), self._order)

    def rows(self, ids: Sequence[int]) -> Sequence[Row]:
        found = finding_lines.finding_rows(self._reads.reader(), ids)
        return [finding_line(row, self._now_ms) for row in found]

    def find(self, wish: Wish) -> Found:
        reader = self._reads.reader()
        return self._filtering.find(
            wish, lambda asked: finding_lines.finding_nos(reader, self._order, asked)
        )

    def suggest(self, typed: str, limit: int) -> Sequence[Suggestion]:
        return self._filtering.suggest(typed, limit)

    def meant(self, typed: str, limit: int) -> Sequence[Suggestion]:
        return self._filtering.meant(typed, limit)


class MachineLines:
    """Every machine identity of both sources. Ages are as of `now_ms`."""

    orders = machines.ORDERS

    def __init__(self, reads: Reads[Reader], now_ms: int, used: Used) -> None:
        self._reads, self._now_ms, self._used = reads, now_ms, used
        self._filtering = Filtering(machines.FIELDS, reads.reader, lambda: now_ms)

    def ids(self) -> Sequence[int]:
        return machines.machine_nos(self._reads.reader())

    def rows(self, ids: Sequence[int]) -> Sequence[Row]:
        found = machines.machine_rows(self._reads.reader(), ids)
        used = self._used(found)
        return [machine_line(row, self._now_ms, used.get(row.no)) for row in found]

    def find(self, wish: Wish) -> Found:
        reader = self._reads.reader()
        return self._filtering.find(wish, lambda asked: machines.machine_nos_asked(reader, asked))

    def suggest(self, typed: str, limit: int) -> Sequence[Suggestion]:
        return self._filtering.suggest(typed, limit)

    def meant(self, typed: str, limit: int) -> Sequence[Suggestion]:
        return self._filtering.meant(typed, limit)
