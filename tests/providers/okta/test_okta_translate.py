"""Okta's objects, as its documentation and recorded traffic have them, become records."""

import json

import pytest

from keyturn_providers.okta import translate
from keyturn_providers.okta.payloads import (
    APP_USERS,
    CLIENTS,
    EVENTS,
    GROUPS,
    MAPPINGS,
    MEMBERS,
    ROLES,
    RULES,
    TOKENS,
    USERS,
    EventPayload,
    UserPayload,
)
from keyturn_providers.records import (
    AccountKind,
    AccountState,
    Email,
    Push,
    PushState,
    Unreadable,
)

ADA = {
    "id": "00u1abcd",
    "status": "SUSPENDED",
    "created": "2024-02-01T09:00:00.000Z",
    "activated": None,
    "statusChanged": "2026-11-20T08:11:02.000Z",
    "lastLogin": None,
    "lastUpdated": "2026-11-20T08:11:02.000Z",
    "passwordChanged": None,
    "transitioningToStatus": None,
    "realmId": "guo1",
    "type": {"id": "oty1"},
    "profile": {
        "login": "ada@example.com",
        "email": "ada@example.com",
        "firstName": "Ada",
        "lastName": "Byron",
        "displayName": None,
        "userType": "contractor",
        "department": "R&D",
        "managerId": None,
        "employeeNumber": "77",
    },
    "credentials": {"password": {}, "provider": {"type": "OKTA", "name": "OKTA"}},
    "_links": {"self": {"href": "https://org.okta.com/api/v1/users/00u1abcd"}},
}
EVENT = {
    "uuid": "6f0c",
    "published": "2026-11-20T08:11:02.113Z",
    "eventType": "application.provision.user.deactivate",
    "version": 0,
    "severity": "ERROR",
    "displayMessage": "Push user deactivation to external application",
    "outcome": {
        "result": "FAILURE",
        "reason": "Automatic deprovisioning of user Ada Byron from app 1Password failed",
    },
    "actor": {
        "id": "spr1",
        "type": "SystemPrincipal",
        "alternateId": "system@okta.com",
        "displayName": "Okta System",
    },
    "client": {"ipAddress": "192.0.2.7", "userAgent": {"rawUserAgent": "curl"}},
    "target": [
        {
            "id": "0ua1",
            "type": "AppUser",
            "alternateId": "ada@example.com",
            "displayName": "Ada Byron",
        },
        {"id": "00u1", "type": "User", "alternateId": "ada@example.com"},
    ],
    "transaction": {"type": "JOB", "id": "tx1", "detail": {}},
    "debugContext": {"debugData": {"dtHash": "secret-hash"}},
}


def user(**changes: object) -> UserPayload:
    found = USERS.one(json.dumps({**ADA, **changes}).encode())
    assert found is not None
    return found


def event(**changes: object) -> EventPayload:
    found = EVENTS.one(json.dumps({**EVENT, **changes}).encode())
    assert found is not None
    return found


def test_a_user_as_the_sheet_has_it() -> None:
    account = translate.account(user(), roles=("Super Administrator",))
    assert account.id == "00u1abcd"
    assert (account.name, account.display_name) == ("ada@example.com", "Ada Byron")
    assert (account.state, account.state_raw) == (AccountState.SUSPENDED, "SUSPENDED")
    assert account.emails == (Email("ada@example.com", True),)
    assert (account.department, account.manager, account.roles) == (
        "R&D",
        "",
        ("Super Administrator",),
    )
    assert account.kind is AccountKind.PERSON
    assert account.created_ms == 1706778000000
    assert account.state_since_ms == 1795162262000
    assert account.last_seen_ms is None
    assert account.push is None


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("STAGED", AccountState.INVITED),
        ("PROVISIONED", AccountState.ACTIVE),
        ("ACTIVE", AccountState.ACTIVE),
        ("RECOVERY", AccountState.ACTIVE),
        ("LOCKED_OUT", AccountState.ACTIVE),
        ("PASSWORD_EXPIRED", AccountState.ACTIVE),
        ("SUSPENDED", AccountState.SUSPENDED),
        ("DEPROVISIONED", AccountState.DEACTIVATED),
        ("ACTIVATING", AccountState.UNKNOWN),
        ("active", AccountState.UNKNOWN),
        ("FROZEN", AccountState.UNKNOWN),
    ],
)
def test_every_status_keeps_okta_s_word(status: str, state: AccountState) -> None:
    account = translate.account(user(status=status))
    assert (account.state, account.state_raw) == (state, status)


