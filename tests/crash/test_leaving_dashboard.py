"""SIGTERM, or a terminal that goes away, while the dashboard applies a run: the request in flight
is waited for and written down, nothing more is sent, and a resume goes on to the end."""

import asyncio
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.crash.leaving_victim import tenants
from tests.tui.simulated import START_MS, bench

from keyturn_providers.abilities import Ability
from keyturn_storage.journal import open_journal

HOUR_MS = 3_600_000
LIMIT = 3000
"""So many tenths of a second at most: a machine may be slow, a hang is a failure."""


class Victim:
    """The program on a terminal of its own, which is also its controlling one if `controls`."""

    def __init__(self, folder: Path, root: Path, *, controls: bool) -> None:
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        command = [sys.executable, "-m", "tests.crash.leaving_victim", str(folder)]
        if controls:
            take = "import fcntl,os,sys,termios; fcntl.ioctl(0,termios.TIOCSCTTY,0)"
            command = [
                sys.executable, "-c", f"{take}; os.execv(sys.argv[1], sys.argv[1:])", *command
            ]  # fmt: skip
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, cwd=root,
            env={**os.environ, "TERM": "xterm-256color"},
        )  # fmt: skip
        os.close(theirs)
        self.seen = b""

    def until(self, condition: Callable[[], bool]) -> None:
        """Draws what the program writes until `condition`."""
        for _ in range(LIMIT):
            ended = self.process.poll() is not None
            self._read()
            if condition():
                return
            if ended:
                break
        raise AssertionError(f"it never came: {self.seen[-3000:]!r}")

    def _read(self) -> None:
        if self.ours < 0:
            select.select([], [], [], 0.1)
        elif select.select([self.ours], [], [], 0.1)[0]:
            try:
                self.seen += os.read(self.ours, 65_536)
            except OSError:
                self.lose()

    def lose(self) -> None:
        """The terminal goes away."""
        if self.ours >= 0:
            os.close(self.ours)
            self.ours = -1

    def end(self) -> None:
        """Whatever happened."""
        self.lose()
        self.process.kill()
        self.process.wait(30)


@pytest.mark.parametrize(
    ("how", "code"), [("SIGTERM", 143), ("the terminal hangs up", 129), ("writes fail", 129)]
)
def test_a_run_stays_resumable(
    tmp_path: Path, pytestconfig: pytest.Config, how: str, code: int
) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    victim = Victim(tmp_path, pytestconfig.rootpath, controls=how == "the terminal hangs up")
    try:
        victim.until((tmp_path / "reached").exists)
        if how == "SIGTERM":
            victim.process.send_signal(signal.SIGTERM)
            victim.until(lambda: b"after the request in flight" in victim.seen)
            assert b"\x1b[?1049l" in victim.seen  # the terminal is as it was
        else:
            victim.lose()
        victim.until((tmp_path / "left").exists)
        assert victim.process.poll() is None
        (tmp_path / "opened").touch()
        victim.until(lambda: victim.process.poll() is not None)
    finally:
        victim.end()
    assert victim.process.returncode == code
    assert b"Traceback" not in victim.seen
    assert not list(data.glob("crash-*"))

    later = bench(data, people=6)
    tenants(later, tmp_path)
    later.watch.at_ms = START_MS + HOUR_MS
    sent = len(later.pair.secrets.tenant.calls)
    with open_journal(data / "journal.db") as journal:
        (run,) = journal.open_runs()
        states = {step.state for step in journal.steps(run.id)}
    assert "intended" not in states  # the answer that was waited for is written down
    assert "planned" in states
    (ended,) = asyncio.run(later.engine.resume(lambda _event: None, lambda: False))
    calls = later.pair.secrets.tenant.calls
    assert "effective and logged" in ended.words
    assert len(calls) > sent
    assert [call.ability for call in calls].count(Ability.SUSPEND) == 1
    with open_journal(data / "journal.db") as journal:
        assert journal.open_runs() == ()
        assert journal.verify_chain().unbroken
