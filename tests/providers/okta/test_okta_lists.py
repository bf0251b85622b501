"""Lists end with proof, links stay at home, and refusals mean what Okta means by them."""

import json
from collections.abc import Callable, Mapping

import pytest
from tests.fault.server import Reply, Request, fault_server
from tests.fault.wire import QUICK, Wire

from keyturn_providers.errors import (
    BadAnswer,
    Conflict,
    Gone,
    NotAllowed,
    NotAuthenticated,
    OutcomeUnknown,
    ProviderError,
    Throttled,
    Unreachable,
)
from keyturn_providers.http import AuthHeader, Transport
from keyturn_providers.okta.buckets import bucket
from keyturn_providers.okta.client import OktaClient, next_link
from keyturn_providers.okta.codes import explain, judge
from keyturn_providers.okta.payloads import MEMBERS


def client_for(url: str, wire: Wire | None = None) -> OktaClient:
    wire = wire or Wire()
    transport = Transport(
        "okta",
        url,
        wire.surroundings(),
        auth=AuthHeader("Authorization", "SSWS "),
        explain=explain,
        judge=judge,
        retries=QUICK,
        pacer=wire.pacer(),
    )
    return OktaClient(transport)


def page(ids: list[str], link: str | None, *, bare: bool = False) -> Reply:
    told = '<https://org/self>; rel="self"'
    if link is not None:
        told += f', <{link}>; rel="next"'
    body = json.dumps([{"id": one, "status": "ACTIVE"} for one in ids]).encode()
    return Reply(200, body, {} if bare else {"Link": told})


async def listed(handler: Callable[[str, Request], Reply], limit: int = 2) -> tuple[list[str], str]:
    """The ids and the proof of a list at /api/v1/users."""
    async with fault_server(lambda _: Reply(500)) as server:
        server.handler = lambda request: handler(server.url, request)
        client = client_for(server.url)
        ids: list[str] = []
        proof = ""
        try:
            async for rows in client.rows(
                "/api/v1/users", MEMBERS, noun="users", params={"limit": limit}
            ):
                ids += [one.id for one in rows.items]
                proof = rows.proof
        finally:
            await client.transport.aclose()
    return ids, proof


async def test_links_are_followed_to_the_end_through_an_empty_page() -> None:
    def handler(url: str, request: Request) -> Reply:
        after = request.query.get("after", "")
        pages: Mapping[str, Reply] = {
            "": page(["u1", "u2"], f"{url}/api/v1/users?after=u2&limit=2"),
            "u2": page([], f"{url}/api/v1/users?after=u3&limit=2"),
            "u3": page(["u4"], f"{url}/api/v1/users?after=u4&limit=2"),
            "u4": page([], None),
        }
        return pages[after]

    ids, proof = await listed(handler)
    assert ids == ["u1", "u2", "u4"]
    assert "3 users in 4 pages" in proof


async def test_a_link_to_another_host_is_not_followed() -> None:
    with pytest.raises(BadAnswer, match="another address"):
        await listed(lambda _url, _request: page(["u1", "u2"], "https://evil.example/users"))


async def test_a_list_that_comes_back_to_itself_is_broken() -> None:
    with pytest.raises((BadAnswer, Conflict)):
        await listed(lambda url, _: page([], f"{url}/api/v1/users?after=x"))
    with pytest.raises(Conflict, match="came twice"):
        await listed(lambda url, _: page(["u1", "u2"], f"{url}/api/v1/users?after=x"))


async def test_a_full_page_without_any_link_proves_nothing() -> None:
    with pytest.raises(BadAnswer, match="without any Link header"):
        await listed(lambda _url, _request: page(["u1", "u2"], None, bare=True))
    assert (await listed(lambda _url, _request: page(["u1"], None, bare=True)))[1]
    assert (await listed(lambda _url, _request: page(["u1", "u2"], None)))[1]


async def test_a_cursor_that_is_not_taken_any_more_ends_only_this_list() -> None:
    def handler(url: str, request: Request) -> Reply:
        if "after" in request.query:
            return error("E0000029", "Invalid paging request.", 400)
        return page(["u1", "u2"], f"{url}/api/v1/users?after=gone")

    with pytest.raises(Conflict, match="cannot be continued"):
        await listed(handler)


def test_next_among_links() -> None:
    two = (
        '<https://o.okta.com/api/v1/users?limit=2>; rel="self",'
        ' <https://o.okta.com/api/v1/users?after=a,b&limit=2>; rel="next"'
    )
    assert next_link({"link": two}) == "https://o.okta.com/api/v1/users?after=a,b&limit=2"
    assert next_link({"link": "<https://o/x>; rel=next"}) == "https://o/x"
    assert next_link({"link": '<https://o/next>; rel="self"'}) is None
    assert next_link({}) is None


