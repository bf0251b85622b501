"""The second border for outside text: where it is drawn.

Text was made safe once, at the provider's border. Textual lets escape sequences and direction
overrides in content through to the terminal, so everything drawn passes here again: a name that
came another way (a file, an error message of the system) must not reach the terminal raw either.
"""

from textual.content import Content
from textual.style import Style

from keyturn.tui.printable import printable as printable


def literal(text: str, style: str | Style = "") -> Content:
    """`text` as content that is never read as markup; each line is made printable by itself."""
    return Content.styled("\n".join(printable(line) for line in text.split("\n")), style)


def briefly(text: str, limit: int) -> Content:
    """`text` as `literal` gives it, cut with an ellipsis where it would take the room of others."""
    return literal(text if len(text) <= limit else f"{text[: limit - 1]}…")


def joined(*parts: str | tuple[str, str | Style] | Content) -> Content:
    """Several pieces, some with a style, as one literal content."""
    return Content("").join(map(_piece, parts))


def _piece(part: str | tuple[str, str | Style] | Content) -> Content:
    if isinstance(part, Content):
        return part
    return literal(part) if isinstance(part, str) else literal(part[0], part[1])