def test_an_odd_status_is_unknown_and_a_way_to_another_is_told() -> None:
    assert translate.account(user(status=7)).state is AccountState.UNKNOWN
    leaving = translate.account(user(status="ACTIVE", transitioningToStatus="DEPROVISIONED"))
    assert leaving.state is AccountState.ACTIVE
    assert leaving.state_raw == "ACTIVE, becoming DEPROVISIONED"


def test_names_and_addresses() -> None:
    profile = {
        "login": "ada",
        "email": "ada@example.com",
        "secondEmail": "ada@home.example",
        "displayName": "Ada \u202eB",
        "userType": "Guest",
    }
    account = translate.account(user(profile=profile))
    assert account.display_name == "Ada ⟨U+202E⟩B"
    assert account.emails == (
        Email("ada@example.com", True),
        Email("ada@home.example", False),
    )
    assert account.kind is AccountKind.GUEST
    bare = translate.account(user(profile=None, created="soon"))
    assert (bare.display_name, bare.emails, bare.created_ms) == ("00u1abcd", (), None)


@pytest.mark.parametrize(
    ("sync", "state"),
    [
        ("SYNCHRONIZED", PushState.OK),
        ("SYNCING", PushState.PENDING),
        ("OUT_OF_SYNC", PushState.PENDING),
        ("DISABLED", PushState.PAUSED),
        ("ERROR", PushState.FAILED),
        ("NEW_WORD", PushState.UNKNOWN),
        (None, PushState.UNKNOWN),
    ],
)
def test_what_is_pushed_of_a_user(sync: str | None, state: PushState) -> None:
    told = {
        "id": "00u1",
        "externalId": "70c1",
        "scope": "USER",
        "status": "PROVISIONED",
        "syncState": sync,
        "lastSync": "2026-11-20T08:11:02.000Z",
    }
    found = APP_USERS.one(json.dumps(told).encode())
    assert found is not None
    push = translate.account_push(found)
    assert (push.state, push.scope, push.target_id) == (state, "direct", "70c1")
    assert push.state_raw == (sync or "PROVISIONED")
    assert bool(push.error) is (state is PushState.FAILED)
    assert push.at_ms == 1795162262000


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("ACTIVE", PushState.OK),
        ("INACTIVE", PushState.PAUSED),
        ("ERROR", PushState.FAILED),
        ("ODD", PushState.UNKNOWN),
    ],
)
def test_what_is_pushed_of_a_group(status: str, state: PushState) -> None:
    told = {
        "id": "gPm1",
        "sourceGroupId": "00g9",
        "targetGroupId": "t1",
        "status": status,
        "errorSummary": "renamed there",
    }
    (mapping,) = MAPPINGS.read(json.dumps([told]).encode()).items
    assert translate.group_push(mapping) == (
        "00g9",
        Push(state, status, target_id="t1", error="renamed there"),
    )


@pytest.mark.parametrize(
    ("kind", "managed"),
    [
        ("OKTA_GROUP", ""),
        ("APP_GROUP", "the application it is imported from"),
        ("BUILT_IN", "Okta itself"),
        ("NEW", "Okta's group type NEW"),
    ],
)
def test_whose_a_group_is(kind: str, managed: str) -> None:
    told = {"id": "00g9", "type": kind, "profile": {"name": "vault-prod", "description": None}}
    (payload,) = GROUPS.read(json.dumps([told]).encode()).items
    group = translate.group(payload, rules=("engineers",))
    assert (group.name, group.managed_by, group.rules) == ("vault-prod", managed, ("engineers",))


def test_only_active_rules_put_anybody_anywhere() -> None:
    rules = [
        {
            "id": f"0pr{status}",
            "name": "engineers",
            "status": status,
            "actions": {"assignUserToGroups": {"groupIds": ["00g1", "00g2", 3]}},
        }
        for status in ("ACTIVE", "INACTIVE", "INVALID")
    ]
    read = RULES.read(json.dumps(rules).encode()).items
    assert [translate.rule_groups(rule) for rule in read] == [("00g1", "00g2"), (), ()]


