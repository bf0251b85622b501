"""The simulated SCIM bridge, with each recorded deviation."""

from pathlib import Path

import httpx
import pytest
from tests.providers.simulated_onepassword.small_tenant import (
    DANA,
    ENG,
    GUEST,
    LEA,
    RAVI,
    Op,
    Served,
)

from keyturn_providers.simulated.onepassword import inspection
from keyturn_providers.simulated.wire import faults, request_log
from keyturn_providers.simulated.wire.faults import Fault, Kind


def patch(*operations: dict[str, object]) -> dict[str, object]:
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": list(operations),
    }


def test_a_listing_has_the_recorded_keys_and_no_guests(bridge: httpx.Client) -> None:
    answer = bridge.get("/scim/v2/Users")
    assert answer.headers["content-type"].startswith("application/scim+json")
    body = answer.json()
    people = {one["id"]: one for one in body["Resources"]}
    assert body["totalResults"] == body["itemsPerPage"] == len(people) == 4
    assert GUEST not in people
    assert set(people[DANA]) == {
        "active", "displayName", "emails", "id", "meta", "name", "preferredLanguage", "schemas",
        "userName",
    }  # fmt: skip
    assert people[DANA]["meta"] == {"resourceType": "User"}
    assert people[DANA]["emails"] == [{"value": "Dana.Vale@example.com", "primary": True}]
    assert (people[DANA]["active"], people[RAVI]["active"]) == (True, False)
    assert bridge.get("/scim/Users").json()["totalResults"] == 4


def test_the_order_changes_between_reads_unless_switched_off(
    bridge: httpx.Client, tenant: Path
) -> None:
    def order() -> tuple[str, ...]:
        return tuple(one["id"] for one in bridge.get("/scim/v2/Users").json()["Resources"])

    assert len({order() for _ in range(30)}) > 1
    inspection.set_switch(tenant, "shuffled", False)
    assert len({order() for _ in range(5)}) == 1
    page = bridge.get("/scim/v2/Users", params={"startIndex": 3, "count": 2}).json()
    assert (page["startIndex"], page["itemsPerPage"], page["totalResults"]) == (3, 2, 4)


def test_only_custom_groups_with_members_only_in_the_group_itself(
    bridge: httpx.Client, tenant: Path
) -> None:
    listed = {one["displayName"]: one for one in bridge.get("/scim/v2/Groups").json()["Resources"]}
    assert set(listed) == {"Engineering", "old-billing"}
    assert "members" not in listed["Engineering"]
    one = bridge.get(f"/scim/v2/Groups/{ENG}").json()
    assert {m["value"] for m in one["members"]} == {DANA, LEA}
    inspection.set_switch(tenant, "members_in_list", True)
    again = {one["id"]: one for one in bridge.get("/scim/v2/Groups").json()["Resources"]}
    assert {m["value"] for m in again[ENG]["members"]} == {DANA, LEA}


def test_discovery_deviates(bridge: httpx.Client) -> None:
    types = bridge.get("/scim/v2/ResourceTypes").json()
    assert types["startIndex"] == 0
    assert [one["endpoint"] for one in types["Resources"]] == ["/scim/v2/User", "/scim/v2/Groups"]
    assert bridge.get("/scim/v2/Schemas").json()["startIndex"] == 0
    config = bridge.get("/scim/v2/ServiceProviderConfig").json()
    assert (config["patch"]["supported"], config["filter"]["maxResults"]) == (True, 10000)


def test_filters_know_eq_only(bridge: httpx.Client) -> None:
    found = bridge.get("/scim/v2/Users", params={"filter": 'userName eq "dana.vale@example.com"'})
    assert [one["id"] for one in found.json()["Resources"]] == [DANA]
    refused = bridge.get("/scim/v2/Users", params={"filter": 'userName sw "d"'})
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidFilter")


