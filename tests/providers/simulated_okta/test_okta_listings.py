"""Listings: pages, links, who is in them, filters and searches."""

from pathlib import Path

import httpx
import pytest
from tests.providers.simulated_okta.acme import ADA, ADA_ID, ADMIN, DANA, DANA_ID, ENG, LEFT, PAY

from keyturn_providers.simulated.okta import behaviour
from keyturn_providers.simulated.wire import faults
from keyturn_providers.simulated.wire.faults import Fault, Kind

_OPTIMISED = (
    "application/json; okta-response=omitCredentials,omitCredentialsLinks,omitTransitioningToStatus"
)


def pages(okta: httpx.Client, url: str) -> list[list[str]]:
    """The ids on each page, following the next links."""
    found, at = [], url
    while at:
        answer = okta.get(at).raise_for_status()
        found.append([item["id"] for item in answer.json()])
        at = answer.links.get("next", {}).get("url", "")
    return found


ALL = {"root", "ada", "dana", "new", "left"}


def logins(answer: httpx.Response) -> set[str]:
    return {user["profile"]["login"].partition("@")[0] for user in answer.json()}


def test_pages_are_linked_by_two_header_lines_of_the_same_origin(okta: httpx.Client) -> None:
    answer = okta.get("/api/v1/users", params={"limit": 2})

    lines = answer.headers.get_list("link")
    assert [line.rpartition("; ")[2] for line in lines] == ['rel="self"', 'rel="next"']
    assert all(line.startswith(f"<{okta.base_url}") for line in lines)
    assert "limit=2" in lines[1]


@pytest.mark.parametrize(
    "url",
    ["/api/v1/users?limit=2", "/api/v1/users?search=created+pr&sortBy=profile.lastName&limit=2"],
)
def test_every_user_is_on_one_page(okta: httpx.Client, url: str) -> None:
    found = pages(okta, url)

    together = [one for page in found for one in page]
    assert len(together) == len(set(together)) == (5 if "search" in url else 4)
    assert {len(page) for page in found[:-1]} == {2}


def test_a_full_last_page_may_lead_to_an_empty_one(okta: httpx.Client, org: Path) -> None:
    assert [len(page) for page in pages(okta, "/api/v1/users?limit=2")] == [2, 2]
    behaviour.empty_last_pages(org, on=True)
    assert [len(page) for page in pages(okta, "/api/v1/users?limit=2")] == [2, 2, 0]


def test_a_cursor_of_another_listing_is_refused(okta: httpx.Client) -> None:
    following = okta.get("/api/v1/users?limit=1").links["next"]["url"]
    cursor = httpx.URL(following).params["after"]

    answer = okta.get("/api/v1/groups", params={"after": cursor})

    assert (answer.status_code, answer.json()["errorCode"]) == (400, "E0000029")
    assert answer.json()["errorCauses"] == [{"errorSummary": "Invalid cursor."}]


def test_a_fault_can_name_a_page(okta: httpx.Client, org: Path) -> None:
    faults.put(org, Fault(Kind.STATUS, path="/api/v1/users", page=2, status=500))
    first = okta.get("/api/v1/users?limit=2")

    second = okta.get(first.links["next"]["url"])

    assert (first.status_code, second.status_code) == (200, 500)


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, {"root", "ada", "dana", "new"}),
        ({"q": "le"}, set()),
        ({"q": "da"}, {"dana"}),
        ({"filter": 'status eq "DEPROVISIONED"'}, {"left"}),
        ({"filter": f'id eq "{ADA_ID}" or profile.login eq "{DANA}"'}, {"ada", "dana"}),
        (
            {"filter": 'lastUpdated gt "2024-01-01T00:00:00Z"'},
            ALL,
        ),
        (
            {"search": 'created gt "1970-01-01T00:00:00.000Z"'},
            ALL,
        ),
        ({"search": 'profile.department eq "r&d"'}, {"ada"}),
        ({"search": 'profile.lastName co "yro" and status eq "ACTIVE"'}, {"ada"}),
        ({"search": '(status lt "ACTIVE" or status gt "ACTIVE")'}, {"left", "new"}),
        ({"search": f'id eq "{ADA_ID}" or (status eq "STAGED" and id pr)'}, {"ada", "new"}),
    ],
)
def test_who_is_listed(okta: httpx.Client, params: dict[str, str], found: set[str]) -> None:
    assert logins(okta.get("/api/v1/users", params=params)) == found


