"""The field everything is typed into: what is pasted is text from outside like any other."""

from textual.widgets import Input

from keyturn_providers.text import is_hostile, safe

LONGEST_PICTURE = len("⟨U+10FFFF⟩")


class TypedLine(Input):
    """An input that shows, and gives, a picture for every character that would not be drawn as
    itself: Textual sends what stands in an input to the terminal as it is."""

    def validate_value(self, value: str) -> str:
        """Whatever way it came: typed, pasted, or there from the beginning."""
        return _drawn(value)

    def replace(self, text: str, start: int, end: int) -> None:
        """With the cursor behind what is drawn for the text, which may be longer than it."""
        super().replace(_drawn(text), start, end)


def _drawn(text: str) -> str:
    return safe(text, LONGEST_PICTURE * len(text)) if is_hostile(text) else text
