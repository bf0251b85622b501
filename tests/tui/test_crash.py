"""A crash of the dashboard tells the operator, keeps a report without values, and is no success."""

import asyncio
import os
import stat
from pathlib import Path

import pytest
from tests.tui import samples
from tests.tui.engines import SetEngine
from textual.app import App

from keyturn.tui import crash
from keyturn.tui.app import KeyturnApp
from keyturn.tui.cache_data import CacheData
from keyturn.tui.parts import Parts
from keyturn.tui.screens.plan import PlanReview

SENTINEL = "hvs.CAESIJ-sentinel-token-0123456789"


def _fail_with(headers: dict[str, str]) -> None:
    raise ValueError(f"bad header {headers}")


class _Explosive(KeyturnApp):
    """Fails with a token in a frame, in a message and in a cause."""

    def explode(self) -> None:
        token = SENTINEL
        headers = {"Authorization": f"Bearer {token}"}
        try:
            _fail_with(headers)
        except ValueError as cause:
            raise RuntimeError(f"token={token} failed for {headers}") from cause


async def _run_and_crash(app: _Explosive, kept: list[object]) -> None:
    async with app.run_test() as pilot:
        app.call_later(app.explode)
        await pilot.pause()
        kept.extend(app._exit_renderables)


async def test_no_value_of_a_frame_reaches_screen_or_report(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    store = CacheData(data / "cache.db")
    app = _Explosive(Parts(store.reads, store, SetEngine, data, lambda: samples.NOW_MS))
    kept: list[object] = []

    with pytest.raises(RuntimeError, match="failed"):
        await _run_and_crash(app, kept)
    store.reads.close()

    assert app.return_code == crash.CRASH_EXIT_CODE
    reports = list(data.glob("crash-*.txt"))
    assert len(reports) == 1
    text = reports[0].read_text("utf-8")
    assert stat.S_IMODE(reports[0].stat().st_mode) == 0o600
    assert "in explode" in text
    assert "builtins.RuntimeError" in text
    assert "builtins.ValueError" in text
    shown = "".join(map(str, kept))
    for place in (text, shown):
        assert SENTINEL not in place
        assert "sentinel" not in place
    assert str(tmp_path) not in text


async def test_what_fails_once_keyturn_was_left_is_no_crash(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    store = CacheData(data / "cache.db")
    app = KeyturnApp(Parts(store.reads, store, SetEngine, data, lambda: samples.NOW_MS))
    async with app.run_test():
        app.leave(0)
        app._handle_exception(LookupError("a widget of a screen that was being opened"))
    store.reads.close()
    assert app.return_code == 0
    assert not list(data.glob("crash-*.txt"))


async def test_a_screen_that_is_being_opened_as_keyturn_goes_is_no_crash(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    store = CacheData(data / "cache.db")
    app = KeyturnApp(Parts(store.reads, store, SetEngine, data, lambda: samples.NOW_MS))
    async with app.run_test() as pilot:
        await pilot.pause()
        _ = app.push_screen(PlanReview(samples.offboarding()))
        await asyncio.sleep(0)
    store.reads.close()
    assert not list(data.glob("crash-*.txt"))


@pytest.mark.parametrize(
    "secret",
    [
        SENTINEL,
        "00aBcDeFgHiJkLmNoPqRsTuVwXyZ",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "correcthorsebatterystaple",
    ],
)
@pytest.mark.parametrize("around", ["{}", "Bearer {}", "token={}", "{{'X-Vault-Token': '{}'}}"])
def test_what_may_be_a_credential_is_taken_out_of_a_message(secret: str, around: str) -> None:
    assert secret not in crash.redacted(around.format(secret))


def test_plain_words_stay_readable() -> None:
    words = "cannot open keyturn/tui/screens/access.py: no such file"

    assert crash.redacted(words) == words


def test_a_report_that_cannot_be_kept_is_no_second_crash(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        target = tmp_path / "file"
        target.write_text("")
    else:
        target = tmp_path / "closed"
        target.mkdir(mode=0o500)

    assert crash.write_report(RuntimeError("x"), target) is None
    assert "No report could be kept" in crash.screen_words(RuntimeError("x"), None).plain


def test_what_the_terminal_shows_fits_eighty_columns_and_the_path_is_whole() -> None:
    report = Path("/Users/somebody/Library/Application Support/keyturn") / f"crash-{'1' * 40}.txt"
    for kept in (report, None):
        words = crash.screen_words(RuntimeError("x"), kept).plain.splitlines()
        assert [line for line in words if len(line) > 80] == [f"  report  {report}"] * bool(kept)
        assert "keyturn resume" in " ".join(words)


def test_textual_still_has_what_the_override_rests_on() -> None:
    for name in ("_fatal_error", "_close_messages_no_wait", "_handle_exception", "_shutdown"):
        assert callable(getattr(App, name))


def test_a_report_sends_nothing_to_the_terminal_it_is_read_in() -> None:
    found = crash.report_text(ValueError("boom \x1b[31m red \u202e back\nnext"))
    assert not {"\x1b", "\u202e"} & set(found)
    assert found.count("\n") == 1
