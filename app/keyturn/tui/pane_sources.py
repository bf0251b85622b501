"""What the three panes of the Access screen ask of the cache. Only in the reading thread.

The filter language is imported when something is to be found: the first paint needs none of it.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from keyturn.tui.access_rows import grant_line, group_line, person_line
from keyturn.tui.reads import Reads
from keyturn.tui.widgets.row_source import Found, Row, Suggestion, Wish
from keyturn_storage.list_rows import GrantRow
from keyturn_storage.queries import grants, groups, persons
from keyturn_storage.queries.reader import Reader, Scope
from keyturn_storage.queries.sources import sides_cut

if TYPE_CHECKING:
    from keyturn.tui.filtering import Filtering

Now = Callable[[], int]


class People:
    """The Users pane."""

    orders = persons.ORDERS

    def __init__(self, reads: Reads[Reader], scope: Scope, now_ms: Now) -> None:
        self._reads, self._scope, self._now_ms = reads, scope, now_ms

    def ids(self) -> Sequence[int]:
        return persons.person_list(self._reads.reader(), self._scope)

    def rows(self, ids: Sequence[int]) -> Sequence[Row]:
        reader = self._reads.reader()
        cut = sides_cut(reader)
        return [person_line(row, cut) for row in persons.person_rows(reader, ids)]

    def find(self, wish: Wish) -> Found:
        reader = self._reads.reader()
        return self._filtering().find(
            wish, lambda asked: persons.person_nos(reader, self._scope, asked)
        )

    def suggest(self, typed: str, limit: int) -> Sequence[Suggestion]:
        return self._filtering().suggest(typed, limit)

    def meant(self, typed: str, limit: int) -> Sequence[Suggestion]:
        return self._filtering().meant(typed, limit)

    def _filtering(self) -> "Filtering":
        from keyturn.tui.filtering import PERSON_FIELDS, Filtering

        return Filtering(PERSON_FIELDS, self._reads.reader, self._now_ms)


class Groups:
    """The Groups pane."""

    orders = groups.ORDERS

    def __init__(self, reads: Reads[Reader], scope: Scope, now_ms: Now) -> None:
        self._reads, self._scope, self._now_ms = reads, scope, now_ms

    def ids(self) -> Sequence[int]:
        return groups.group_nos(self._reads.reader(), self._scope)

    def rows(self, ids: Sequence[int]) -> Sequence[Row]:
        of_person = self._scope.person_key is not None
        found = groups.group_rows(self._reads.reader(), ids, self._scope)
        return [group_line(row, of_person=of_person) for row in found]

    def find(self, wish: Wish) -> Found:
        reader = self._reads.reader()
        return self._filtering().find(
            wish, lambda asked: groups.group_nos(reader, self._scope, asked)
        )

    def suggest(self, typed: str, limit: int) -> Sequence[Suggestion]:
        return self._filtering().suggest(typed, limit)

    def meant(self, typed: str, limit: int) -> Sequence[Suggestion]:
        return self._filtering().meant(typed, limit)

    def _filtering(self) -> "Filtering":
        from keyturn.tui.filtering import GROUP_FIELDS, Filtering

        return Filtering(GROUP_FIELDS, self._reads.reader, self._now_ms)


class Grants:
    """The Vault grants pane. Every row it gives is put into `seen`."""

    orders = grants.ORDERS

    def __init__(
        self, reads: Reads[Reader], scope: Scope, seen: dict[int, GrantRow], now_ms: Now
    ) -> None:
        self._reads, self._scope, self._now_ms, self._seen = reads, scope, now_ms, seen

    def ids(self) -> Sequence[int]:
        return grants.grant_nos(self._reads.reader(), self._scope)

    def rows(self, ids: Sequence[int]) -> Sequence[Row]:
        found = grants.grant_rows(self._reads.reader(), ids, self._scope)
        self._seen.update({row.no: row for row in found})
        return [grant_line(row) for row in found]

    def find(self, wish: Wish) -> Found:
        reader = self._reads.reader()
        return self._filtering().find(
            wish, lambda asked: grants.grant_nos(reader, self._scope, asked)
        )

    def suggest(self, typed: str, limit: int) -> Sequence[Suggestion]:
        return self._filtering().suggest(typed, limit)

    def meant(self, typed: str, limit: int) -> Sequence[Suggestion]:
        return self._filtering().meant(typed, limit)

    def _filtering(self) -> "Filtering":
        from keyturn.tui.filtering import Filtering

        return Filtering(grants.FIELDS, self._reads.reader, self._now_ms)
