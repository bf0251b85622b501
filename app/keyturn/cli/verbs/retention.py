"""`keyturn retention`: how long personal data is kept, what is older, and taking it out."""

from dataclasses import asdict

import click

from keyturn.cli.evidence_made import cache_if_any
from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed
from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.cli.retention_shown import old_json, purges_json, show_old, show_purges
from keyturn.cli.work import journal_of, loaded_policy, now_ms, operator
from keyturn.decide.names import counted
from keyturn.evidence.moments import utc
from keyturn.run.retention import find_old, purge_old, taken_outside
from keyturn_storage.queries.purges import purges


@click.group(name="retention")
def command() -> None:
    """How long personal data is kept, and taking out what is older."""


@command.command(name="show")
@json_option
@click.pass_obj
def show(invocation: Invocation, answer: Answer) -> int:
    """Show the limit of keyturn.yaml, and every purge so far: what, when and by whom."""
    days = loaded_policy(invocation).retention_days
    with journal_of(invocation) as journal:
        done, outside = purges(journal), taken_outside(journal)
    answer.document(
        {
            "days": days,
            "purges": purges_json(done),
            "outside_the_journal": [asdict(one) for one in outside],
        }
    )
    answer.line(_limit(days))
    show_purges(answer, done)
    for one in outside:
        answer.line(
            f"purged {utc(one.at_ms)} by {one.by}, older than {one.days} days: up to "
            f"{counted(one.snapshots, 'snapshot')} of the cache and {counted(one.files, 'file')}"
        )
    return Exit.IN_STEP


@command.command(name="purge")
@click.option(
    "--days",
    type=click.IntRange(1, 36_500),
    help="Another limit than retention.days of keyturn.yaml.",
)
@click.option("--confirm", is_flag=True, help="Do it; without this nothing is changed.")
@json_option
@click.pass_obj
def purge(invocation: Invocation, days: int | None, confirm: bool, answer: Answer) -> int:
    """Take out personal data that is older than the limit: runs and closed cases with their names,
    archived events, texts, old snapshots and saved plans. It cannot be had again.

    Only shown without --confirm. The journal's chain stays checkable, and says what was taken, when
    and by whom. What is open, and every case under legal hold, stays with all that belongs to it.
    Exits with 0 if there is nothing to take or it was taken, and 1 if there is something.
    """
    loaded = loaded_policy(invocation)
    limit = days or loaded.retention_days
    if not limit:
        raise VerbFailed(
            Exit.USAGE,
            f"{loaded.path}: does not say how long personal data is kept, so nothing is purged. "
            "Add retention: {days: 400}, or name --days.",
        )
    if confirm and (invocation.read_only or loaded.read_only):
        raise VerbFailed(
            Exit.REFUSED, "keyturn: is read-only, so nothing is purged. Start it without that."
        )
    places = invocation.places()
    with journal_of(invocation) as journal, cache_if_any(places) as cache:
        old = find_old(journal, cache, places.data, days=limit, now_ms=now_ms())
        show_old(answer, old, done=confirm)
        if not confirm or old.nothing:
            answer.document({"purged": False, **old_json(old)})
            return Exit.IN_STEP if old.nothing else Exit.DRIFT
        report = journal.verify_chain()
        if not report.unbroken:
            raise VerbFailed(
                Exit.ALTERED,
                f"{journal.path}: nothing is purged: its chain is broken: {report.why}. Keep the "
                "file as it is, and compare it with a copy.",
            )
        done = purge_old(journal, cache, old, by=operator(), now_ms=now_ms())
        report = journal.verify_chain()
    answer.document(
        {
            "purged": True,
            **old_json(old),
            "purges": purges_json(done.purges),
            "chain": {"unbroken": report.unbroken, "seq": report.entries, "hash": report.head},
        }
    )
    show_purges(answer, done.purges)
    answer.line(
        f"{counted(done.snapshots, 'snapshot')} of the cache and {counted(done.files, 'file')} "
        "deleted. Publish the new checkpoint: "
        f"entry {report.entries}, hash {report.head}"
    )
    return Exit.IN_STEP if report.unbroken else Exit.ALTERED


def _limit(days: int | None) -> str:
    if not days:
        return "no limit: nothing is purged (retention: {days: 400} in keyturn.yaml sets one)"
    return f"personal data is kept for {days} days; keyturn retention purge takes out what is older"
