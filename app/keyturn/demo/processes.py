"""Starts the demo's processes through the keeper, and makes sure that they end with keyturn.

They live in a temporary directory only the user can read. See `keeper` for how they end: on exit,
Ctrl-C, SIGTERM, SIGHUP and a crash, the directory goes with them.
"""

import http.client
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

READY_WITHIN_S = 30.0
_END_WITHIN_S = 15.0
_KEPT_VARIABLES = ("PATH", "HOME", "USER", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
_KEPT_PREFIXES = ("LC_", "LANG", "PYTHON")


class DemoError(Exception):
    """The demo cannot go on. The message says what, why and what to do next."""


class DemoNotInstalled(DemoError):
    """What an extra of the distribution brings is not there."""


@dataclass(frozen=True, slots=True)
class Command:
    """A process to start. `environment` is the whole of what it gets; see `kept_environment`."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


def kept_environment() -> dict[str, str]:
    """What of keyturn's own environment a demo process needs to run at all; no credentials."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT_VARIABLES or name.startswith(_KEPT_PREFIXES)
    }


class Keeper:
    """The keeper process as seen from keyturn. `pids` are the started processes' own, by name."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.pids: dict[str, int] = {}
        self.ended: queue.SimpleQueue[tuple[str, int, str]] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "keyturn.demo.keeper"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Out of the terminal's process group: Ctrl-C is for keyturn, which then ends them.
            start_new_session=True,
        )
        self._stdin = _present(self._process.stdin)
        self._stdout = _present(self._process.stdout)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._say({"directory": str(self.directory)})

    def start(self, commands: Sequence[Command]) -> None:
        """Has the keeper start `commands`."""
        order = {
            "commands": [
                {
                    "name": one.name,
                    "command": list(one.command),
                    "environment": dict(one.environment),
                }
                for one in commands
            ],
        }
        self._say(order)

    def _say(self, told: Mapping[str, object]) -> None:
        self._stdin.write(json.dumps(told).encode() + b"\n")
        self._stdin.flush()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        """Ends every process and removes the directory; returns when that is done."""
        with suppress(BrokenPipeError):
            self._stdin.close()
        try:
            self._process.wait(_END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.returncode != 0:
            self._end_orphans()
        self._listener.join()
        self._stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _end_orphans(self) -> None:
        """The keeper itself was killed: nobody else ends its processes."""
        for pid in self.pids.values():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def _listen(self) -> None:
        for line in self._stdout:
            told = json.loads(line)
            if "started" in told:
                self.pids[told["started"]] = told["pid"]
            else:
                self.ended.put((told["ended"], told["code"], told["words"]))


def _present(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise DemoError("keyturn demo: the servers' keeper has no pipe. Please report this.")
    return pipe


def wait_until_ready(keeper: Keeper, pages: Sequence[tuple[str, str]]) -> str:
    """ "" as soon as every page (address, path) answers with whatever status a server gives to
    strangers, else why not."""
    deadline = time.monotonic() + READY_WITHIN_S
    waiting = list(pages)
    while time.monotonic() < deadline:
        waiting = [(url, path) for url, path in waiting if not answers(url, path)]
        if not waiting:
            return ""
        try:
            name, code, words = keeper.ended.get(timeout=0.02)
        except queue.Empty:
            if not keeper.alive:
                return "The process that starts them ended."
            continue
        return f"{name} ended with exit code {code}{_last_line(words)}."
    return f"There was no answer from {waiting[0][0]} within {READY_WITHIN_S:.0f} seconds."


def _last_line(words: str) -> str:
    lines = [line for line in words.splitlines() if line.strip()]
    return f" ({lines[-1].strip()[:300]})" if lines else ""


def answers(url: str, path: str) -> bool:
    """Whether a server answers on the loopback address, with whatever status."""
    host, port = url.removeprefix("http://").split("/", 1)[0].split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status in (200, 401, 403)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """Within the block SIGTERM and SIGHUP raise SystemExit in the main thread: it ends in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
