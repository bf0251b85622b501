"""Starting: what is imported before the first paint, and terminals nothing can be drawn on."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.children import LIMIT_S

from keyturn.tui.start import DashboardOptions, run_dashboard, why_not_here

NOT_BEFORE_THE_FIRST_PAINT = (
    "httpx", "sqlite_utils", "pydantic", "yaml", "scim2_models", "click", "stamina", "uvicorn",
    "keyturn.policy", "keyturn.demo", "keyturn_providers.http", "keyturn_providers.contract",
    "keyturn.run.apply", "keyturn.decide.plan", "keyturn.filters", "keyturn.tui.run_engine",
    "keyturn.tui.engine", "keyturn.tui.hand", "keyturn_providers.records", "keyturn_storage.rows",
)  # fmt: skip
PROGRAM = """
import asyncio, sys
from pathlib import Path
from keyturn.tui.make import make_app
from keyturn.tui.start import DashboardOptions
import keyturn.tui.app
keyturn.tui.app.CONFIGURATION_AFTER_S = 3600  # on a busy machine the first paint takes longer
app = make_app(DashboardOptions(Path(sys.argv[1]), Path(sys.argv[2])), lambda: 1_800_000_000_000)
loaded = []
async def look():
    async with app.run_test(size=(120, 40)) as pilot:
        users = app.screen.query_one("#users")
        while users.row is None:
            await pilot.pause()
        loaded.extend(sys.modules)
asyncio.run(look())
app.parts.reads.close()
print(" ".join(name for name in sys.argv[3].split() if name in loaded))
"""


def test_the_first_paint_imports_nothing_it_does_not_need(tmp_path: Path) -> None:
    from tests.bench.cache_100k import build

    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    build(data / "cache.db", people=60, groups=6, vaults=4)
    wanted = " ".join(NOT_BEFORE_THE_FIRST_PAINT)

    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "none.yaml"), str(data), wanted],
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT_S,
    )

    assert found.stdout.split() == []


def test_reading_begins_before_anything_that_draws_is_imported() -> None:
    program = "import sys, keyturn.tui.reading_ahead; print(*sys.modules)"

    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=LIMIT_S
    )

    assert "keyturn.tui.first_look" in found.stdout.split()
    assert not {"textual", "asyncio"} & set(found.stdout.split()), found.stderr


@pytest.mark.parametrize(
    ("term", "interactive", "words"),
    [
        ("dumb", True, "TERM=dumb"),
        ("", True, "not set"),
        ("xterm-256color", False, "needs a terminal"),
        ("xterm-256color", True, ""),
    ],
)
def test_a_terminal_that_cannot_be_drawn_on_is_refused(
    term: str, interactive: bool, words: str
) -> None:
    found = why_not_here(term, interactive=interactive)

    assert words in found
    assert bool(found) is bool(words)


@pytest.mark.parametrize("elsewhere", ["stdout", "stderr"])
def test_without_a_terminal_it_says_so_and_ends_as_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: str
) -> None:
    said: list[str] = []
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(getattr(sys, name), "isatty", lambda there=name != elsewhere: there)

    code = run_dashboard(DashboardOptions(tmp_path / "k.yaml", tmp_path / "data"), say=said.append)

    assert code == 2
    assert "keyturn --help" in said[0]
    assert not (tmp_path / "data").exists()
