"""Screens as text files: what is new each time is masked, all else is compared."""

import re

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from tests.tui.looking import lines_of
from textual.app import App

_NEW_EACH_TIME = re.compile(
    # Ids of plans, runs and cases, whole or begun; and digests.
    r"\b[0-9a-f]{12}(?:[0-9a-f]{20}|[0-9a-f]{52})?\b"
    # Steps that are under way together end in any order.
    r"|\bevent-\d+|(?<=corp-vault-)\d+\b|(?<=  )\d+(?:\.\d)?s +(?=│)"
)


class TextFile(SingleFileSnapshotExtension):
    """One readable file for each picture."""

    file_extension = "txt"
    _write_mode = WriteMode.TEXT


def picture(app: App[None]) -> str:
    """What is on the screen; ids and durations, new each time, keep their place."""
    text = "\n".join(line.rstrip() for line in lines_of(app)) + "\n"
    return _NEW_EACH_TIME.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    """As long as it was; a duration, which may be shorter the next time, with what follows it."""
    return "…".ljust(len(found[0])) if found[0].endswith(" ") else "." * len(found[0])
