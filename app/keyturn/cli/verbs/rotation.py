"""`keyturn rotation CASE|PERSON`: what has to be changed because somebody left."""

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.cli.rotation_shown import rotation_json, show_rotation
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
    RotationFound,
    find_rotation,
    leaver_of_case,
    leaver_of_person,
)
from keyturn_storage.case_rows import CaseRow
from keyturn_storage.journal import Journal


@click.command(name="rotation")
@click.argument("who", metavar="CASE|PERSON")
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
def command(invocation: Invocation, who: str, days: int, limit: int, answer: Answer) -> int:
    """List what somebody who left could see, did use, and nobody changed since.

    What was exported or shared comes first, then what was revealed, filled in, opened, and what
    could only be seen. An entry closes by itself once its item is changed after the cut; nothing
    else closes it. No content of an item is ever read. When items were changed is kept with the
    case, for the evidence. Exits with 1 while an entry is open.
    """
    loaded = loaded_policy(invocation)
    with journal_of(invocation) as journal:
        leaver, row = _leaver(invocation, loaded, journal, who)

        async def work(connections: Connections) -> RotationFound:
            return await find_rotation(
                journal,
                leaver,
                days=days,
                now_ms=now_ms(),
                items_of=await items_lister(connections),
            )

        found = with_connections(invocation, loaded, answer, work)
        if row is not None and found.seen is not None:
            keep_items(journal, row, found.seen, operator())
    zone = row.facts.left_zone if row is not None else ""
    answer.document({"rotation": rotation_json(found)})
    show_rotation(answer, found, zone, limit=limit, now_ms=now_ms())
    return Exit.DRIFT if found.rotation.open else Exit.IN_STEP


def _leaver(
    invocation: Invocation, loaded: LoadedPolicy, journal: Journal, who: str
) -> tuple[LeaverSeen, CaseRow | None]:
    """Whose list it is, by a case or else by name, and the case."""
    try:
        row = find_case(journal, who)
    except NoSuchCase:
        with cache_of(invocation) as cache:
            world = read_assessment(cache, loaded.rules, now_ms()).world
        person = find_person(world, who)
        found = case_of(journal, person)
        if found is None:
            return leaver_of_person(world, person), None
        row = found
    return leaver_of_case(journal, row, offset_minutes(row.facts.left_zone)), row
