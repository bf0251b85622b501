"""Every term of the filter language on every list, and every order, over a large cache.

`uv run python -m tests.bench.filters FOLDER [WORDS]` takes the caches that `tests.bench.dashboard`
made in `FOLDER`; with words, only lines that contain them. Each filter is asked for as a whole,
with the list unfiltered before it; measured is until the list has settled: the rows drawn and the
count right. The first time has a column of its own, since what was worked out once may be kept.
"""

import asyncio
import gc
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from keyturn.tui.app import KeyturnApp
from keyturn.tui.housekeeping import of_own_process
from keyturn.tui.make import make_app
from keyturn.tui.start import DashboardOptions, now_ms
from keyturn.tui.state import Remembered, remember
from keyturn.tui.widgets.virtual_list import VirtualList

SIZE = (120, 40)
TIMES = 5
AIM = "150"
COMMON = (
    "drift:any", "drift:none", "drift:grant", "drift:leaver", "-drift:grant", "severity:medium",
    "since:7d", "-since:7d",
)  # fmt: skip
TERMS: Mapping[str, Sequence[str]] = {
    "users": (
        "a", "dana", "zzz", "-dana", "name:o", "dept:department", "dept:3", "dept:none",
        "title:engineer", "state:active", "state:off", "-state:active", "directory:suspended",
        "secrets:none", *COMMON,
        "group:any", "group:none", "group:group", "group:1", "group:0001", "-group:group",
        "-group:0001", "group:0001,0002,0003", "group:zzz",
        "vault:any", "vault:none", "vault:vault", "vault:1", "vault:001", "-vault:vault",
        "vault:zzz",
        "dana dept:3 state:active", "dept:1,2,3 drift:any since:7d",
        "group:group vault:vault since:7d", "dept:3 -group:1 -vault:001 drift:grant",
    ),
    "groups": (
        "group", "1", "zzz", "name:0", *COMMON, "person:a", "person:user", "person:user000123",
        "person:any", "person:none", "-person:user", "vault:any", "vault:none", "vault:vault",
        "vault:001", "-vault:001", "person:dana vault:1 drift:any",
        "person:user vault:vault since:7d",
    ),
    "grants": ("vault", "001", "zzz", "vault:0", "name:1", "person:a", "may:read", "via:group",
               "drift:any", "drift:none", "-drift:any"),
    "drift": (
        "a", "dana", "zzz", "name:dana", *COMMON, "person:dana", "person:any", "vault:any",
        "vault:vault", "vault:001", "vault:none", "group:any", "group:0001", "group:none",
        "dept:department", "dept:3", "dept:none", "state:active", "state:off", "-state:active",
        "directory:active", "secrets:none", "title:engineer", "dept:3 drift:grant state:active",
        "person:a vault:1 since:7d",
    ),
    "machines": (
        "robot", "zzz", "name:00", "kind:token", "source:vault", "owner:any", "owner:dana",
        "state:active", "may:read", "drift:none", "drift:any", "since:7d",
    ),
}  # fmt: skip


class Spent:
    """Milliseconds by the clock and of the processor, in all threads of this process: what is left
    of the clock's where nothing else runs on the machine."""

    def __init__(self) -> None:
        self.clock: list[float] = []
        self.processor: list[float] = []

    @contextmanager
    def once(self) -> Iterator[None]:
        """What is inside, measured."""
        begun, before = time.perf_counter(), time.process_time()
        yield
        self.clock.append((time.perf_counter() - begun) * 1000)
        self.processor.append((time.process_time() - before) * 1000)


class Heartbeat:
    """How long the loop was held up, at most."""

    def __init__(self) -> None:
        self.worst_ms = 0.0

    async def _beat(self) -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0)
            self.worst_ms = max(self.worst_ms, (time.perf_counter() - begun) * 1000)
            await asyncio.sleep(0.001)

    @contextmanager
    def during(self) -> Iterator[None]:
        """While what is inside goes on."""
        beating = asyncio.ensure_future(self._beat())
        yield
        _ = beating.cancel()


class Printed:
    """Rows as text: median, the worst, and the first of each, and the median of the processor's."""

    def __init__(self) -> None:
        head = f"{'median':>9}{'worst':>9}{'first':>9}{'CPU':>9}{'aim':>6}"
        self.write(f"{'what':<58}{head}")

    def write(self, line: str) -> None:
        """One line, at once."""
        (sys.__stdout__ or sys.stdout).write(f"{line}\n")  # Textual keeps the other
        (sys.__stdout__ or sys.stdout).flush()

    def row(self, what: str, spent: Spent, aim: str = "") -> None:
        """In milliseconds."""
        found = spent.clock
        over = "  <-- over" if aim and statistics.median(found) > float(aim) else ""
        self.write(
            f"{what:<58}{statistics.median(found):>9.1f}{max(found):>9.1f}{found[0]:>9.1f}"
            f"{statistics.median(spent.processor):>9.1f}{aim:>6}{over}"
        )


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - whatever it is about
        await asyncio.sleep(0.001)


async def _quiet(app: KeyturnApp, pilot: Pilot[None]) -> None:
    """Until every list in front is there, with what follows from their cursors."""
    for _ in range(3):
        for one in app.screen.query(VirtualList):
            await one.settled()
        await pilot.pause()
        await app.parts.reads.ask(lambda: None)


