"""`keyturn report RUN|CASE|PERSON`: the evidence of a case or a run, as a folder and a zip."""

from dataclasses import asdict
from pathlib import Path

import click

from keyturn.cli.evidence_made import (
    Meant,
    cache_if_any,
    meant_by,
    rules_of,
    signing_key,
    watched_tokens,
)
from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed
from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.cli.work import now_ms, operator
from keyturn.decide.names import counted
from keyturn.evidence.bundle import Written
from keyturn.evidence.exports import Export, exports_of, write_noted
from keyturn.evidence.gather import Report, report_on, report_on_case
from keyturn.evidence.moments import NotAMoment, utc
from keyturn.evidence.stated import Stated, stated
from keyturn_storage.journal import open_journal


@click.command(name="report")
@click.argument("run_or_person", metavar="RUN|CASE|PERSON")
@click.option("--person", help="Who is meant, where several people left in one run.")
@click.option("--left-at", metavar="TIME", help="When they left, such as 2027-01-15T17:30+01:00.")
@click.option("--approver", metavar="NAME", help="Who approved it.")
@click.option("--ticket", metavar="ID", help="The ticket or case it belongs to.")
@click.option(
    "--legal-hold", type=click.Choice(["yes", "no"]), help="Whether data must be kept for a case."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The directory to write into; else evidence/ below the data directory.",
)
@click.option(
    "--whole-chain", is_flag=True, help="Withhold no journal line, not even those of other runs."
)
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    run_or_person: str,
    person: str | None,
    left_at: str | None,
    approver: str | None,
    ticket: str | None,
    legal_hold: str | None,
    out: Path | None,
    whole_chain: bool,
    answer: Answer,
) -> int:
    """Write the evidence of a CASE (its id), of a PERSON's latest, or of one RUN alone (its id);
    the beginning of an id will do.

    Of a case it holds every run, in order: also one that was stopped, one that was planned anew, an
    undo, and every later look. What is open, proven, and how long access was open is counted over
    all of them. Of a RUN it holds that one, and names the others of its case as not included.

    Made from the journal and the cache alone; no source is asked, nothing is changed. What the
    options say is written down as stated by you, and what they do not say is taken from the case.
    Signed where keyturn.yaml names a key (evidence: {signing_key: PATH}). That it was written, by
    whom and with which digest, is noted in the journal; the same gives the same bytes.

    Ends with 0 if every step is proven, 5 if not, 6 while steps are open.
    """
    try:
        said = stated(left_at, approver, ticket, legal_hold)
    except NotAMoment as odd:
        raise VerbFailed(Exit.USAGE, str(odd)) from None
    places = invocation.places()
    with open_journal(places.journal, read_only=True) as journal, cache_if_any(places) as cache:
        meant = meant_by(run_or_person, person, journal, cache)
        rules, key = rules_of(places), signing_key(places)
        if isinstance(meant, Meant):
            report = report_on(
                meant.row, journal, cache, key=meant.key, stated=said, rules=rules,
                signing_key=key, whole_chain=whole_chain,
            )  # fmt: skip
        else:
            report = report_on_case(
                meant, journal, cache, stated=said, rules=rules, signing_key=key,
                whole_chain=whole_chain,
            )  # fmt: skip
    with open_journal(places.journal) as journal:
        before = exports_of(journal, report.bundle.manifest.about)
        written = write_noted(
            report.bundle,
            journal,
            out or places.data / "evidence",
            by=operator(),
            at_ms=now_ms(),
            tokens=watched_tokens(places),
            whole_chain=whole_chain,
            stated=said.fields,
        )
    _show(answer, report, written, said, before)
    if report.pack.case.state != "ended":
        return Exit.STOPPED
    return Exit.IN_STEP if report.pack.case.proven else Exit.NOT_VERIFIED


def _show(
    answer: Answer, report: Report, written: Written, said: Stated, before: tuple[Export, ...]
) -> None:
    pack, manifest = report.pack, report.bundle.manifest
    answer.document(
        {
            "case": manifest.case,
            "runs": list(pack.case.runs),
            "run": pack.case.runs[0] if len(pack.case.runs) == 1 else None,
            "folder": str(written.folder),
            "zip": str(written.zip),
            "zip_sha256": written.zip_sha256,
            "manifest_sha256": written.manifest_sha256,
            "checkpoint": {"seq": manifest.checkpoint.seq, "hash": manifest.checkpoint.hash},
            "signing_key": manifest.signing_key,
            "proven": pack.case.proven,
            "verdict": pack.case.verdict,
            "totals": asdict(pack.case.totals),
            "exposure": [
                {
                    "source": one.source,
                    "minutes": one.exposure.minutes,
                    "open": one.exposure.open,
                    "at_most": one.exposure.at_most,
                    "words": one.exposure.words,
                }
                for one in pack.systems
            ],
            "written_before": [asdict(one) for one in before],
            "stated": list(said.fields),
            "not_known": [{"field": one.field, "why": one.why} for one in pack.not_known],
        }
    )
    answer.line(f"{pack.case.title}: {pack.case.verdict}")
    for run in pack.runs if len(pack.runs) > 1 else ():
        ended = f"ended {run.ended}" if run.ended else f"it is {run.state}"
        answer.line(f"run {run.number}, {run.run}: {run.title}, {ended}. {run.verdict}")
    for one in pack.systems:
        answer.line(f"{one.source}: {one.exposure.words}")
    answer.line(f"folder: {written.folder}")
    answer.line(f"zip: {written.zip}")
    answer.line(f"SHA-256 of the zip: {written.zip_sha256}")
    answer.line(f"checkpoint: entry {manifest.checkpoint.seq}, hash {manifest.checkpoint.hash}")
    if before:
        last = before[-1]
        same = "the same" if last.manifest_sha256 == written.manifest_sha256 else "other"
        times = counted(len(before), "time", "times")
        answer.line(f"written {times} before, last {utc(last.at_ms)} by {last.by}: {same} bytes")
    if manifest.signing_key:
        answer.line(f"signed with the key {manifest.signing_key}")
    else:
        answer.line("not signed: name a key in keyturn.yaml (evidence: {signing_key: PATH})")
    answer.line(
        f"{len(pack.not_known)} fields are not known, each named with the reason. Publish the "
        "checkpoint where nobody here can change it (the ticket, a mail to the auditor)."
    )
