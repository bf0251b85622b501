"""Changes: what each state allows, what it brings with it, and that the log tells of it."""

from pathlib import Path

import httpx
import pytest
from tests.providers.simulated_okta.acme import (
    ADA,
    ADA_ID,
    ADMIN,
    APP,
    DANA,
    DANA_ID,
    DANA_TOKEN,
    ENG,
    IMPORTED,
    PAY,
)

from keyturn_providers.simulated.okta import behaviour, reading
from keyturn_providers.simulated.okta.seeding import OktaRule, OktaSeed, app_id, seed

_LIFE = f"/api/v1/users/{DANA_ID}/lifecycle"


def test_suspend_and_unsuspend_leave_everything_else(okta: httpx.Client, org: Path) -> None:
    before = reading.groups_of(org, DANA)

    answer = okta.post(f"{_LIFE}/suspend")

    assert (answer.status_code, answer.json()) == (200, {})
    assert reading.user_status(org, DANA) == "SUSPENDED"
    assert reading.groups_of(org, DANA) == before
    assert reading.app_user(org, "1Password", DANA) is not None
    again = okta.post(f"{_LIFE}/suspend")
    assert (again.status_code, again.json()["errorCode"]) == (400, "E0000001")
    assert okta.post(f"{_LIFE}/unsuspend").status_code == 200
    assert reading.user_status(org, DANA) == "ACTIVE"


def test_deactivation_kills_tokens_and_apps_and_keeps_groups(okta: httpx.Client, org: Path) -> None:
    assert okta.get("/api/v1/users/me", headers=DANA_TOKEN).status_code == 200

    answer = okta.post(f"{_LIFE}/deactivate", params={"sendEmail": "false"})

    assert (answer.status_code, answer.json()) == (200, {})
    assert reading.user_status(org, DANA) == "DEPROVISIONED"
    assert reading.groups_of(org, DANA) >= {"eng", "pay"}
    assert reading.sessions(org, DANA) == ()
    stands = reading.app_user(org, "1Password", DANA)
    assert stands is not None
    assert stands.status == "DEPROVISIONED"
    dead = okta.get("/api/v1/users/me", headers=DANA_TOKEN)
    assert (dead.status_code, dead.json()["errorCode"]) == (401, "E0000011")
    assert okta.post(f"{_LIFE}/deactivate").status_code == 400
    transaction = answer.headers["x-okta-request-id"]
    assert {e.type for e in reading.events(org) if e.transaction_id == transaction} == {
        "user.lifecycle.deactivate",
        "system.api_token.revoke",
        "application.user_membership.deprovision",
    }


def test_deactivation_may_have_no_body(okta: httpx.Client, org: Path) -> None:
    behaviour.deactivation_answers(org, 204)

    answer = okta.post(f"{_LIFE}/deactivate")

    assert (answer.status_code, answer.content) == (204, b"")


def test_an_asynchronous_deactivation_shows_for_some_reads(okta: httpx.Client, org: Path) -> None:
    behaviour.async_polls(org, 2)
    okta.post(f"{_LIFE}/deactivate", headers={"prefer": "respond-async"}).raise_for_status()

    seen = [okta.get(f"/api/v1/users/{DANA_ID}").json() for _ in range(4)]

    assert [(u["status"], u["transitioningToStatus"]) for u in seen] == [
        ("ACTIVE", "DEPROVISIONED"),
        ("ACTIVE", "DEPROVISIONED"),
        ("DEPROVISIONED", None),
        ("DEPROVISIONED", None),
    ]
    (event,) = reading.events(org, "user.lifecycle.deactivate")
    assert event.transaction_id.startswith("job")


def test_whoever_reads_a_user_in_transition_the_log_names_who_asked(
    okta: httpx.Client, org: Path
) -> None:
    behaviour.deactivates_later(org, on=True)
    behaviour.async_polls(org, 0)
    url = f"/api/v1/users/{ADA_ID}"
    okta.post(f"{url}/lifecycle/deactivate").raise_for_status()
    read = okta.get(url, headers=DANA_TOKEN).json()
    assert read["status"] == "DEPROVISIONED"
    told = okta.get("/api/v1/logs", params={"filter": 'eventType eq "user.lifecycle.deactivate"'})
    assert [event["actor"]["alternateId"] for event in told.json()] == [ADMIN]


def test_deleting_takes_two_calls(okta: httpx.Client, org: Path) -> None:
    first = okta.delete(f"/api/v1/users/{DANA_ID}")
    between = reading.user_status(org, DANA)
    second = okta.delete(f"/api/v1/users/{DANA_ID}")

    assert (first.status_code, between, second.status_code) == (204, "DEPROVISIONED", 204)
    assert reading.user_status(org, DANA) is None
    assert DANA not in reading.members(org, "eng")
    assert okta.delete(f"/api/v1/users/{DANA_ID}").status_code == 404


