"""1Password's answers as they were recorded, word for word, through what reads them; and that the
simulated tenant gives the same shapes."""

import json
from collections.abc import Iterator

import httpx
import pytest
from tests.providers.simulated_onepassword.conftest import bridge, events, op, served, tenant
from tests.providers.simulated_onepassword.small_tenant import BILLING, DANA, ENG, PROD, Op

from keyturn_providers.onepassword.bridge.health import health_checks, health_of
from keyturn_providers.onepassword.bridge.surface import ACTIVE_OR_INVITED, bridge_account
from keyturn_providers.onepassword.events.payloads import audited, raw_of
from keyturn_providers.onepassword.moments import moment_ms
from keyturn_providers.onepassword.op import translate
from keyturn_providers.onepassword.op.payloads import (
    AccountInfo,
    ConnectToken,
    Group,
    User,
    Whoami,
    documents,
    shaped,
)
from keyturn_providers.onepassword.permissions import BUSINESS
from keyturn_providers.records import Account, AccountState, Level, PrincipalKind
from keyturn_providers.scim.payloads import explain, list_page

__all__ = ["bridge", "events", "op", "served", "tenant"]

VALE, ENGINEERING = "K7QW2R5TXYABCDEFGHIJKLMNOP", "q3m5x7c2v4b6n8a1s9d0f2g4hj"
VAULT = "b7w2e4r6t8y1u3i5o7p9a2s4df"
USER_GET = b"""
{"id":"K7QW2R5TXYABCDEFGHIJKLMNOP","name":"Dana Vale","email":"dana.vale@example.com",
 "type":"MEMBER","state":"ACTIVE","created_at":"2024-03-01T09:12:44Z",
 "updated_at":"2026-10-02T17:03:10Z","last_auth_at":"2026-11-20T08:01:55Z"}
"""
GROUP_LIST = b"""
[{"id":"q3m5x7c2v4b6n8a1s9d0f2g4hj","name":"Engineering","description":"IdP managed",
  "state":"ACTIVE","created_at":"2025-01-14T10:00:00Z"}]
"""
VAULT_USER_LIST = b"""
[{"id":"K7QW2R5TXYABCDEFGHIJKLMNOP","name":"Dana Vale","email":"dana.vale@example.com",
  "type":"MEMBER","state":"ACTIVE",
  "permissions":["view_items","view_and_copy_passwords","view_item_history","manage_vault"]}]
"""
VAULT_GROUP_LIST = b"""
[{"id":"q3m5x7c2v4b6n8a1s9d0f2g4hj","name":"Engineering","state":"ACTIVE",
  "created_at":"2025-01-14T10:00:00Z",
  "permissions":["view_items","create_items","edit_items","archive_items",
                 "view_and_copy_passwords"]}]
"""
CONNECT_TOKEN = b"""
{"id":"3iadb4ynqw3ynoqenwfhkqnbiu","name":"deploy","state":"ACTIVE","issuer":"A","audience":"B",
 "features":["vaultaccess"],"vaults":[{"id":"b7w2e4r6t8y1u3i5o7p9a2s4df","acl":["read"]}],
 "created_at":"2025-01-14T10:00:00Z","integration_id":"RYFDWSKTLJGF7MPYJNJJ5V4QJQ"}
"""
HEALTH = """
{"build":"209163","version":"2.9.16","retrievedAt":"2026-11-23T16:00:56Z",
 "reports":[{"source":"ConfirmationWatcher","time":"2026-11-23T16:00:09Z",
             "expires":"2026-11-23T16:10:09Z","state":"healthy"},
            {"source":"RedisCache","time":"2026-11-23T16:00:09Z",
             "expires":"2026-11-23T16:10:09Z","state":"healthy"},
            {"source":"SCIMServer","time":"2026-11-23T16:00:09Z",
             "expires":"2026-11-23T16:10:09Z","state":"healthy"},
            {"source":"StartProvisionWatcher","time":"2026-11-23T16:00:09Z",
             "expires":"2026-11-23T16:10:09Z","state":"healthy"}]}
"""
SCIM_USERS = """
{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":2,"startIndex":1,
 "itemsPerPage":2,"Resources":[
 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"K7QW2R5TXYABCDEFGHIJKLMNOP",
  "userName":"dana.vale@example.com","active":true,"displayName":"Dana Vale",
  "name":{"formatted":"Dana Vale","givenName":"Dana","familyName":"Vale"},
  "emails":[{"value":"dana.vale@example.com","primary":true}],"preferredLanguage":"en",
  "meta":{"resourceType":"User"}},
 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"M2N4B6V8C1X3Z5LKJHGFDSAQWE",
  "userName":"left@example.com","active":false,"displayName":"Left Person",
  "name":{"formatted":"Left Person","givenName":"Left","familyName":"Person"},
  "emails":[{"value":"left@example.com","primary":true}],"preferredLanguage":"en",
  "meta":{"resourceType":"User"}}]}
"""
SCIM_ERROR = (
    b'{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"it is there already",'
    b'"status":"409"}'
)
AUDIT_EVENT = """
{"uuid":"5A6B7C8D9E","timestamp":"2026-11-23T16:02:11.482Z","account_uuid":"ACCOUNT",
 "actor_uuid":"ADMINUUID","actor_type":"user","actor_account_uuid":"ACCOUNT",
 "actor_details":{"uuid":"ADMINUUID","name":"Ops Admin","email":"ops@example.com"},
 "action":"suspend","object_type":"user","object_uuid":"K7QW2R5TXYABCDEFGHIJKLMNOP",
 "object_details":{"uuid":"K7QW2R5TXYABCDEFGHIJKLMNOP","name":"Dana Vale",
                   "email":"dana.vale@example.com"},
 "aux_id":0,"aux_uuid":"","aux_info":"",
 "session":{"uuid":"S","login_time":"2026-11-23T15:40:00Z",
            "device_uuid":"rqtd557fn2husnstp5nc66w2xa","ip":"203.0.113.7"},
 "location":{"country":"Canada","region":"Ontario","city":"Toronto","latitude":43.64,
             "longitude":-79.43}}
"""


