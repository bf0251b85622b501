"""The System Log: two orders, late and missing events, filters."""

from pathlib import Path

import httpx
import pytest
from tests.providers.simulated_okta.acme import (
    ADA_ID,
    DANA_ID,
    ENG,
    NEXT_YEAR,
    PAY,
    WEEKS_AGO,
    YESTERDAY,
)

from keyturn_providers.simulated.okta import behaviour

HOUR_S = 3_600.0


def suspend(okta: httpx.Client, user: str) -> str:
    answer = okta.post(f"/api/v1/users/{user}/lifecycle/suspend").raise_for_status()
    return answer.headers["x-okta-request-id"]


def types(answer: httpx.Response) -> list[str]:
    return [event["eventType"] for event in answer.raise_for_status().json()]


def checkpoint(okta: httpx.Client) -> str:
    """The URL to poll next, once everything so far has been read."""
    answer = okta.get("/api/v1/logs", params={"since": WEEKS_AGO})
    while answer.json():
        answer = okta.get(answer.links["next"]["url"])
    return answer.links["next"]["url"]


def test_polling_goes_on_from_an_empty_page(okta: httpx.Client) -> None:
    start = checkpoint(okta)
    nothing = okta.get(start)
    request_id = suspend(okta, DANA_ID)

    answer = okta.get(nothing.links["next"]["url"])

    assert (types(nothing), types(answer)) == ([], ["user.lifecycle.suspend"])
    (event,) = answer.json()
    assert event["transaction"]["id"] == request_id
    assert event["target"][0]["id"] == DANA_ID
    assert event["outcome"]["result"] == "SUCCESS"
    assert "since=" not in answer.links["next"]["url"]


def test_every_page_of_a_poll_is_read_once(okta: httpx.Client) -> None:
    start = checkpoint(okta)
    for user in (DANA_ID, ADA_ID):
        suspend(okta, user)
        okta.post(f"/api/v1/users/{user}/lifecycle/unsuspend").raise_for_status()

    seen, at = [], str(httpx.URL(start).copy_merge_params({"limit": "3"}))
    for _ in range(3):
        answer = okta.get(at)
        seen.append(len(answer.json()))
        at = answer.links["next"]["url"]

    assert seen == [3, 1, 0]


def test_a_late_event_is_missed_by_a_window_and_not_by_polling(
    okta: httpx.Client, org: Path
) -> None:
    start = checkpoint(okta)
    behaviour.event_late(org, HOUR_S, type_glob="*.suspend")
    suspend(okta, DANA_ID)
    suspend(okta, ADA_ID)

    first = okta.get(start)
    nothing = okta.get(first.links["next"]["url"])
    behaviour.settle_log(org)
    second = okta.get(nothing.links["next"]["url"])

    assert [e["target"][0]["id"] for e in first.json()] == [ADA_ID]
    assert nothing.json() == []
    assert [e["target"][0]["id"] for e in second.json()] == [DANA_ID]
    # In a window the order is that of `published`, and Dana comes first.
    window = {"since": YESTERDAY, "until": NEXT_YEAR}
    bounded = okta.get("/api/v1/logs", params={**window, "filter": 'eventType sw "user.life"'})
    assert [e["target"][0]["id"] for e in bounded.json()] == [DANA_ID, ADA_ID]
    assert "next" not in bounded.links


def test_an_event_can_be_missing(okta: httpx.Client, org: Path) -> None:
    start = checkpoint(okta)
    behaviour.event_missing(org, target=DANA_ID)
    suspend(okta, DANA_ID)
    suspend(okta, ADA_ID)

    assert [e["target"][0]["id"] for e in okta.get(start).json()] == [ADA_ID]


def test_a_window_is_paged_to_its_end(okta: httpx.Client) -> None:
    for user in (DANA_ID, ADA_ID):
        suspend(okta, user)
    seen: list[str] = []
    at = f"/api/v1/logs?since={WEEKS_AGO}&until={NEXT_YEAR}&limit=1"
    while at:
        answer = okta.get(at)
        seen += types(answer)
        at = answer.links.get("next", {}).get("url", "")

    assert seen == ["group.user_membership.add", "user.lifecycle.suspend", "user.lifecycle.suspend"]


def test_without_since_a_week_is_shown_newest_last_or_first(okta: httpx.Client) -> None:
    suspend(okta, DANA_ID)

    ascending = types(okta.get(f"/api/v1/logs?since={WEEKS_AGO}"))
    descending = types(okta.get(f"/api/v1/logs?since={WEEKS_AGO}&sortOrder=DESCENDING"))

    assert ascending == descending[::-1] == ["group.user_membership.add", "user.lifecycle.suspend"]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        (f'target.id eq "{DANA_ID}" and target.id eq "{PAY}"', 1),
        (f'target.id eq "{DANA_ID}" and target.id eq "{ENG}"', 0),
        (f'target.id eq "{DANA_ID}"', 2),
        ('eventType eq "user.lifecycle.suspend"', 1),
        ('eventType sw "user." or eventType co "membership"', 2),
        ('outcome.result ne "SUCCESS"', 0),
        ('not (eventType ew "suspend")', 1),
        ('actor.alternateId eq "ROOT@acme.example" and target.type eq "UserGroup"', 1),
        ("transaction.detail.requestApiTokenId pr", 1),
    ],
)
def test_filters(okta: httpx.Client, expression: str, found: int) -> None:
    suspend(okta, DANA_ID)

    answer = okta.get("/api/v1/logs", params={"since": WEEKS_AGO, "filter": expression})

    assert len(answer.json()) == found


def test_the_transaction_filter_finds_one_request(okta: httpx.Client) -> None:
    suspend(okta, ADA_ID)
    request_id = suspend(okta, DANA_ID)

    answer = okta.get("/api/v1/logs", params={"filter": f'transaction.id eq "{request_id}"'})

    assert [e["target"][0]["id"] for e in answer.json()] == [DANA_ID]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"since": "2020-01-01T00:00:00Z"}, "E0000053"),
        ({"filter": "eventType eq"}, "E0000053"),
        ({"filter": 'eventType gt "user."'}, "E0000031"),
        ({"since": "x"}, "E0000001"),
        ({"q": " ".join("abcdefghijk")}, "E0000001"),
    ],
)
def test_what_the_log_does_not_take(okta: httpx.Client, params: dict[str, str], code: str) -> None:
    answer = okta.get("/api/v1/logs", params=params)

    assert (answer.status_code, answer.json()["errorCode"]) == (400, code)
