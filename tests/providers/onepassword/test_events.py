"""Audit proof and streams from the Events API, with its cursors' habits and failures."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr
from tests.fault.server import Reply, Request, fault_server, json_reply
from tests.providers.onepassword.events_double import (
    ACCOUNT,
    DANA,
    TOKEN,
    EventsDouble,
    event,
)

from keyturn_providers.abilities import (
    Ability,
    EventPage,
    Sought,
)
from keyturn_providers.contract import (
    Condition,
    Surroundings,
    Topic,
)
from keyturn_providers.errors import BadAnswer, Conflict, NotAuthenticated, Throttled
from keyturn_providers.onepassword.events.allowance import HOUR, MINUTE, Allowance
from keyturn_providers.onepassword.events.client import EventsClient
from keyturn_providers.onepassword.events.payloads import audited, explain
from keyturn_providers.onepassword.events.settings import EventsSettings
from keyturn_providers.onepassword.events.surface import EventsSurface
from keyturn_providers.onepassword.moments import moment_ms

DAY_MS = 86_400_000


def now_ms() -> int:
    return int(time.time() * 1000)


@asynccontextmanager
async def surface_of(double: EventsDouble) -> AsyncIterator[EventsSurface]:
    async with fault_server(double) as server:
        around = Surroundings(
            secret=lambda: SecretStr(""), secret_of=lambda _: SecretStr(double.token)
        )
        surface = EventsSurface("1p", EventsSettings(token_env="T", url=server.url), around)
        try:
            yield surface
        finally:
            await surface.aclose()


def suspended(number: int, at_ms: int, who: str = DANA) -> dict[str, Any]:
    details = {"uuid": who, "name": "Dana Vale", "email": "dana.vale@example.com"}
    return event(number, at_ms, "suspend", "user", who, object_details=details)


def suspending(at_ms: int, operation: str = "op-1", who: str = DANA) -> Sought:
    return Sought(operation, Ability.SUSPEND, at_ms, account_id=who)


async def test_a_change_is_found_after_the_checkpoint_and_not_before_it() -> None:
    now = now_ms()
    double = EventsDouble({"auditevents": [suspended(1, now - 20_000)]})
    async with surface_of(double) as surface:
        audit = surface.audit()
        before = await audit.audit_checkpoint()
        double.events["auditevents"] += [
            event(2, now, "dlgsess", "dlgdsess", DANA),
            suspended(3, now + 50),
        ]
        (found,) = await audit.audit_events(before, [suspending(now)])
        assert await audit.audit_events(await audit.audit_checkpoint(), [suspending(now)]) == ()
        assert await audit.audit_events(before, [suspending(now, who="SOMEBODYELSE")]) == ()
    assert (found.operation_id, found.id) == ("op-1", f"EV{3:024d}")
    assert (found.actor, found.action) == ("Ops Admin (ops@example.com)", "suspend user")
    assert found.target == f"user dana.vale@example.com ({DANA})"
    assert found.source_address == "203.0.113.7"
    assert json.loads(found.raw)["object_uuid"] == DANA


async def test_an_event_that_becomes_visible_late_and_out_of_order_is_found() -> None:
    now = now_ms()
    double = EventsDouble({"auditevents": [event(1, now, "view", "vault", "v")]}, page=1)
    async with surface_of(double) as surface:
        before = await surface.audit().audit_checkpoint()
        assert await surface.audit().audit_events(before, [suspending(now)]) == ()
        double.events["auditevents"] += [event(2, now + 9, "view", "vault", "v"), suspended(3, now)]
        (found,) = await surface.audit().audit_events(before, [suspending(now)])
    assert found.id == f"EV{3:024d}"


async def test_an_older_event_that_becomes_visible_late_proves_nothing() -> None:
    now = now_ms()
    double = EventsDouble({"auditevents": []})
    async with surface_of(double) as surface:
        before = await surface.audit().audit_checkpoint()
        double.events["auditevents"].append(suspended(1, now - 5_000))
        assert await surface.audit().audit_events(before, [suspending(now)]) == ()


async def test_a_refused_position_is_made_good_by_the_time() -> None:
    now = now_ms()
    double = EventsDouble({"auditevents": [suspended(1, now - 30_000)]}, twice=True, page=1)
    async with surface_of(double) as surface:
        before = await surface.audit().audit_checkpoint()
        double.events["auditevents"].append(suspended(2, now + 5))
        double.refuse = lambda cursor: cursor == json.loads(before)["cursor"]
        (found,) = await surface.audit().audit_events(before, [suspending(now)])
    assert found.id == f"EV{2:024d}"
    assert "start_time" in double.asked[-2]


async def test_a_position_that_is_none_is_told() -> None:
    async with surface_of(EventsDouble()) as surface:
        with pytest.raises(Conflict, match="position taken before the change"):
            await surface.audit().audit_events("nonsense", [suspending(0)])


async def read(
    surface: EventsSurface, name: str, position: str | None = None, last_ms: int | None = None
) -> list[EventPage]:
    return [page async for page in surface.streaming().stream(name, position, last_ms)]


async def test_a_stream_is_read_from_the_oldest_through_empty_pages_and_repeats() -> None:
    now = now_ms()
    events = [event(n, now - n * 1000, "view", "vault", f"v{n}") for n in range(7)]
    double = EventsDouble({"auditevents": events}, page=3, empty_first=True, twice=True)
    async with surface_of(double) as surface:
        pages = await read(surface, "audit events")
        assert [len(page.events) for page in pages] == [0, 3, 3, 1]
        assert [page.last for page in pages] == [False, False, False, True]
        assert not any(page.gap for page in pages)
        assert [one.id for page in pages for one in page.events] == [e["uuid"] for e in events]
        double.empty_first = double.twice = False
        (again,) = await read(surface, "audit events", pages[-1].position, now)
        assert (again.events, again.last) == ((), True)
        assert again.position == pages[-1].position
        double.events["auditevents"].append(event(9, now, "view", "vault", "v9"))
        (new,) = await read(surface, "audit events", again.position, now)
        assert [one.vault_id for one in new.events] == ["v9"]


async def test_a_refused_position_starts_anew_a_little_before_the_last_event() -> None:
    now = now_ms()
    events = [event(1, now - DAY_MS, "view", "vault", "v1"), event(2, now, "view", "vault", "v2")]
    double = EventsDouble({"auditevents": events}, refuse=lambda cursor: cursor == "stale")
    async with surface_of(double) as surface:
        (page,) = await read(surface, "audit events", "stale", now - 60_000)
        assert [one.id for one in page.events] == [events[1]["uuid"]]
        assert (page.gap, page.gap_until_ms) == ("", None)
        (whole,) = await read(surface, "audit events", "stale", None)
        assert len(whole.events) == 2
        assert "did not accept the position" in whole.gap


async def test_what_is_older_than_120_days_is_a_gap() -> None:
    now = now_ms()
    double = EventsDouble(
        {"auditevents": [event(1, now, "view", "vault", "v")]}, refuse=lambda c: c == "stale"
    )
    async with surface_of(double) as surface:
        (page,) = await read(surface, "audit events", "stale", now - 130 * DAY_MS)
    assert "keeps events for 120 days" in page.gap
    assert page.gap_until_ms is not None
    assert now - 121 * DAY_MS < page.gap_until_ms < now - 119 * DAY_MS
    assert len(page.events) == 1


async def test_item_usages_and_sign_ins_name_whom_they_are_about() -> None:
    usage = {
        "uuid": "U1",
        "timestamp": "2026-11-23T16:02:11.482917Z",
        "used_version": 2,
        "vault_uuid": "vaultid",
        "item_uuid": "itemid",
        "user": {"uuid": DANA, "name": "Dana Vale", "email": "dana.vale@example.com"},
        "action": "reveal",
    }
    sign_in = {
        "uuid": "S1",
        "session_uuid": "X",
        "timestamp": "2026-11-23T16:02:11Z",
        "category": "credentials_failed",
        "type": "password_secret_bad",
        "target_user": {"uuid": DANA, "name": "D\u202eana", "email": "dana.vale@example.com"},
    }
    at = moment_ms(usage["timestamp"])
    assert at is not None
    for entry in (usage, sign_in):
        entry["timestamp"] = str(entry["timestamp"]).replace(
            "2026-11-23", time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))
        )
    double = EventsDouble({"itemusages": [usage], "signinattempts": [sign_in]})
    async with surface_of(double) as surface:
        (used,) = (await read(surface, "item usages"))[0].events
        (tried,) = (await read(surface, "sign-in attempts"))[0].events
    assert (used.action, used.user_id, used.vault_id, used.item_id) == (
        "reveal",
        DANA,
        "vaultid",
        "itemid",
    )
    assert (tried.action, tried.user_id) == ("credentials_failed", DANA)
    assert "\u202e" not in tried.raw
    assert json.loads(tried.raw) == sign_in


async def test_who_exported_a_vault_is_whom_that_is_about() -> None:
    now = now_ms()
    entries = [event(n, now, action, "vault", "v1") for n, action in enumerate(("export", "view"))]
    for entry in entries:
        entry["actor_uuid"] = DANA
    async with surface_of(EventsDouble({"auditevents": entries})) as surface:
        exported, viewed = (await read(surface, "audit events"))[0].events
    assert (exported.action, exported.user_id, exported.vault_id, exported.item_id) == (
        "export vault", DANA, "v1", "",
    )  # fmt: skip
    assert (viewed.user_id, viewed.vault_id) == ("", "v1")


@pytest.mark.parametrize("items", [[], [event(1, 1_800_000_000_000, "view", "vault", "v")]])
@pytest.mark.parametrize("cursor", ["same", "", None])
async def test_more_without_a_way_on_is_not_asked_for_ever(
    items: list[object], cursor: str | None
) -> None:
    def fault(request: object) -> Reply:
        return json_reply({"items": items, "cursor": cursor, "has_more": True})

    async with surface_of(EventsDouble(fault=fault)) as surface:
        with pytest.raises(BadAnswer, match="not how to get on"):
            await read(surface, "audit events")


async def test_what_the_token_may_not_read_is_said_and_left_out() -> None:
    double = EventsDouble(features=("itemusages",))
    async with surface_of(double) as surface:
        view = await surface.look()
        assert surface.streaming().streams() == ("item usages",)
    assert view.reads == {Ability.STREAM_EVENTS}
    assert view.tenant == ACCOUNT
    missing = {check.subject: check for check in view.checks if check.topic is Topic.SCOPE}
    assert missing["auditevents"].condition is Condition.WRONG
    assert "audit log" in missing["auditevents"].hides
    assert len(view.blind_spots) == 2
    token = next(check for check in view.checks if check.topic is Topic.TOKEN)
    assert "never ends" in token.words
    rate = [check for check in view.checks if check.topic is Topic.RATE]
    assert "599 of 600" in " ".join(check.words for check in rate)


async def test_the_older_introspection_is_understood() -> None:
    def fault(request: Request) -> Reply | None:
        if request.path == "/api/v2/auth/introspect":
            return json_reply({"status": 404, "message": "not found"}, 404)
        if request.path == "/api/auth/introspect":
            old = {"UUID": "T", "IssuedAt": "2026-01-01T00:00:00Z", "Features": ["auditevents"]}
            return json_reply(old)
        return None

    async with surface_of(EventsDouble(fault=fault)) as surface:
        view = await surface.look()
    assert Ability.READ_AUDIT in view.reads
    assert view.tenant == ""
    assert any("does not tell which account" in note for note in view.notes)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"Error":{"Message":"Unauthorized access"}}', "Unauthorized access"),
        (b'{"status":401,"message":"token revoked"}', "token revoked"),
        (b'{"error":"plain"}', "plain"),
        (b"<html>", ""),
        (b"[]", ""),
    ],
)
async def test_an_error_is_told_in_the_server_s_words(body: bytes, words: str) -> None:
    assert explain(body) == words
    async with surface_of(EventsDouble(fault=lambda _: Reply(401, body))) as surface:
        with pytest.raises(NotAuthenticated) as caught:
            await surface.look()
    assert words in str(caught.value)
    assert TOKEN not in str(caught.value)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


async def test_a_third_of_the_limits_is_left_to_others() -> None:
    clock = Clock()
    allowance = Allowance(clock=clock.time, sleep=clock.sleep)
    for _ in range(401):
        await allowance.take()
    assert clock.slept == [60.0]
    assert allowance.windows()["by the minute"].remaining == 599
    assert allowance.windows()["by the hour"].remaining == 30_000 - 401
    assert (MINUTE[2], HOUR[2]) == (600, 30_000)


async def test_nobody_waits_an_hour_for_the_allowance() -> None:
    clock = Clock()
    allowance = Allowance(windows=(("hour", 3600.0, 3),), clock=clock.time, sleep=clock.sleep)
    allowance.count()
    allowance.count()
    double = EventsDouble()
    async with fault_server(double) as server:
        around = Surroundings(secret=lambda: SecretStr(""), secret_of=lambda _: SecretStr(TOKEN))
        settings = EventsSettings(token_env="T", url=server.url)
        client = EventsClient("1p", settings, around, allowance=allowance)
        with pytest.raises(Throttled) as caught:
            await client.introspect()
        await client.aclose()
        assert server.seen == []
    assert caught.value.retry_after_s == 3600.0


@pytest.mark.parametrize(
    ("stamp", "milliseconds"),
    [
        ("2026-11-23T16:02:11.482917123Z", 1795449731482),
        ("2026-11-23T16:02:11.4Z", 1795449731400),
        ("2026-11-23T16:02:11Z", 1795449731000),
        ("2026-11-23T18:02:11.482+02:00", 1795449731482),
        ("2026-11-23T16:02:11", None),
        ("yesterday", None),
        (7, None),
    ],
)
def test_times_with_any_fraction(stamp: object, milliseconds: int | None) -> None:
    assert moment_ms(stamp) == milliseconds


def test_the_provisioning_integration_is_named_as_the_actor() -> None:
    details = {"uuid": "X", "name": "Okta", "email": "abc@1passwordserviceaccounts.com"}
    found = audited(event(1, 0, "suspend", "user", DANA, actor_details=details))
    assert found is not None
    assert found.actor == "the provisioning integration Okta"


async def test_too_many_requests_are_waited_for_and_told() -> None:
    refusals = [Reply(429, b'{"Error":{"Message":"slow down"}}', {"Retry-After": "0"})] * 2
    double = EventsDouble({"auditevents": [event(1, now_ms(), "view", "vault", "v")]})
    double.fault = lambda request: (
        refusals.pop() if refusals and request.path.endswith("auditevents") else None
    )
    async with surface_of(double) as surface:
        (page,) = await read(surface, "audit events")
    assert len(page.events) == 1
    assert refusals == []
