"""Which process we are, and whether another one on this machine still runs."""

import os
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

Probe = Callable[[int], str]
"""The start mark of a process on this machine, "" if there is no such process now."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process of one machine. `start` tells it from a later one with the same number."""

    host: str
    pid: int
    start: str


def start_of(pid: int) -> str:
    """A mark that is the same for the life of a process and different for the next of that pid."""
    if pid <= 0:
        return ""
    status = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            text = status.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        # The name in brackets may hold spaces and brackets; the start is the 20th field after it.
        fields = text.rpartition(")")[2].split()
        return "" if fields[0] in {"Z", "X"} else f"{_boot()}:{fields[19]}"
    return _start_by_ps(pid)


def this_process() -> Process:
    """Ourselves. After a fork the child is another process."""
    pid = os.getpid()
    return Process(socket.gethostname(), pid, start_of(pid))


def is_dead(process: Process, host: str, probe: Probe = start_of) -> bool:
    """Whether `process` is known to have ended. Of another machine's processes nothing is known."""
    return process.host == host and probe(process.pid) != process.start


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8]
    except OSError:
        return ""


def _start_by_ps(pid: int) -> str:
    try:
        done = subprocess.run(  # noqa: S603 -- a fixed program and a number
            ["/bin/ps", "-o", "lstart=", "-p", str(pid)],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
            env={"LC_ALL": "C"},
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return " ".join(done.stdout.split())
