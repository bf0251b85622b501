"""What is old, and what was purged, as lines for people and as JSON for programs."""

from collections.abc import Sequence
from dataclasses import asdict

from keyturn.cli.invocation import Answer, Json
from keyturn.decide.names import counted
from keyturn.evidence.moments import utc
from keyturn.run.retention import Old
from keyturn_storage.purge_rows import PurgeDone

_STAYS = 20


def old_json(old: Old) -> dict[str, Json]:
    """Everything that would go, and what stays although it is older."""
    found = old.journal
    return {
        "days": old.days,
        "before_ms": found.before_ms,
        "runs": list(found.runs),
        "cases": list(found.cases),
        "journal_lines": found.lines,
        "texts": found.texts,
        "events": found.events,
        "events_kept_for_cases": found.events_held,
        "snapshots": old.snapshots,
        "files": [str(path) for path in old.files],
        "bundles_not_taken": [str(path) for path in old.bundles],
        "held_back": list(old.held_back),
        "stays": [{"what": one.what, "id": one.id, "why": one.why} for one in found.stays],
    }


def show_old(answer: Answer, old: Old, *, done: bool) -> None:
    """The same as lines."""
    found = old.journal
    answer.line(f"older than {old.days} days, before {utc(found.before_ms)}:")
    for number, one, many in (
        (len(found.runs), "run, with plan, words and proof", "runs, with plan, words and proof"),
        (len(found.cases), "closed case", "closed cases"),
        (found.lines, "journal line", "journal lines"),
        (found.texts, "kept text", "kept texts"),
        (found.events, "archived event", "archived events"),
        (old.snapshots, "snapshot in the cache", "snapshots in the cache"),
        (len(old.files), "saved plan or copy of the journal", "saved plans and journal copies"),
    ):
        if number:
            answer.line(f"- {counted(number, one, many)}")
    if old.nothing:
        answer.line("  nothing that may go")
    for stays in found.stays[:_STAYS]:
        answer.line(f"= {stays.what} {stays.id} stays: {stays.why}")
    if len(found.stays) > _STAYS:
        answer.line(f"= and {len(found.stays) - _STAYS} more stay: --json names them")
    if found.events_held:
        words = counted(found.events_held, "archived event stays", "archived events stay")
        answer.line(f"= {words}: about people whose case stays")
    for words in old.held_back:
        answer.line(f"= {words} stay: a case is under legal hold, and they may be about it")
    for path in old.bundles:
        answer.line(f"? evidence is yours to keep or delete: {path}")
    if not done and not old.nothing:
        answer.line("nothing was changed; --confirm takes it out for good")


def purges_json(purges: Sequence[PurgeDone]) -> list[Json]:
    return [asdict(one) for one in purges]


def show_purges(answer: Answer, purges: Sequence[PurgeDone]) -> None:
    """What was taken, when and by whom, oldest first."""
    for one in purges:
        answer.line(
            f"purged {utc(one.at_ms)} by {one.by}, older than {one.days} days: {one.words} "
            f"(journal entry {one.entry})"
        )
