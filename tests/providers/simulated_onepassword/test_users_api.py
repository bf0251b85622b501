"""The simulated Users API."""

from pathlib import Path

import httpx
import pytest
from tests.providers.simulated_onepassword.small_tenant import ADMIN, DANA, RAVI, Op, Served

from keyturn_providers.simulated.onepassword import inspection


def test_tokens_last_fifteen_minutes(users_api: httpx.Client, tenant: Path) -> None:
    assert users_api.get("users").status_code == 200
    inspection.advance(tenant, 901)
    ended = users_api.get("users")
    assert (ended.status_code, ended.json()["code"]) == (401, "Unauthenticated")


@pytest.mark.parametrize(
    ("auth", "body", "status"),
    [
        (("client", "wrong"), {"grant_type": "client_credentials"}, 401),
        (("client", "secret"), {"grant_type": "password"}, 400),
        (("client", "secret"), {"grant_type": "client_credentials"}, 200),
    ],
)
def test_who_gets_a_token(
    served: Served, auth: tuple[str, str], body: dict[str, str], status: int
) -> None:
    answer = httpx.post(f"{served.users}/v1beta1/users/oauth2/token", data=body, auth=auth)
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["expires_in"] == 900


def test_a_revoked_token_ends(served: Served, users_api: httpx.Client) -> None:
    token = users_api.headers["authorization"].removeprefix("Bearer ")
    httpx.post(
        f"{served.users}/v1beta1/users/oauth2/revoke",
        data={"token": token},
        auth=("client", "secret"),
    )
    assert users_api.get("users").status_code == 401


def test_listing_by_pages_and_filters(users_api: httpx.Client, op: Op, tenant: Path) -> None:
    op("user", "provision", "--email", "n@example.com", "--name", "N")
    first = users_api.get("users", params={"max_page_size": 4}).json()
    second = users_api.get(
        "users", params={"max_page_size": 4, "page_token": first["next_page_token"]}
    ).json()
    assert "next_page_token" not in second
    everybody = {one["email"]: one for one in first["results"] + second["results"]}
    assert len(everybody) == len(first["results"]) + len(second["results"]) == 6
    assert everybody["n@example.com"]["state"] == "STATE_UNSPECIFIED"
    assert set(everybody["ops@example.com"]) == {
        "id", "email", "display_name", "state", "create_time", "path",
    }  # fmt: skip
    only = users_api.get("users", params={"filter": "user.isSuspended()"}).json()["results"]
    assert [one["id"] for one in only] == [RAVI]
    inspection.set_switch(tenant, "pending_in_users_api", False)
    assert len(users_api.get("users").json()["results"]) == 5


@pytest.mark.parametrize(
    "params",
    [{"filter": "user.email == 'x'"}, {"max_page_size": "1001"}, {"page_token": "***"}],
)
def test_invalid_arguments(users_api: httpx.Client, params: dict[str, str]) -> None:
    answer = users_api.get("users", params=params)
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidArgument")


def test_suspending_twice_is_one_change(users_api: httpx.Client, tenant: Path) -> None:
    for _ in range(2):
        answer = users_api.post(f"users/{DANA}:suspend")
        assert (answer.status_code, answer.json()["state"]) == (200, "SUSPENDED")
    assert len(inspection.happened(tenant, "suspend", "user")) == 1
    for _ in range(2):
        assert users_api.post(f"users/{DANA}:reactivate").json()["state"] == "ACTIVE"
    assert len(inspection.happened(tenant, "reactive", "user")) == 1


def test_the_last_owner_is_refused(users_api: httpx.Client, tenant: Path) -> None:
    answer = users_api.post(f"users/{ADMIN}:suspend")
    assert (answer.status_code, answer.json()["code"]) == (412, "FailedPrecondition")
    assert "last remaining owner" in answer.json()["message"]
    assert inspection.user_state(tenant, ADMIN) == "ACTIVE"
    assert users_api.get("users/NOBODY").json()["code"] == "NotFound"


def test_another_account_is_refused(served: Served, users_api: httpx.Client) -> None:
    answer = users_api.get(f"{served.users}/v1beta1/accounts/OTHER/users")
    assert (answer.status_code, answer.json()["code"]) == (403, "PermissionDenied")
