"""Every key, from the table of actions, and what the signs mean."""

from textual.content import Content

from keyturn.tui.actions import Where, actions, shown_key
from keyturn.tui.safe import joined
from keyturn.tui.screens.dialog import Dialog
from keyturn.tui.widgets.paragraphs import Line

SIGNS = (
    ("=", "dim", "in step"),
    ("+", "$add", "should be, but is not"),
    ("-", "$remove", "is, but must go"),
    ("~", "$change", "differs"),
    ("!", "bold $urgent", "urgent"),
    ("?", "$unknown", "not known"),
)


def help_dialog(here: Where, *, read_only: bool) -> Dialog:
    """The help of one screen: its own keys first."""
    order = [here, *(place for place in Where if place is not here)]
    lines: list[Line] = []
    if read_only:
        words = "Read-only: keyturn cannot change anything, and offers no key that would."
        lines += [Line(Content("")), Line(joined((words, "bold $change")))]
    for place in order:
        found = actions(place, read_only=read_only)
        if not found:
            continue
        lines += [Line(Content("")), Line(joined((place.value, "bold $accent")))]
        for action in found:
            keys = "  ".join(shown_key(key) for key in action.keys)
            lines.append(Line(joined((f"  {keys:<16} ", "bold"), action.help), hang=19))
    lines += [Line(Content("")), Line(joined(("Signs", "bold $accent")))]
    lines += [Line(joined((f"  {sign}  ", style), words)) for sign, style, words in SIGNS]
    return Dialog("Keys", lines[1:], note="esc closes   ↓ ↑ scroll")