def error(code: str, summary: str, status: int, *causes: str) -> Reply:
    body = {
        "errorCode": code,
        "errorSummary": summary,
        "errorLink": code,
        "errorId": "oae1",
        "errorCauses": [{"errorSummary": cause} for cause in causes],
    }
    return Reply(status, json.dumps(body).encode())


async def failing(reply: Reply, *, writes: bool) -> ProviderError:
    async with fault_server(lambda _: reply) as server:
        client = client_for(server.url)
        asked = (
            client.change("POST", "/api/v1/users/u1/lifecycle/suspend", what="suspending")
            if writes
            else client.get("/api/v1/users", what="listing users")
        )
        with pytest.raises(ProviderError) as caught:
            await asked
        await client.transport.aclose()
    return caught.value


@pytest.mark.parametrize(
    ("code", "status", "writes", "kind"),
    [
        ("E0000001", 400, True, Conflict),
        ("E0000001", 400, False, BadAnswer),
        ("E0000003", 400, True, Conflict),
        ("E0000004", 401, False, NotAuthenticated),
        ("E0000005", 403, False, NotAuthenticated),
        ("E0000006", 403, True, NotAllowed),
        ("E0000007", 404, False, Gone),
        ("E0000008", 404, False, NotAllowed),
        ("E0000009", 500, True, OutcomeUnknown),
        ("E0000009", 500, False, Unreachable),
        ("E0000010", 503, True, Throttled),
        ("E0000010", 503, False, Unreachable),
        ("E0000011", 401, True, NotAuthenticated),
        ("E0000015", 401, False, NotAllowed),
        ("E0000016", 403, True, Conflict),
        ("E0000022", 405, True, NotAllowed),
        ("E0000029", 400, False, Conflict),
        ("E0000031", 400, False, BadAnswer),
        ("E0000038", 403, True, Conflict),
        ("E0000047", 429, True, Throttled),
        ("E0000053", 400, False, BadAnswer),
        ("E0000060", 501, True, NotAllowed),
        ("E0000112", 409, True, Conflict),
    ],
)
async def test_every_code_of_the_table(
    code: str, status: int, writes: bool, kind: type[ProviderError]
) -> None:
    failure = await failing(error(code, "Okta's words.", status), writes=writes)
    assert type(failure) is kind
    assert "Okta's words." in failure.why
    assert code in failure.why
    assert failure.next_step


async def test_causes_are_told_and_made_safe() -> None:
    reply = error("E0000001", "Api validation failed", 400, "Cannot \x1b suspend")
    failure = await failing(reply, writes=True)
    assert "Api validation failed Cannot ␛ suspend E0000001" in failure.why


async def test_a_404_that_is_not_okta_s_proves_nothing_gone() -> None:
    failure = await failing(Reply(404, b"<html>no such page</html>"), writes=False)
    assert type(failure) is BadAnswer


async def test_a_read_only_org_holds_changes_and_not_reads() -> None:
    def handler(request: Request) -> Reply:
        if request.method == "GET":
            return page(["u1"], None)
        return error("E0000010", "Service is in read only mode", 503)

    wire = Wire()
    async with fault_server(handler) as server:
        client = client_for(server.url, wire)
        with pytest.raises(Throttled, match="read-only for maintenance") as caught:
            await client.change("POST", "/api/v1/users/u1/lifecycle/suspend", what="suspending")
        assert caught.value.retry_after_s == 60.0
        assert (await client.get("/api/v1/users", what="listing users")).status == 200
        await client.transport.aclose()
    assert wire.clock.slept == []


async def test_too_many_at_once_backs_off_without_believing_the_reset() -> None:
    busy = {"X-Rate-Limit-Limit": "0", "X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "900"}
    answers = [Reply(429, error("E0000047", "x", 429).body, busy), page(["u1"], None)]
    wire = Wire()
    async with fault_server(lambda _: answers.pop(0)) as server:
        client = client_for(server.url, wire)
        await client.get("/api/v1/users", what="listing users")
        await client.transport.aclose()
    assert wire.clock.slept == [1.0]


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/api/v1/users", "users"),
        ("GET", "/api/v1/users/00u1", "users/{id}"),
        ("GET", "/api/v1/users/00u1/roles", "users/{id}/…"),
        ("POST", "/api/v1/users/00u1/lifecycle/suspend", "users/{id}/…, changes"),
        ("GET", "/api/v1/groups", "groups"),
        ("GET", "/api/v1/groups/00g1/users", "groups/{id}"),
        ("GET", "/api/v1/apps/0oa1", "apps/{id}"),
        ("GET", "/api/v1/apps/0oa1/users", "apps"),
        ("GET", "/api/v1/logs", "logs"),
        ("GET", "/oauth2/v1/clients", "clients"),
        ("POST", "/oauth2/v1/token", "token"),
        ("GET", "/api/v1/org", "other"),
    ],
)
def test_which_limit_a_request_counts_against(method: str, path: str, name: str) -> None:
    assert bucket(method, path) == name
