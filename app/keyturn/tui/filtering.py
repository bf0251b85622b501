"""What is typed into a list's find line, for sources that answer from the cache."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keyturn.filters.parse import Remark, parse
from keyturn.filters.suggest import meant, suggestions
from keyturn.tui.widgets.row_source import Found, Suggestion, Wish
from keyturn_storage.filters import Field
from keyturn_storage.queries import finding_lines, grants, groups, persons, sources
from keyturn_storage.queries.reader import Asked, Reader

PERSON_FIELDS = (
    Field.NAME, Field.DEPARTMENT, Field.STATE, Field.DRIFT, Field.VAULT, Field.GROUP,
    Field.SINCE, Field.SEVERITY, Field.TITLE, Field.DIRECTORY, Field.SECRETS,
)  # fmt: skip
WORDS_FOR_A_PERSON = ("person", "user", "who", "people", "member")
GROUP_FIELDS = (
    Field.NAME, Field.DRIFT, Field.PERSON, Field.VAULT, Field.SINCE, Field.SEVERITY,
)  # fmt: skip
FINDING_FIELDS = (
    Field.DRIFT, Field.SEVERITY, Field.PERSON, Field.VAULT, Field.GROUP, Field.SINCE,
    Field.DEPARTMENT, Field.STATE, Field.DIRECTORY, Field.SECRETS, Field.NAME, Field.TITLE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filtering:
    """The filter language for one list. Call it in the reading thread only."""

    fields: tuple[Field, ...]
    reader: Callable[[], Reader]
    now_ms: Callable[[], int]

    def find(self, wish: Wish, answer: Callable[[Asked], Sequence[int]]) -> Found:
        """What `answer` finds. A filter with a mistake shows nothing, and says why: acting on all
        that is shown must never mean more than was meant."""
        parsed = parse(wish.needle, self.fields, self.now_ms(), self._aliases())
        hint = _words(parsed.hints)
        if parsed.problems:
            return Found((), _words(parsed.problems), hint)
        return Found(answer(Asked(parsed.filter, wish.order, wish.backwards)), "", hint)

    def suggest(self, typed: str, limit: int) -> Sequence[Suggestion]:
        """How what is typed may go on."""
        found = suggestions(typed, self.fields, self._values, limit)
        return [Suggestion(whole, shown) for whole, shown in found]

    def meant(self, typed: str, limit: int) -> Sequence[Suggestion]:
        """What a filter that finds nothing was perhaps meant to be."""
        found = meant(typed, self.fields, self._values, limit)
        return [Suggestion(whole, shown) for whole, shown in found]

    def _aliases(self) -> dict[str, Field]:
        sides = sources.side_of_names(self.reader())
        named = {name.casefold(): Field(side) for name, side in sides.items()}
        # In a list of people, a person is the row itself.
        people = dict.fromkeys(WORDS_FOR_A_PERSON, Field.NAME)
        return named | people if self.fields == PERSON_FIELDS else named

    def _values(self, field: Field, part: str, limit: int) -> Sequence[str]:
        reader = self.reader()
        if field is Field.DEPARTMENT:
            return persons.departments(reader, part, limit)
        if field is Field.DRIFT:
            return finding_lines.kinds_found(reader, part, limit)
        if field is Field.VAULT:
            return grants.vault_names(reader, part, limit)
        if field is Field.GROUP:
            return groups.group_names(reader, part, limit)
        return ()


def _words(remarks: Sequence[Remark]) -> str:
    return "  ".join(map(str, remarks))
