"""How a filter may go on in a list whose rows are all in memory: with the words they have."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from keyturn.tui.widgets.row_source import Suggestion
from keyturn_storage.filters import Field


class KnownWords:
    """For a source of rows: `fields` are what it is filtered by, `words` what its rows have."""

    fields: ClassVar[tuple[Field, ...]]

    def words(self, field: Field) -> Iterable[str]:
        """The values of a field, in the order they are to be offered; each may come again."""
        raise NotImplementedError

    def suggest(self, typed: str, limit: int) -> Sequence[Suggestion]:
        """How what is typed may go on."""
        # Not needed before something is typed.
        from keyturn.filters.suggest import suggestions

        return [Suggestion(*one) for one in suggestions(typed, self.fields, self._with, limit)]

    def meant(self, typed: str, limit: int) -> Sequence[Suggestion]:
        """What a filter that finds nothing was perhaps meant to be."""
        from keyturn.filters.suggest import meant

        return [Suggestion(*one) for one in meant(typed, self.fields, self._with, limit)]

    def _with(self, field: Field, part: str, _limit: int) -> Sequence[str]:
        return list(dict.fromkeys(word for word in self.words(field) if part in word.casefold()))
