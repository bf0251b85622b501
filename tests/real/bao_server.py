"""A real OpenBao dev server with a file audit device, on a free loopback port."""

import json
import os
import subprocess
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from keyturn.demo.ports import free_ports

ROOT_TOKEN = "root-of-the-test"
_START_S = 20.0


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: dict[str, object]

    @property
    def data(self) -> dict[str, object]:
        data = self.body.get("data")
        return data if isinstance(data, dict) else {}

    @property
    def auth(self) -> dict[str, object]:
        auth = self.body.get("auth")
        return auth if isinstance(auth, dict) else {}


@dataclass(frozen=True, slots=True)
class BaoServer:
    """`call` speaks to the server with urllib: it shares no code with the connector under test."""

    url: str
    root_token: str
    audit_path: Path
    pid: int

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        token: str | None = None,
        namespace: str = "",
    ) -> Reply:
        """Any request; refusals come back as their status."""
        headers = {"X-Vault-Token": self.root_token if token is None else token}
        if namespace:
            headers["X-Vault-Namespace"] = namespace
        request = urllib.request.Request(
            f"{self.url}/v1/{path}",
            method=method,
            headers=headers,
            data=None if body is None else json.dumps(body).encode(),
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return Reply(response.status, json.loads(response.read() or b"{}"))
        except urllib.error.HTTPError as refusal:
            with refusal:
                return Reply(refusal.code, json.loads(refusal.read() or b"{}"))

    def must(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> dict[str, object]:
        """A request that has to succeed; its `data`."""
        reply = self.call(method, path, body)
        assert reply.status in {200, 204}, f"{method} {path}: {reply.status} {reply.body}"
        return reply.data


@contextmanager
def bao_server(directory: Path) -> Iterator[BaoServer]:
    """Starts `bao` in `directory` and ends it by its process id, whatever happens inside."""
    audit = directory / "audit.log"
    config = directory / "dev.hcl"
    config.write_text(
        f'audit "file" "to-file" {{ options {{ file_path = {json.dumps(str(audit))}'
        ' mode = "0600" } }\n',
        encoding="utf-8",
    )
    port = free_ports(2)  # it listens on the one after as well
    url = f"http://127.0.0.1:{port}"
    log = directory / "bao.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                str(Path(sysconfig.get_path("scripts")) / "bao"),
                "server",
                "-dev",
                f"-config={config}",
                f"-dev-root-token-id={ROOT_TOKEN}",
                f"-dev-listen-address=127.0.0.1:{port}",
                "-dev-no-store-token",
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env={"PATH": os.environ.get("PATH", ""), "HOME": str(directory)},
        )
    try:
        server = BaoServer(url, ROOT_TOKEN, audit, process.pid)
        _until_ready(server, process, log)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _until_ready(server: BaoServer, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            # The mounts answer only once the server is active; the health page a moment earlier.
            if server.call("GET", "sys/mounts").status == 200 and server.audit_path.exists():
                return
        except (urllib.error.URLError, ConnectionError):
            pass
        told = log.read_text(encoding="utf-8", errors="replace")[-800:]
        assert process.poll() is None, f"bao ended with {process.returncode}: {told}"
        assert time.monotonic() < deadline, f"bao did not become ready: {told}"
        time.sleep(0.05)
