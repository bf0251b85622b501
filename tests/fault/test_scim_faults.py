"""A directory listing that goes wrong at any page proves nothing, whatever way it goes wrong."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.fault.scim_tenant import ScimTenant, people, scim_error, teams
from tests.fault.server import Reply, Request, fault_server, json_reply
from tests.fault.wire import Wire

from keyturn_providers.contract import Outcome, Page
from keyturn_providers.errors import (
    BadAnswer,
    Conflict,
    Gone,
    NotAuthenticated,
    OutcomeUnknown,
    ProviderError,
    Throttled,
    Unreachable,
)
from keyturn_providers.scim.client import ScimClient
from keyturn_providers.scim.payloads import explain
from keyturn_providers.scim.reader import ScimReader
from keyturn_providers.scim.settings import Paging, ScimSettings
from keyturn_providers.scim.writer import ScimWriter

SORTED = {"sort": {"supported": True}}
CURSORS = {"pagination": {"cursor": True, "index": True}}


@asynccontextmanager
async def opened(
    tenant: ScimTenant, *, paging: Paging = Paging.AUTO, page_size: int = 3
) -> AsyncIterator[tuple[ScimReader, ScimWriter, Wire]]:
    wire = Wire()
    async with fault_server(tenant) as server:
        transport = wire.transport(server.url, explain=explain)
        client = ScimClient(transport)
        settings = ScimSettings(url=server.url, page_size=page_size, paging=paging)
        try:
            yield ScimReader(client, settings), ScimWriter(client), wire
        finally:
            await transport.aclose()


Listing = Callable[[ScimReader], AsyncIterator[Page[Any]]]
LISTINGS: dict[str, tuple[Listing, Paging]] = {
    "users by index": (lambda reader: reader.accounts(), Paging.INDEX),
    "users by cursor": (lambda reader: reader.accounts(), Paging.CURSOR),
    "groups by index": (lambda reader: reader.groups(), Paging.INDEX),
    "groups by cursor": (lambda reader: reader.groups(), Paging.CURSOR),
    "members": (lambda reader: reader.memberships("g0"), Paging.INDEX),
}


async def gather(pages: AsyncIterator[Page[Any]], given: list[Page[Any]]) -> None:
    """Appends page by page, so that what came before an error is kept."""
    async for page in pages:
        given.append(page)  # noqa: PERF401 - a comprehension would lose them all


FAULTS: dict[str, tuple[Reply, type[ProviderError]]] = {
    "dropped": (Reply(drop=True), Unreachable),
    "cut": (Reply(body=b'{"totalResults": 8, "Resources": [', cut=20), Unreachable),
    "500": (scim_error(500), Unreachable),
    "html 500": (Reply(500, b"<html>", {"Content-Type": "text/html"}), Unreachable),
    "html 200": (Reply(200, b"<html>sign in", {"Content-Type": "text/html"}), BadAnswer),
    "cut but announced whole": (Reply(200, b'{"totalResults": 8, "Resour'), BadAnswer),
    "a list of nothing": (json_reply([]), BadAnswer),
    "null": (json_reply(None), BadAnswer),
    "an error with 200": (Reply(200, scim_error(400, detail="no such thing").body), BadAnswer),
    "401": (scim_error(401), NotAuthenticated),
    "404": (Reply(404), Gone),
    "429 for long": (Reply(429, headers={"Retry-After": "9999"}), Throttled),
    "expired cursor": (scim_error(400, "expiredCursor"), BadAnswer),
    "empty page": (json_reply({"totalResults": 8, "Resources": []}), BadAnswer),
    "another object": (json_reply({"message": "try later"}), BadAnswer),
    "no resources": (json_reply({"totalResults": 8}), BadAnswer),
}


def pages_of(tenant: ScimTenant, listing: str) -> int:
    return 1 if listing == "members" else 3


@pytest.mark.parametrize("listing", LISTINGS)
async def test_a_sound_listing_is_proven(listing: str) -> None:
    tenant = ScimTenant(people(8), teams(8, ["u0", "u1"]))
    start, paging = LISTINGS[listing]
    async with opened(tenant, paging=paging) as (reader, _, _):
        seen = [page async for page in start(reader)]
    assert [bool(page.proof) for page in seen] == [False] * (len(seen) - 1) + [True]
    assert len(seen) == pages_of(tenant, listing)
    assert sum(len(page.records) for page in seen) == (2 if listing == "members" else 8)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("listing", LISTINGS)
async def test_a_fault_at_any_page_leaves_no_proof(listing: str, fault: str) -> None:
    reply, kind = FAULTS[fault]
    start, paging = LISTINGS[listing]
    path = "/" + (listing.split()[0].capitalize() if listing != "members" else "Groups/g0")
    for at in range(1, pages_of(ScimTenant(), listing) + 1):
        answered = 0

        def broken_from(_: int, request: Request, at: int = at) -> Reply | None:
            nonlocal answered
            if request.path != path:
                return None
            answered += 1
            return reply if answered >= at else None

        tenant = ScimTenant(people(8), teams(8, ["u0", "u1"]), fault=broken_from)
        given: list[Page[Any]] = []
        async with opened(tenant, paging=paging) as (reader, _, _):
            with pytest.raises(ProviderError) as caught:
                await gather(start(reader), given)
        assert all(not page.proof for page in given)
        assert len(given) == at - 1
        assert type(caught.value) is kind, str(caught.value)
        message = str(caught.value)
        assert message.startswith("idp: ")
        assert message.endswith(".")
        if listing != "members":
            assert f"(page {at})" in message


PASSING = {
    "dropped": Reply(drop=True),
    "503": scim_error(503),
    "429": Reply(429, headers={"Retry-After": "2"}),
}


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("listing", ["users by index", "users by cursor", "groups by index"])
async def test_a_fault_that_passes_is_read_over(listing: str, fault: str) -> None:
    start, paging = LISTINGS[listing]

    def passing(number: int, _: Request) -> Reply | None:
        return PASSING[fault] if number in {3, 4} else None

    tenant = ScimTenant(people(8), teams(8, []), fault=passing)
    async with opened(tenant, paging=paging) as (reader, _, wire):
        seen = [page async for page in start(reader)]
        assert wire.waits
    assert seen[-1].proof
    assert sum(len(page.records) for page in seen) == 8


async def broken(tenant: ScimTenant, paging: Paging = Paging.AUTO) -> ProviderError:
    given: list[Page[Any]] = []
    async with opened(tenant, paging=paging) as (reader, _, _):
        with pytest.raises(ProviderError) as caught:
            await gather(reader.accounts(), given)
    assert not any(page.proof for page in given)
    return caught.value


async def test_a_server_that_ignores_the_start_index() -> None:
    tenant = ScimTenant(people(8))
    tenant.page = lambda page, _: {
        **page,
        "startIndex": None,
        "Resources": list(people(3).values()),
    }
    error = await broken(tenant)
    assert type(error) is BadAnswer
    assert "sends the first users again and again" in str(error)


async def test_a_server_that_answers_from_another_index_than_asked() -> None:
    tenant = ScimTenant(people(8))
    tenant.page = lambda page, _: {**page, "startIndex": 1}
    assert "from number 4 on, it answered from 1 on" in str(await broken(tenant))


async def test_a_server_that_ignores_the_count() -> None:
    tenant = ScimTenant(people(8), config=SORTED)
    everyone = list(people(8).values())
    tenant.page = lambda page, _: {**page, "Resources": everyone}
    async with opened(tenant) as (reader, _, _):
        (page,) = [page async for page in reader.accounts()]
    assert len(page.records) == 8
    assert page.proof


@pytest.mark.parametrize("totals", [(8, 7, 7), (8, 9, 9)])
async def test_a_total_that_changes_between_pages(totals: tuple[int, int, int]) -> None:
    tenant = ScimTenant(people(8))
    tenant.page = lambda page, query: {
        **page,
        "totalResults": totals[int(query["startIndex"]) // 3],
    }
    error = await broken(tenant)
    assert type(error) is Conflict
    assert f"changed from {totals[0]} to {totals[1]} while the list was read" in str(error)


async def test_a_user_removed_while_reading_shifts_the_rest_and_is_noticed() -> None:
    tenant = ScimTenant(people(8))

    def removing(number: int, _: Request) -> None:
        if number == 3:
            del tenant.users["u0"]

    tenant.fault = removing
    assert type(await broken(tenant)) is Conflict


async def test_an_id_that_comes_twice() -> None:
    tenant = ScimTenant(people(8))
    tenant.page = lambda page, query: (
        {**page, "Resources": [page["Resources"][0], people(3)["u2"]]}
        if query["startIndex"] == "4"
        else page
    )
    error = await broken(tenant)
    assert type(error) is Conflict
    assert "u2 came twice" in str(error)


@pytest.mark.parametrize(
    ("total", "words"),
    [
        (None, "does not say how many users"),
        ("many", "does not say how many users"),
        (-1, "does not say how many users"),
        (2, "more than the 2 it counts"),
    ],
)
async def test_a_total_that_cannot_be(total: object, words: str) -> None:
    tenant = ScimTenant(people(8))
    tenant.page = lambda page, _: {**page, "totalResults": total}
    assert words in str(await broken(tenant))


async def test_a_total_as_a_string_is_taken_as_meant() -> None:
    tenant = ScimTenant(people(8))
    tenant.page = lambda page, _: {
        "resources": page["Resources"],
        "totalresults": str(page["totalResults"]),
    }
    async with opened(tenant) as (reader, _, _):
        assert [page async for page in reader.accounts()][-1].proof


async def test_a_cursor_that_comes_back() -> None:
    tenant = ScimTenant(people(30))
    tenant.page = lambda page, query: {
        **page,
        "nextCursor": "0" if query["cursor"] else page["nextCursor"],
        "Resources": page["Resources"] if not query["cursor"] else [],
    }
    assert "came back to a cursor" in str(await broken(tenant, paging=Paging.CURSOR))


async def test_one_full_page_without_cursor_or_total_may_not_be_all() -> None:
    tenant = ScimTenant(people(8))
    tenant.page = lambda page, _: {"Resources": page["Resources"]}
    assert "there may be more" in str(await broken(tenant, paging=Paging.CURSOR))


async def test_auto_falls_back_to_the_index_where_cursors_are_refused() -> None:
    def refusing(_: int, request: Request) -> Reply | None:
        return scim_error(400, "invalidCursor") if "cursor" in request.query else None

    tenant = ScimTenant(people(8), config=CURSORS, fault=refusing)
    async with opened(tenant) as (reader, _, _):
        assert [page async for page in reader.accounts()][-1].proof
    error = await broken(ScimTenant(people(8), fault=refusing), paging=Paging.CURSOR)
    assert "invalidCursor" in str(error)


async def test_auto_uses_announced_cursors_even_odd_ones() -> None:
    tenant = ScimTenant(people(8), config=CURSORS)
    asked: list[Mapping[str, str]] = []

    def watching(_: int, request: Request) -> None:
        asked.append(request.query)

    tenant.fault = watching
    async with opened(tenant) as (reader, _, _):
        assert [page async for page in reader.accounts()][-1].proof
    assert [q.get("cursor") for q in asked] == [None, "", "3+/=:", "6+/=:"]


async def test_sorting_and_leaving_members_out_are_given_up_where_refused() -> None:
    def refusing(_: int, request: Request) -> Reply | None:
        refused = {"sortBy", "excludedAttributes"} & request.query.keys()
        return scim_error(400, "invalidPath") if refused else None

    tenant = ScimTenant({}, teams(8, ["u0"]), config=SORTED, fault=refusing)
    async with opened(tenant) as (reader, _, _):
        assert [page async for page in reader.groups()][-1].proof


async def test_one_odd_record_is_kept_apart_and_counted() -> None:
    tenant = ScimTenant(people(5))
    tenant.users["u1"] = {"id": "u1", "userName": ["not", "a", "string"], "active": "maybe"}
    tenant.users["u3"] = {"id": 3, "userName": "number three", "active": "False"}
    async with opened(tenant) as (reader, _, _):
        seen = [page async for page in reader.accounts()]
    accounts = {account.id: account for page in seen for account in page.records}
    assert accounts.keys() == {"u0", "u1", "u2", "3", "u4"}
    assert accounts["u1"].state_raw == "maybe"
    assert seen[-1].proof


@pytest.mark.parametrize(
    "odd", [{"userName": "nobody"}, {"id": ""}, {"id": "a\u202eb"}, {"id": ".."}, "text", None]
)
async def test_a_record_without_an_id_leaves_the_listing_unproven(odd: object) -> None:
    tenant = ScimTenant(people(5))
    tenant.page = lambda page, query: (
        {**page, "Resources": [odd, *page["Resources"][1:]]} if query["startIndex"] == "4" else page
    )
    async with opened(tenant) as (reader, _, _):
        seen = [page async for page in reader.accounts()]
    assert [page.proof for page in seen] == ["", ""]
    assert [len(page.unreadable) for page in seen] == [0, 1]
    assert seen[1].unreadable[0].id is None


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


async def test_members_of_another_shape_are_no_members() -> None:
    tenant = ScimTenant({}, {"g0": {"id": "g0", "members": {"value": "u0"}}})
    async with opened(tenant) as (reader, writer, _):
        with pytest.raises(BadAnswer, match="members is not a JSON array"):
            await gather(reader.memberships("g0"), [])
        with pytest.raises(BadAnswer, match="members is not a JSON array"):
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
        with pytest.raises(BadAnswer, match="given as the login"):
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


async def test_writes_carry_the_operation_id_and_are_not_repeated() -> None:
    tenant = ScimTenant(people(1), teams(1, []))
    async with opened(tenant) as (_, writer, _):
        assert (await writer.suspend("u0", "op-1")).outcome is Outcome.APPLIED
        assert (await writer.suspend("u0", "op-1")).outcome is Outcome.ALREADY_SO
        assert (await writer.add_membership("g0", "u0", "op-2")).outcome is Outcome.APPLIED
        assert (await writer.remove_membership("g0", "u0", "op-3")).outcome is Outcome.APPLIED
        with pytest.raises(ProviderError, match="operation id"):
            await writer.suspend("u0", "op\r\nX-Evil: 1")
    schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
    assert tenant.patches == [
        (
            "op-1",
            {
                "schemas": schemas,
                "Operations": [{"op": "replace", "path": "active", "value": False}],
            },
        ),
        (
            "op-2",
            {
                "schemas": schemas,
                "Operations": [{"op": "add", "path": "members", "value": [{"value": "u0"}]}],
            },
        ),
        (
            "op-3",
            {
                "schemas": schemas,
                "Operations": [{"op": "remove", "path": 'members[value eq "u0"]'}],
            },
        ),
    ]


@pytest.mark.parametrize("lost", [Reply(drop=True), scim_error(500), Reply(200, b"{}", cut=1)])
async def test_a_lost_answer_to_a_write_is_unknown_and_a_second_try_finds_it_done(
    lost: Reply,
) -> None:
    tenant = ScimTenant(people(1))

    def losing(_: int, request: Request) -> Reply | None:
        if request.method != "PATCH":
            return None
        tenant.answer(request)
        return lost

    tenant.fault = losing
    async with opened(tenant) as (_, writer, _):
        with pytest.raises(OutcomeUnknown, match="suspending account u0"):
            await writer.suspend("u0", "op-1")
        assert (await writer.suspend("u0", "op-1")).outcome is Outcome.ALREADY_SO
    assert len(tenant.patches) == 1


@pytest.mark.parametrize("scim_type", ["invalidPath", "invalidFilter", "noTarget", ""])
async def test_a_server_without_path_filters_gets_the_whole_list(scim_type: str) -> None:
    tenant = ScimTenant({}, teams(1, ["u0", "u1"]))
    tenant.groups["g0"]["members"].append({"value": "g9", "type": "Group", "display": "G"})
    tenant.groups["g0"]["meta"] = {"version": 'W/"7"'}
    versions: list[str | None] = []

    def refusing(_: int, request: Request) -> Reply | None:
        if request.method == "PATCH":
            versions.append(request.headers.get("if-match"))
            if b"value eq" in request.body:
                return scim_error(400, scim_type)
        return None

    tenant.fault = refusing
    async with opened(tenant) as (_, writer, _):
        receipt = await writer.remove_membership("g0", "u0", "op-1")
    assert receipt.outcome is Outcome.APPLIED
    assert "whole list was replaced" in receipt.note
    assert tenant.groups["g0"]["members"] == [{"value": "u1"}, {"value": "g9", "type": "Group"}]
    assert versions == [None, 'W/"7"']


async def test_a_refusal_for_another_reason_is_not_worked_around() -> None:
    tenant = ScimTenant({}, teams(1, ["u0", "u1"]))
    tenant.fault = lambda _, request: (
        scim_error(400, "mutability", "synced from HR") if request.method == "PATCH" else None
    )
    async with opened(tenant) as (_, writer, _):
        with pytest.raises(BadAnswer, match="mutability: synced from HR"):
            await writer.remove_membership("g0", "u0", "op-1")
    assert len(tenant.groups["g0"]["members"]) == 2


async def test_a_list_that_cannot_be_sent_back_whole_is_left_alone() -> None:
    tenant = ScimTenant({}, teams(1, ["u0"]))
    tenant.groups["g0"]["members"].append({"display": "no id"})
    tenant.fault = lambda _, request: (
        scim_error(400, "invalidPath") if request.method == "PATCH" else None
    )
    async with opened(tenant) as (_, writer, _):
        with pytest.raises(BadAnswer, match="cannot be sent back whole"):
            await writer.remove_membership("g0", "u0", "op-1")
    assert len(tenant.groups["g0"]["members"]) == 2


async def test_a_member_already_gone_after_a_refusal_is_success() -> None:
    tenant = ScimTenant({}, teams(1, ["u0"]))

    def vanishing(_: int, request: Request) -> Reply | None:
        if request.method == "PATCH":
            tenant.groups["g0"]["members"] = []
            return scim_error(400, "noTarget")
        return None

    tenant.fault = vanishing
    async with opened(tenant) as (_, writer, _):
        receipt = await writer.remove_membership("g0", "u0", "op-1")
    assert receipt.outcome is Outcome.ALREADY_SO