def user(stdout: bytes) -> User:
    (found,) = (shaped(User, one) for one in documents(stdout))
    assert isinstance(found, User)
    return found


def group(stdout: bytes) -> Group:
    (found,) = (shaped(Group, one) for one in documents(stdout))
    assert isinstance(found, Group)
    return found


def test_a_person_as_op_prints_one() -> None:
    account = translate.account(user(USER_GET))
    assert (account.id, account.name, account.display_name) == (
        VALE,
        "dana.vale@example.com",
        "Dana Vale",
    )
    assert (account.state, account.state_raw) == (AccountState.ACTIVE, "ACTIVE")
    assert account.created_ms == moment_ms("2024-03-01T09:12:44Z")
    assert account.last_seen_ms == moment_ms("2026-11-20T08:01:55Z")


def test_a_group_as_op_lists_one() -> None:
    found = translate.group(group(GROUP_LIST))
    assert (found.id, found.name, found.managed_by) == (ENGINEERING, "Engineering", "")


def test_grants_as_op_lists_them() -> None:
    of_dana = translate.grant(VAULT, PrincipalKind.ACCOUNT, user(VAULT_USER_LIST), BUSINESS)
    assert (of_dana.principal_id, of_dana.level) == (VALE, Level.MANAGE)
    assert of_dana.permissions == (
        "view_items",
        "view_and_copy_passwords",
        "view_item_history",
        "manage_vault",
    )
    of_group = translate.grant(VAULT, PrincipalKind.GROUP, group(VAULT_GROUP_LIST), BUSINESS)
    assert (of_group.principal_id, of_group.level) == (ENGINEERING, Level.WRITE)
    assert "archive_items" in of_group.permissions


def test_a_connect_token_as_op_lists_one() -> None:
    (token,) = (shaped(ConnectToken, one) for one in documents(CONNECT_TOKEN))
    assert isinstance(token, ConnectToken)
    machine = translate.token_machine(token, None, {VAULT: "Payments"})
    assert (machine.name, machine.scopes) == ("deploy", ("Payments: read",))
    (grant,) = translate.token_grants(token)
    assert (grant.vault_id, grant.level) == (VAULT, Level.READ)


@pytest.mark.parametrize(
    ("said", "user_id", "user_type"),
    [
        (
            (
                b'{"url":"https://acme.1password.com","email":"ops@example.com",'
                b'"user_uuid":"K7QW2R5TXYABCDEFGHIJKLMNOP","account_uuid":"ACCOUNT"}'
            ),
            VALE,
            "",
        ),
        (
            (
                b'{"url":"https://acme.1password.com","user_uuid":"K7QW2R5TXYABCDEFGHIJKLMNOP",'
                b'"account_uuid":"ACCOUNT","user_type":"SERVICE_ACCOUNT"}'
            ),
            VALE,
            "SERVICE_ACCOUNT",
        ),
        (b'{"URL":"https://acme.1password.com","ServiceAccountType":"SERVICE_ACCOUNT"}', "", ""),
    ],
    ids=["person", "service account", "older op"],
)
def test_who_is_signed_in_as_op_tells_it(said: bytes, user_id: str, user_type: str) -> None:
    (told,) = documents(said)
    who = Whoami.model_validate(told)
    assert (who.user_uuid, who.user_type) == (user_id, user_type)


