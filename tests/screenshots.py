"""Makes the pictures in screenshots/ from the demo: `uv run python -m tests.screenshots`.

Starts the demo's two real servers, reads them, and saves the Access, Plan, Offboard, Sources and
Help screens at 80x24 and 120x40 as SVG. Where `rsvg-convert` is installed (librsvg2-bin), each is
made into a PNG too, with a monospaced font of this machine.
"""

import asyncio
import html
import re
import shutil
import subprocess
import sys
from pathlib import Path

from rich.cells import cell_len
from textual.pilot import Pilot

from keyturn.demo.session import DemoSession, demo_session
from keyturn.tui.app import KeyturnApp
from keyturn.tui.data import Pane
from keyturn.tui.make import make_app
from keyturn.tui.run_engine import RunEngine
from keyturn.tui.start import DashboardOptions, now_ms
from tests.tui.looking import pane, ready, shows, until

FOLDER = Path(__file__).parents[1] / "screenshots"
SIZES = ((80, 24), (120, 40))
FONT = "DejaVu Sans Mono"
LEADING = re.compile(
    r'(<text [^>]*?)x="([\d.]+)"([^>]*?)textLength="([\d.]+)"([^>]*>)((?:&#160;)+)([^<]*)'
)


def _moved(found: re.Match[str]) -> str:
    """Text that begins with spaces, begun further right: librsvg swallows leading spaces."""
    before, x, middle, length, after, spaces, rest = found.groups()
    text = html.unescape(rest)
    count = spaces.count("&#160;")
    cells = cell_len(text)
    if not text:
        return ""
    cell = float(length) / (count + cells)
    return (
        f'{before}x="{float(x) + count * cell:g}"{middle}textLength="{cells * cell:g}"{after}{rest}'
    )


def save(app: KeyturnApp, name: str, size: tuple[int, int]) -> None:
    """Writes one picture; the temporary directory of the demo is nowhere in it."""
    target = FOLDER / f"{name}-{size[0]}x{size[1]}.svg"
    svg = app.export_screenshot(title="keyturn")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = LEADING.sub(_moved, svg).replace("Fira Code", FONT)
    target.write_text(svg, encoding="utf-8")
    converter = shutil.which("rsvg-convert")
    if converter is not None:
        subprocess.run(
            [converter, "--zoom", "1.2", "-o", str(target.with_suffix(".png")), str(target)],
            check=True,
        )
    sys.stdout.write(f"{target.name}\n")


async def pictures(session: DemoSession, size: tuple[int, int]) -> None:
    """All screens at one size."""
    places, login = session.places, session.leaver.login
    options = DashboardOptions(places.config, places.data, person=login)
    app = make_app(options, now_ms)
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        await until(pilot, lambda: pane(app, Pane.GRANTS).note)
        await pilot.pause()
        save(app, "access", size)
        await leaver(app, pilot, size)
        await pilot.press("6")
        await shows(pilot, "invariants")
        await pilot.press("c")
        await shows(pilot, "asked just now")
        save(app, "sources", size)
        await pilot.press("escape", "question_mark")
        await shows(pilot, "Everywhere")
        save(app, "help", size)
    app.parts.reads.close()


async def leaver(app: KeyturnApp, pilot: Pilot[None], size: tuple[int, int]) -> None:
    """The leaver's card and the plan."""
    await pilot.press("o")
    await shows(pilot, "Sessions")
    save(app, "offboard", size)
    await pilot.press("p")
    await shows(pilot, "then type")
    save(app, "plan", size)
    await pilot.press("escape")
    await until(pilot, lambda: app.screen is app.screen_stack[0])


def read_both(session: DemoSession) -> None:
    """Fills the cache."""
    options = DashboardOptions(session.places.config, session.places.data)
    app = make_app(options, now_ms)
    engine = app.parts.engine
    if not isinstance(engine, RunEngine):
        raise TypeError("the dashboard over files has another engine")
    asyncio.run(engine.refresh(_ignored, lambda: False))
    app.parts.reads.close()


def _ignored(_event: object) -> None:
    return None


def _tell(words: str) -> None:
    sys.stderr.write(f"{words}\n")


def main() -> None:
    """Everything, from servers to pictures."""
    FOLDER.mkdir(exist_ok=True)
    with demo_session(_tell) as session:
        read_both(session)
        for size in SIZES:
            (session.places.data / "dashboard.json").unlink(missing_ok=True)
            asyncio.run(pictures(session, size))


if __name__ == "__main__":
    main()
