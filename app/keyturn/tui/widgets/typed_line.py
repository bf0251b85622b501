"""The field everything is typed into: what is pasted is text from outside like any other."""

import asyncio
from contextlib import suppress

from textual.widgets import Input

from keyturn_providers.text import is_hostile, safe

LONGEST_PICTURE = len("⟨U+10FFFF⟩")
TAKEN_WITHIN_S = 1.0


class TypedLine(Input):
    """An input that shows, and gives, a picture for every character that would not be drawn as
    itself: Textual sends what stands in an input to the terminal as it is."""

    def validate_value(self, value: str) -> str:
        """Whatever way it came: typed, pasted, or there from the beginning."""
        return _drawn(value)

    def replace(self, text: str, start: int, end: int) -> None:
        """With the cursor behind what is drawn for the text, which may be longer than it."""
        super().replace(_drawn(text), start, end)

    async def taken(self) -> None:
        """Waits until every key pressed so far stands in it, and its screen has heard of that. What
        another key does with what is typed waits for this: a key that is bound with priority does
        not wait its turn behind those that are typed."""
        for node in self.ancestors_with_self:
            if node is self.app:
                break
            # Once for what waits there, and once for what that makes it post to itself.
            for _ in range(2):
                heard = asyncio.Event()
                if node.call_later(heard.set):
                    # One that is closed meanwhile never answers.
                    with suppress(TimeoutError):
                        _ = await asyncio.wait_for(heard.wait(), TAKEN_WITHIN_S)


def _drawn(text: str) -> str:
    return safe(text, LONGEST_PICTURE * len(text)) if is_hostile(text) else text
