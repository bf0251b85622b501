"""A program on a terminal of its own, for measuring from a key to what is drawn."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

SILENCE_S = 0.25
LIMIT_S = 60.0


class Terminal:
    """Starts `command` on a pty of `size` (columns, rows), and ends it at the end. `keyboard` is
    our side of it: keys are written there, and what is drawn is read from it."""

    def __init__(self, command: Sequence[str], size: tuple[int, int]) -> None:
        self.keyboard, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment,
            start_new_session=True, close_fds=True,
        )  # fmt: skip
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.keyboard)

    def _read(self, wait_s: float) -> bytes:
        ready, _, _ = select.select([self.keyboard], [], [], wait_s)
        return os.read(self.keyboard, 65_536) if ready else b""

    def until(self, wanted: bytes) -> float:
        """Milliseconds from the start to the last byte before the silence after `wanted`."""
        seen, last = b"", self.begun
        while time.perf_counter() - self.begun < LIMIT_S:
            found = self._read(SILENCE_S)
            if found:
                seen, last = seen + found, time.perf_counter()
            elif wanted in seen:
                return (last - self.begun) * 1000
        raise RuntimeError(f"{wanted!r} never came: {seen[-2000:]!r}")

    def quiet(self) -> None:
        """Waits until nothing is drawn any more."""
        while self._read(1.0):
            pass

    def key(self, sent: bytes) -> float:
        """Milliseconds from a key to the first byte after it; then waits for silence."""
        while self._read(SILENCE_S):
            pass
        begun = time.perf_counter()
        os.write(self.keyboard, sent)
        while not self._read(SILENCE_S):
            if time.perf_counter() - begun > LIMIT_S:
                raise RuntimeError(f"nothing was drawn after {sent!r}")
        return (time.perf_counter() - begun) * 1000

    def megabytes(self) -> float:
        """What the process holds in memory that is its own or shared, resident now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        line = next(one for one in status.splitlines() if one.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024
