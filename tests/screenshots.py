"""Makes the pictures in screenshots/ from the demo: `uv run python -m tests.screenshots`.

Serves the demo's simulated Okta and 1Password, reads them, and saves every screen at 80x24, 120x40
and 200x60 as SVG and as PNG; then offboards the leaver, and saves that and what comes after. It
needs `rsvg-convert` (librsvg2-bin), DejaVu Sans Mono (fonts-dejavu-core), and for names in other
scripts Noto CJK (fonts-noto-cjk).
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

from keyturn.demo.okta_onepassword.past_states import add_past
from keyturn.demo.okta_onepassword.session import DemoSession, demo_session
from keyturn.tui.app import KeyturnApp
from keyturn.tui.data import Pane
from keyturn.tui.make import make_app
from keyturn.tui.run_engine import RunEngine
from keyturn.tui.screens.plan import PlanReview
from keyturn.tui.start import DashboardOptions, now_ms
from tests.tui.looking import pane, ready, shows, until

FOLDER = Path(__file__).parents[1] / "screenshots"
SIZES = ((80, 24), (120, 40), (200, 60))
CONVERTER = "rsvg-convert"
FONT = "DejaVu Sans Mono"
FONT_SIZE = 12.2 / 0.602
"""A cell of Textual's pictures is 12.2 wide, and the font's advance is 0.602 of its size: at any
other size there are gaps between the parts of a border."""
STRETCH = 24.4 / (1.164 * FONT_SIZE)
"""A cell is 24.4 high, the font's box drawing 1.164 of its size: upright lines close only so."""
TEXT = re.compile(r'(<text class="[^"]*-r\d+" [^>]*?y="([\d.]+)"[^>]*?) clip-path="[^"]*">')
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


def _stretched(found: re.Match[str]) -> str:
    """Text as high as its cell, around its own baseline."""
    before, baseline = found.groups()
    return (
        f'{before} transform="matrix(1 0 0 {STRETCH:.4f} 0 {float(baseline) * (1 - STRETCH):g})">'
    )


def save(app: KeyturnApp, name: str, size: tuple[int, int]) -> None:
    """Writes one picture twice; the temporary directory of the demo is nowhere in it."""
    target = FOLDER / f"{name}-{size[0]}x{size[1]}.png"
    svg = app.export_screenshot(title="keyturn")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = TEXT.sub(_stretched, LEADING.sub(_moved, svg)).replace("Fira Code", FONT)
    svg = svg.replace("font-size: 20px", f"font-size: {FONT_SIZE:.3f}px")
    target.with_suffix(".svg").write_text(svg, encoding="utf-8")
    subprocess.run(
        [CONVERTER, "--zoom", "1.2", "-o", str(target)], input=svg.encode(), check=True
    )  # fmt: skip
    sys.stdout.write(f"{target.name}\n")


async def pictures(session: DemoSession, size: tuple[int, int]) -> None:
    """All screens at one size."""
    places, login = session.places, session.leaver_email
    options = DashboardOptions(places.config, places.data, person=login)
    app = make_app(options, now_ms)
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        await until(pilot, lambda: pane(app, Pane.GRANTS).note)
        await until(pilot, lambda: app.facts.organisation and not app.job_words)
        await pilot.pause()
        save(app, "access", size)
        await pilot.press("f2")
        await pilot.pause()
        save(app, "access-light", size)
        await pilot.press("f2", "ctrl+k", *"pay")
        await shows(pilot, "Payments Prod")
        await pilot.pause()
        save(app, "jump", size)
        await pilot.press("escape")
        await cards(app, pilot, size)
        await leaver(app, pilot, size)
        await past(app, pilot, size)
        for key, name, words in (("2", "drift", "severity"), ("3", "activity", "complete"),
                                 ("5", "machines", "last used")):  # fmt: skip
            await pilot.press("1")
            await until(pilot, lambda: app.screen is app.screen_stack[0])
            await pilot.press(key)
            await shows(pilot, words)
            await pilot.pause()
            save(app, name, size)
        await pilot.press("6")
        await shows(pilot, "listings")
        await pilot.press("c")
        await shows(pilot, "asked just now")
        save(app, "sources", size)
        await pilot.press("1")
        await until(pilot, lambda: app.screen is app.screen_stack[0])
        await pilot.press("question_mark")
        await shows(pilot, "Everywhere")
        save(app, "help", size)
    app.parts.reads.close()