def test_activation_brings_back_what_groups_give(okta: httpx.Client, org: Path) -> None:
    okta.post(f"{_LIFE}/deactivate").raise_for_status()

    answer = okta.post(f"{_LIFE}/activate", params={"sendEmail": "false"})

    assert answer.json()["activationToken"]
    assert reading.user_status(org, DANA) == "PROVISIONED"
    stands = reading.app_user(org, "1Password", DANA)
    assert stands is not None
    assert stands.status == "ACTIVE"
    again = okta.post(f"{_LIFE}/activate")
    assert (again.status_code, again.json()["errorCode"]) == (403, "E0000016")


@pytest.mark.parametrize(("tokens", "left"), [("false", ("TOKEN",) * 3), ("true", ())])
def test_ending_sessions(okta: httpx.Client, org: Path, tokens: str, left: tuple[str, ...]) -> None:
    answer = okta.delete(f"/api/v1/users/{DANA_ID}/sessions", params={"oauthTokens": tokens})

    assert answer.status_code == 204
    assert reading.sessions(org, DANA) == left


def _holders(okta: httpx.Client) -> dict[str, int]:
    """How many refresh tokens of Dana each client holds, as Okta tells it."""
    base = f"/api/v1/users/{DANA_ID}/clients"
    return {
        one["client_name"]: len(okta.get(f"{base}/{one['client_id']}/tokens").json())
        for one in okta.get(base).json()
    }


def test_who_holds_refresh_tokens_is_told_client_by_client(okta: httpx.Client) -> None:
    assert _holders(okta) == {"Wiki": 2, "0oaclient": 1}
    base = f"/api/v1/users/{DANA_ID}/clients/{app_id('Wiki')}/tokens"
    first = okta.get(base, params={"limit": "1"})
    second = okta.get(first.links["next"]["url"])
    assert "next" not in second.links
    assert len({one["id"] for one in first.json() + second.json()}) == 2
    okta.delete(base).raise_for_status()
    assert _holders(okta) == {"0oaclient": 1}
    assert okta.get(base).json() == []


def test_tokens_may_outlive_the_end_of_the_sessions_and_the_account(
    okta: httpx.Client, org: Path
) -> None:
    behaviour.tokens_stay(org, app_id("Wiki"))
    okta.delete(f"/api/v1/users/{DANA_ID}/sessions", params={"oauthTokens": "true"})
    assert _holders(okta) == {"Wiki": 2}
    assert len(reading.events(org, "user.session.clear")) == 1
    okta.post(f"{_LIFE}/deactivate").raise_for_status()
    assert _holders(okta) == {"Wiki": 2}


@pytest.mark.parametrize(
    "subject",
    [
        {"format": "opaque", "id": DANA_ID},
        {"format": "iss_sub", "iss": "https://acme.okta.com", "sub": DANA_ID},
    ],
)
def test_universal_logout(okta: httpx.Client, org: Path, subject: dict[str, str]) -> None:
    answer = okta.post("/oauth2/v1/global-token-revocation", json={"sub_id": subject})

    assert answer.status_code == 204
    assert reading.sessions(org, DANA) == ()


def test_factors_go_only_before_the_deactivation(okta: httpx.Client) -> None:
    (factor,) = okta.get(f"/api/v1/users/{DANA_ID}/factors").json()
    assert okta.delete(f"/api/v1/users/{DANA_ID}/factors/{factor['id']}").status_code == 204
    assert okta.get(f"/api/v1/users/{DANA_ID}/factors").json() == []
    okta.post(f"{_LIFE}/deactivate").raise_for_status()
    late = okta.post(f"{_LIFE}/reset_factors")
    assert (late.status_code, late.json()["errorCode"]) == (403, "E0000038")


def test_a_membership_by_rule_that_is_removed_is_excluded(okta: httpx.Client, org: Path) -> None:
    url = f"/api/v1/groups/{ENG}/users/{DANA_ID}"

    answers = [okta.delete(url).status_code, okta.delete(url).status_code]

    assert answers == [204, 204]
    assert DANA not in reading.members(org, "eng")
    assert reading.excluded(org, "engineers") == (DANA_ID,)
    assert [e.type for e in reading.events(org, "group.user_membership.r")] == [
        "group.user_membership.rule.add_exclusion",
        "group.user_membership.remove",
    ]
    assert reading.app_user(org, "1Password", DANA) is None