def test_the_account_as_op_tells_it() -> None:
    said = (
        b'{"id":"ACCOUNT","name":"Acme","domain":"acme","type":"BUSINESS","state":"ACTIVE",'
        b'"created_at":"2024-03-01T09:12:44Z"}'
    )
    (told,) = documents(said)
    assert AccountInfo.model_validate(told).type == "BUSINESS"


def test_the_bridge_s_people() -> None:
    page = list_page(json.loads(SCIM_USERS))
    found = [bridge_account(one) for one in page.resources]
    assert page.total == len(found) == 2
    dana, left = (one for one in found if isinstance(one, Account))
    assert (dana.id, dana.state, dana.state_raw) == (VALE, AccountState.ACTIVE, ACTIVE_OR_INVITED)
    assert (left.name, left.state) == ("left@example.com", AccountState.SUSPENDED)
    assert explain(SCIM_ERROR).startswith("it is there already")


def test_the_bridge_s_health_is_good_until_its_reports_expire() -> None:
    health = health_of(json.loads(HEALTH))
    assert health is not None
    at, later = (moment_ms(f"2026-11-23T16:{end}Z") or 0 for end in ("00:56", "10:09"))
    assert {one.condition.value for one in health_checks(health, at)} == {"well"}
    expired = [one for one in health_checks(health, later) if one.condition.value == "unknown"]
    assert {one.subject for one in expired} == {one.part for one in health.reports}


def test_a_suspension_in_the_audit_log() -> None:
    entry = json.loads(AUDIT_EVENT)
    event = audited(entry)
    assert event is not None
    assert (event.uuid, event.at_ms) == ("5A6B7C8D9E", moment_ms("2026-11-23T16:02:11.482Z"))
    assert (event.action, event.object_type, event.object_uuid) == ("suspend", "user", VALE)
    assert (event.aux_uuid, event.aux_info) == ("", "")
    assert (event.actor, event.actor_uuid, event.address) == (
        "Ops Admin (ops@example.com)",
        "ADMINUUID",
        "203.0.113.7",
    )
    assert not event.is_service
    assert json.loads(raw_of(entry)) == entry


def _keys(value: object) -> set[str]:
    return set(value) if isinstance(value, dict) else set()


def test_the_simulated_op_prints_the_same_keys(op: Op) -> None:
    def recorded(stdout: bytes) -> set[str]:
        (one,) = documents(stdout)
        return _keys(one)

    def shown(*words: str) -> Iterator[dict[str, object]]:
        ran = op(*words, "--format", "json")
        for one in documents(ran.out.encode()):
            assert isinstance(one, dict)
            yield one

    assert {frozenset(one) for one in shown("user", "get", DANA)} == {frozenset(recorded(USER_GET))}
    (eng,) = (one for one in shown("group", "list") if one["id"] == ENG)
    assert set(eng) == recorded(GROUP_LIST)
    (of_dana,) = shown("vault", "user", "list", BILLING)
    assert set(of_dana) == recorded(VAULT_USER_LIST)
    (of_eng,) = shown("vault", "group", "list", PROD)
    assert set(of_eng) - {"description"} == recorded(VAULT_GROUP_LIST)
    (token,) = shown("connect", "token", "list")
    assert set(token) == recorded(CONNECT_TOKEN)


def test_the_simulated_services_answer_in_the_same_keys(
    bridge: httpx.Client, events: httpx.Client, op: Op
) -> None:
    recorded = json.loads(SCIM_USERS)
    listed = bridge.get("/scim/Users").json()
    assert set(listed) == set(recorded)
    assert {frozenset(one) for one in listed["Resources"]} == {
        frozenset(one) for one in recorded["Resources"]
    }
    missing = bridge.get("/scim/Users/nobody")
    assert (missing.status_code, set(missing.json())) == (404, set(json.loads(SCIM_ERROR)))
    health = bridge.get("/health").json()
    assert set(health) == set(json.loads(HEALTH))
    assert {frozenset(one) for one in health["reports"]} == {
        frozenset(one) for one in json.loads(HEALTH)["reports"]
    }
    assert op("user", "suspend", DANA).code == 0
    (event,) = events.post("/api/v2/auditevents", json={}).json()["items"]
    example = json.loads(AUDIT_EVENT)
    # The three of the second object are left out where they say nothing.
    assert set(event) == set(example) - {"aux_id", "aux_uuid", "aux_info"}
    for part in ("actor_details", "object_details", "session", "location"):
        assert _keys(event[part]) == _keys(example[part])
