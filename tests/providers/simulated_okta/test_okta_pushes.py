"""Provisioning: what Okta sends to a SCIM target, what it does not, and how failures show."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from tests.providers.simulated_okta.acme import ADA, ADA_ID, ADMIN, APP, DANA, DANA_ID, ENG, PAY

from keyturn_providers.simulated.okta import behaviour, push, reading
from keyturn_providers.simulated.okta.seeding import user_id
from keyturn_providers.simulated.wire.serving import serve_in_thread


@dataclass
class Target:
    """A SCIM server that answers everything and remembers what it was told."""

    status: int = 200
    known: dict[str, str] = field(default_factory=dict)
    told: list[tuple[str, str, object]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        raw = await request.body()
        path = request.url.path.removeprefix("/scim")
        assert request.headers["authorization"] == "Bearer of-the-bridge"
        answer: Response
        if self.status >= 400:
            answer = JSONResponse({"detail": "it is locked"}, self.status)
        elif request.method == "GET":
            login = request.query_params["filter"].partition('"')[2].rstrip('"')
            found = [{"id": i, "userName": n} for n, i in self.known.items() if n == login]
            answer = JSONResponse({"totalResults": len(found), "Resources": found})
        elif request.method == "POST":
            answer = JSONResponse({"id": "OPNEW"})
        else:
            answer = Response(status_code=204)
        self.told.append((request.method, path, json.loads(raw) if raw else None))
        await answer(scope, receive, send)

    def operations(self) -> list[tuple[str, object]]:
        """What was patched: path and the operations."""
        return [
            (path, body["Operations"])
            for method, path, body in self.told
            if method == "PATCH" and isinstance(body, dict)
        ]


@pytest.fixture
def target(org: Path) -> Iterator[Target]:
    made = Target()
    with serve_in_thread([(made, 0)]) as (url,):
        behaviour.push_to(org, f"{url}/scim", "of-the-bridge")
        yield made


def test_a_suspension_sends_nothing(okta: httpx.Client, org: Path, target: Target) -> None:
    okta.post(f"/api/v1/users/{DANA_ID}/lifecycle/suspend").raise_for_status()

    assert push.run_due(org) == 0
    assert target.told == []


def test_who_is_deleted_for_good_before_the_worker_came_is_not_told_of(
    okta: httpx.Client, org: Path, target: Target
) -> None:
    okta.post(f"/api/v1/users/{DANA_ID}/lifecycle/deactivate").raise_for_status()
    okta.delete(f"/api/v1/users/{DANA_ID}").raise_for_status()

    assert push.run_due(org) == 1

    assert target.told == []


def test_a_deactivation_is_pushed_and_logged(okta: httpx.Client, org: Path, target: Target) -> None:
    okta.post(f"/api/v1/users/{DANA_ID}/lifecycle/deactivate").raise_for_status()
    assert reading.pushes_waiting(org) == 1

    push.run_due(org)

    assert target.operations() == [
        ("/Users/OPDANA", [{"op": "replace", "value": {"active": False}}])
    ]
    (event,) = reading.events(org, "application.provision.user")
    assert (event.type, event.outcome) == ("application.provision.user.deactivate", "SUCCESS")
    assert {DANA_ID, APP} <= set(event.targets)


def test_a_deactivation_that_fails_is_an_error_nobody_retries(
    okta: httpx.Client, org: Path, target: Target
) -> None:
    target.status = 401
    okta.post(f"/api/v1/users/{DANA_ID}/lifecycle/deactivate").raise_for_status()

    push.run_due(org)

    stands = reading.app_user(org, "1Password", DANA)
    assert stands is not None
    assert (stands.status, stands.sync_state) == ("DEPROVISIONED", "ERROR")
    assert [
        (e.type, e.outcome) for e in reading.events(org, "application.") if e.outcome != "SUCCESS"
    ] == [
        ("application.provision.user.deactivate", "FAILURE"),
        ("application.integration.authentication_failure", "FAILURE"),
    ]
    assert push.run_due(org) == 0

    target.status = 200
    push.clear_errors(org)
    push.run_due(org)
    assert target.operations()[-1][0] == "/Users/OPDANA"
    stands = reading.app_user(org, "1Password", DANA)
    assert stands is not None
    assert stands.sync_state == "SYNCHRONIZED"


def test_unassigning_deactivates(okta: httpx.Client, org: Path, target: Target) -> None:
    okta.delete(f"/api/v1/apps/{APP}/users/{user_id(ADMIN)}").raise_for_status()

    push.run_due(org)

    assert [path for path, _ in target.operations()] == ["/Users/OPROOT"]


def test_a_new_member_is_looked_up_created_and_put_into_the_group(
    okta: httpx.Client, org: Path, target: Target
) -> None:
    made = {
        "profile": {
            "login": "kim@acme.example",
            "email": "kim@acme.example",
            "firstName": "Kim",
            "lastName": "Novak",
        }
    }
    user = okta.post("/api/v1/users", json=made).json()["id"]
    okta.put(f"/api/v1/groups/{ENG}/users/{user}").raise_for_status()

    push.run_due(org)

    assert [(method, path) for method, path, _ in target.told] == [
        ("GET", "/Users"),
        ("POST", "/Users"),
        ("PATCH", "/Groups/OPENG"),
    ]
    sent = target.told[1][2]
    assert isinstance(sent, dict)
    assert (sent["userName"], sent["active"]) == ("kim@acme.example", True)
    (_, operations), *rest = target.operations()
    assert rest == []
    assert {"op": "add", "path": "members", "value": [{"value": "OPNEW"}]} in operations  # type: ignore[operator]
    assert reading.app_user(org, "1Password", user) == reading.AppUserState(
        "GROUP", "ACTIVE", "SYNCHRONIZED", "OPNEW"
    )


def test_who_is_there_already_is_linked(okta: httpx.Client, org: Path, target: Target) -> None:
    target.known["new@acme.example"] = "OPOLD"
    okta.post(f"/api/v1/apps/{APP}/users", json={"id": "new@acme.example"}).raise_for_status()

    push.run_due(org)

    assert [method for method, _, _ in target.told] == ["GET", "PATCH"]
    stands = reading.app_user(org, "1Password", "new@acme.example")
    assert stands is not None
    assert (stands.scope, stands.external_id) == ("USER", "OPOLD")


def test_a_profile_change_is_put(okta: httpx.Client, org: Path, target: Target) -> None:
    okta.post(f"/api/v1/users/{ADA_ID}", json={"profile": {"lastName": "Lovelace"}})

    push.run_due(org)

    assert [(method, path) for method, path, _ in target.told] == [("PUT", "/Users/OPADA")]
    sent = target.told[0][2]
    assert isinstance(sent, dict)
    assert sent["name"]["familyName"] == "Lovelace"


def test_leaving_a_pushed_group_takes_the_member_out_and_then_the_app(
    okta: httpx.Client, org: Path, target: Target
) -> None:
    okta.delete(f"/api/v1/groups/{ENG}/users/{ADA_ID}").raise_for_status()

    push.run_due(org)

    (group, operations), (user, deactivated) = target.operations()
    assert (group, user) == ("/Groups/OPENG", "/Users/OPADA")
    assert {"op": "remove", "path": 'members[value eq "OPADA"]'} in operations  # type: ignore[operator]
    assert deactivated == [{"op": "replace", "value": {"active": False}}]


def test_a_broken_mapping_pushes_nothing(okta: httpx.Client, org: Path, target: Target) -> None:
    okta.put(f"/api/v1/groups/{PAY}/users/{ADA_ID}").raise_for_status()

    assert push.run_due(org) == 0
    assert target.told == []


def test_a_failed_group_push_breaks_the_mapping(
    okta: httpx.Client, org: Path, target: Target
) -> None:
    target.status = 500
    okta.delete(f"/api/v1/groups/{ENG}/users/{DANA_ID}").raise_for_status()

    push.run_due(org)

    stands = reading.mapping(org, "1Password", "eng")
    assert stands is not None
    assert stands.status == "ERROR"
    assert stands.error is not None
    assert "it is locked" in stands.error
    assert [
        e.type for e in reading.events(org, "application.provision.group") if e.outcome == "FAILURE"
    ] == [
        "application.provision.group_push.mapping.update.or.delete.failed.with.error",
        "application.provision.group_membership.remove",
    ]


def test_of_a_group_push_that_went_well_there_is_no_membership_event(
    okta: httpx.Client, org: Path, target: Target
) -> None:
    okta.delete(f"/api/v1/groups/{ENG}/users/{DANA_ID}").raise_for_status()
    push.run_due(org)
    assert reading.events(org, "application.provision.group_membership") == ()
    assert len(reading.events(org, "application.provision.group_push.push_memberships")) == 1


def test_pushes_lag_and_the_worker_runs_beside(
    okta: httpx.Client, org: Path, target: Target
) -> None:
    behaviour.push_to(
        org, behaviour.switch(org, behaviour.BRIDGE_URL) or "", "of-the-bridge", lag_s=3_600.0
    )
    okta.post(f"/api/v1/users/{DANA_ID}/lifecycle/deactivate").raise_for_status()
    assert push.run_due(org) == 0

    behaviour.settle_pushes(org)
    with push.running(org, every_s=0.01):
        while reading.pushes_waiting(org):
            okta.get("/api/v1/org")

    assert [path for path, _ in target.operations()] == ["/Users/OPDANA"]


def test_without_a_target_nothing_is_queued(okta: httpx.Client, org: Path) -> None:
    okta.post(f"/api/v1/users/{ADA}/lifecycle/deactivate").raise_for_status()

    assert reading.pushes_waiting(org) == 0