@pytest.mark.parametrize(
    "params",
    [
        {"filter": 'status ne "ACTIVE"'},
        {"filter": 'profile.department eq "x"'},
        {"filter": 'not (status eq "ACTIVE")'},
        {"search": 'profile.department co "x"'},
        {"search": 'status ne "ACTIVE"'},
        {"search": 'Status eq "ACTIVE"'},
        {"search": 'status eq "ACTIVE'},
        {"search": 'status eq "ACTIVE" and'},
        {"search": '(status eq "ACTIVE"'},
        {"search": 'created gt "soon"'},
    ],
)
def test_what_okta_does_not_take_is_refused(okta: httpx.Client, params: dict[str, str]) -> None:
    answer = okta.get("/api/v1/users", params=params)

    assert (answer.status_code, answer.json()["errorCode"]) == (400, "E0000031")


def test_only_search_lags(okta: httpx.Client, org: Path) -> None:
    behaviour.search_lags(org, 3600)
    okta.post(f"/api/v1/users/{ADA_ID}/lifecycle/suspend").raise_for_status()
    made = {"profile": {"login": "late@acme.example", "email": "late@acme.example"}}
    okta.post("/api/v1/users", json=made).raise_for_status()

    def status(**params: str) -> list[str]:
        return [user["status"] for user in okta.get("/api/v1/users", params=params).json()]

    assert status(search=f'profile.login eq "{ADA}"') == ["ACTIVE"]
    assert status(filter=f'profile.login eq "{ADA}"') == ["SUSPENDED"]
    assert okta.get(f"/api/v1/users/{ADA}").json()["status"] == "SUSPENDED"
    assert status(search='profile.login eq "late@acme.example"') == []
    behaviour.settle_search(org)
    assert status(search=f'profile.login eq "{ADA}"') == ["SUSPENDED"]
    assert status(search='profile.login eq "late@acme.example"') == ["PROVISIONED"]


def test_the_optimised_form_needs_all_three_parts(okta: httpx.Client) -> None:
    whole, two, all_three = (
        okta.get("/api/v1/users", headers={"content-type": kind}).json()[0]
        for kind in ("application/json", _OPTIMISED.rpartition(",")[0], _OPTIMISED)
    )

    assert whole == two
    assert {"credentials", "transitioningToStatus"} <= set(whole)
    assert not {"credentials", "transitioningToStatus", "_links"} & set(all_three)


def test_fields_projects(okta: httpx.Client) -> None:
    answer = okta.get(
        "/api/v1/users", params={"fields": "id,status,profile:(login,email)", "limit": 1}
    )

    (user,) = answer.json()
    assert set(user) == {"id", "status", "profile"}
    assert set(user["profile"]) == {"login", "email"}


@pytest.mark.parametrize("key", [DANA_ID, DANA, "dana"])
def test_a_user_is_found_by_id_login_and_shortname(okta: httpx.Client, key: str) -> None:
    answer = okta.get(f"/api/v1/users/{key}")

    assert answer.json()["id"] == DANA_ID
    assert answer.headers["etag"]


def test_me_is_the_owner_of_the_token(okta: httpx.Client) -> None:
    assert okta.get("/api/v1/users/me").json()["profile"]["login"] == ADMIN


def test_members_include_who_is_deactivated(okta: httpx.Client) -> None:
    answer = okta.get(f"/api/v1/groups/{ENG}/users")

    assert {(u["profile"]["login"], u["status"]) for u in answer.json()} == {
        (ADA, "ACTIVE"),
        (DANA, "ACTIVE"),
        (LEFT, "DEPROVISIONED"),
    }


def test_a_users_groups_include_everyone_and_groups_of_apps(okta: httpx.Client) -> None:
    answer = okta.get(f"/api/v1/users/{ADA_ID}/groups").json()

    assert {(g["profile"]["name"], g["type"]) for g in answer} == {
        ("Everyone", "BUILT_IN"),
        ("eng", "OKTA_GROUP"),
        ("imported", "APP_GROUP"),
    }


def test_groups_can_be_filtered_and_counted(okta: httpx.Client) -> None:
    okta.delete(f"/api/v1/groups/{PAY}/users/{DANA_ID}").raise_for_status()

    changed = okta.get(
        "/api/v1/groups",
        params={"filter": 'lastMembershipUpdated gt "2025-01-01T00:00:00.000Z"', "expand": "stats"},
    ).json()
    of_type = okta.get("/api/v1/groups", params={"filter": 'type eq "OKTA_GROUP"'}).json()

    assert [(g["id"], g["_embedded"]["stats"]["usersCount"]) for g in changed] == [(PAY, 0)]
    assert {g["profile"]["name"] for g in of_type} == {"eng", "pay"}
