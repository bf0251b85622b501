"""`keyturn serve`: on loopback only, read-only, without credentials, for its own page only."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from tests.children import reaped

from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn.demo.ports import free_ports
from keyturn.tui.browser import NotLoopback, handed_on, require_loopback

Said = pytest.CaptureFixture[str]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "no.such.host.invalid"])
def test_an_address_that_others_reach_is_refused(front: list[str], capsys: Said, host: str) -> None:
    with pytest.raises(NotLoopback):
        require_loopback(host)
    assert run([*front, "serve", "--host", host]) == Exit.REFUSED
    assert "is no loopback address, and there is no login" in capsys.readouterr().err


def test_loopback_is_taken_and_read_only_contradicts_writable(
    front: list[str], capsys: Said
) -> None:
    assert require_loopback("127.0.0.1") == "127.0.0.1"
    assert run(["--read-only", *front, "serve", "--writable"]) == Exit.USAGE
    assert "exclude each other" in capsys.readouterr().err


def test_no_credential_is_handed_on_unless_asked_for() -> None:
    here = {"PATH": "/bin", "LC_ALL": "C", "OKTA_TOKEN": "t", "OP_SESSION_x": "s", "TERM": "dumb"}
    assert handed_on(here, credentials=False) == {
        "PATH": "/bin", "LC_ALL": "C", "TERM": "xterm-256color", "KEYTURN_SHOW_ONLY": "1",
    }  # fmt: skip
    assert handed_on(here, credentials=True)["OKTA_TOKEN"] == "t"
    assert "KEYTURN_SHOW_ONLY" not in handed_on(here, credentials=True)


@pytest.fixture
def url(front: list[str], tmp_path: Path) -> Iterator[str]:
    """A server in a process of its own, with a token in its environment."""
    port = free_ports(1)
    said = tmp_path / "said"
    with said.open("wb") as output, reaped(
        subprocess.Popen(
            [sys.executable, "-m", "keyturn", *front, "serve", "--port", str(port), "--json"],
            stdout=output, stderr=output, start_new_session=True,
            env={**os.environ, "OKTA_TOKEN": "secret-of-the-test"},
        )
    ) as process:  # fmt: skip
        while "}" not in (text := said.read_text("utf-8")):
            assert process.poll() is None, text
            time.sleep(0.02)
        document = json.loads(text[: text.index("}") + 1])
        assert document["read_only"] is True
        assert document["credentials"] is False
        yield document["url"]
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)  # it ends by itself


async def test_the_page_is_served_to_its_own_address_only_and_shows_a_read_only_dashboard(
    url: str,
) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(200):
            try:
                async with session.get(url) as answer:
                    assert answer.status == 200
                    page = await answer.text()
                    assert "<title>keyturn</title>" in page
                    assert "googleapis" not in page
                    assert ".focus()" in page
                    policy = answer.headers["Content-Security-Policy"]
                    assert url in policy.split()
                    assert "*" not in policy
                    break
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.05)
        async with session.get(url, headers={"Host": "evil.example"}) as answer:
            assert answer.status == 403
        socket = f"{url.replace('http', 'ws', 1)}/ws?width=100&height=30"
        for headers in ({"Origin": "http://evil.example"}, {}):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(socket, headers=headers)
        async with session.ws_connect(socket, headers={"Origin": url}) as shown:
            seen = b""
            while b"read-only" not in seen:
                message = await asyncio.wait_for(shown.receive(), 120)
                assert message.type in {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}, message
                if isinstance(message.data, bytes):
                    seen += message.data
            assert b"secret-of-the-test" not in seen
