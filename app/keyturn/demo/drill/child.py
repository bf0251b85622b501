"""keyturn as a process of its own, so that it can be killed as a machine would kill it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import JsonValue

from keyturn.demo.okta_onepassword.session import DemoSession

_LOOK_EVERY_S = 0.02
_AT_MOST_S = 300.0


@dataclass(frozen=True, slots=True)
class Ran:
    """How a keyturn process ended. `code` is negative where a signal ended it; `told` is its JSON
    answer, None where it gave none."""

    code: int
    told: JsonValue
    took_s: float
    error: str

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


def command(session: DemoSession, *words: str) -> list[str]:
    """The command line of keyturn on the drill's files. The credentials are in the environment."""
    files = ["--config", str(session.places.config), "--data-dir", str(session.places.data)]
    return [sys.executable, "-m", "keyturn", *files, *words]


def run(session: DemoSession, *words: str, kill_when: Callable[[], bool] | None = None) -> Ran:
    """Runs one command with --json to its end, or until `kill_when` says to kill it with -9."""
    began = time.monotonic()
    with subprocess.Popen(  # noqa: S603  our own program, no shell
        command(session, *words, "--json"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        if kill_when is not None:
            _kill(process, kill_when)
        told, error = process.communicate(timeout=_AT_MOST_S)
    took_s = time.monotonic() - began
    lines = [line for line in error.splitlines() if line.strip()]
    return Ran(process.returncode, _json(told), took_s, lines[-1] if lines else "")


def _kill(process: "subprocess.Popen[str]", when: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _AT_MOST_S
    while process.poll() is None and time.monotonic() < deadline:
        if when():
            os.kill(process.pid, signal.SIGKILL)
            return
        time.sleep(_LOOK_EVERY_S)


def _json(text: str) -> JsonValue:
    try:
        told: JsonValue = json.loads(text)
    except ValueError:
        return None
    return told
