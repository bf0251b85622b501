"""keyturn leaves others their share of every rate limit, and nobody is refused because of it."""

import asyncio

import httpx
import pytest
from tests.providers.okta.conftest import Org
from tests.providers.simulated_okta.acme import ADA_ID, ADMIN

from keyturn_providers.abilities import Suspends, able
from keyturn_providers.contract import RequestSeen, Waiting
from keyturn_providers.errors import Throttled
from keyturn_providers.okta.connector import OktaConnector
from keyturn_providers.simulated.okta.seeding import OktaApiToken, OktaSeed, group_id, seed
from keyturn_providers.simulated.wire import faults, request_log, windows
from keyturn_providers.simulated.wire.faults import Fault, Kind

LIMIT, WINDOW_S, OTHERS = 100, 6.0, 30
BUCKET = "groups/{id}"


async def reads(connector: OktaConnector, times: int) -> None:
    """As many lists of one group's members, sixteen at once."""
    reader = connector.reader()
    group = group_id("pay")
    left = iter(range(times))

    async def work() -> None:
        for _ in left:
            assert await reader.read_members(group) is not None

    await asyncio.gather(*(work() for _ in range(16)))


async def test_another_client_gets_its_share_of_every_window(org: Org) -> None:
    """The other spends its 30 of 100 in each window, as soon as keyturn has had its turn there."""
    seed(org.state, OktaSeed(api_tokens=(OktaApiToken("neighbour", ADMIN, "of-a-neighbour"),)))
    windows.set_limit(org.state, BUCKET, LIMIT, window_s=WINDOW_S, share=1.0)
    path = f"/api/v1/groups/{group_id('eng')}/users"
    waits: list[Waiting] = []
    wake = asyncio.Event()

    def observe(seen: RequestSeen | Waiting) -> None:
        if isinstance(seen, Waiting):
            waits.append(seen)
            wake.set()

    connector = org.connect(observe=observe, page_size=200)
    await connector.about()
    answers: list[int] = []

    async def neighbour() -> None:
        headers = {"authorization": "SSWS of-a-neighbour"}
        async with httpx.AsyncClient(base_url=org.url, headers=headers) as other:
            while True:
                # keyturn has just said that it leaves the rest of this window to others.
                await wake.wait()
                wake.clear()
                answers.extend([(await other.get(path)).status_code for _ in range(OTHERS)])

    beside = asyncio.create_task(neighbour())
    # More than the limit: without a reserve nothing of the first window would be left to others.
    await reads(connector, LIMIT + 10)
    beside.cancel()
    await asyncio.gather(beside, return_exceptions=True)
    await connector.aclose()
    asked = request_log.requests(org.state, "GET", "/api/v1/groups/*/users")
    assert [one.status for one in asked if one.status == 429] == []
    assert waits
    assert len(answers) >= OTHERS
    assert set(answers) == {200}


async def test_a_refusal_is_waited_out_until_the_window_is_new(org: Org) -> None:
    windows.set_limit(org.state, BUCKET, 10, window_s=2.0, share=1.0)
    connector = org.connect(page_size=200)
    await connector.about()
    windows.spend(org.state, BUCKET, 10)
    await reads(connector, 1)
    await connector.aclose()
    asked = request_log.requests(org.state, "GET", "/api/v1/groups/*/users")
    assert [one.status for one in asked] == [429, 200]


async def test_a_concurrency_refusal_is_tried_again(org: Org) -> None:
    connector = org.connect(page_size=200)
    await connector.about()
    faults.put(org.state, Fault(Kind.THROTTLE_CONCURRENCY, path="/api/v1/groups/*/users"))
    await reads(connector, 1)
    await connector.aclose()
    asked = request_log.requests(org.state, "GET", "/api/v1/groups/*/users")
    assert [one.status for one in asked] == [429, 200]


async def test_a_refused_change_says_that_nothing_was_done(org: Org) -> None:
    connector = org.connect()
    await connector.about()
    faults.put(org.state, Fault(Kind.THROTTLE, "POST", "/api/v1/users/*", seconds=30.0))
    with pytest.raises(Throttled, match="Nothing was done"):
        await able(connector.writer(), Suspends).suspend(ADA_ID, "op")
    await connector.aclose()
