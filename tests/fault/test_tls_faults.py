"""Certificates that are not trusted, and files of authorities that cannot be read."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from tests.fault.remains import whole_text
from tests.fault.server import fault_server, json_reply
from tests.fault.wire import TOKEN, Wire

from keyturn_providers.errors import (
    Misconfigured,
    Unreachable,
)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Iterator[Path]:
    with authority.cert_pem.tempfile(dir=str(tmp_path)) as name:
        yield Path(name)


def tls_for(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


async def test_a_certificate_nobody_vouches_for(authority: trustme.CA) -> None:
    async with fault_server(
        lambda _: json_reply({}), tls=tls_for(authority, "localhost"), host="localhost"
    ) as server:
        wire = Wire()
        transport = wire.transport(server.url)
        with pytest.raises(
            Unreachable, match=r"The certificate of localhost is not trusted: .*ca_file"
        ) as caught:
            await transport.request("POST", "/", what="asking", writes=True)
        await transport.aclose()
        assert server.seen == []
        assert TOKEN not in whole_text(caught.value)


async def test_a_company_s_own_authority(authority: trustme.CA, ca_file: Path) -> None:
    async with fault_server(
        lambda _: json_reply({"fine": True}), tls=tls_for(authority, "localhost"), host="localhost"
    ) as server:
        transport = Wire().transport(server.url, ca_file=ca_file)
        answer = await transport.request("GET", "/", what="asking", writes=False)
        await transport.aclose()
    assert answer.json() == {"fine": True}


async def test_what_was_seen_of_a_server_is_kept(authority: trustme.CA, ca_file: Path) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=40)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", not_after=end).configure_cert(context)
    headers = {
        "Date": f"{datetime.now(UTC) + timedelta(hours=2):%a, %d %b %Y %H:%M:%S} GMT",
        "X-RateLimit-Limit": "100",
        "X-RateLimit-Remaining": "90",
        "X-RateLimit-Reset": "60",
    }
    async with fault_server(
        lambda _: json_reply({}, 200, headers), tls=context, host="localhost"
    ) as server:
        transport = Wire().transport(server.url, ca_file=ca_file)
        assert transport.seen is None
        assert not transport.windows()
        await transport.request("GET", "/", what="asking", writes=False)
        await transport.request("GET", "/", what="asking", writes=False)  # on the kept connection
        seen, windows = transport.seen, transport.windows()
        await transport.aclose()
    assert seen is not None
    assert seen.certificate_expires_ms == int(end.timestamp()) * 1000
    assert seen.clock_offset_ms is not None
    assert abs(seen.clock_offset_ms - 2 * 3_600_000) <= 60_000
    assert (windows[""].limit, windows[""].remaining) == (100, 90)
    assert 0 < windows[""].resets_at <= 60


async def test_over_plain_http_there_is_no_certificate() -> None:
    async with fault_server(lambda _: json_reply({})) as server:
        transport = Wire().transport(server.url)
        await transport.request("GET", "/", what="asking", writes=False)
        seen = transport.seen
        await transport.aclose()
    assert seen is not None
    assert seen.certificate_expires_ms is None
    assert seen.clock_offset_ms is None


async def test_a_certificate_for_another_name(authority: trustme.CA, ca_file: Path) -> None:
    async with fault_server(
        lambda _: json_reply({}), tls=tls_for(authority, "other.example"), host="localhost"
    ) as server:
        transport = Wire().transport(server.url, ca_file=ca_file)
        with pytest.raises(Unreachable, match=r"(?i)not trusted: hostname mismatch"):
            await transport.request("GET", "/", what="asking", writes=False)
        await transport.aclose()
        assert server.seen == []


async def test_https_to_a_port_that_speaks_plain_http() -> None:
    async with fault_server(lambda _: json_reply({})) as server:
        transport = Wire().transport(server.url.replace("http:", "https:"))
        with pytest.raises(Unreachable, match="does not complete a TLS handshake"):
            await transport.request("GET", "/", what="asking", writes=False)
        await transport.aclose()


def test_a_ca_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(Misconfigured, match=rf"ca_file .*{name} cannot be used"):
            Wire().transport("https://idp.example", ca_file=tmp_path / name)


def test_a_named_file_of_authorities_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(Misconfigured, match=r"named by SSL_CERT_FILE cannot be used \(No such"):
        Wire().transport("https://idp.example")


async def test_the_system_s_authorities_do_not_vouch_for_anybody(
    monkeypatch: pytest.MonkeyPatch, authority: trustme.CA
) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    async with fault_server(
        lambda _: json_reply({}), tls=tls_for(authority, "localhost"), host="localhost"
    ) as server:
        transport = Wire().transport(server.url)
        with pytest.raises(Unreachable, match="is not trusted"):
            await transport.request("GET", "/", what="asking", writes=False)
        await transport.aclose()
        assert server.seen == []
