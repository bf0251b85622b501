"""The process that owns the demo's servers: when keyturn ends, however it ends, so do they.

Started as `python -m keyturn.demo.keeper` by `processes`, which writes two JSON lines to its
standard input: the temporary directory at once, then the commands, tokens in their environments.
The keeper starts the commands and reads on; when its input ends (keyturn closed it, crashed, or was
killed, at whatever point) or it is told to terminate, it ends every command by pid, removes the
directory and exits.

On its standard output it writes one JSON object a line: `{"started": name, "pid": n}`, then
`{"ended": name, "code": n, "words": text}` for a command that ends by itself. Server output is
kept in memory only, for that message, with the tokens struck out.
"""

import json
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

DIRECTORY_PREFIX = "keyturn-demo-"
_LINES_KEPT = 20
_GRACE_S = 5.0


class Child:
    """A started command, its last words, and its end."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name = name
        self._hidden = [value for key, value in environment.items() if "TOKEN" in key and value]
        self._last: deque[str] = deque(maxlen=_LINES_KEPT)
        self.process = subprocess.Popen(  # noqa: S603  the commands come from `servers`, no shell
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            # OpenBao prints the root token and the unseal key to standard output.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def last_words(self) -> str:
        """What the command wrote last, tokens struck out."""
        self._reader.join(timeout=1)
        text = "\n".join(self._last)
        for token in self._hidden:
            text = text.replace(token, "***")
        return text

    def end(self) -> None:
        """Ends the command by pid and waits until it is gone."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(timeout=1)

    def _read(self) -> None:
        stream: IO[bytes] | None = self.process.stderr
        if stream is None:
            return
        with stream:
            for line in stream:
                self._last.append(line.decode("utf-8", "replace").rstrip())


def keep(stdin: IO[bytes], stdout: IO[bytes]) -> int:
    """Does what the module says; returns the exit code."""
    first = stdin.readline()
    if not first:
        return 0  # keyturn was gone before it said anything: nothing was started
    directory = Path(json.loads(first)["directory"])
    children: list[Child] = []
    lock = threading.Lock()

    def tell(**words: object) -> None:
        with lock:
            try:
                stdout.write(json.dumps(words).encode() + b"\n")
                stdout.flush()
            except (OSError, ValueError):  # closed there, or here by whoever ends meanwhile
                return  # keyturn is gone; the end of standard input says so too

    def watch(child: Child) -> None:
        code = child.process.wait()
        tell(ended=child.name, code=code, words=child.last_words())

    try:
        second = stdin.readline()
        for one in json.loads(second)["commands"] if second else ():
            child = Child(one["name"], one["command"], one["environment"])
            children.append(child)
            tell(started=child.name, pid=child.process.pid)
            threading.Thread(target=watch, args=(child,), daemon=True).start()
        while stdin.read(1):
            pass
    finally:
        for child in children:
            child.end()
        if directory.name.startswith(DIRECTORY_PREFIX):
            shutil.rmtree(directory, ignore_errors=True)
    return 0


def _terminated(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _terminated)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    raise SystemExit(keep(sys.stdin.buffer, sys.stdout.buffer))
