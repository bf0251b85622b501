"""Leaving by ctrl+c and by a signal, and what the header says after a refresh that failed."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.children import reaped
from tests.tui.looking import lines_of, quiet, ready, shows, text_of, until
from tests.tui.simulated import Bench, Policy, SimulatedDoors

from keyturn.tui.after_first_paint import follow_first_paint
from keyturn.tui.housekeeping import Housekeeping
from keyturn.tui.quitting import CONFIGURING
from keyturn.tui.screens.access import REFRESHING
from keyturn.tui.screens.leaving import LeavingDialog
from keyturn_providers.simulated.faults import ABOUT, Effect, Fault

SIZE = (120, 40)


async def test_who_leaves_at_once_meets_no_crash(read_bench: Bench) -> None:
    """What follows the first paint may come due while keyturn ends."""
    app = read_bench.app()
    async with app.run_test() as pilot:
        await ready(pilot, app)
    assert not app.screen_stack
    follow_first_paint(app)
    assert CONFIGURING not in app.jobs.running()


async def test_ctrl_c_leaves(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not app.is_running or app._exit)
    assert app.return_code == 0


async def test_ctrl_c_leaves_also_while_something_is_typed(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("slash", "d", "a", "ctrl+c")
        await until(pilot, lambda: not app.is_running or app._exit)
    assert app.return_code == 0


async def test_what_only_reads_is_no_reason_to_stay(read_bench: Bench) -> None:
    reached, go_on = threading.Event(), threading.Event()

    async def slow(_observe: object, _stop: object) -> None:
        reached.set()
        go_on.wait(30)

    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        assert app.start("reading something", slow, lambda _: None, only_reads=True)
        await until(pilot, reached.is_set)
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running or app._exit)
        go_on.set()
    assert app.return_code == 0


async def test_the_header_does_not_say_complete_after_a_read_that_failed(read_bench: Bench) -> None:
    faults = read_bench.pair.secrets.faults
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        assert lines_of(app)[0].count("✓ complete") == 2
        faults.add(Fault(Effect.UNREACHABLE, ABOUT, times=None))
        await pilot.press("r")
        await shows(pilot, "! not refreshed")
        assert lines_of(app)[0].count("✓ complete") == 1
        await quiet(pilot, app)
        assert "esc dismisses" in text_of(app)


LIMIT = 1500
"""So many fifths of a second at most: a machine may be slow, a hang is a failure."""

COUNTED = """
import os, signal, sys
from pathlib import Path
from textual.drivers.linux_driver import LinuxDriver
from keyturn.tui.start import DashboardOptions, run_dashboard
begin, begun = LinuxDriver.start_application_mode, Path(sys.argv[1]) / "begun"
def counted(self):
    with begun.open("a") as file: file.write(".")
    begin(self)
LinuxDriver.start_application_mode = counted
"""
RUN = "sys.exit(run_dashboard(DashboardOptions(Path('none.yaml'), Path(sys.argv[1]))))\n"


def _leaves_after(signals: Sequence[int], data: Path, first: str = "") -> tuple[int, bytes]:
    """The exit code of a dashboard that gets these once it stands, and what it drew. How often it
    took the terminal is in the file `begun`. `first` is done in it before it is run."""
    data.mkdir(mode=0o700)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    seen, sent = b"", False
    with os.fdopen(ours, "wb"), reaped(
        subprocess.Popen(
            [sys.executable, "-c", f"{COUNTED}{first}{RUN}", str(data)],
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )
    ) as process:  # fmt: skip
        os.close(theirs)
        for _ in range(LIMIT):
            if process.poll() is not None:
                break
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    seen += os.read(ours, 65_536)
                except OSError:
                    break
            if not sent and b"nothing read yet" in seen:
                for number in signals:
                    process.send_signal(number)
                sent = True
        return process.wait(60), seen


@pytest.mark.parametrize(
    ("signals", "code"),
    [
        ((signal.SIGINT,), 130),
        ((signal.SIGHUP, signal.SIGCONT), 129),  # as they come when a terminal goes away
        ((signal.SIGCONT, signal.SIGINT), 130),
    ],
)
def test_a_signal_from_outside_leaves_with_its_exit_code(
    tmp_path: Path, signals: Sequence[int], code: int
) -> None:
    left, seen = _leaves_after(signals, tmp_path / "data")
    assert left == code
    assert b"Traceback" not in seen
    if signal.SIGHUP in signals:
        # What reads keys, begun a second time, could stay for ever.
        assert (tmp_path / "data" / "begun").read_text() == "."


WHILE_IT_HANDS_OVER = """
write, signals = LinuxDriver.write, {signals}
def with_the_lock(self, data):
    write(self, data)
    if "nothing read yet" in data:
        with self._writer_thread._queue.mutex:
            for number in signals.pop(len(begun.read_text()), ()): os.kill(os.getpid(), number)
LinuxDriver.write = with_the_lock
"""


@pytest.mark.parametrize(
    ("signals", "code", "begun"),
    [
        ({1: [signal.SIGCONT], 2: [signal.SIGINT]}, 130, ".."),
        ({1: [signal.SIGCONT, signal.SIGHUP]}, 129, "."),
    ],
)
def test_a_signal_while_something_is_written_waits_its_turn(
    tmp_path: Path, signals: dict[int, list[int]], code: int, begun: str
) -> None:
    """A handler that writes would wait for the lock that the one it interrupts holds. By how often
    the terminal was taken by then."""
    numbers = {times: [int(one) for one in those] for times, those in signals.items()}
    first = WHILE_IT_HANDS_OVER.format(signals=numbers)
    left, seen = _leaves_after((), tmp_path / "data", first)
    assert left == code
    assert b"Traceback" not in seen
    assert (tmp_path / "data" / "begun").read_text() == begun


def test_what_goes_on_after_a_stop_is_drawn_whole_again(tmp_path: Path) -> None:
    signals = {1: [int(signal.SIGCONT)], 2: [int(signal.SIGINT)]}
    _, seen = _leaves_after((), tmp_path / "data", WHILE_IT_HANDS_OVER.format(signals=signals))
    _, *drawn = seen.split(b"\x1b[?1049h")
    assert len(drawn) == 2
    for words in (b"nothing read yet", b"Users", b"quit"):
        assert [words in one for one in drawn] == [True, True], words


def test_leaving_a_read_is_not_told_as_leaving_a_run() -> None:
    def said(*going: str) -> str:
        return " ".join(line.content.plain for line in LeavingDialog(going, lambda: None).lines)

    assert "journal" not in said(REFRESHING)
    assert "the last one that is stays" in said(REFRESHING)
    assert "leave it journaled" in said("applying the plan")
    assert "leave it journaled" in said(REFRESHING, "applying the plan")


@pytest.mark.parametrize("words", ["", "keyturn.yaml:3:1 is wrong"])
async def test_what_stays_is_set_aside_once_with_and_without_a_configuration(
    read_bench: Bench, words: str
) -> None:
    class Doors(SimulatedDoors):
        def load(self) -> Policy:
            if words:
                raise LookupError(words)
            return self.policy

    settled: list[str] = []
    read_bench.doors = Doors(read_bench.pair, read_bench.doors.policy)
    app = read_bench.app()
    app.parts = replace(app.parts, housekeeping=Housekeeping(lambda: settled.append("settled")))
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await shows(pilot, words)
        assert settled == ["settled"]