def test_an_api_token_with_a_null_window() -> None:
    told = {
        "id": "00T1",
        "name": "terraform",
        "userId": "00u1",
        "clientName": "Okta API",
        "created": "2025-11-20T08:11:02.000Z",
        "lastUpdated": "2026-11-20T08:11:02.000Z",
        "expiresAt": "2026-12-20T08:11:02.000Z",
        "tokenWindow": None,
        "_links": {"self": {"href": "https://org.okta.com/api/v1/api-tokens/00T1"}},
    }
    (token,) = TOKENS.read(json.dumps([told]).encode()).items
    machine = translate.api_token(token, ("Super Administrator",))
    assert (machine.name, machine.owner_account_id, machine.scopes) == ("terraform", "00u1", ())
    assert machine.dies_with_owner
    assert machine.last_used_ms == 1795162262000
    assert "Super Administrator" in machine.note


def test_a_service_app_without_its_secret() -> None:
    told = {
        "client_id": "0oa1",
        "client_name": "sync",
        "application_type": "service",
        "client_secret": "never-kept",
        "client_id_issued_at": 1700000000,
        "client_secret_expires_at": 0,
    }
    read = CLIENTS.read(json.dumps([told, {"client_name": "nameless"}]).encode())
    assert "never-kept" not in repr(read)
    assert read.unreadable == (Unreadable(None, "The record has no usable id."),)
    machine = translate.service_app(read.items[0], ("okta.users.read",), ("Help Desk",))
    assert (machine.id, machine.created_ms, machine.expires_ms) == ("0oa1", 1700000000000, None)
    assert machine.scopes == ("okta.users.read",)
    assert machine.note == "admin roles: Help Desk"


def test_roles_by_the_name_an_admin_knows() -> None:
    told = [
        {"id": "ra1", "type": "SUPER_ADMIN", "label": "Super Administrator", "status": "ACTIVE"},
        {"id": "cr1", "type": "CUSTOM", "label": "Vault helpers"},
        {"id": "ra2", "type": "APP_ADMIN", "status": "INACTIVE"},
        {"id": "ra3", "type": "HELP_DESK_ADMIN"},
    ]
    roles = ROLES.read(json.dumps(told).encode()).items
    assert [translate.role_name(role) for role in roles] == [
        "Super Administrator",
        "Vault helpers",
        "",
        "HELP_DESK_ADMIN",
    ]


def test_an_event_that_failed_says_so_and_keeps_no_session_data() -> None:
    record = translate.audit_event(event())
    assert record.error.startswith("FAILURE: Automatic deprovisioning")
    assert record.actor == "system@okta.com (spr1)"
    assert record.target == "ada@example.com (0ua1), ada@example.com (00u1)"
    assert record.source_address == "192.0.2.7"
    assert "secret-hash" not in record.raw
    assert json.loads(record.raw)["uuid"] == "6f0c"
    for result in ("SUCCESS", "ALLOW"):
        assert translate.audit_event(event(outcome={"result": result})).error == ""
    for result in ("SKIPPED", "DEFERRED", "UNKNOWN"):
        assert translate.audit_event(event(outcome={"result": result})).error == result


def test_one_odd_record_loses_neither_the_page_nor_itself() -> None:
    hostile = {**ADA, "id": "00u\u202e2"}
    read = USERS.read(json.dumps([ADA, {"status": "ACTIVE"}, "text", hostile]).encode())
    assert [one.id for one in read.items] == ["00u1abcd"]
    assert read.ids == ("00u1abcd", None, None, None)
    assert len(read.unreadable) == 3


def test_admins_come_in_a_wrapper_with_its_own_link() -> None:
    body = {
        "value": [{"id": "00u1", "orn": "orn:okta:directory:o1:users:00u1"}],
        "_links": {"next": {"href": "https://org.okta.com/api/v1/iam/assignees/users?after=x"}},
    }
    read = MEMBERS.read(json.dumps(body).encode())
    assert read.ids == ("00u1",)
    assert read.next_link == "https://org.okta.com/api/v1/iam/assignees/users?after=x"


@pytest.mark.parametrize("body", [b'{"errorCode":"E0000001"}', b"<html>", b"", b"null", b'"x"'])
def test_what_is_no_list_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="something other than a JSON array"):
        USERS.read(body)
