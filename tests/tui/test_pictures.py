"""Every screen as text at three sizes, against the files in `pictures/`.

`pytest tests/tui/test_pictures.py --snapshot-update` writes them anew. The clock stands still, and
the tenants are always the same ones, so a difference is a difference of the screen.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from tests.tui.journeys import JOURNEYS, Journey
from tests.tui.looking import access, ready, shows, text_of, until
from tests.tui.picture_files import TextFile, picture
from tests.tui.simulated import Bench, Watch, bench, stopped_run, with_machines
from tests.tui.two_reads import HOUR_MS, change
from textual.pilot import Pilot

from keyturn.tui.app import KeyturnApp
from keyturn.tui.screens.leaving import LeavingDialog
from keyturn_providers.contract import (
    Check,
    Condition,
    Topic,
)

SIZES = ((80, 24), (120, 40), (200, 60))
SCREENS = (
    "access", "drift", "activity", "history", "differences", "as-of", "machines", "plan",
    "offboard", "leavers", "sources", "sources-asked", "help", "person", "person-vault",
    "person-why-not", "vault",
)  # fmt: skip
Way = tuple[tuple[tuple[str, ...], str], ...]
LEAVING: Way = ((("o",), "What leaving takes along"),)
EXCEPT: Way = (
    (("2",), "shows the plan"), (("slash", *"direct", "enter"), "find: direct"),
    (("e",), "Who answers?"),
)  # fmt: skip
WAYS: dict[str, Way] = {
    "find": ((("slash", *"drift:l"), "find: drift:l"),),
}
"""Screens of the whole width: the keys that lead to each, and the words that say one is there."""
BOXES: dict[str, Way] = {
    "why": ((("w",), "esc closes"),),
    "palette": ((("ctrl+p", *"da"), "person: "),),
    "jump": ((("ctrl+k", *"da"), "Dana"),),
    "filters": ((("F",), "Saved filters"),),
    "columns": ((("H",), "always shown"),),
    "tour": ((("f3",), "(1 of 5)"),),
    "console": ((("b",), "console"),),
    "choose": (*LEAVING, (("down", "enter"), "esc leaves it")),
    "ask": (*LEAVING, (("down", "down", "enter"), "esc leaves it")),
    "except": EXCEPT,
    "excepted": (
        *EXCEPT, ((*"r.silva", "enter"), "Why?"), ((*"year-end", "enter"), "Until when?"),
        (("enter",), "reviewed"),
    ),
    "quit": ((("q",), "esc stays"),),
}  # fmt: skip
"""Boxes before a screen, at most 100 wide: they have the same form at 120x40 and above."""
PICTURES = (
    *((screen, size) for screen in (*SCREENS, *WAYS) for size in SIZES),
    *((box, size) for box in BOXES for size in SIZES[:2]),
)


ON_THE_WAY = tuple((way, size) for way in JOURNEYS for size in SIZES[: way.sizes])
CHECKS = (
    Check(Topic.REACH, Condition.WELL, "Okta", "https://acme.okta.com answered in 84 ms."),
    Check(Topic.CERTIFICATE, Condition.WATCH, "Okta", "It ends in 12 days: renew it."),
    Check(Topic.TOKEN, Condition.UNKNOWN, "Okta", "The source tells neither age nor end."),
    Check(Topic.SCOPE, Condition.WELL, "okta.users.read", "Granted."),
    Check(Topic.SCOPE, Condition.WELL, "okta.groups.read", "Granted."),
    Check(Topic.SCOPE, Condition.WRONG, "okta.logs.read", "Not granted.", "the audit log"),
    Check(Topic.RATE, Condition.WELL, "Okta", "412 of 600 requests left, anew in 31 s."),
)


class StandingWatch(Watch):
    """A clock that does not go."""

    def now(self) -> int:
        """Always the same time."""
        return self.at_ms


@pytest.fixture
async def still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A bench that was read two minutes ago, and stays so."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    made = bench(data)
    made.watch = StandingWatch()
    await made.engine.refresh(lambda _event: None, lambda: False)
    made.watch.at_ms += 120_000
    made.pair.directory.checks = CHECKS
    monkeypatch.setattr("getpass.getuser", lambda: "operator")
    monkeypatch.setattr("socket.gethostname", lambda: "here")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("screen", "size"), PICTURES, ids=[f"{name}-{size[0]}x{size[1]}" for name, size in PICTURES]
)
async def test_the_screen_is_as_it_was(
    still: Bench, snapshot: SnapshotAssertion, screen: str, size: tuple[int, int]
) -> None:
    if screen == "machines":
        await with_machines(still)
    if screen == "activity":
        await stopped_run(still)
    if screen in {"history", "differences", "as-of"}:
        still.watch.at_ms += 72 * HOUR_MS
        await change(still)
        await still.engine.refresh(lambda _event: None, lambda: False)
        still.watch.at_ms += 120_000
    app = still.app()
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        if screen == "quit":
            app.start("an offboarding", _until_stopped, lambda _none: None)
        await _go(app, pilot, screen)
        for keys, words in {**WAYS, **BOXES}.get(screen, ()):
            await pilot.press(*keys)
            await shows(pilot, words)
            if screen != "quit":
                await until(pilot, lambda: not app.jobs.running() and not app.job_words)
        await _settled(app, pilot)
        assert picture(app) == snapshot(extension_class=TextFile)
        app.jobs.stop()  # else the job of "quit" outlives the tests


@pytest.mark.parametrize(
    ("journey", "size"),
    ON_THE_WAY,
    ids=[f"{way.name}-{size[0]}x{size[1]}" for way, size in ON_THE_WAY],
)
async def test_every_picture_on_the_way_is_as_it_was(
    still: Bench, snapshot: SnapshotAssertion, journey: Journey, size: tuple[int, int]
) -> None:
    await journey.before(still)
    app = still.app()
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        for stop in journey.stops:
            stop.first(app, still)
            await pilot.press(*stop.keys)
            await shows(pilot, stop.words)
            if not stop.running:
                await until(pilot, lambda: not app.jobs.running() and not app.job_words)
            if stop.picture and size in SIZES[stop.roomy : stop.sizes]:
                await _still(app, pilot)
                assert picture(app) == snapshot(extension_class=TextFile, name=stop.picture)


async def _still(app: KeyturnApp, pilot: Pilot[None]) -> None:
    """Until two looks see the same."""
    before = ""
    while before != text_of(app):
        before = text_of(app)
        for _ in range(3):
            await pilot.pause()


async def _until_stopped(_observe: object, stop: Callable[[], bool]) -> None:
    while not stop():  # noqa: ASYNC110 - a job asks, it is not told
        await asyncio.sleep(0.005)


async def _go(app: KeyturnApp, pilot: Pilot[None], screen: str) -> None:
    if screen in {"offboard", "plan"}:
        await pilot.press("o")
        await shows(pilot, "What leaving takes along")
    if screen == "leavers":
        await pilot.press("space", "j", "space", "j", "space", "o")
        await shows(pilot, "Offboard 3 people")
        await shows(pilot, "matched by")
    if screen == "plan":
        await pilot.press("p")
        await shows(pilot, "then type")
    if screen == "drift":
        await pilot.press("2")
        await shows(pilot, "shows the plan")
    if screen == "activity":
        await pilot.press("3")
        await shows(pilot, "Do not leave it")
        await shows(pilot, "try first")
    if screen in {"history", "differences", "as-of"}:
        await pilot.press("4")
        await shows(pilot, "read #3")
    if screen == "differences":
        await pilot.press("G", "d")
        await shows(pilot, "state: active")
        await pilot.press("down")
        await shows(pilot, "first so in the read")
    if screen == "as-of":
        await pilot.press("G", "enter")
        await shows(pilot, "AS OF")
        await pilot.press("1")
        await shows(pilot, "Dana")
    if screen == "machines":
        await pilot.press("5")
        await shows(pilot, "with their account")
    if screen.startswith("sources"):
        await pilot.press("6")
        await shows(pilot, "5 of 5 listings")
    if screen == "sources-asked":
        await pilot.press("c")
        await shows(pilot, "asked just now")
    if screen.startswith("person"):
        await pilot.press("i")
        await shows(pilot, "matched")
    if screen == "person-vault":
        await pilot.press("j")
        await shows(pilot, "The way in")
    if screen == "person-why-not":
        await pilot.press("G")
        await shows(pilot, "Gate by gate")
    if screen == "vault":
        access(app).go_to_vault("v-payments")
        await until(pilot, lambda: access(app).hand.vault.key == "v-payments")
        await pilot.press("V")
        await shows(pilot, "managed by")
    if screen == "help":
        await pilot.press("question_mark")
        await shows(pilot, "Everywhere")


async def _settled(app: KeyturnApp, pilot: Pilot[None]) -> None:
    """Until no job runs, nothing is being read, and two looks see the same."""
    if not isinstance(app.screen, LeavingDialog):  # which is there only while one runs
        await until(pilot, lambda: not app.jobs.running() and not app.job_words)
    await _still(app, pilot)
