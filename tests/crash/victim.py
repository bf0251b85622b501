"""A program that applies a plan to a simulated pair kept in files, and can be told to die.

It reads one order a line from stdin, forks a child for it (imports are paid once), and answers one
line: how the child ended. A child counts the points around every durable write and every remote
request, and at the point it is told it kills itself with SIGKILL.
"""

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.run.plans_by_hand import Loaded

from keyturn.decide.planfile import from_json
from keyturn.run.apply import apply
from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.progress import never, unobserved
from keyturn.run.recover import resume
from keyturn_providers.simulated import Faults, Moment, Remote, SimulatedConnector, load
from keyturn_providers.simulated.tenant import tenant_as_json
from keyturn_storage.journal import Journal, open_journal

_START_MS = 1_800_000_000_000


@dataclass(slots=True)
class Fuse:
    """Counts the points passed and kills this process at the one it is set to (from 1; 0 never)."""

    blows_at: int
    reads: bool = True
    passed: int = 0

    def point(self) -> None:
        """One moment at which a process may die."""
        self.passed += 1
        if self.passed == self.blows_at:
            os.kill(os.getpid(), signal.SIGKILL)

    async def at(self, moment: Moment) -> None:
        """Around every write, and every read too. Others may come in between, as over a wire."""
        if moment.operation_id or self.reads:
            self.point()
        await asyncio.sleep(0)


class DyingJournal(Journal):
    """A journal that may die before a write, inside it, and after it is durable."""

    def __init__(self, path: Path, connection: sqlite3.Connection, fuse: Fuse) -> None:
        super().__init__(path, connection)
        self._fuse = fuse

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        self._fuse.point()
        with super().transaction() as connection:
            yield connection
            self._fuse.point()
        self._fuse.point()


def connector(
    folder: Path, side: str, at: Fuse | None = None, at_once: int = 1
) -> SimulatedConnector:
    """One simulated source as its file has it."""
    path = folder / f"{side}.json"
    remote = Remote(load(path), Faults(), page_size=5, path=path)
    if at is not None:
        remote.at = at.at
    return SimulatedConnector(remote, audited=side == "secrets", changes_at_once=at_once)


def clock() -> Clock:
    """A clock on which waiting costs nothing."""
    now = [_START_MS]

    def now_ms() -> int:
        now[0] += 1
        return now[0]

    async def sleep(seconds: float) -> None:
        now[0] += int(seconds * 1000)
        await asyncio.sleep(0)

    return Clock(now_ms, sleep)


async def _work(folder: Path, order: str, fuse: Fuse, at_once: int) -> None:
    connections = Connections(
        connector(folder, "directory", fuse, at_once), connector(folder, "secrets", fuse, at_once)
    )
    with open_journal(folder / "journal.db") as opened:
        journal = DyingJournal(opened.path, opened.connection, fuse)
        if order == "apply":
            plan = from_json((folder / "plan.json").read_text("utf-8"))
            await apply(
                plan,
                connections,
                journal,
                loaded=Loaded(),
                observe=unobserved,
                stop=never,
                clock=clock(),
                operator="victim",
                confirmed=plan.confirm_with,
            )
        else:
            await resume(
                journal,
                connections,
                loaded=Loaded(),
                observe=unobserved,
                stop=never,
                clock=clock(),
                operator="victim",
            )


def _child(order: dict[str, str | int | bool]) -> None:
    folder = Path(str(order["folder"]))
    fuse = Fuse(int(order["blows_at"]))
    asyncio.run(_work(folder, str(order["do"]), fuse, int(order["at_once"])))
    (folder / "points").write_text(str(fuse.passed), "utf-8")


def _fork(work: Callable[[], None]) -> int:
    """The child's exit: 0, the negative of the signal that ended it, or 70 after an exception."""
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            work()
            code = 0
        except BaseException as failure:  # noqa: BLE001 - the child of a fork must not go on
            sys.stderr.write(f"{type(failure).__name__}: {failure}\n")
            sys.stderr.flush()
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main() -> None:
    """Obeys orders until stdin ends."""
    tenant_as_json()  # so that no child has to make it
    for line in sys.stdin:
        order = json.loads(line)
        exit_code = _fork(lambda order=order: _child(order))  # type: ignore[misc] # bound per line
        print(exit_code, flush=True)


if __name__ == "__main__":
    main()
