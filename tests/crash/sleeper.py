"""A program that offboards one person as `victim` does, but falls asleep (SIGSTOP) where that dies,
lets a colleague with a later clock finish, and wakes again.

It reads one order a line from stdin and answers one line: how the child ended, 7 where it had lost
its lease, or "asleep".
"""

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.crash.victim import Fuse, clock, connector
from tests.run.plans_by_hand import Loaded

from keyturn.decide.planfile import from_json
from keyturn.run.apply import apply
from keyturn.run.connections import Connections
from keyturn.run.progress import never, unobserved
from keyturn.run.recover import resume
from keyturn_storage.errors import LeaseLost
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.leases import LIVING_MS, TTL_MS

LATER_MS = 2 * (TTL_MS + LIVING_MS)
LOST = 7


class Pillow(Fuse):
    """Stops this process at the point it is set to, instead of killing it."""

    def point(self) -> None:
        self.passed += 1
        if self.passed == self.blows_at:
            os.kill(os.getpid(), signal.SIGSTOP)


class SleepyJournal(Journal):
    """A journal that may fall asleep before a write and after it, not inside: whoever sleeps there
    keeps everybody out until it wakes."""

    def __init__(self, path: Path, connection: sqlite3.Connection, pillow: Pillow) -> None:
        super().__init__(path, connection)
        self._pillow = pillow

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        inside = self.connection.in_transaction  # several writes that are one
        if not inside:
            self._pillow.point()
        with super().transaction() as connection:
            yield connection
        if not inside:
            self._pillow.point()


async def _work(folder: Path, at: int, later_ms: int) -> None:
    pillow = Pillow(at, reads=False)
    connections = Connections(
        connector(folder, "directory", pillow), connector(folder, "secrets", pillow)
    )
    time = clock()
    later = replace(time, now_ms=lambda: time.now_ms() + later_ms)
    plan = from_json((folder / "plan.json").read_text("utf-8"))
    loaded, watch, who = Loaded(), unobserved, f"operator {at}"
    with open_journal(folder / "journal.db") as opened:
        journal = SleepyJournal(opened.path, opened.connection, pillow)
        if later_ms and journal.open_runs():
            await resume(
                journal, connections, loaded=loaded, observe=watch, stop=never, clock=later,
                operator=who,
            )  # fmt: skip
        elif not journal.runs():
            await apply(
                plan, connections, journal, loaded=loaded, observe=watch, stop=never, clock=later,
                operator=who, confirmed=plan.confirm_with,
            )  # fmt: skip
    (folder / "points").write_text(str(pillow.passed), "utf-8")


def _start(order: dict[str, str | int]) -> int:
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            asyncio.run(_work(Path(str(order["folder"])), int(order["at"]), int(order["later_ms"])))
            code = 0
        except LeaseLost:
            code = LOST
        except BaseException as failure:  # noqa: BLE001 - the child of a fork must not go on
            sys.stderr.write(f"{type(failure).__name__}: {failure}\n")
            sys.stderr.flush()
        os._exit(code)
    return pid


def _await(pid: int) -> str:
    _, status = os.waitpid(pid, os.WUNTRACED)
    return "asleep" if os.WIFSTOPPED(status) else str(os.waitstatus_to_exitcode(status))


def main() -> None:
    """Obeys orders until stdin ends; "wake" is about the last child that fell asleep."""
    asleep = 0
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "wake":
            os.kill(asleep, signal.SIGCONT)
            print(_await(asleep), flush=True)
            continue
        pid = _start(order)
        answer = _await(pid)
        if answer == "asleep":
            asleep = pid
        print(answer, flush=True)


if __name__ == "__main__":
    main()
