"""The rotation lists behind the dashboard: of one leaver, and of several as one."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from keyturn.tui.engine import Observe
from keyturn.tui.openings import Openings, operator
from keyturn.tui.run_desk import row_of

if TYPE_CHECKING:
    from keyturn.decide.world import World
    from keyturn.run.rotation import LeaverSeen, RotationFound
    from keyturn.run.shared_rotation import SharedFound
    from keyturn_storage.case_rows import CaseRow
    from keyturn_storage.journal import Journal

USES_DAYS = 90


async def rotation_of_one(
    opened: Openings, person_key: str, case_id: str, observe: Observe
) -> "tuple[RotationFound, str]":
    """The list of a case, else of the person's newest, and the offset of the leave time. What was
    seen of items is kept with the case."""
    from keyturn.run.items_now import items_lister
    from keyturn.run.rotation import find_rotation

    loaded = opened.doors.load()
    async with opened.everything(loaded, observe, read_only=True) as (connections, _, journal):
        row = row_of(journal, person_key, case_id)
        leaver = _leaver(journal, row, lambda: opened.world(loaded), person_key)
        found = await find_rotation(
            journal, leaver, days=USES_DAYS, now_ms=opened.now().now_ms(),
            items_of=await items_lister(connections),
        )  # fmt: skip
        if not (opened.read_only or loaded.read_only):
            _keep(journal, row, found)
    return found, row.facts.left_zone if row is not None else ""


async def rotation_of_all(
    opened: Openings, people: Sequence[str], observe: Observe
) -> "tuple[SharedFound, str]":
    """The list of all of them, and the offset of their leave times, "" where these differ. What was
    seen of items is kept with each case."""
    from keyturn.run.items_now import items_lister
    from keyturn.run.shared_rotation import find_shared_rotation

    loaded = opened.doors.load()
    async with opened.everything(loaded, observe, read_only=True) as (connections, _, journal):
        world = cache(lambda: opened.world(loaded))
        rows = [row_of(journal, key, "") for key in people]
        found = await find_shared_rotation(
            journal,
            [_leaver(journal, row, world, key) for row, key in zip(rows, people, strict=True)],
            days=USES_DAYS, now_ms=opened.now().now_ms(), items_of=await items_lister(connections),
        )  # fmt: skip
        if not (opened.read_only or loaded.read_only):
            for row, one in zip(rows, found.each, strict=True):
                _keep(journal, row, one)
    zones = {row.facts.left_zone if row is not None else "" for row in rows}
    return found, zones.pop() if len(zones) == 1 else ""


def _leaver(
    journal: "Journal", row: "CaseRow | None", world: "Callable[[], World]", person_key: str
) -> "LeaverSeen":
    from keyturn.evidence.moments import offset_minutes
    from keyturn.run.persons import find_person
    from keyturn.run.rotation import leaver_of_case, leaver_of_person

    if row is None:
        now = world()
        return leaver_of_person(now, find_person(now, person_key))
    return leaver_of_case(journal, row, offset_minutes(row.facts.left_zone))


def _keep(journal: "Journal", row: "CaseRow | None", found: "RotationFound") -> None:
    from keyturn.run.items_kept import keep_items

    if row is not None and found.seen is not None:
        keep_items(journal, row, found.seen, operator())
