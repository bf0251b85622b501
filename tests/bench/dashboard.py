"""The dashboard over a large cache: repaint, filter, card, memory, first paint, as one table.

`uv run python -m tests.bench.dashboard [people] [folder]` builds two caches (100,000 people, 10,000
groups, a million memberships on either side, 200,000 grants and 100,000 findings; and 100 people),
or takes those that are in `folder`. It drives the app in this process, where a repaint is what the
driver is given to write, and as a process of its own on a pty. Nothing is asserted: the machine
decides.
"""

import asyncio
import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import patch

from tests.bench.cache_100k import build
from tests.bench.terminal import Terminal
from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot

from keyturn.tui.app import KeyturnApp
from keyturn.tui.housekeeping import of_own_process
from keyturn.tui.make import make_app
from keyturn.tui.start import DashboardOptions, now_ms
from keyturn.tui.widgets.virtual_list import VirtualList

SIZE = (120, 40)
KEYS = 25
WORDS = ("dana", "okafor 01", "dept:3", "state:suspended", "drift:leaver")
CONFIG = """\
version: 1
directory: {kind: scim, url: 'https://directory.example', token_env: A}
secrets: {kind: openbao, url: 'https://bao.example', token_env: B}
"""
EMPTY = "from tests.bench.empty_app import EmptyApp; EmptyApp().run()"
START = (
    "import sys; from pathlib import Path; from keyturn.tui.start import DashboardOptions, "
    "run_dashboard; sys.exit(run_dashboard(DashboardOptions(Path(sys.argv[1]), Path(sys.argv[2]))))"
)


class Table:
    """Rows of what was measured, in milliseconds (or MB)."""

    def __init__(self) -> None:
        self.write(f"{'what':<44}{'median':>9}{'p95':>9}{'aim':>9}")

    def write(self, line: str) -> None:
        """One line, at once."""
        (sys.__stdout__ or sys.stdout).write(f"{line}\n")  # Textual keeps the other
        (sys.__stdout__ or sys.stdout).flush()

    def row(self, what: str, found: Sequence[float], aim: str = "") -> None:
        """Median and 95th percentile."""
        ordered = sorted(found)
        late = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
        self.write(f"{what:<44}{statistics.median(found):>9.1f}{late:>9.1f}{aim:>9}")


class Painted:
    """When the app wrote something to its terminal, and what."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.texts: list[str] = []

    def write(self, _driver: object, data: str) -> None:
        """Stands in for the driver's."""
        self.times.append(time.perf_counter())
        self.texts.append(data)

    def clear(self) -> None:
        """Nothing was written yet."""
        self.times.clear()
        self.texts.clear()

    def since(self, begun: float, words: str) -> float | None:
        """Milliseconds until these words were written."""
        for at, text in zip(self.times, self.texts, strict=True):
            if words in text:
                return (at - begun) * 1000
        return None


async def _until(condition: Callable[[], object], limit_s: float = 60) -> None:
    begun = time.perf_counter()
    while not condition():
        if time.perf_counter() - begun > limit_s:
            raise RuntimeError("what was waited for never came")
        await asyncio.sleep(0.001)


async def _key(app: KeyturnApp, painted: Painted, key: str) -> tuple[float, float]:
    """From a key to the first repaint after it: on the clock, and of the processor in the loop's
    thread alone, which is what is left where nothing else runs on the machine."""
    painted.clear()
    begun, spent = time.perf_counter(), time.thread_time()
    app.simulate_key(key)
    await _until(lambda: painted.times)
    return (painted.times[0] - begun) * 1000, (time.thread_time() - spent) * 1000


async def _settled(app: KeyturnApp, pilot: Pilot[None]) -> None:
    lists = list(app.screen.query(VirtualList))
    await _until(lambda: all(not one._loading for one in lists))
    for one in lists:
        await one.settled()
    await pilot.pause()


async def _lists(app: KeyturnApp, pilot: Pilot[None], painted: Painted, table: Table) -> None:
    for screen, key in (
        ("users", ""), ("groups", "tab"), ("grants", "tab"), ("drift", "2"), ("machines", "5"),
    ):  # fmt: skip
        if key:
            await pilot.press(key)
        await _until(lambda: isinstance(app.focused, VirtualList))
        if screen in {"groups", "grants"}:
            await pilot.press("a")
        await _settled(app, pilot)
        shown = app.focused
        assert isinstance(shown, VirtualList)
        await _keys(app, pilot, painted, table, f"{screen} ({len(shown.content.shown):,})")
        await _letters(shown, table, screen, WORDS)
        spent: list[float] = []
        for _ in range(4):
            begun = time.perf_counter()
            shown.action_sort_next()
            await shown.settled()
            spent.append((time.perf_counter() - begun) * 1000)
        table.row(f"{screen}: sort by a column", spent)
    await pilot.press("1")


async def _keys(
    app: KeyturnApp, pilot: Pilot[None], painted: Painted, table: Table, what: str
) -> None:
    """Each on a settled screen; and then as of a key that is held, each while what follows the one
    before is still being worked out."""
    settled, held = [], []
    for key in ["down"] * KEYS + ["pagedown"] * 5:
        await _settled(app, pilot)
        await asyncio.sleep(0.05)
        settled.append(await _key(app, painted, key))
    for _ in range(KEYS):
        await asyncio.sleep(0.05)
        held.append(await _key(app, painted, "up"))
    table.row(f"{what}: key to repaint", [clock for clock, _ in settled], "20")
    table.row(f"{what}: key to repaint, CPU", [spent for _, spent in settled])
    table.row(f"{what}: held, 20 a second", [clock for clock, _ in held])