async def leaver(app: KeyturnApp, pilot: Pilot[None], size: tuple[int, int]) -> None:
    """The leaver's card and the plan."""
    await pilot.press("o")
    await shows(pilot, "What leaving takes along")
    save(app, "offboard", size)
    await pilot.press("p")
    await until(pilot, lambda: isinstance(app.screen, PlanReview) and not app.job_words)
    await pilot.pause()
    save(app, "plan", size)
    await pilot.press("escape", "escape")
    await until(pilot, lambda: app.screen is app.screen_stack[0])


async def past(app: KeyturnApp, pilot: Pilot[None], size: tuple[int, int]) -> None:
    """Every read, what differs since the first of them, and Access as it was then."""
    await pilot.press("4")
    await shows(pilot, "read #")
    save(app, "history", size)
    await pilot.press("G", "d")
    await shows(pilot, "Machine identities")
    await pilot.press("down")
    await shows(pilot, "first so in the read")
    save(app, "differences", size)
    await pilot.press("escape", "enter")
    await shows(pilot, "AS OF")
    await pilot.press("1")
    await until(pilot, lambda: pane(app, Pane.GRANTS).note and not app.job_words)
    await pilot.pause()
    save(app, "as-of", size)
    await pilot.press("t")
    await until(pilot, lambda: app.back is None)


async def afterwards(session: DemoSession, size: tuple[int, int]) -> None:
    """What comes after a run: the case, what has to be changed, all cases, what was done."""
    options = DashboardOptions(
        session.places.config, session.places.data, person=session.leaver_email
    )
    app = make_app(options, now_ms)
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        await pilot.press("o")
        await shows(pilot, "Accounts")
        await until(pilot, lambda: not app.job_words)
        save(app, "case", size)
        await pilot.press("T")
        await shows(pilot, "to change, ")
        await until(pilot, lambda: not app.job_words)
        await pilot.press("enter")
        await shows(pilot, "To change")
        await pilot.pause()
        save(app, "rotation", size)
        await pilot.press("1")
        await until(pilot, lambda: app.screen is app.screen_stack[0])
        await pilot.press("7")
        await shows(pilot, "opens it: plan")
        save(app, "cases", size)
        await pilot.press("1")
        await until(pilot, lambda: app.screen is app.screen_stack[0])
        await pilot.press("3")
        await shows(pilot, "run")
        await pilot.pause()
        save(app, "activity-after", size)
    app.parts.reads.close()


async def put_out(session: DemoSession) -> None:
    """The leaver's offboarding, applied in the dashboard, and both sources read again."""
    login, places = session.leaver_email, session.places
    app = make_app(DashboardOptions(places.config, places.data, person=login), now_ms)
    async with app.run_test(size=SIZES[-1]) as pilot:
        await ready(pilot, app)
        await pilot.press("o")
        await shows(pilot, "What leaving takes along")
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PlanReview) and not app.job_words)
        await pilot.press("c")
        await pilot.pause()
        await pilot.press(*login, "enter")
        await shows(pilot, "effective and logged.")
        await until(pilot, lambda: not app.job_words)
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await pilot.pause(0.5)
            save(app, "run", size)
    _ = await app.parts.engine.refresh(_ignored, lambda: False)
    app.parts.reads.close()


async def cards(app: KeyturnApp, pilot: Pilot[None], size: tuple[int, int]) -> None:
    """The leaver as a person, with one vault they open and one they do not; and that vault."""
    await pilot.press("i")
    await shows(pilot, "matched")
    save(app, "person", size)
    await pilot.press("slash", *"billing ops", "enter")
    await shows(pilot, "in, the strongest first")
    save(app, "person-vault", size)
    await pilot.press("escape", "slash", *"payroll runs", "enter")
    await shows(pilot, "Gate by gate")
    save(app, "person-why-not", size)
    await pilot.press("escape", "slash", *"payments prod", "enter")
    await shows(pilot, "The way in")
    await pilot.press("V")
    await shows(pilot, "managed by")
    save(app, "vault", size)
    await pilot.press("escape", "escape", "escape")
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
    if shutil.which(CONVERTER) is None:
        raise SystemExit(f"The pictures need {CONVERTER} (the package librsvg2-bin).")
    FOLDER.mkdir(exist_ok=True)
    with demo_session(_tell) as session:
        read_both(session)
        add_past(session.places)
        for size in SIZES:
            (session.places.data / "dashboard.json").unlink(missing_ok=True)
            asyncio.run(pictures(session, size))
        asyncio.run(put_out(session))
        for size in SIZES:
            (session.places.data / "dashboard.json").unlink(missing_ok=True)
            asyncio.run(afterwards(session, size))


if __name__ == "__main__":
    main()