def test_a_direct_membership_excludes_nobody(okta: httpx.Client, org: Path) -> None:
    okta.delete(f"/api/v1/groups/{PAY}/users/{DANA_ID}").raise_for_status()

    assert reading.excluded(org, "engineers") == ()
    assert reading.app_user(org, "1Password", DANA) is not None


def test_adding_a_member_again_is_no_error_and_no_event(okta: httpx.Client, org: Path) -> None:
    url = f"/api/v1/groups/{PAY}/users/{ADA_ID}"

    answers = [okta.put(url).status_code, okta.put(url).status_code]

    assert answers == [204, 204]
    assert reading.members(org, "pay") == {ADA, DANA}
    added = [e for e in reading.events(org, "group.user_membership.add") if ADA_ID in e.targets]
    assert len(added) == 1


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_group_of_an_app_is_not_ours_to_change(
    okta: httpx.Client, org: Path, method: str
) -> None:
    answer = okta.request(method, f"/api/v1/groups/{IMPORTED}/users/{ADA_ID}")

    assert (answer.status_code, answer.json()["errorCode"]) == (403, "E0000006")
    assert reading.members(org, "imported") == {ADA}


def test_taking_a_group_off_an_app_leaves_direct_assignments(okta: httpx.Client, org: Path) -> None:
    assert okta.delete(f"/api/v1/apps/{APP}/groups/{ENG}").status_code == 204

    left = okta.get(f"/api/v1/apps/{APP}/users").json()

    assert [(user["scope"], user["externalId"]) for user in left] == [("USER", "OPROOT")]


def test_revoking_an_api_token(okta: httpx.Client, org: Path) -> None:
    found = {t["name"]: t["id"] for t in okta.get("/api/v1/api-tokens").json()}

    of_dana = found["dana's script"]

    assert okta.delete(f"/api/v1/api-tokens/{of_dana}").status_code == 204

    assert reading.api_tokens(org) == {"keyturn"}
    assert okta.get("/api/v1/users/me", headers=DANA_TOKEN).status_code == 401


def test_in_read_only_mode_reads_work_and_writes_wait(okta: httpx.Client, org: Path) -> None:
    behaviour.read_only(org, on=True)

    refused = okta.post(f"{_LIFE}/suspend")

    assert (refused.status_code, refused.json()["errorCode"]) == (503, "E0000010")
    assert okta.get(f"/api/v1/users/{DANA_ID}").json()["status"] == "ACTIVE"
    behaviour.read_only(org, on=False)
    assert okta.post(f"{_LIFE}/suspend").status_code == 200


def test_a_push_mapping_is_switched(okta: httpx.Client, org: Path) -> None:
    (broken,) = okta.get(
        f"/api/v1/apps/{APP}/group-push/mappings", params={"status": "ERROR"}
    ).json()
    assert (broken["sourceGroupId"], broken["errorSummary"]) == (PAY, "Group not found in target")

    url = f"/api/v1/apps/{APP}/group-push/mappings/{broken['id']}"
    mended = okta.patch(url, json={"status": "ACTIVE"}).json()

    assert mended["status"] == "ACTIVE"
    assert "errorSummary" not in mended
    assert reading.mapping(org, "1Password", "pay") == reading.MappingState("ACTIVE", None, None)


def test_who_moves_gets_the_groups_of_the_new_department(okta: httpx.Client, org: Path) -> None:
    new = "new@acme.example"

    okta.post(f"/api/v1/users/{new}", json={"profile": {"department": "R&D"}}).raise_for_status()
    there = reading.members(org, "eng")
    okta.post(f"/api/v1/users/{new}", json={"profile": {"department": "Sales"}}).raise_for_status()

    assert new in there
    assert reading.members(org, "eng") == there - {new}
    assert reading.excluded(org, "engineers") == ()
    assert reading.app_user(org, "1Password", new) is None


def test_who_a_rule_gives_an_app_is_told_as_by_group(okta: httpx.Client, org: Path) -> None:
    profile = {"login": "kim@acme.example", "email": "kim@acme.example", "department": "R&D"}

    okta.post("/api/v1/users", json={"profile": profile}).raise_for_status()

    stands = reading.app_user(org, "1Password", "kim@acme.example")
    assert stands is not None
    assert (stands.scope, stands.status) == ("GROUP", "ACTIVE")


def test_of_a_rule_that_cannot_be_read_nothing_is_taken_away(okta: httpx.Client, org: Path) -> None:
    rule = OktaRule("clever", 'String.stringContains(user.title, "x")', ("eng",))
    seed(org, OktaSeed(rules=(rule,)))

    okta.post(f"/api/v1/users/{DANA_ID}", json={"profile": {"department": "Sales"}})

    assert DANA in reading.members(org, "eng")
