"""That evidence was written is itself written down: when, by whom, and which bytes.

The note belongs to no run and no case, so it changes no bundle: the same gives the same bytes
however often it was written.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from keyturn.decide.values import NotThatValue, from_plain, to_plain
from keyturn.evidence.bundle import Bundle, Written, refuse_tokens, write
from keyturn.evidence.manifest import MANIFEST, sha256
from keyturn_storage.journal import Journal

_KIND = "evidence written"


@dataclass(frozen=True, slots=True)
class Export:
    """One time that evidence of the run or the case `of` was written. `bundle` is the name of the
    folder."""

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


def write_noted(
    bundle: Bundle,
    journal: Journal,
    into: Path,
    *,
    by: str,
    at_ms: int,
    tokens: Iterable[str],
    whole_chain: bool = False,
    stated: tuple[str, ...] = (),
) -> Written:
    """Notes the bundle, then writes it below `into`. None of `tokens` may be in it. Raises
    CannotWrite; what could not be written after all stays noted."""
    refuse_tokens(bundle, tokens)
    note_export(
        journal,
        Export(
            of=bundle.manifest.about,
            bundle=bundle.folder,
            at_ms=at_ms,
            by=by,
            manifest_sha256=sha256(bundle.files[MANIFEST]),
            zip_sha256=sha256(bundle.zip()),
            whole_chain=whole_chain,
            stated=stated,
        ),
    )
    return write(bundle, into)


def exports_of(journal: Journal, of: str) -> tuple[Export, ...]:
    """Every time that evidence of this run, or of this case, was written, oldest first."""
    found: list[Export] = []
    for body in journal.notes(_KIND):
        try:
            one = from_plain(Export, json.loads(body))
        except (NotThatValue, ValueError):
            continue
        found += [one] if one.of == of else []
    return tuple(found)
