"""`keyturn verify BUNDLE`: whether evidence is as it was written, and what is wrong where."""

from pathlib import Path

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed
from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.cli.retention_shown import purges_json, show_purges
from keyturn.evidence.against_journal import differing
from keyturn.evidence.verify_bundle import Checked, checkpoint_words, verify_bundle
from keyturn.evidence.wrong import Wrong
from keyturn_storage.journal import open_journal
from keyturn_storage.queries.purges import purges


@click.command(name="verify")
@click.argument("bundle", required=False, type=click.Path(path_type=Path))
@click.option(
    "--signers",
    type=click.Path(path_type=Path),
    help="Who may have signed: an allowed signers file of ssh-keygen. Then unsigned is wrong.",
)
@click.option(
    "--journal",
    "with_journal",
    is_flag=True,
    help="Compare every entry with the journal of this machine too; without BUNDLE, check that.",
)
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    bundle: Path | None,
    signers: Path | None,
    with_journal: bool,
    answer: Answer,
) -> int:
    """Check BUNDLE, the folder or zip that keyturn report wrote: every byte, the chain of its
    journal lines, and its signature. Nothing is unpacked and nothing is changed.

    keyturn verify --journal checks the journal of this machine instead, and says what was purged
    from it, when and by whom.

    Ends with 0 if all of it is as written, and 10 if anything is not.
    """
    if bundle is None:
        if not with_journal:
            raise VerbFailed(
                Exit.USAGE,
                "keyturn verify: name the folder or zip that keyturn report wrote, or --journal to "
                "check the journal of this machine.",
            )
        return _own_journal(invocation, answer)
    if signers is not None and not signers.is_file():
        raise VerbFailed(
            Exit.USAGE,
            f"{signers}: there is no such file, so nobody is allowed to sign. Name a file with a "
            "line for each signer: NAME, then their public key.",
        )
    checked = verify_bundle(bundle, signers)
    wrong = list(checked.wrong)
    if with_journal and checked.manifest is not None:
        with open_journal(invocation.places().journal, read_only=True) as journal:
            wrong += differing(bundle, journal)
    _show(answer, bundle, checked, wrong)
    return Exit.ALTERED if wrong else Exit.IN_STEP


def _own_journal(invocation: Invocation, answer: Answer) -> int:
    """Checks the journal alone."""
    with open_journal(invocation.places().journal, read_only=True) as journal:
        report = journal.verify_chain()
        purged = purges(journal) if report.unbroken else ()
        path = journal.path
    answer.document(
        {
            "journal": str(path),
            "as_written": report.unbroken,
            "wrong": [] if report.unbroken else [{"entry": report.first_bad, "words": report.why}],
            "checkpoint": {"seq": report.entries, "hash": report.head},
            "purges": purges_json(purged),
        }
    )
    if not report.unbroken:
        answer.line(f"! {path}, entry {report.first_bad}: {report.why}")
        answer.line(
            f"{path} is NOT as it was written. Keep it as it is, and compare it with a copy."
        )
        return Exit.ALTERED
    answer.line(f"{path} is as it was written: {report.entries} entries, none missing.")
    show_purges(answer, purged)
    answer.line(
        f"checkpoint: entry {report.entries}, hash {report.head}; compare it with where it was "
        "published: whoever can write the file can also make all of it anew."
    )
    return Exit.IN_STEP


def _show(answer: Answer, bundle: Path, checked: Checked, wrong: list[Wrong]) -> None:
    manifest = checked.manifest
    answer.document(
        {
            "bundle": str(bundle),
            "as_written": not wrong,
            "wrong": [{"file": one.file, "where": one.where, "words": one.words} for one in wrong],
            "case": manifest.case if manifest else None,
            "runs": [one.run for one in manifest.runs] if manifest else [],
            "keyturn": manifest.keyturn if manifest else None,
            "checkpoint": {"seq": manifest.checkpoint.seq, "hash": manifest.checkpoint.hash}
            if manifest
            else None,
            "files": checked.files,
            "entries": checked.entries,
            "withheld": checked.withheld,
            "signed": checked.signed,
            "notes": list(checked.notes),
        }
    )
    for one in wrong:
        answer.line(f"! {one}")
    if wrong:
        answer.line(
            f"{bundle} is NOT as it was written ({len(wrong)} found). Do not rely on it; ask for "
            "the bundle again, or make it anew from the journal with keyturn report."
        )
        return
    if manifest is None:
        return
    answer.line(
        f"{bundle} is as it was written: {checked.files} files, {checked.entries} journal entries "
        f"({checked.withheld} about others, known by their hash alone)."
    )
    for note in checked.notes:
        answer.line(f"? {note}")
    answer.line(f"signature: {checked.signed}")
    answer.line(
        f"checkpoint: {checkpoint_words(manifest.checkpoint)}; compare it with where it was "
        "published: whoever can write the journal and sign can also make all of it anew."
    )
