"""`keyturn drift`: what differs, from the newest snapshots."""

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.cli.shown import finding_json, show_findings
from keyturn.cli.work import cache_of, loaded_policy, now_ms
from keyturn.evidence.moments import utc
from keyturn.run.assess import assess
from keyturn.run.silence import Silent, silent_sources


@click.command(name="drift")
@click.option("--refresh", "fresh", is_flag=True, help="Read both sources first.")
@json_option
@click.pass_obj
def command(invocation: Invocation, fresh: bool, answer: Answer) -> int:
    """List what differs between what should be and what is.

    Exits with 0 in step, 1 with drift, 3 if a source was not read completely (there may be more),
    and 11 if one was not read whole for longer than limits.silence: then nobody knows.
    """
    read = Exit.IN_STEP
    if fresh:
        from keyturn.cli.verbs.refresh import refresh_both

        read = refresh_both(invocation, Answer(as_json=False, quiet=True))
    loaded = loaded_policy(invocation)
    with cache_of(invocation) as cache:
        found = assess(cache, loaded.rules, now_ms())
        sources = [snapshot.source for snapshot in (found.directory, found.secrets)]
        silent = silent_sources(cache, sources, loaded.silence_ms, now_ms())
    snapshots = (found.directory, found.secrets)
    complete = read is Exit.IN_STEP and all(snapshot.complete for snapshot in snapshots)
    answer.document(
        {
            "complete": complete,
            "silent": [
                {"source": one.source, "last_whole_ms": one.last_ms, "for_ms": one.for_ms}
                for one in silent
            ],
            "snapshots": [
                {
                    "source": snapshot.source.name,
                    "id": snapshot.id,
                    "taken_ms": snapshot.taken_ms,
                    "complete": snapshot.complete,
                    "blind_spots": list(snapshot.blind_spots),
                }
                for snapshot in snapshots
            ],
            "findings": [finding_json(finding) for finding in found.findings],
        }
    )
    show_findings(answer, found.findings)
    for snapshot in snapshots:
        if not snapshot.complete:
            answer.line(f"{snapshot.source.name}: not read completely; there may be more")
        for spot in snapshot.blind_spots:
            answer.line(f"not visible to keyturn in {snapshot.source.name}: {spot}")
    for one in silent:
        answer.line(f"! {_silence(one, loaded.silence_ms)}")
    if silent:
        return Exit.SILENT
    if read is not Exit.IN_STEP:
        answer.line("the refresh just now was not complete: this is from what was read before")
        return read
    if not complete:
        return Exit.INCOMPLETE
    return Exit.DRIFT if found.findings else Exit.IN_STEP


def _silence(one: Silent, allowed_ms: int) -> str:
    at = "" if one.last_ms is None else utc(one.last_ms)
    return f"{one.words(allowed_ms, at)}: keyturn doctor"
