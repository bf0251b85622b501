"""What a token with few rights, a wrong token or an odd server state does to the connector."""

from collections.abc import Iterator

import pytest
from tests.real.bao_server import BaoServer, bao_server
from tests.real.openbao_people import (
    Office,
    connected,
    grants_on,
    office,
    reader_of,
    vault_named,
    writer_of,
)

from keyturn_providers.errors import (
    Conflict,
    NotAllowed,
    NotAuthenticated,
    ProviderError,
    Unreachable,
)
from keyturn_providers.records import PrincipalKind

pytestmark = pytest.mark.real

READ_ALL = """
path "sys/mounts" { capabilities = ["read"] }
path "sys/auth" { capabilities = ["read"] }
path "sys/policies/*" { capabilities = ["read", "list"] }
path "identity/*" { capabilities = ["read", "list"] }
path "auth/+/role/*" { capabilities = ["read", "list"] }
path "auth/+/role" { capabilities = ["list"] }
"""
USERS = 'path "auth/userpass/users/*" { capabilities = ["read", "list"%s] %s }\n'
TOKENS = """
path "auth/token/accessors/*" { capabilities = ["list", "sudo"] }
path "auth/token/lookup-accessor" { capabilities = ["update"] }
"""


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with bao_server(tmp_path_factory.mktemp("bao")) as bao:
        here = office(bao)
        here.kv("pay")
        here.policy("pay-read", 'path "pay/data/*" { capabilities = ["read"] }')
        for name in ("ana", "bob", "cleo"):
            here.person(name, login_policies=("pay-read",))
        yield here


def token_with(firm: Office, name: str, text: str) -> str:
    firm.policy(name, text)
    made = firm.bao.call("POST", "auth/token/create", {"policies": [name], "ttl": "5m"})
    return str(made.auth["client_token"])


async def test_a_token_that_reads_everything_has_no_blind_spot_but_batch_tokens(
    firm: Office,
) -> None:
    token = token_with(firm, "auditor", READ_ALL + USERS % ("", "") + TOKENS)
    async with connected(firm.bao, token=token) as connector:
        about = await connector.about()
        reader = reader_of(connector)
        logins = {
            g.principal_id
            for g in await grants_on(reader, "pay")
            if g.carrier.startswith("userpass/")
        }
    spots = [s for s in about.blind_spots if "batch tokens" not in s and "namespaces" not in s]
    assert spots == []
    assert logins == set(firm.entities.values())
    assert any("may not end sessions" in note for note in about.notes)
    assert any("not log X-Keyturn-Op" in note for note in about.notes)


async def test_what_may_not_be_listed_is_named_and_the_rest_is_complete(firm: Office) -> None:
    token = token_with(firm, "half", READ_ALL)
    async with connected(firm.bao, token=token) as connector:
        about = await connector.about()
        reader = reader_of(connector)
        vault = await vault_named(reader, "pay")
        pages = [page async for page in reader.grants(vault.id)]
        live = await reader.read_grants_of(PrincipalKind.ACCOUNT, firm.entities["ana"])
        with pytest.raises(NotAllowed):
            await reader.read_sessions(firm.entities["ana"])
    assert any("auth/userpass" in spot for spot in about.blind_spots)
    assert any("tokens and sessions" in spot for spot in about.blind_spots)
    assert "not visible to keyturn: auth/userpass, tokens" in pages[-1].proof
    assert live == ()


async def test_a_mount_announced_as_visible_that_then_refuses_is_an_error(firm: Office) -> None:
    token = token_with(firm, "narrowed", READ_ALL + USERS % ("", "") + TOKENS)
    async with connected(firm.bao, token=token) as connector:
        await connector.about()
        reader = reader_of(connector)
        vault = await vault_named(reader, "pay")
        firm.policy("narrowed", READ_ALL + TOKENS)
        with pytest.raises(NotAllowed, match="auth/userpass"):
            [page async for page in reader.grants(vault.id)]


async def test_without_the_entities_there_is_no_listing_of_them(firm: Office) -> None:
    token = token_with(firm, "blind", 'path "sys/mounts" { capabilities = ["read"] }')
    async with connected(firm.bao, token=token) as connector:
        about = await connector.about()
        reader = reader_of(connector)
        with pytest.raises(NotAllowed):
            [page async for page in reader.accounts()]
        vault = await vault_named(reader, "pay")
        with pytest.raises(NotAllowed):
            [page async for page in reader.grants(vault.id)]
    assert any("list of entities" in spot for spot in about.blind_spots)
    assert any("sys/auth" in spot for spot in about.blind_spots)