def test_creating_answers_200_and_the_person_is_only_invited(
    bridge: httpx.Client, tenant: Path, op: Op
) -> None:
    body = {"userName": "new@example.com", "name": {"givenName": "New", "familyName": "One"}}
    made = bridge.post("/scim/v2/Users", json=body | {"externalId": "00u1"})
    assert (made.status_code, made.json()["active"]) == (200, True)
    user_id = made.json()["id"]
    assert made.json()["externalId"] == "00u1"
    assert op("user", "get", user_id, "--format", "json").one["state"] == "TRANSFER_PENDING"
    actors = {event.actor_email for event in inspection.happened(tenant)}
    assert len(actors) == 1
    assert actors.pop().endswith("@1passwordserviceaccounts.com")
    again = bridge.post("/scim/v2/Users", json=body)
    assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")


def test_the_watcher_confirms_only_once_the_bridge_was_unlocked(
    bridge: httpx.Client, tenant: Path
) -> None:
    user_id = bridge.post("/scim/v2/Users", json={"userName": "n@example.com"}).json()["id"]
    inspection.restart_bridge(tenant)
    inspection.accept_invitation(tenant, user_id)
    inspection.advance(tenant, 3600)
    assert inspection.user_state(tenant, user_id) == "TRANSFER_ACCEPTED"
    assert bridge.get("/ping", headers={"Authorization": ""}).status_code == 200
    assert inspection.user_state(tenant, user_id) == "TRANSFER_ACCEPTED"
    assert bridge.get("/metrics").status_code == 200
    assert inspection.user_state(tenant, user_id) == "ACTIVE"


def test_the_watcher_comes_at_its_interval(bridge: httpx.Client, tenant: Path) -> None:
    inspection.set_switch(tenant, "confirmation_interval_s", 60)
    user_id = bridge.post("/scim/v2/Users", json={"userName": "n@example.com"}).json()["id"]
    inspection.advance(tenant, 5)
    inspection.accept_invitation(tenant, user_id)
    inspection.advance(tenant, 20)
    assert inspection.user_state(tenant, user_id) == "TRANSFER_ACCEPTED"
    inspection.advance(tenant, 40)
    assert inspection.user_state(tenant, user_id) == "ACTIVE"
    assert inspection.happened(tenant, "activate", "user")[0].object_id == user_id


def test_hosted_provisioning_confirms_at_once(bridge: httpx.Client, tenant: Path) -> None:
    inspection.set_switch(tenant, "hosted", True)
    user_id = bridge.post("/scim/v2/Users", json={"userName": "n@example.com"}).json()["id"]
    assert inspection.user_state(tenant, user_id) == "ACTIVE"


def test_deleting_a_person_suspends_and_keeps_them(bridge: httpx.Client, tenant: Path) -> None:
    assert bridge.delete(f"/scim/v2/Users/{DANA}").status_code == 204
    assert bridge.get(f"/scim/v2/Users/{DANA}").json()["active"] is False
    assert inspection.user_state(tenant, DANA) == "SUSPENDED"
    (event,) = inspection.happened(tenant, "suspend", "user")
    assert event.actor_email.endswith("@1passwordserviceaccounts.com")
    assert bridge.delete(f"/scim/v2/Users/{DANA}").status_code == 204
    assert len(inspection.happened(tenant, "suspend", "user")) == 1


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "active", "value": False},
        {"op": "Replace", "value": {"active": False}},
        {"op": "replace", "path": "active", "value": "False"},
    ],
)
def test_active_is_patched_with_and_without_a_path(
    bridge: httpx.Client, tenant: Path, operation: dict[str, object]
) -> None:
    answer = bridge.patch(f"/scim/v2/Users/{DANA}", json=patch(operation))
    assert (answer.status_code, answer.json()["active"]) == (200, False)
    inspection.set_switch(tenant, "patch_answers_204", True)
    on = patch({"op": "replace", "value": {"active": True}})
    answer = bridge.patch(f"/scim/v2/Users/{DANA}", json=on)
    assert (answer.status_code, answer.content) == (204, b"")
    assert inspection.user_state(tenant, DANA) == "ACTIVE"


