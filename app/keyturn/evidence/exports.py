"""That evidence was written is itself written down: when, by whom, and which bytes.

The note belongs to no run, so it changes no bundle: the same run gives the same bytes however often
it was written.
"""

import json
from dataclasses import dataclass

from keyturn.decide.values import NotThatValue, from_plain, to_plain
from keyturn_storage.journal import Journal

_KIND = "evidence written"


@dataclass(frozen=True, slots=True)
class Export:
    """One time that evidence of the run `of` was written. `bundle` is the name of the folder."""

    of: str
    bundle: str
    at_ms: int
    by: str
    manifest_sha256: str
    zip_sha256: str
    whole_chain: bool
    stated: tuple[str, ...]


def note_export(journal: Journal, export: Export) -> None:
    """Writes it down. Call it before the files are written: then nothing is given away unnoted."""
    journal.note(_KIND, json.dumps(to_plain(export)), export.at_ms)


def exports_of(journal: Journal, run_id: str) -> tuple[Export, ...]:
    """Every time that evidence of this run was written, oldest first."""
    found: list[Export] = []
    for body in journal.notes(_KIND):
        try:
            one = from_plain(Export, json.loads(body))
        except (NotThatValue, ValueError):
            continue
        found += [one] if one.of == run_id else []
    return tuple(found)
