"""Answers `op` in a process that is loaded already, as the real one's daemon does.

A start of Python with all that a command needs costs some 60 ms of processor time, and the first
look at a tenant is 250 commands. The daemon listens on a socket beside the tenant's file, in whose
directory only the user can be. Where a fault is armed it answers nothing, and the program, which a
fault may have to kill, does all by itself.
"""

import socketserver
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from keyturn_providers.simulated.onepassword.op_program.main import answer
from keyturn_providers.simulated.onepassword.schema import connect

_QUEUE = 128


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = _QUEUE

    def __init__(self, state: Path) -> None:
        super().__init__(f"{state}.op", _Question)
        self.state = state


class _Question(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        argv, environment, stdin = understood(self.rfile.read())
        try:
            if _faulty(self.server.state):
                return
            code, out, err = answer(str(self.server.state), argv, environment, stdin)
        except sqlite3.Error:
            return
        if code is not None:
            self.wfile.write(bytes([code]) + len(out).to_bytes(4, "big") + out + err)


@contextmanager
def running(state: Path) -> Iterator[None]:
    """Within the block the tenant at `state` has a daemon; where the system allows no socket there,
    as where the path is too long for one, the program answers by itself."""
    try:
        server = _Server(state)
    except OSError:
        yield
        return
    with server:
        thread = threading.Thread(target=server.serve_forever, name="op daemon", daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            Path(f"{state}.op").unlink(missing_ok=True)


def understood(question: bytes) -> tuple[list[str], Mapping[str, str], bytes]:
    """The command line, the environment and the standard input in a question."""
    words, rest = _counted(question)
    told, stdin = _counted(rest)
    pairs = (one.partition("=") for one in told)
    return words, {name: value for name, _, value in pairs}, stdin


def _counted(data: bytes) -> tuple[list[str], bytes]:
    count, _, rest = data.partition(b"\0")
    found: list[str] = []
    for _ in range(int(count)):
        one, _, rest = rest.partition(b"\0")
        found.append(one.decode("utf-8", "surrogateescape"))
    return found, rest


def _faulty(state: Path) -> bool:
    with closing(connect(state)) as conn:
        return conn.execute("SELECT 1 FROM op_fault").fetchone() is not None
