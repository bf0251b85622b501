"""`keyturn recheck [RUN]`: whether what was cut is still cut, by name what came back."""

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed
from keyturn.cli.invocation import Answer, Invocation, Json, json_option
from keyturn.cli.work import (
    cache_of,
    journal_of,
    loaded_policy,
    now_ms,
    operator,
    stoppable,
    tell,
    with_connections,
)
from keyturn.decide.rechecks import Due, Recheck
from keyturn.decide.values import to_plain
from keyturn.decide.world import World
from keyturn.policy.loaded import LoadedPolicy
from keyturn.run.assess import NothingRead, read_assessment
from keyturn.run.clock import system_clock
from keyturn.run.connections import Connections
from keyturn.run.recheck import ask, due_of, offboardings, past_of, recheck
from keyturn.run.runs_done import find_run
from keyturn_storage.journal import Journal
from keyturn_storage.rows import RunRow

Looks = tuple[tuple[RunRow, Due | None], ...]


@click.command(name="recheck")
@click.argument("run", required=False)
@click.option(
    "--due",
    "only_due",
    is_flag=True,
    help="Every offboarding whose look after 5 minutes, 24 hours or 7 days is due. For cron.",
)
@json_option
@click.pass_obj
def command(invocation: Invocation, run: str | None, only_due: bool, answer: Answer) -> int:
    """Read again everything that RUN cut (its id, or the beginning of it), by id; without RUN, of
    the last offboarding.

    Changes nothing in the sources. What is found goes into the journal: the case of whoever has
    something back is opened again, with since when and who did it as far as the audit log tells,
    and steps whose audit event has appeared since get their better verdict. Exits with 0 if nothing
    came back, 1 if something did, 3 if something could not be read and nothing seen came back.
    """
    if only_due and run is not None:
        raise click.UsageError("Give a RUN or --due, not both.")
    loaded = loaded_policy(invocation)
    with journal_of(invocation) as journal:
        looks = _due(journal) if only_due else _one(journal, run)
        if not looks:
            answer.document({"rechecks": []})
            answer.line("No recheck is due.")
            return Exit.IN_STEP
        world = _world(invocation, loaded)
        found = _look(invocation, loaded, answer, journal, looks, world)
    answer.document({"rechecks": [_json(one) for one in found]})
    for one in found:
        _show(answer, one)
    return _exit_of(found)


def _due(journal: Journal) -> Looks:
    """The offboardings of which a moment has come, the oldest first."""
    at_ms, past = now_ms(), past_of(journal)
    every = ((row, due_of(journal, row, at_ms, past)) for row in reversed(offboardings(journal)))
    return tuple((row, due) for row, due in every if due.now is not None)


def _one(journal: Journal, run: str | None) -> Looks:
    if run is not None:
        return ((find_run(journal, run), None),)
    rows = offboardings(journal)
    if not rows:
        raise VerbFailed(
            Exit.NOT_FOUND,
            "recheck: nobody was offboarded yet, so there is nothing to look at again. Name a RUN "
            "to look at another one.",
        )
    return ((rows[0], None),)


def _world(invocation: Invocation, loaded: LoadedPolicy) -> World | None:
    """The newest snapshots, which tell what may have brought something back. Not needed."""
    with cache_of(invocation) as cache:
        try:
            return read_assessment(cache, loaded.rules, now_ms()).world
        except NothingRead:
            return None


def _look(
    invocation: Invocation,
    loaded: LoadedPolicy,
    answer: Answer,
    journal: Journal,
    looks: Looks,
    world: World | None,
) -> tuple[Recheck, ...]:
    with stoppable(answer) as stop:

        async def work(connections: Connections) -> tuple[Recheck, ...]:
            asked = await ask(connections)
            found: list[Recheck] = []
            for row, due in looks:
                if stop():
                    break
                found.append(
                    await recheck(
                        row,
                        asked,
                        connections,
                        journal,
                        world=world,
                        observe=lambda event: tell(answer, event),
                        stop=stop,
                        clock=system_clock(),
                        operator=operator(),
                        when=due,
                    )
                )
            return tuple(found)

        return with_connections(invocation, loaded, answer, work)


def _exit_of(found: tuple[Recheck, ...]) -> Exit:
    if any(one.came_back for one in found):
        return Exit.DRIFT
    return Exit.IN_STEP if found and all(one.whole for one in found) else Exit.INCOMPLETE


def _json(one: Recheck) -> Json:
    plain = to_plain(one)
    kept = plain if isinstance(plain, dict) else {}
    when = [back.when for back in one.came_back]
    return {**kept, "whole": one.whole, "words": one.words, "when": list(when)}


def _show(answer: Answer, one: Recheck) -> None:
    moment = f" ({one.moment})" if one.moment else ""
    answer.line(f"{one.run_id}{moment}: {one.words}")
    for name in one.missed:
        answer.line(f"  missed: {one.title} was not looked at {name}")
    for back in one.came_back:
        answer.line(f"! {back.words}")
        if back.when:
            answer.line(f"          {back.when}")
        if back.likely and not back.event:
            answer.line(f"          {back.likely}")
    for unseen in one.not_seen:
        answer.line(f"? {unseen.words}: {unseen.reason}")
    for words in one.put_back:
        answer.line(f"  put back by an undo: {words}")
    for step in one.upgraded:
        answer.line(f"  {step.told}")
    for words in one.remarks:
        answer.line(f"  {words}")
