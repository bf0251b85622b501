"""The SCIM connector against a real server: everything it lists, reads and changes."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
from pydantic import SecretStr
from tests.real.scim_server import ENTERPRISE, TOKEN, USER, ScimServer, scim_server

from keyturn_providers.abilities import Outcome, Page
from keyturn_providers.contract import (
    RequestSeen,
    Surroundings,
    Waiting,
)
from keyturn_providers.errors import Gone, NotAuthenticated, ReadOnly
from keyturn_providers.records import (
    Account,
    AccountKind,
    AccountState,
    Email,
    MemberKind,
    Membership,
    Side,
)
from keyturn_providers.registry import check, find
from keyturn_providers.scim.connector import ScimConnector, open_scim
from keyturn_providers.scim.settings import Paging, ScimSettings

pytestmark = pytest.mark.real
T = TypeVar("T")

CURSOR_CONFIG = """{
  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
  "patch": {"supported": true}, "bulk": {"supported": false, "maxOperations": 0,
  "maxPayloadSize": 0}, "filter": {"supported": true, "maxResults": 100},
  "changePassword": {"supported": false}, "sort": {"supported": false},
  "etag": {"supported": true}, "authenticationSchemes": [],
  "pagination": {"cursor": true, "index": true, "defaultPaginationMethod": "cursor"}
}"""


@dataclass
class Seen:
    requests: list[RequestSeen] = field(default_factory=list)

    def observe(self, event: RequestSeen | Waiting) -> None:
        if isinstance(event, RequestSeen):
            self.requests.append(event)

    def writes(self) -> list[str]:
        return [f"{r.method} {r.status}" for r in self.requests if r.method != "GET"]


@pytest.fixture(scope="module")
def server() -> Iterator[ScimServer]:
    with scim_server() as running:
        yield running


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
async def connector(server: ScimServer, seen: Seen) -> AsyncIterator[ScimConnector]:
    opened = connect(server, seen)
    yield opened
    await opened.aclose()


def connect(
    server: ScimServer,
    seen: Seen,
    *,
    page_size: int = 7,
    paging: Paging = Paging.AUTO,
    token: str = TOKEN,
    read_only: bool = False,
) -> ScimConnector:
    settings = ScimSettings(url=server.url, page_size=page_size, paging=paging)
    surroundings = Surroundings(
        secret=lambda: SecretStr(token), read_only=read_only, observe=seen.observe
    )
    return open_scim("idp", settings, surroundings)


async def whole(pages: AsyncIterator[Page[T]]) -> tuple[list[T], str]:
    """All records and the proof; fails where a page before the last has one."""
    records: list[T] = []
    proof = ""
    async for page in pages:
        assert proof == ""
        assert page.unreadable == ()
        records += page.records
        proof = page.proof
    return records, proof


async def test_it_says_who_it_is_and_can_what_it_says(
    server: ScimServer, connector: ScimConnector
) -> None:
    about = await connector.about()
    assert about.source.name == "idp"
    assert about.source.kind == "scim"
    assert about.source.side is Side.DIRECTORY
    assert about.source.tenant == server.url
    assert about.own is None
    assert any("audit log" in spot for spot in about.blind_spots)
    check(about, connector.reader(), connector.writer())


async def test_an_account_comes_with_all_that_the_server_knows(
    server: ScimServer, connector: ScimConnector
) -> None:
    boss = server.add_user("boss@acme.example", displayName="The Boss")
    made = server.add_user(
        "li@acme.example",
        displayName="李小龍 \u202e[red]",
        name={"givenName": "Xiaolong", "familyName": "Li"},
        title="=cmd()",
        userType="Guest",
        active=True,
        externalId="hr-4711",
        emails=[
            {"value": "li@home.example", "type": "home"},
            {"value": "li@acme.example", "type": "work", "primary": True},
        ],
        schemas=[USER, ENTERPRISE],
        **{ENTERPRISE: {"department": "Kung Fu", "manager": {"value": boss, "$ref": "x"}}},
    )
    account = await connector.reader().read_account(made)
    assert account is not None
    assert account.created_ms is not None
    assert account == Account(
        id=made,
        name="li@acme.example",
        display_name="李小龍 ⟨U+202E⟩[red]",
        state=AccountState.ACTIVE,
        kind=AccountKind.GUEST,
        emails=(Email("li@home.example", False), Email("li@acme.example", True)),
        external_id="hr-4711",
        title="=cmd()",
        department="Kung Fu",
        manager=account.manager,
        created_ms=account.created_ms,
    )
    assert account.manager in {boss, "The Boss"}
    assert await connector.reader().read_account("no-such-id") is None


@pytest.mark.parametrize("page_size", [1, 7, 200])
async def test_lists_are_whole_at_any_page_size(
    server: ScimServer, seen: Seen, page_size: int
) -> None:
    for number in range(5):
        server.add_user(f"list-{page_size}-{number}@acme.example")
        server.add_group(f"list {page_size} {number}")
    connector = connect(server, seen, page_size=page_size)
    users = {r["id"] for r in server.call("GET", "/Users?count=1000")["Resources"]}
    groups = {r["id"] for r in server.call("GET", "/Groups?count=1000")["Resources"]}
    accounts, proof = await whole(connector.reader().accounts())
    assert {a.id for a in accounts} == users
    assert len(accounts) == len(users)
    assert f"the total agrees ({len(users)})" in proof
    listed, proof = await whole(connector.reader().groups())
    assert {g.id for g in listed} == groups
    assert proof
    await connector.aclose()


async def test_cursors_are_used_where_they_are_announced(tmp_path: Path, seen: Seen) -> None:
    config = tmp_path / "config.json"
    config.write_text(CURSOR_CONFIG)
    with scim_server(config) as server:
        for number in range(23):
            server.add_user(f"cursor-{number}@acme.example")
        for paging in (Paging.AUTO, Paging.CURSOR):
            connector = connect(server, seen, page_size=5, paging=paging)
            accounts, proof = await whole(connector.reader().accounts())
            assert len({a.id for a in accounts}) == len(accounts) == 23
            assert "no next cursor" in proof
            await connector.aclose()


async def test_a_server_without_cursors_is_read_by_index_only_in_auto(
    server: ScimServer, seen: Seen
) -> None:
    connector = connect(server, seen, paging=Paging.INDEX)
    assert (await whole(connector.reader().accounts()))[1]
    await connector.aclose()


async def test_members_are_people_and_groups(server: ScimServer, connector: ScimConnector) -> None:
    ana, bo = server.add_user("members-ana"), server.add_user("members-bo")
    inner = server.add_group("inner")
    outer = server.add_group(
        "outer", [{"value": ana}, {"value": bo}, {"value": inner, "type": "Group"}]
    )
    empty = server.add_group("empty")
    reader = connector.reader()
    expected = {
        Membership(outer, ana),
        Membership(outer, bo),
        Membership(outer, inner, MemberKind.GROUP),
    }
    members, proof = await whole(reader.memberships(outer))
    assert set(members) == expected
    assert "3 members" in proof
    assert set(await reader.read_members(outer) or ()) == expected
    assert await whole(reader.memberships(empty)) == ([], "the group's own record, with 0 members")
    assert await reader.read_members("no-such-group") is None
    with pytest.raises(Gone, match="does not exist any more"):
        await whole(reader.memberships("no-such-group"))


async def test_suspending_and_reactivating(
    server: ScimServer, connector: ScimConnector, seen: Seen
) -> None:
    ana = server.add_user("suspend-ana", active=True)
    writer, reader = connector.writer(), connector.reader()
    assert (await writer.suspend(ana, "op-1")).outcome is Outcome.APPLIED
    assert server.call("GET", f"/Users/{ana}")["active"] is False
    account = await reader.read_account(ana)
    assert account is not None
    assert account.state is AccountState.SUSPENDED
    assert (await writer.suspend(ana, "op-1")).outcome is Outcome.ALREADY_SO
    assert (await writer.reactivate(ana, "op-2")).outcome is Outcome.APPLIED
    assert (await writer.reactivate(ana, "op-2")).outcome is Outcome.ALREADY_SO
    assert server.call("GET", f"/Users/{ana}")["active"] is True
    assert seen.writes() == ["PATCH 204", "PATCH 204"]
    with pytest.raises(Gone, match="The account does not exist"):
        await writer.suspend("no-such-id", "op-3")


async def test_adding_and_removing_a_member(
    server: ScimServer, connector: ScimConnector, seen: Seen
) -> None:
    ana, bo = server.add_user("change-ana"), server.add_user("change-bo")
    group = server.add_group("change", [{"value": bo}])
    writer, reader = connector.writer(), connector.reader()
    assert (await writer.add_membership(group, ana, "op-1")).outcome is Outcome.APPLIED
    assert set(await reader.read_members(group) or ()) == {
        Membership(group, ana),
        Membership(group, bo),
    }
    assert (await writer.add_membership(group, ana, "op-1")).outcome is Outcome.ALREADY_SO
    assert (await writer.remove_membership(group, ana, "op-2")).outcome is Outcome.APPLIED
    assert await reader.read_members(group) == (Membership(group, bo),)
    assert (await writer.remove_membership(group, ana, "op-2")).outcome is Outcome.ALREADY_SO
    assert (await writer.remove_membership(group, bo, "op-3")).outcome is Outcome.APPLIED
    assert await reader.read_members(group) == ()
    assert seen.writes() == ["PATCH 204"] * 3
    with pytest.raises(Gone, match="The group does not exist"):
        await writer.remove_membership("no-such-group", bo, "op-4")


async def test_a_wrong_token_is_told_at_once(server: ScimServer, seen: Seen) -> None:
    connector = connect(server, seen, token="wrong")
    with pytest.raises(NotAuthenticated, match=r"idp: .*401.*token_env") as caught:
        await connector.about()
    with pytest.raises(NotAuthenticated):
        await whole(connector.reader().accounts())
    await connector.aclose()
    assert "wrong-token" not in str(caught.value)


async def test_read_only_has_no_writer(server: ScimServer, seen: Seen) -> None:
    connector = connect(server, seen, read_only=True)
    about = await connector.about()
    with pytest.raises(ReadOnly, match="runs read-only"):
        connector.writer()
    check(about, connector.reader(), None)
    await connector.aclose()


async def test_the_entry_point_opens_it(server: ScimServer) -> None:
    provider = find("scim")
    connector = provider.open(
        "idp",
        provider.settings.model_validate({"url": server.url}),
        Surroundings(secret=lambda: SecretStr(TOKEN)),
    )
    assert (await connector.about()).address == server.url
    await connector.aclose()
