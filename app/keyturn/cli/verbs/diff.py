"""`keyturn diff A B`: what differs between two reads of both sources."""

from collections import defaultdict

import click

from keyturn.cli.as_of_option import as_of_json, read_meant, reader_of
from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed
from keyturn.cli.invocation import Answer, Invocation, Json, json_option
from keyturn.cli.work import now_ms
from keyturn.run.as_of import AsOf, utc
from keyturn.run.change_words import HEADS, REACH_HEAD, Told, told, told_reach
from keyturn.run.difference import (
    EVERYTHING,
    Chosen,
    Difference,
    NotOne,
    changes_of,
    choose_person,
    choose_vault,
    difference,
    seen_ms,
)
from keyturn_storage.queries.changes import How, What
from keyturn_storage.queries.reader import Reader


@click.command(name="diff")
@click.argument("a", metavar="A")
@click.argument("b", metavar="[B]", default="latest")
@click.option("--person", default="", help="Only what is about this person.")
@click.option("--vault", default="", help="Only what is about this vault.")
@click.option("--limit", default=200, show_default=True, help="How many of a kind are listed.")
@json_option
@click.pass_obj
def command(
    invocation: Invocation, a: str, b: str, person: str, vault: str, limit: int, answer: Answer
) -> int:
    """Show what differs between two reads of both sources, A and B; without B, the newest.

    A and B are times (2026-03-14, 2026-03-14T10:30, 7d for seven days ago), reads of
    `keyturn history` (#12), or `latest`. A time means the newest read that had ended by then.

    Exits with 0 where nothing differs, and 1 where something does.
    """
    if person and vault:
        raise VerbFailed(Exit.USAGE, "keyturn diff: name a person or a vault, not both.")
    with reader_of(invocation) as reader:
        now = now_ms()
        one, other = read_meant(reader, a, now), read_meant(reader, b, now)
        found = difference(reader, one, other, _chosen(reader, one, other, person, vault))
        listed: dict[What, list[tuple[str, Told, int]]] = defaultdict(list)
        for side, change in changes_of(reader, found, limit=limit):
            seen = seen_ms(reader, change.seen_snapshot)
            listed[change.what].append((side.source, told(change), seen))
    answer.document(_json(found, listed))
    _show(answer, found, listed, limit)
    return Exit.DRIFT if found.total or found.reach_total else Exit.IN_STEP


def _chosen(reader: Reader, one: AsOf, other: AsOf, person: str, vault: str) -> Chosen:
    try:
        if person:
            return choose_person(reader, one, other, person)
        return choose_vault(reader, one, other, vault) if vault else EVERYTHING
    except NotOne as nobody:
        raise VerbFailed(Exit.NOT_FOUND, str(nobody)) from None


def _show(
    answer: Answer, found: Difference, listed: dict[What, list[tuple[str, Told, int]]], limit: int
) -> None:
    about = f" about {found.chosen.name}" if found.chosen.name else ""
    answer.line(
        f"From {utc(found.earlier.moment.started_ms)} (#{found.earlier.moment.no}) to "
        f"{utc(found.later.moment.started_ms)} (#{found.later.moment.no}): "
        + (f"{found.total} differences{about}" if found.total else f"nothing differs{about}")
    )
    for caveat in found.caveats:
        answer.line(f"? {caveat}")
    if found.reach_total:
        answer.line("")
        answer.line(f"{REACH_HEAD}, nesting included: {found.reach_total}")
        rows = [told_reach(one) for one in found.reach[:limit]]
        answer.table(["", "who", "vault", "what"],
                     [[one.sign, one.subject, one.object, one.words] for one in rows])  # fmt: skip
        _rest(answer, found.reach_total - len(rows))
    for what, rows_of in listed.items():
        counts = "  ".join(f"{how.value}{n}" for how in How if (n := found.count(what, how)))
        answer.line("")
        answer.line(f"{HEADS[what]}: {counts}")
        answer.table(
            ["", "source", "who or what", "in or on", "what", "seen by"],
            [
                [one.sign, source, one.subject, one.object, one.words, utc(seen)]
                for source, one, seen in rows_of
            ],
        )
        _rest(answer, sum(found.count(what, how) for how in How) - len(rows_of))


def _rest(answer: Answer, more: int) -> None:
    if more > 0:
        answer.line(f"... and {more} more: --limit shows more, --person or --vault narrows")


def _json(found: Difference, listed: dict[What, list[tuple[str, Told, int]]]) -> Json:
    return {
        "earlier": as_of_json(found.earlier),
        "later": as_of_json(found.later),
        "about": found.chosen.name,
        "caveats": list(found.caveats),
        "total": found.total,
        "counts": {what.value: {how.value: found.count(what, how) for how in How} for what in What},
        "reach_total": found.reach_total,
        "reach": [
            {"sign": one.sign, "who": one.subject, "vault": one.object, "words": one.words}
            for one in map(told_reach, found.reach)
        ],
        "changes": [
            {
                "what": what.value,
                "sign": one.sign,
                "source": source,
                "subject": one.subject,
                "object": one.object,
                "words": one.words,
                "seen_ms": seen,
            }
            for what, rows in listed.items()
            for source, one, seen in rows
        ],
    }