async def _list(app: KeyturnApp, pilot: Pilot[None], table: Printed, name: str, only: str) -> None:
    shown = app.focused
    assert isinstance(shown, VirtualList)
    beat = Heartbeat()
    for term in TERMS[name]:
        if only not in f"{name} {term}":
            continue
        spent = Spent()
        for _ in range(TIMES):
            shown.filter("")
            await shown.settled()
            await _quiet(app, pilot)
            with spent.once(), beat.during():
                shown.filter(term)
                await shown.settled()
        table.row(f"{name}: {term} ({len(shown.content.shown):,})", spent, AIM)
    shown.filter("")
    await shown.settled()
    for order in shown.orders:
        if only not in f"{name} sort {order}":
            continue
        for backwards in (False, True):
            spent = Spent()
            for _ in range(TIMES):
                shown.look_so(type(shown.look)())
                await shown.settled()
                await _quiet(app, pilot)
                with spent.once(), beat.during():
                    shown.look_so(type(shown.look)(order, backwards))
                    await shown.settled()
            way = " backwards" if backwards else ""
            table.row(f"{name}: sorted by {order}{way}", spent)
    shown.look_so(type(shown.look)())
    await shown.settled()
    table.write(f"{name}: the loop was held up for at most {beat.worst_ms:.1f} ms")


async def lists(app: KeyturnApp, pilot: Pilot[None], table: Printed, only: str = "") -> None:
    """Every term and every order of every list."""
    await pilot.press("1")
    for name, keys in (
        ("users", ()), ("groups", ("tab",)), ("grants", ("tab",)), ("drift", ("2",)),
        ("machines", ("5",)),
    ):  # fmt: skip
        await pilot.press(*keys)
        if name in {"users", "groups", "grants"}:
            await pilot.press("a")
        await _quiet(app, pilot)
        await _list(app, pilot, table, name, only)
    await pilot.press("1")


async def typed(app: KeyturnApp, pilot: Pilot[None], table: Printed) -> None:
    """A filter typed letter by letter into the find line, and a few letters into the jump box and
    the palette: from a letter to what it finds."""
    await pilot.press("a")
    await _quiet(app, pilot)
    for words in ("group:group-1 vault:1", "state:active since:7d"):
        await pilot.press("slash")
        shown = app.screen.query_one("#users", VirtualList)
        spent = Spent()
        for end in range(1, len(words) + 1):
            with spent.once():
                app.screen.query_one(Input).value = words[:end]
                await pilot.pause()
                await shown.settled()
        table.row(f"users, typed into the find line: {words}", spent, AIM)
        await pilot.press("escape", "escape")
        await _quiet(app, pilot)
    for what, key, done in (("jump box", "ctrl+k", False), ("palette", "ctrl+p", True)):
        for words in ("dana", "okafor 0", "zq", "group-00"):
            await pilot.press(key)
            await pilot.pause()
            spent = Spent()
            for end in range(1, len(words) + 1):
                with spent.once():
                    app.screen.query_one(Input).value = words[:end]
                    await pilot.pause()
                    if done:
                        await app.workers.wait_for_complete()
                        await pilot.pause()
                    else:
                        await app.screen.query_one(VirtualList).settled()
            table.row(f"{what}: {words}", spent, AIM)
            await pilot.press("escape")
            await pilot.pause()


async def restored(folder: Path, table: Printed) -> None:
    """From making the app to the list as it was left, filtered."""
    for needle in ("", "dana", "vault:vault", "group:group", "since:7d"):
        spent = Spent()
        for _ in range(3):
            remember(folder, Remembered(finds={"users": needle}))
            async with AsyncExitStack() as stack:
                with spent.once():
                    app = _app(folder)
                    pilot = await stack.enter_async_context(app.run_test(size=SIZE))
                    users = app.screen.query_one("#users", VirtualList)
                    await _until(lambda: users.row is not None)  # noqa: B023 - awaited here
                    await users.settled()
                await _quiet(app, pilot)
            app.parts.reads.close()
        table.row(f"start with the filter “{needle}” kept", spent)
    (folder / "dashboard.json").unlink()


def _app(folder: Path) -> KeyturnApp:
    return make_app(DashboardOptions(folder / "keyturn.yaml", folder), now_ms, of_own_process())


async def measure(folder: Path, table: Printed, only: str = "") -> None:
    """All of it, or the lines of which `only` is a part."""
    gc.disable()  # as `run_dashboard` has it
    (folder / "dashboard.json").unlink(missing_ok=True)
    app = _app(folder)
    async with app.run_test(size=SIZE) as pilot:
        users = app.screen.query_one("#users", VirtualList)
        await _until(lambda: users.row is not None)
        await _quiet(app, pilot)
        await lists(app, pilot, table, only)
        if not only:
            await typed(app, pilot, table)
    app.parts.reads.close()
    if not only:
        await restored(folder, table)


if __name__ == "__main__":
    os.environ.setdefault("TERM", "xterm-256color")
    asyncio.run(measure(Path(sys.argv[1]) / "large", Printed(), *sys.argv[2:3]))