async def test_a_list_cut_by_the_servers_own_paging_is_read_to_its_end(firm: Office) -> None:
    """A `pagination_limit` in keyturn's policy makes the server cut LIST without a word."""
    token = token_with(firm, "paged", READ_ALL + USERS % ("", "pagination_limit = 1") + TOKENS)
    cut = firm.bao.call("LIST", "auth/userpass/users", token=token)
    assert cut.data["keys"] == ["ana"]
    async with connected(firm.bao, token=token) as connector:
        grants = await grants_on(reader_of(connector), "pay")
    logins = {g.principal_id for g in grants if g.carrier.startswith("userpass/")}
    assert logins == set(firm.entities.values())


async def test_a_list_the_server_filters_proves_nothing(firm: Office) -> None:
    hiding = 'list_scan_response_keys_filter_path = "{{ .path }}{{ .key }}"'
    token = token_with(firm, "filtered", READ_ALL + USERS % ("", hiding) + TOKENS)
    async with connected(firm.bao, token=token) as connector:
        reader = reader_of(connector)
        vault = await vault_named(reader, "pay")
        for listing in (reader.accounts(), reader.groups(), reader.machines()):
            with pytest.raises(NotAllowed, match="filtered"):
                [page async for page in listing]
        with pytest.raises(NotAllowed, match="leave"):
            [page async for page in reader.grants(vault.id)]


@pytest.mark.parametrize("token", ["not-a-token", "s.AAAAAAAAAAAAAAAAAAAAAAAA"])
async def test_a_wrong_token_is_said_to_be_one(firm: Office, token: str) -> None:
    async with connected(firm.bao, token=token) as connector:
        with pytest.raises(NotAuthenticated, match="wrong, expired or revoked") as caught:
            await connector.about()
    assert token not in str(caught.value)


async def test_a_token_revoked_in_between_is_said_to_be_so(firm: Office) -> None:
    token = token_with(firm, "short", READ_ALL)
    async with connected(firm.bao, token=token) as connector:
        await connector.about()
        firm.bao.must("POST", "auth/token/revoke", {"token": token})
        with pytest.raises(NotAuthenticated):
            await connector.about()
        with pytest.raises(NotAllowed):
            await reader_of(connector).read_account(firm.entities["ana"])


async def test_namespaces_are_tenants_of_their_own(firm: Office) -> None:
    firm.bao.must("POST", "sys/namespaces/team", {})
    try:
        firm.bao.call(
            "POST",
            "sys/mounts/inner",
            {"type": "kv", "options": {"version": "2"}},
            namespace="team",
        )
        async with connected(firm.bao) as connector:
            root = await connector.about()
        async with connected(firm.bao, namespace="team") as connector:
            about = await connector.about()
            vaults = [v.name async for p in reader_of(connector).vaults() for v in p.records]
        async with connected(firm.bao, namespace="nowhere") as connector:
            with pytest.raises(ProviderError, match="namespace"):
                await connector.about()
    finally:
        firm.bao.must("DELETE", "sys/namespaces/team")
    assert any("team" in spot for spot in root.blind_spots)
    assert about.source.tenant == f"{root.source.tenant}/team"
    assert vaults == ["inner"]


async def test_the_header_is_registered_before_the_first_write_and_never_twice(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    header = "sys/config/auditing/request-headers/X-Keyturn-Op"
    with bao_server(tmp_path_factory.mktemp("bao")) as bao:
        here = office(bao)
        ana = here.person("ana", login=False)
        async with connected(bao) as connector:
            before = await connector.about()
            assert bao.call("GET", header).status == 400
            await writer_of(connector).suspend(ana, "op-1")
            await writer_of(connector).reactivate(ana, "op-2")
            after = await connector.about()
        assert bao.must("GET", header) == {"X-Keyturn-Op": {"hmac": False}}
        log = bao.audit_path.read_text(encoding="utf-8")
    assert any("sets one thing" in note for note in before.notes)
    assert not any("sets one thing" in note for note in after.notes)
    # Two entries (request and response) for one write; the reads are of operation "read".
    written = [
        x for x in log.splitlines() if f'"path":"{header}"' in x and '"operation":"update"' in x
    ]
    assert len(written) == 2


async def test_a_sealed_server_is_said_to_be_sealed(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with bao_server(tmp_path_factory.mktemp("bao")) as bao:
        bao.must("PUT", "sys/seal")
        async with connected(bao) as connector:
            with pytest.raises(Unreachable, match="is sealed"):
                await connector.about()


async def test_a_policy_gone_from_under_a_mount_is_no_empty_list(firm: Office) -> None:
    """A 404 that says "no handler for route" is not an empty list."""
    bao: BaoServer = firm.bao
    async with connected(bao) as connector:
        reader = reader_of(connector)
        client = connector._client  # type: ignore[attr-defined]  # the one place to ask a bad path
        with pytest.raises(Conflict, match='which is not "empty"'):
            await client.keys("auth/nowhere/users", "listing users")
        assert await client.keys("auth/approle/role", "listing roles") == ()
    assert reader is not None
