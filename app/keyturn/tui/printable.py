"""One line of outside text as it may be drawn, for who needs nothing of Textual."""

from keyturn_providers.text import safe

LINE_LIMIT = 2000


def printable(text: str) -> str:
    """`text` as one line without control or bidi characters, at most `LINE_LIMIT` long."""
    return safe(text, LINE_LIMIT)
