"""How the lines of a card look: headings, facts with a name, signs; and the same as plain text."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from keyturn.tui.ages import moment
from keyturn.tui.safe import joined, literal
from keyturn.tui.why_words import STYLE
from keyturn.tui.widgets.cells import fit
from keyturn.tui.widgets.list_content import SIGN_ROLE
from keyturn.tui.widgets.paragraphs import Line

if TYPE_CHECKING:
    from keyturn.decide.world import World

BLANK = Line(Content(""))
_NAME = 11
HANG = _NAME + 3


def heading(words: str) -> Line:
    """Stands over what follows."""
    return Line(literal(words, "bold $accent"))


def fact(name: str, *parts: str | tuple[str, str]) -> Line:
    """`name` and what is so, which wraps under itself."""
    return Line(joined((f"  {fit(name, _NAME)} ", "$quiet"), *parts), hang=HANG)


def signed(sign: str, words: str, *, quiet: bool = False) -> Line:
    """A line with a sign in its gutter."""
    style = STYLE.get(SIGN_ROLE.get(sign, "dim"), "")
    return Line(joined((f"{sign} ", style), (words, "$quiet" if quiet else "")), hang=2)


def under(words: str) -> Line:
    """Something that belongs to the line above."""
    return Line(joined("    ", (words, "$quiet")), hang=4)


def as_text(lines: Sequence[Line]) -> str:
    """What is on the card as text for a ticket: no styles, no trailing blanks."""
    return "\n".join(line.content.plain.rstrip() for line in lines).strip() + "\n"


def read_words(world: "World") -> str:
    """When both sources were read, and how well: belongs under whatever is taken elsewhere."""
    said = [
        f"{one.source.name} {moment(one.taken_ms)}{'' if one.complete else ', NOT COMPLETE'}"
        for one in (world.directory.snapshot, world.secrets.snapshot)
    ]
    return f"As read by keyturn: {'; '.join(said)}.\n"
