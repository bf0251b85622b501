"""How long from starting the process to the first settled text, through a real terminal.

`uv run python -m tests.bench.first_paint [runs] [people] [folder]` prints a table: an empty Textual
app; keyturn's dashboard with that many people in its cache (default 100,000, with 10,000 groups, a
million memberships on either side and 200,000 grants), which `folder` may have already; and the
same as it is typed, the command line included. They take turns. Each run is a new process on a pty
of 120x40, started in the same way; the clock stops at the last byte before the terminal has been
silent for a while, once the text waited for has come, so that what is drawn again counts. Nothing
is asserted: the machine decides.
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
from tests.bench.dashboard import CONFIG, EMPTY, START

SILENCE_S = 0.15
LIMIT_S = 60.0
SIZE = (40, 120)
AS_TYPED = "import sys; from keyturn.cli import main; sys.exit(main())"


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


def main(runs: int = 9, people: int = 100_000, *, folder: str = "") -> None:
    """Prints the table."""
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    # Modules are compiled once, in the first run, as where keyturn is installed.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as made:
        environment["PYTHONPYCACHEPREFIX"] = f"{made}/bytecode"
        data, config = Path(folder or f"{made}/data"), Path(made) / "keyturn.yaml"
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (data / "cache.db").exists():
            sys.stdout.write(f"building a cache of {people:,} people ...\n")
            build(data / "cache.db", people, max(10, people // 10), 140, each=10, findings=people)
        config.write_text(CONFIG, encoding="utf-8")
        python = [sys.executable, "-c"]
        options = ["--config", str(config), "--data-dir", str(data)]
        commands = {
            "empty Textual app": ([*python, EMPTY], b"first text"),
            "keyturn, cached Access": ([*python, START, str(config), str(data)], b"Users"),
            "the same, as typed": ([*python, AS_TYPED, *options], b"Users"),
        }
        found: dict[str, list[float]] = {what: [] for what in commands}
        for _ in range(runs + 1):  # the first of each compiles, and warms the file cache
            for what, (command, wanted) in commands.items():
                (data / "dashboard.json").unlink(missing_ok=True)
                found[what].append(first_text_ms(command, environment, wanted))
    base = [statistics.median(found["empty Textual app"][1:]), min(found["empty Textual app"][1:])]
    sys.stdout.write(f"{'what':<26}{'median ms':>11}{'times':>7}{'least ms':>10}{'times':>7}   "
                     f"({runs} runs)\n")  # fmt: skip
    for what, times in found.items():
        middle, least = statistics.median(times[1:]), min(times[1:])
        sys.stdout.write(f"{what:<26}{middle:>11.0f}{middle / base[0]:>7.2f}"
                         f"{least:>10.0f}{least / base[1]:>7.2f}\n")  # fmt: skip


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), folder="".join(sys.argv[3:4]))
