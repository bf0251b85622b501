"""The simulated Events API: tokens, cursors, and everything that can be late, missing or twice."""

from pathlib import Path
from typing import NamedTuple

import httpx
import jwt
import pytest
from tests.providers.simulated_onepassword.small_tenant import DANA, ENG, LEA, PROD, Op, Served

from keyturn_providers.simulated.onepassword import inspection
from keyturn_providers.simulated.onepassword.seeding import seed
from keyturn_providers.simulated.onepassword.seeds import AuditEvent, ItemUsage, Seed, SignIn
from keyturn_providers.simulated.wire import windows


class Page(NamedTuple):
    items: list[dict[str, object]]
    cursor: str
    has_more: bool


def read(
    events: httpx.Client, body: dict[str, object] | None = None, stream: str = "v2/auditevents"
) -> Page:
    answer = events.post(f"/api/{stream}", json={} if body is None else body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return Page(found["items"], found["cursor"], found["has_more"])


def sow(tenant: Path, number: int, days_ago: float = 1) -> None:
    start = inspection.now_ms(tenant) - int(days_ago * 86_400_000)
    seed(
        tenant,
        Seed(
            audit_events=tuple(
                AuditEvent(start + n * 1000, LEA, "join", "gm", ENG, DANA, "R")
                for n in range(number)
            ),
            item_usages=(ItemUsage(start, DANA, PROD, "item", "reveal"),),
            sign_ins=(SignIn(start, DANA, "mfa_failed", "totp_bad"),),
        ),
    )


def test_the_token_names_host_and_features(served: Served, tenant: Path) -> None:
    token = inspection.events_token(tenant, served.events, ("auditevents",))
    claims = jwt.decode(token, options={"verify_signature": False})
    assert jwt.get_unverified_header(token)["alg"] == "ES256"
    assert claims["aud"] == [served.events]
    assert claims["1password.com/fts"] == ["auditevents"]
    with httpx.Client(
        base_url=served.events, headers={"Authorization": f"Bearer {token}"}
    ) as client:
        assert client.post("/api/v2/auditevents", json={}).status_code == 200
        assert client.post("/api/v2/itemusages", json={}).status_code == 401
        assert client.get("/api/auth/introspect").json()["Features"] == ["auditevents"]
        told = client.get("/api/v2/auth/introspect").json()
    assert told["account_uuid"] == inspection.account_id(tenant)
    assert told["uuid"] == claims["sub"]


def test_every_change_of_op_is_in_the_log(events: httpx.Client, op: Op) -> None:
    begin = read(events).cursor
    op("group", "user", "revoke", "--group", ENG, "--user", DANA)
    op("user", "suspend", DANA)
    op("vault", "user", "grant", "--vault", PROD, "--user", LEA, "--permissions", "allow_viewing")
    leave, suspend, grant = read(events, {"cursor": begin}).items
    assert (leave["action"], leave["object_type"]) == ("leave", "gm")
    assert (leave["object_uuid"], leave["aux_uuid"]) == (ENG, DANA)
    assert leave["aux_details"] == {
        "uuid": DANA,
        "name": "Dana Vale",
        "email": "Dana.Vale@example.com",
    }
    assert "object_details" not in leave
    assert suspend["object_details"] == leave["aux_details"]
    assert "aux_uuid" not in suspend
    assert (grant["object_type"], grant["object_uuid"], grant["aux_uuid"]) == ("uva", PROD, LEA)
    assert len(str(suspend["timestamp"]).partition(".")[2]) == len("123456789Z")


def test_version_1_knows_less(events: httpx.Client, tenant: Path) -> None:
    sow(tenant, 1)
    second, first = read(events).items[0], read(events, stream="v1/auditevents").items[0]
    assert set(second) - set(first) == {"account_uuid", "actor_type", "actor_account_uuid"}
    (usage,) = read(events, stream="v2/itemusages").items
    assert (usage["action"], usage["vault_uuid"]) == ("reveal", PROD)
    (attempt,) = read(events, stream="v2/signinattempts").items
    assert (attempt["category"], attempt["type"]) == ("mfa_failed", "totp_bad")


def test_a_cursor_reads_everything_once_and_then_waits(events: httpx.Client, tenant: Path) -> None:
    sow(tenant, 25)
    page = read(events, {"limit": 10})
    seen = [one["uuid"] for one in page.items]
    while page.has_more:
        page = read(events, {"cursor": page.cursor})
        assert len(page.items) <= 10
        seen += [one["uuid"] for one in page.items]
    assert len(seen) == len(set(seen)) == 25
    assert read(events, {"cursor": page.cursor}).items == []


def test_empty_pages_and_repeated_events(events: httpx.Client, tenant: Path) -> None:
    sow(tenant, 25)
    inspection.set_switch(tenant, "empty_pages", True)
    inspection.set_switch(tenant, "duplicates", True)
    page = read(events, {"limit": 10})
    sizes, seen = [len(page.items)], [one["uuid"] for one in page.items]
    while page.has_more:
        page = read(events, {"cursor": page.cursor})
        sizes.append(len(page.items))
        seen += [one["uuid"] for one in page.items]
    assert sizes == [10, 0, 11, 0, 6]
    assert (len(seen), len(set(seen))) == (27, 25)


def test_an_event_shows_late(events: httpx.Client, tenant: Path, op: Op) -> None:
    begin = read(events).cursor
    inspection.set_switch(tenant, "audit_delay_s", 90)
    op("user", "suspend", DANA)
    assert read(events, {"cursor": begin}).items == []
    inspection.advance(tenant, 91)
    (event,) = read(events, {"cursor": begin}).items
    assert event["action"] == "suspend"


def test_an_event_of_a_kind_is_lost(events: httpx.Client, tenant: Path, op: Op) -> None:
    inspection.lose_events(tenant, "suspend", "user")
    op("user", "suspend", DANA)
    assert read(events).items == []
    inspection.keep_events(tenant)
    op("user", "reactivate", DANA)
    assert [one["action"] for one in read(events).items] == ["reactive"]


def test_older_than_120_days_is_gone(events: httpx.Client, tenant: Path) -> None:
    sow(tenant, 3, days_ago=121)
    sow(tenant, 2, days_ago=119)
    assert len(read(events).items) == 2
    inspection.set_switch(tenant, "events_days", 365)
    assert len(read(events).items) == 5


def test_from_a_time_on(events: httpx.Client, tenant: Path) -> None:
    sow(tenant, 10)
    stamps = sorted(str(one["timestamp"]) for one in read(events).items)
    assert len(read(events, {"start_time": stamps[4][:19] + "Z"}).items) == 6
    assert read(events, {"start_time": stamps[9][:19] + "Z", "limit": 1}).has_more is False
    assert read(events, {"end_time": stamps[0][:19] + "Z"}).items == []


@pytest.mark.parametrize(
    "body",
    [{"limit": 0}, {"limit": 1001}, {"cursor": "nonsense"}, {"start_time": "yesterday"}],
)
def test_bad_requests(events: httpx.Client, tenant: Path, body: dict[str, object]) -> None:
    answer = events.post("/api/v2/auditevents", json=body)
    assert answer.status_code == 400
    assert answer.json()["Error"]["Message"]
    inspection.set_switch(tenant, "new_error_body", True)
    assert events.post("/api/v2/auditevents", json=body).json()["status"] == 400


def test_cursors_may_be_refused_and_belong_to_one_stream(
    events: httpx.Client, tenant: Path
) -> None:
    cursor = read(events).cursor
    assert events.post("/api/v2/itemusages", json={"cursor": cursor}).status_code == 400
    inspection.set_switch(tenant, "cursors_refused", True)
    assert events.post("/api/v2/auditevents", json={"cursor": cursor}).status_code == 400


@pytest.mark.parametrize("bucket", ["events per minute", "events per hour"])
def test_too_many_requests(events: httpx.Client, tenant: Path, bucket: str) -> None:
    windows.set_limit(tenant, bucket, 2, window_s=3600)
    assert [events.post("/api/v2/auditevents", json={}).status_code for _ in range(3)] == [
        200,
        200,
        429,
    ]


def test_a_foreign_or_expired_token(events: httpx.Client, served: Served, tenant: Path) -> None:
    short = inspection.events_token(tenant, served.events, lifetime_s=60)
    headers = {"Authorization": f"Bearer {short}"}
    assert events.get("/api/v2/auth/introspect", headers=headers).status_code == 200
    inspection.advance(tenant, 61)
    assert events.get("/api/v2/auth/introspect", headers=headers).status_code == 401
    assert events.get("/api/v2/auth/introspect").status_code == 200


def test_sessions_of_events_are_those_of_sign_ins(events: httpx.Client, tenant: Path) -> None:
    at = inspection.now_ms(tenant) - 86_400_000
    seed(
        tenant,
        Seed(
            audit_events=(AuditEvent(at, LEA, "create", "vault", PROD),),
            sign_ins=(SignIn(at, LEA), SignIn(at, LEA, "mfa_failed", "totp_bad")),
        ),
    )
    (event,) = read(events).items
    worked, failed = read(events, stream="v2/signinattempts").items
    session = event["session"]
    assert isinstance(session, dict)
    assert worked["session_uuid"] == session["uuid"] != failed["session_uuid"]
