"""Compares a bundle with the journal it was made from."""

from collections.abc import Iterator
from pathlib import Path

from keyturn.evidence import chain_lines
from keyturn.evidence.reading import read_bundle
from keyturn.evidence.wrong import Wrong
from keyturn_storage.journal import Journal
from keyturn_storage.queries.entries import hashes_between


def differing(bundle: Path, journal: Journal) -> Iterator[Wrong]:
    """The entries of the bundle that are not those of the journal, withheld ones too, and what is
    wrong with the journal itself.

    For a bundle that `verify_bundle` found to be as written; its problems are told there.
    """
    report = journal.verify_chain()
    if not report.unbroken:
        yield Wrong(str(journal.path), f"entry {report.first_bad}", report.why)
    try:
        lines = tuple(chain_lines.read(read_bundle(bundle).files.get(chain_lines.FILE, b"")))
    except chain_lines.NotALine:
        return
    if not lines:
        return
    stored = hashes_between(journal, lines[0].seq, lines[-1].seq)
    for row, shown in enumerate(lines, start=1):
        if stored.get(shown.seq) == shown.hash:
            continue
        yield Wrong(
            chain_lines.FILE,
            f"line {row}, entry {shown.seq}",
            "the journal has another one there"
            if shown.seq in stored
            else "the journal has no such entry",
        )
