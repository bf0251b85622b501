"""Processes that a test starts are gone when the test is, however it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import AnyStr

LIMIT_S = 240
"""So long at most for a program of ours to end: less than a test may take."""
_KILLED_S = 30


@contextmanager
def reaped(process: subprocess.Popen[AnyStr]) -> Iterator[subprocess.Popen[AnyStr]]:
    """Kills the process when the block ends, asleep or not, and waits for it; all of its group,
    where that was begun with it (`start_new_session`)."""
    of_its_own = _leads(process.pid)
    try:
        yield process
    finally:
        if of_its_own:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):  # what nobody has read
                    pipe.close()
        process.wait(_KILLED_S)


def ran(
    command: Sequence[str], cwd: Path, limit_s: float | None
) -> subprocess.CompletedProcess[str]:
    """How a program ended that has children of its own: none of them is there afterwards."""
    pipe = subprocess.PIPE
    with reaped(
        subprocess.Popen(
            command, stdout=pipe, stderr=pipe, text=True, cwd=cwd, start_new_session=True
        )
    ) as process:
        out, err = process.communicate(timeout=limit_s)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def told(module: str, cwd: Path) -> AbstractContextManager[subprocess.Popen[str]]:
    """A program of the tests that is told what to do line by line, and answers so; what it starts
    is of its group."""
    return reaped(
        subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=cwd,
            start_new_session=True,
        )
    )  # fmt: skip


def _leads(pid: int) -> bool:
    return os.getpgid(pid) == pid
