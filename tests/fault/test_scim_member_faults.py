"""Members that are kept back, oddly given or told of another object; ids that mean mischief."""

import pytest
from tests.fault.scim_tenant import ScimTenant, people, scim_error, teams
from tests.fault.scim_wire import gather, opened
from tests.fault.server import Reply, Request, json_reply

from keyturn_providers.errors import (
    BadAnswer,
    Conflict,
    Gone,
    ProviderError,
)


async def test_members_that_are_only_given_when_asked_for() -> None:
    tenant = ScimTenant({}, teams(1, ["u0"]))
    hidden = {k: v for k, v in tenant.groups["g0"].items() if k != "members"}
    tenant.fault = lambda _, request: None if "attributes" in request.query else json_reply(hidden)
    async with opened(tenant) as (reader, _, _):
        assert [m.member_id for m in await reader.read_members("g0") or ()] == ["u0"]
        (page,) = [page async for page in reader.memberships("g0")]
        assert page.proof


async def test_members_that_can_neither_be_seen_nor_asked_for_are_not_an_empty_group() -> None:
    tenant = ScimTenant({}, {"g0": {"id": "g0", "displayName": "hidden"}})
    tenant.fault = lambda _, request: scim_error(400) if "attributes" in request.query else None
    async with opened(tenant) as (reader, _, _):
        with pytest.raises(BadAnswer):
            await reader.read_members("g0")


async def test_members_of_another_shape_hurt_only_their_group() -> None:
    tenant = ScimTenant({}, teams(2, ["u0"]))
    tenant.groups["g0"]["members"] = "u0, u1"
    tenant.groups["lone"] = {"id": "lone", "members": {"value": "u0"}}
    async with opened(tenant) as (reader, writer, _):
        (odd,) = [page async for page in reader.memberships("g0")]
        assert odd.records == ()
        assert [entry.id for entry in odd.unreadable] == [None]
        assert odd.proof == ""
        (lone,) = [page async for page in reader.memberships("lone")]
        assert [member.member_id for member in lone.records] == ["u0"]
        assert lone.proof
        with pytest.raises(Conflict, match="not a JSON object"):
            await reader.read_members("g0")
        with pytest.raises(Conflict, match="cannot be told whether it is this one"):
            await writer.remove_membership("g0", "u0", "op-1")
    assert tenant.patches == []


async def test_a_server_that_never_shows_members_has_no_empty_groups() -> None:
    tenant = ScimTenant({}, {f"g{n}": {"id": f"g{n}", "displayName": "x"} for n in range(3)})
    async with opened(tenant) as (reader, _, _):
        assert [page async for page in reader.groups()][-1].proof
        for group in ("g0", "g2"):
            with pytest.raises(BadAnswer, match="None of its 3 groups shows a member"):
                await gather(reader.memberships(group), [])


async def test_an_empty_group_is_one_beside_groups_with_members() -> None:
    tenant = ScimTenant({}, teams(4, ["u0"]))
    for group in ("g0", "g1"):
        del tenant.groups[group]["members"]
    async with opened(tenant) as (reader, _, wire):
        assert [page async for page in reader.groups()][-1].proof
        for group in ("g0", "g1"):
            (page,) = [page async for page in reader.memberships(group)]
            assert page.records == ()
            assert page.proof
        # Looked for members elsewhere once, not for every empty group.
        assert sum(r.path == "/Groups/g2" for r in wire.requests) == 1


async def test_an_empty_group_on_a_server_that_shows_members_only_when_asked() -> None:
    tenant = ScimTenant({}, teams(2, ["u0", "u0"]))
    del tenant.groups["g0"]["members"]

    def shy(_: int, request: Request) -> Reply | None:
        name = request.path.rpartition("/")[2]
        if name not in tenant.groups or "attributes" in request.query:
            return None
        return json_reply({k: v for k, v in tenant.groups[name].items() if k != "members"})

    tenant.fault = shy
    async with opened(tenant) as (reader, _, _):
        assert [page async for page in reader.groups()][-1].proof
        (empty,) = [page async for page in reader.memberships("g0")]
        (full,) = [page async for page in reader.memberships("g1")]
    assert empty.records == ()
    assert empty.proof
    assert [m.member_id for m in full.records] == ["u0"]  # told twice, a member once
    assert full.expected == 1


async def test_a_login_among_the_members_is_never_taken_for_an_id() -> None:
    tenant = ScimTenant(people(3), teams(1, ["u1", "USER2@acme.example", "gone-id"]))
    async with opened(tenant) as (reader, _, _):
        async for _ in reader.accounts():
            pass
        (page,) = [page async for page in reader.memberships("g0")]
        assert {m.member_id for m in page.records} == {"u1", "gone-id"}
        assert page.unreadable[0].id is None
        assert "USER2@acme.example" in page.unreadable[0].reason
        assert page.proof == ""
        with pytest.raises(Conflict, match="given as the login"):
            await reader.read_members("g0")


async def test_an_answer_about_another_object_is_refused() -> None:
    tenant = ScimTenant(people(2))
    tenant.fault = lambda _, request: (
        json_reply(tenant.users["u1"]) if request.path == "/Users/u0" else None
    )
    async with opened(tenant) as (reader, writer, _):
        with pytest.raises(BadAnswer, match=r"another object \(u1\)"):
            await reader.read_account("u0")
        with pytest.raises(BadAnswer, match=r"another object \(u1\)"):
            await writer.suspend("u0", "op-1")
    assert tenant.patches == []


async def test_a_404_is_proof_only_while_the_list_answers() -> None:
    tenant = ScimTenant(people(1))
    async with opened(tenant) as (reader, _, _):
        assert await reader.read_account("nobody") is None
    tenant = ScimTenant(people(1), fault=lambda *_: Reply(404, b"<html>no such site</html>"))
    async with opened(tenant) as (reader, _, _):
        with pytest.raises(Gone):
            await reader.read_account("u0")


async def test_strange_ids_reach_the_object_they_name_and_no_other() -> None:
    ids = ["a/b", "a%2Fb", "a b?c#d", "ä+ö", '"] or value eq "u0', "..x", "Users/../u0"]
    users = {i: {"id": i, "userName": i, "active": True} for i in ids}
    tenant = ScimTenant({**people(1), **users}, teams(1, ["u0", *ids]))
    async with opened(tenant) as (reader, writer, _):
        for number, name in enumerate(ids):
            account = await reader.read_account(name)
            assert account is not None
            assert account.id == name
            await writer.suspend(name, f"op-{number}")
            await writer.remove_membership("g0", name, f"op-m-{number}")
    assert tenant.users["u0"]["active"] is True
    assert {i for i in ids if tenant.users[i]["active"]} == set()
    assert tenant.groups["g0"]["members"] == [{"value": "u0"}]


@pytest.mark.parametrize("its_id", ["", ".", ".."])
async def test_what_cannot_be_an_id_is_never_sent(its_id: str) -> None:
    tenant = ScimTenant(people(1))
    async with opened(tenant) as (reader, writer, _):
        with pytest.raises(ProviderError, match="cannot stand in an address"):
            await reader.read_account(its_id)
        with pytest.raises(ProviderError, match="cannot stand in an address"):
            await writer.suspend(its_id, "op-1")
    assert tenant.requests == 0
