"""Compares a bundle with the journal it was made from."""

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from keyturn.decide.about import is_done_to
from keyturn.decide.planfile import PlanFileError, recorded
from keyturn.evidence import chain_lines
from keyturn.evidence.manifest import MANIFEST, manifest_in
from keyturn.evidence.names_of_files import PACK
from keyturn.evidence.reading import read_bundle
from keyturn.evidence.wrong import Wrong
from keyturn_storage.journal import Journal
from keyturn_storage.queries.cases import cases_of_run
from keyturn_storage.queries.entries import hashes_between, line_of


def differing(bundle: Path, journal: Journal) -> Iterator[Wrong]:
    """The entries of the bundle that are not those of the journal, withheld ones too, and what is
    wrong with the journal itself.

    For a bundle that `verify_bundle` found to be as written; its problems are told there.
    """
    report = journal.verify_chain()
    if not report.unbroken:
        yield Wrong(str(journal.path), f"entry {report.first_bad}", report.why)
    files = read_bundle(bundle).files
    try:
        lines = tuple(chain_lines.read(files.get(chain_lines.FILE, b"")))
    except chain_lines.NotALine:
        return
    if not lines:
        return
    stored = hashes_between(journal, lines[0].seq, lines[-1].seq)
    hidden = _Hidden(journal, files.get(MANIFEST, b""), files.get(PACK, b""))
    for row, shown in enumerate(lines, start=1):
        if stored.get(shown.seq) == shown.hash:
            if shown.line is None and hidden.has(shown.seq):
                words = "it is withheld, and is about nobody else"
                yield Wrong(chain_lines.FILE, f"line {row}, entry {shown.seq}", words)
            continue
        yield Wrong(
            chain_lines.FILE,
            f"line {row}, entry {shown.seq}",
            "the journal has another one there"
            if shown.seq in stored
            else "the journal has no such entry",
        )


class _Hidden:
    """Which lines a bundle may not withhold: all of a run by which one person left alone, and of
    others the steps that are done to the person whom the bundle is about."""

    def __init__(self, journal: Journal, manifest: bytes, pack: bytes) -> None:
        self._journal = journal
        self._whole: set[str] = set()
        self._steps: set[tuple[str, str]] = set()
        try:
            runs = [one.run for one in manifest_in(manifest).runs]
            person = json.loads(pack)["person"]
        except (ValidationError, ValueError, KeyError, TypeError):
            return
        key = str(person.get("key")) if isinstance(person, dict) else ""
        for run_id in runs:
            self._add(run_id, key)

    def _add(self, run_id: str, key: str) -> None:
        row = self._journal.run(run_id)
        try:
            plan = recorded(row.plan_json) if row is not None else None
        except PlanFileError:
            return
        if plan is None:
            return
        if len(plan.subjects) == 1:
            self._whole.add(run_id)
        for case in cases_of_run(self._journal, run_id):
            if case.person_key == key:
                ids = {case.directory_id, case.secrets_id} - {""}
                mine = (one.id for one in plan.operations if is_done_to(one, ids))
                self._steps |= {(run_id, one) for one in mine}

    def has(self, seq: int) -> bool:
        """Whether this entry is one of them."""
        try:
            content = json.loads(line_of(self._journal, seq))
        except ValueError:
            # Purged: only its hash is left to give.
            return False
        run_id, operation = str(content.get("run")), str(content.get("operation"))
        if content.get("kind") not in {"step", "run", "end"}:
            return False
        return run_id in self._whole or (run_id, operation) in self._steps
