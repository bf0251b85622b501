"""Decides in a process of its own where there is much to decide, so that the screens go on.

What holds Python's one lock for long (sorting or letting go of a million rows) stops every thread
of a process; and the memory that deciding takes goes back to the system with the process.
"""

import asyncio
import pickle
import subprocess
import sys
from pathlib import Path

from keyturn.decide.rules import Rules
from keyturn.run.assess import assess
from keyturn_storage.snapshots import Cache, open_cache

MANY = 5_000
"""Accounts and grants of both sides; below that a process takes longer to start than to decide."""

COMMAND = (sys.executable, "-P", "-m", "keyturn.run.apart")
"""-P: nothing is imported from the folder that keyturn was started in."""


async def assess_apart(cache: Cache, rules: Rules, now_ms: int, *, many: int = MANY) -> None:
    """As `assess`, without giving what was decided. Nothing is asked of `cache` meanwhile.

    Where the process fails, for whatever reason, it is decided here. Raises as `assess`.
    """
    size = sum(row.accounts + row.grants for row in cache.sources())
    if size >= many and await asyncio.to_thread(_in_a_process, cache.path, rules, now_ms):
        return
    assess(cache, rules, now_ms)


def _in_a_process(path: Path, rules: Rules, now_ms: int) -> bool:
    # Not by multiprocessing: what it starts beside wants this process's own error output, and under
    # a dashboard there is none. Nothing of this one's may be written over the screen either.
    told = pickle.dumps((path.absolute(), rules, now_ms))
    try:
        ended = subprocess.run(  # noqa: S603 - this program again
            COMMAND, input=told, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
    except OSError:
        return False
    return ended.returncode == 0


def _decide(path: Path, rules: Rules, now_ms: int) -> None:
    with open_cache(path) as cache:
        assess(cache, rules, now_ms)


if __name__ == "__main__":
    _decide(*pickle.load(sys.stdin.buffer))  # noqa: S301 - from the process that started this one
