"""A directory listing that goes wrong at any page proves nothing, whatever way it goes wrong."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest
from tests.fault.scim_tenant import ScimTenant, people, scim_error, teams
from tests.fault.scim_wire import broken, gather, opened
from tests.fault.server import Reply, Request, json_reply

from keyturn_providers.abilities import Page
from keyturn_providers.errors import (
    BadAnswer,
    Conflict,
    Gone,
    NotAuthenticated,
    ProviderError,
    Throttled,
    Unreachable,
)
from keyturn_providers.scim.reader import ScimReader
from keyturn_providers.scim.settings import Paging

SORTED = {"sort": {"supported": True}}
CURSORS = {"pagination": {"cursor": True, "index": True}}

Listing = Callable[[ScimReader], AsyncIterator[Page[Any]]]
LISTINGS: dict[str, tuple[Listing, Paging]] = {
    "users by index": (lambda reader: reader.accounts(), Paging.INDEX),
    "users by cursor": (lambda reader: reader.accounts(), Paging.CURSOR),
    "groups by index": (lambda reader: reader.groups(), Paging.INDEX),
    "groups by cursor": (lambda reader: reader.groups(), Paging.CURSOR),
    "members": (lambda reader: reader.memberships("g0"), Paging.INDEX),
}


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