async def _letters(shown: VirtualList, table: Table, what: str, words: Sequence[str]) -> None:
    """From each letter more of a filter until its rows are drawn."""
    spent: list[float] = []
    for word in words:
        for end in range(1, len(word) + 1):
            begun = time.perf_counter()
            shown.filter(word[:end])
            await shown.settled()
            spent.append((time.perf_counter() - begun) * 1000)
    shown.filter("")
    await shown.settled()
    table.row(f"{what}: filter, a letter more", spent, "150")


async def _cards(app: KeyturnApp, pilot: Pilot[None], painted: Painted, table: Table) -> None:
    await pilot.press("a")
    access = app.screen
    await _settled(app, pilot)
    for what, pane, words, aim in (
        ("person", "#users", "matched", "100"),
        ("vault", "#grants", "managed by", ""),
    ):
        shown = access.query_one(pane, VirtualList)
        shown.focus()
        await pilot.press("a")
        await _settled(app, pilot)
        spent: list[float] = []
        for _ in range(9):
            shown.action_down()
            await _settled(app, pilot)
            await asyncio.sleep(0.5)
            painted.clear()
            begun = time.perf_counter()
            (app.action_person_card if what == "person" else app.action_vault_card)()
            await _until(lambda: painted.since(begun, words) is not None)  # noqa: B023 - awaited here
            spent.append(painted.since(begun, words) or 0)
            await asyncio.sleep(0.2)
            await pilot.press("escape")
            await _until(lambda: app.screen is access)
        table.row(f"{what} card, painted whole", spent, aim)
        (app.action_person_card if what == "person" else app.action_vault_card)()
        await _until(lambda: app.screen is not access and app.screen.query(VirtualList))
        listed = app.screen.query_one(VirtualList)
        await _until(lambda: listed.row is not None)  # noqa: B023 - awaited here
        listed.focus()
        await _settled(app, pilot)
        await _keys(app, pilot, painted, table, f"{what} card ({len(listed.content.shown):,})")
        await pilot.press("escape")
        await _until(lambda: app.screen is access)


@asynccontextmanager
async def driven(folder: Path) -> AsyncIterator[tuple[KeyturnApp, Pilot[None], Painted]]:
    """The dashboard over a folder's files, settled, and what it gives its driver to write."""
    painted = Painted()
    # As `run_dashboard` has it.
    gc.disable()
    app = make_app(DashboardOptions(folder / "keyturn.yaml", folder), now_ms, of_own_process())
    with (
        patch.object(HeadlessDriver, "is_headless", False),
        patch.object(HeadlessDriver, "write", lambda driver, data: painted.write(driver, data)),
    ):
        async with app.run_test(size=SIZE) as pilot:
            await _until(lambda: app.screen.query_one("#users", VirtualList).row is not None)
            await _settled(app, pilot)
            yield app, pilot, painted
    app.parts.reads.close()


async def in_process(folder: Path, table: Table) -> None:
    """Everything that is measured inside this process."""
    async with driven(folder) as (app, pilot, painted):
        await _lists(app, pilot, painted, table)
        await _cards(app, pilot, painted, table)


def on_a_terminal(folder: Path, small: Path, table: Table) -> None:
    """First paint, keys and memory of a process of its own on a pty."""
    empty = [sys.executable, "-c", EMPTY]
    starts: dict[str, list[float]] = {"empty": [], "large": []}
    memory: dict[str, float] = {}
    keys: list[float] = []
    filters: list[float] = []
    for number in range(6):
        with Terminal(empty, SIZE) as one:
            starts["empty"].append(one.until(b"first text"))
        for name, data in (("large", folder), ("small", small)):
            command = [sys.executable, "-c", START, str(data / "keyturn.yaml"), str(data)]
            with Terminal(command, SIZE) as one:
                first = one.until(b"Users")
                if name == "large":
                    starts[name].append(first)
                if number != 1:  # at the first start modules are compiled, which takes memory
                    continue
                one.quiet()
                pressed = [one.key(b"\x1b[B") for _ in range(KEYS)]
                one.key(b"/")
                typed = [one.key(letter) for letter in (b"d", b"a", b"n", b"a")]
                keys, filters = (pressed, typed) if name == "large" else (keys, filters)
                one.quiet()
                memory[name] = one.megabytes()
            (data / "dashboard.json").unlink(missing_ok=True)
    table.row("pty: first paint, empty Textual app", starts["empty"][1:])
    table.row("pty: first paint, 100,000 people", starts["large"][1:], "1.5 x")
    table.row("pty: key to first byte", keys, "20")
    table.row("pty: letter of a filter to first byte", filters)
    table.row("memory, 100 people (MB)", [memory["small"]])
    table.row("memory, 100,000 people (MB)", [memory["large"]], "1.5 x")


def main(people: int = 100_000, folder: str = "") -> None:
    """Builds what is not there, and prints the table."""
    with tempfile.TemporaryDirectory() as made:
        # For what is started: modules are compiled once, as where keyturn is installed.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = f"{made}/bytecode"
        root = Path(folder or made)
        for name, size in (("large", people), ("small", 100)):
            data = root / name
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
            (data / "keyturn.yaml").write_text(CONFIG, encoding="utf-8")
            (data / "dashboard.json").unlink(missing_ok=True)
            if not (data / "cache.db").exists():
                sys.stdout.write(f"building a cache of {size:,} people ...\n")
                build(
                    data / "cache.db",
                    size,
                    max(10, size // 10),
                    140,
                    each=10,
                    findings=size,
                    machines=size // 100,
                )
        table = Table()
        asyncio.run(in_process(root / "large", table))
        on_a_terminal(root / "large", root / "small", table)


if __name__ == "__main__":
    os.environ.setdefault("TERM", "xterm-256color")
    main(*(int(sys.argv[1]),) if len(sys.argv) > 1 else (), *sys.argv[2:3])