def test_a_new_display_name_is_split_at_the_first_space(bridge: httpx.Client) -> None:
    rename = patch({"op": "replace", "path": "displayName", "value": "Ana Maria Vale"})
    shown = bridge.patch(f"/scim/v2/Users/{DANA}", json=rename).json()
    assert shown["name"] == {
        "formatted": "Ana Maria Vale",
        "givenName": "Ana",
        "familyName": "Maria Vale",
    }
    refused = bridge.patch(
        f"/scim/v2/Users/{DANA}", json=patch({"op": "replace", "path": "shoe", "value": 43})
    )
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidPath")


def test_members_come_and_go(bridge: httpx.Client, tenant: Path) -> None:
    made = bridge.post("/scim/v2/Groups", json={"displayName": "Pushed"})
    assert made.status_code == 200
    assert "members" not in made.json()
    group = f"/scim/v2/Groups/{made.json()['id']}"
    add = patch({"op": "add", "path": "members", "value": [{"value": DANA}, {"value": LEA}]})
    assert {m["value"] for m in bridge.patch(group, json=add).json()["members"]} == {DANA, LEA}
    remove = patch({"op": "remove", "path": f'members[value eq "{DANA}"]'})
    bridge.patch(group, json=remove)
    assert inspection.members(tenant, made.json()["id"]) == {LEA: "MEMBER"}
    gone = bridge.put(group, json={"displayName": "Pushed anew", "members": []})
    assert gone.json()["displayName"] == "Pushed anew"
    assert [(e.action, e.aux_id) for e in inspection.happened(tenant, object_type="gm")] == [
        ("join", DANA),
        ("join", LEA),
        ("leave", DANA),
        ("leave", LEA),
    ]
    assert bridge.delete(group).status_code == 204
    assert bridge.get(group).status_code == 404


def test_an_unknown_member_changes_nothing(bridge: httpx.Client, tenant: Path) -> None:
    add = patch({"op": "add", "path": "members", "value": [{"value": RAVI}, {"value": "nobody"}]})
    assert bridge.patch(f"/scim/v2/Groups/{ENG}", json=add).status_code == 404
    assert RAVI not in inspection.members(tenant, ENG)


def test_health_grows_after_the_start_and_reports_can_expire(
    bridge: httpx.Client, tenant: Path
) -> None:
    inspection.restart_bridge(tenant)
    first = bridge.get("/health").json()
    assert {one["source"] for one in first["reports"]} == {"RedisCache", "SCIMServer"}
    inspection.set_switch(tenant, "stopped_reports", ["RedisCache"])
    inspection.set_switch(tenant, "report_states", {"SCIMServer": "disconnected"})
    inspection.advance(tenant, 60)
    body = bridge.get("/health").json()
    reports = {one["source"]: one for one in body["reports"]}
    assert body["version"] == "2.9.16"
    assert len(reports) == 4
    assert reports["RedisCache"]["expires"] < body["retrievedAt"]
    assert reports["ConfirmationWatcher"]["expires"] > body["retrievedAt"]
    assert reports["SCIMServer"]["state"] == "disconnected"


def test_wrong_bearers_and_provisioning_switched_off(bridge: httpx.Client, tenant: Path) -> None:
    wrong = bridge.get("/scim/v2/Users", headers={"Authorization": "Bearer other"})
    assert (wrong.status_code, wrong.json()["status"]) == (401, "401")
    assert bridge.get("/health", headers={"Authorization": ""}).status_code == 401
    inspection.set_switch(tenant, "provisioning_on", False)
    assert bridge.get("/scim/v2/Users").status_code == 500


def test_a_lost_answer_was_carried_out(bridge: httpx.Client, tenant: Path, served: Served) -> None:
    faults.put(tenant, Fault(Kind.LOSE_RESPONSE, "DELETE", "/scim/v2/Users/*"))
    with pytest.raises(httpx.RemoteProtocolError):
        bridge.delete(f"/scim/v2/Users/{DANA}")
    assert inspection.user_state(tenant, DANA) == "SUSPENDED"
    assert [seen.client for seen in request_log.requests(tenant, "DELETE")] == ["bearer"]
    faults.put(tenant, Fault(Kind.STATUS, status=503))
    assert bridge.get("/scim/v2/Users").json()["status"] == "503"
