"""Rate limits as Okta tells of them."""

import time
from pathlib import Path

import httpx
import pytest
from tests.providers.simulated_okta.acme import DANA_ID, DANA_TOKEN, ENG

from keyturn_providers.simulated.wire import faults, windows
from keyturn_providers.simulated.wire.faults import Fault, Kind


def told(answer: httpx.Response) -> tuple[int, int]:
    return (
        int(answer.headers["x-rate-limit-limit"]),
        int(answer.headers["x-rate-limit-remaining"]),
    )


@pytest.mark.parametrize(
    ("method", "path", "limit"),
    [
        ("GET", "/api/v1/users", 300),
        ("GET", f"/api/v1/users/{DANA_ID}", 1000),
        ("DELETE", f"/api/v1/users/{DANA_ID}/sessions", 300),
        ("GET", f"/api/v1/groups/{ENG}/users", 500),
        ("GET", "/api/v1/logs", 60),
        ("GET", "/api/v1/users/nobody", 1000),
        ("POST", "/oauth2/v1/token", 600),
    ],
)
def test_one_token_may_use_half_of_a_bucket(
    okta: httpx.Client, method: str, path: str, limit: int
) -> None:
    answer = okta.request(method, path)

    assert told(answer) == (limit, limit - 1)
    assert 0 < int(answer.headers["x-rate-limit-reset"]) - time.time() <= 61


def test_others_spend_from_the_same_window(okta: httpx.Client, org: Path) -> None:
    windows.set_limit(org, "users", 4, share=0.5)
    windows.spend(org, "users", 3)

    answers = [okta.get("/api/v1/users") for _ in range(2)]
    okta_says = answers[1]

    assert [told(a) for a in answers] == [(2, 0), (2, 0)]
    assert (okta_says.status_code, okta_says.json()["errorCode"]) == (429, "E0000047")
    assert "retry-after" not in okta_says.headers
    assert okta.get("/api/v1/users", headers=DANA_TOKEN).status_code == 429
    assert okta.get(f"/api/v1/users/{DANA_ID}").status_code == 200


def test_the_two_429(okta: httpx.Client, org: Path) -> None:
    faults.put(org, Fault(Kind.THROTTLE), Fault(Kind.THROTTLE_CONCURRENCY))

    normal, concurrency = okta.get("/api/v1/users"), okta.get("/api/v1/users")

    assert [a.json()["errorCode"] for a in (normal, concurrency)] == ["E0000047"] * 2
    assert told(normal) == (300, 0)
    assert told(concurrency) == (0, 0)


def test_a_fault_answers_in_oktas_words(okta: httpx.Client, org: Path) -> None:
    faults.put(org, Fault(Kind.STATUS, status=503, detail="E0000010"), Fault(Kind.STATUS))

    codes = [okta.get("/api/v1/org").json()["errorCode"] for _ in range(2)]

    assert codes == ["E0000010", "E0000009"]
