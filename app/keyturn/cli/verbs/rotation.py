"""`keyturn rotation CASE|PERSON|RUN ...`: what has to be changed because somebody left."""

from collections.abc import Sequence

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.cli.rotation_shown import (
    rotation_json,
    shared_json,
    show_rotation,
    show_shared_rotation,
)
from keyturn.cli.work import (
    cache_of,
    journal_of,
    loaded_policy,
    now_ms,
    operator,
    with_connections,
)
from keyturn.evidence.moments import offset_minutes
from keyturn.policy.loaded import LoadedPolicy
from keyturn.run.assess import read_assessment
from keyturn.run.cases import NoSuchCase, case_of, find_case
from keyturn.run.connections import Connections
from keyturn.run.items_kept import keep_items
from keyturn.run.items_now import items_lister
from keyturn.run.persons import find_person
from keyturn.run.rotation import (
    LeaverSeen,
    leaver_of_case,
    leaver_of_person,
)
from keyturn.run.runs_done import NoSuchRun, find_run
from keyturn.run.shared_rotation import SharedFound, find_shared_rotation
from keyturn_storage.case_rows import CaseRow
from keyturn_storage.journal import Journal
from keyturn_storage.queries.cases import cases_of_run

_SHORTEST_ID = 6
Whose = tuple[LeaverSeen, CaseRow | None]


@click.command(name="rotation")
@click.argument("who", metavar="CASE|PERSON|RUN...", nargs=-1, required=True)
@click.option(
    "--days",
    default=90,
    show_default=True,
    type=click.IntRange(1, 3_650),
    help="How long before the leave time uses count.",
)
@click.option("--limit", default=200, show_default=True, help="How many entries are shown.")
@json_option
@click.pass_obj
def command(
    invocation: Invocation, who: tuple[str, ...], days: int, limit: int, answer: Answer
) -> int:
    """List what somebody who left could see, did use, and nobody changed since.

    What was exported or shared comes first, then what was revealed, filled in, opened, and what
    could only be seen. An entry closes by itself once its item is changed after the cut; nothing
    else closes it. No content of an item is ever read. When items were changed is kept with the
    case, for the evidence.

    Of several, or of everybody who left in a RUN (its id), it is one list: each item once, with who
    of them saw or used it, ranked by whoever makes it most urgent. Exits with 1 while an entry is
    open.
    """
    loaded = loaded_policy(invocation)
    with journal_of(invocation) as journal:
        whose = _whose(invocation, loaded, journal, who)

        async def work(connections: Connections) -> SharedFound:
            return await find_shared_rotation(
                journal,
                [leaver for leaver, _row in whose],
                days=days,
                now_ms=now_ms(),
                items_of=await items_lister(connections),
            )

        found = with_connections(invocation, loaded, answer, work)
        for (_leaver, row), one in zip(whose, found.each, strict=True):
            if row is not None and one.seen is not None:
                keep_items(journal, row, one.seen, operator())
    zones = {row.facts.left_zone if row is not None else "" for _leaver, row in whose}
    zone = zones.pop() if len(zones) == 1 else ""
    if len(found.each) == 1:
        answer.document({"rotation": rotation_json(found.each[0])})
        show_rotation(answer, found.each[0], zone, limit=limit, now_ms=now_ms())
    else:
        answer.document({"rotation": shared_json(found)})
        show_shared_rotation(answer, found, zone, limit=limit, now_ms=now_ms())
    return Exit.DRIFT if found.rotation.open else Exit.IN_STEP


def _whose(
    invocation: Invocation, loaded: LoadedPolicy, journal: Journal, who: Sequence[str]
) -> tuple[Whose, ...]:
    """Whose list it is, and their cases: each once, however often somebody is named."""
    found: dict[str, Whose] = {}
    for text in who:
        cases = _of_run(journal, text)
        each = [_with_case(journal, row) for row in cases]
        for one in each or [_called(invocation, loaded, journal, text)]:
            leaver, row = one
            _ = found.setdefault(row.id if row is not None else leaver.account_id or text, one)
    return tuple(found.values())


def _of_run(journal: Journal, text: str) -> tuple[CaseRow, ...]:
    """The cases of all who left in the run with this id, or the only one that begins so."""
    if len(text) < _SHORTEST_ID:
        return ()
    try:
        return cases_of_run(journal, find_run(journal, text).id)
    except NoSuchRun:
        return ()


def _called(invocation: Invocation, loaded: LoadedPolicy, journal: Journal, who: str) -> Whose:
    """By a case or else by name."""
    try:
        return _with_case(journal, find_case(journal, who))
    except NoSuchCase:
        with cache_of(invocation) as cache:
            world = read_assessment(cache, loaded.rules, now_ms()).world
        person = find_person(world, who)
        row = case_of(journal, person)
        if row is None:
            return leaver_of_person(world, person), None
        return _with_case(journal, row)


def _with_case(journal: Journal, row: CaseRow) -> Whose:
    return leaver_of_case(journal, row, offset_minutes(row.facts.left_zone)), row
