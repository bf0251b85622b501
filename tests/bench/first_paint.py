"""How long from starting the process to the first settled text, through a real terminal.

`uv run python -m tests.bench.first_paint [runs] [people]` prints a table: an empty Textual app, and
keyturn with that many people in its cache (default 100,000). Each run is a new process on a pty of
120x40; the clock stops at the last byte before the terminal has been silent for a while, once the
text waited for has come. Nothing is asserted: the machine decides.
"""

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.cache_100k import build

SILENCE_S = 0.15
LIMIT_S = 60.0
SIZE = (40, 120)
START = (
    "import sys; from pathlib import Path; from keyturn.tui.start import DashboardOptions, "
    "run_dashboard; sys.exit(run_dashboard(DashboardOptions(Path(sys.argv[1]), Path(sys.argv[2]))))"
)


def first_text_ms(command: Sequence[str], environment: Mapping[str, str], wanted: bytes) -> float:
    """Milliseconds from spawn to the last byte before the silence after `wanted`."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=dict(environment),
        start_new_session=True, close_fds=True,
    )  # fmt: skip
    os.close(theirs)
    seen, last = b"", begun
    try:
        while time.perf_counter() - begun < LIMIT_S:
            ready, _, _ = select.select([ours], [], [], SILENCE_S)
            if ready:
                try:
                    seen += os.read(ours, 65_536)
                except OSError:
                    break
                last = time.perf_counter()
            elif wanted in seen:
                return (last - begun) * 1000
        raise RuntimeError(f"{wanted!r} never came from {command}: {seen[-2000:]!r}")
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(ours)


def main(runs: int = 9, people: int = 100_000) -> None:
    """Prints the table."""
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    # Modules are compiled once, in the first run, as where keyturn is installed.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder:
        environment["PYTHONPYCACHEPREFIX"] = f"{folder}/bytecode"
        data = Path(folder) / "data"
        data.mkdir(mode=0o700)
        sys.stdout.write(f"building a cache of {people:,} people ...\n")
        build(data / "cache.db", people)
        config = Path(folder) / "keyturn.yaml"
        config.write_text("version: 1\n", encoding="utf-8")
        empty = [sys.executable, "-m", "tests.bench.empty_app"]
        keyturn = [sys.executable, "-c", START, str(config), str(data)]
        found: dict[str, list[float]] = {"empty Textual app": [], "keyturn, cached Access": []}
        for _ in range(runs + 1):  # the first of each compiles, and warms the file cache
            found["empty Textual app"].append(first_text_ms(empty, environment, b"first text"))
            found["keyturn, cached Access"].append(first_text_ms(keyturn, environment, b"Users"))
    base = statistics.median(found["empty Textual app"][1:])
    sys.stdout.write(f"{'what':<26}{'median ms':>11}{'least ms':>10}{'times':>8}   ({runs} runs)\n")
    for what, times in found.items():
        middle = statistics.median(times[1:])
        sys.stdout.write(f"{what:<26}{middle:>11.0f}{min(times[1:]):>10.0f}{middle / base:>8.2f}\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
