"""Okta's answers as they were recorded, word for word, through what reads them."""

import json

import pytest

from keyturn_providers.okta import translate
from keyturn_providers.okta.codes import code_of, explain
from keyturn_providers.okta.payloads import EVENTS, GROUPS, USERS
from keyturn_providers.records import AccountState

USER = b"""
{"id":"00u1abcd","status":"SUSPENDED","created":"2024-02-01T09:00:00.000Z","activated":null,
 "statusChanged":"2026-11-20T08:11:02.000Z","lastLogin":null,
 "lastUpdated":"2026-11-20T08:11:02.000Z","passwordChanged":null,
 "transitioningToStatus":null,"realmId":"guo1","type":{"id":"oty1"},
 "profile":{"login":"ada@example.com","email":"ada@example.com","firstName":"Ada",
            "lastName":"Byron","displayName":null,"userType":"contractor","department":"R&D",
            "managerId":null,"employeeNumber":"77"},
 "credentials":{"password":{},"provider":{"type":"OKTA","name":"OKTA"}},
 "_links":{"self":{"href":"https://org.okta.com/api/v1/users/00u1abcd"}}}
"""
GROUP = b"""
{"id":"00g9","type":"OKTA_GROUP","objectClass":["okta:user_group"],
 "created":"2024-02-01T09:00:00.000Z","lastUpdated":"2024-02-01T09:00:00.000Z",
 "lastMembershipUpdated":"2026-11-19T10:00:00.000Z",
 "profile":{"name":"vault-prod","description":null},
 "_embedded":{"stats":{"usersCount":14}},
 "_links":{"users":{"href":"https://org.okta.com/api/v1/groups/00g9/users"},
           "apps":{"href":"https://org.okta.com/api/v1/groups/00g9/apps"}}}
"""
EVENT = """
{"uuid":"6f0c","published":"2026-11-20T08:11:02.113Z",
 "eventType":"application.provision.user.deactivate","severity":"ERROR",
 "displayMessage":"Push user deactivation to external application",
 "outcome":{"result":"FAILURE",
            "reason":"Automatic deprovisioning of user Ada Byron from app 1Password failed: no"},
 "actor":{"id":"spr1","type":"SystemPrincipal","alternateId":"system@okta.com",
          "displayName":"Okta System"},
 "target":[{"id":"0ua1","type":"AppUser","alternateId":"ada@example.com","displayName":"Ada Byron"},
           {"id":"0oa1","type":"AppInstance","alternateId":"1Password","displayName":"1Password"},
           {"id":"00u1","type":"User","alternateId":"ada@example.com","displayName":"Ada Byron"}],
 "transaction":{"type":"JOB","id":"tx1","detail":{}},"debugContext":{"debugData":{}}}
"""


def test_a_user() -> None:
    found = USERS.one(USER)
    assert found is not None
    account = translate.account(found)
    assert (account.id, account.name, account.state) == (
        "00u1abcd",
        "ada@example.com",
        AccountState.SUSPENDED,
    )
    assert account.department == "R&D"


def test_a_group() -> None:
    (found,) = GROUPS.read(b"[" + GROUP + b"]").items
    group = translate.group(found)
    assert (group.id, group.name, group.managed_by) == ("00g9", "vault-prod", "")


@pytest.mark.parametrize("version", [None, "0", 0])
def test_an_event_whatever_type_its_version_has(version: object) -> None:
    told = json.loads(EVENT) | ({} if version is None else {"version": version})
    (found,) = EVENTS.read(json.dumps([told]).encode()).items
    event = translate.audit_event(found)
    assert event.error.startswith("FAILURE: Automatic deprovisioning of user Ada Byron")
    assert event.target == ("ada@example.com (0ua1), 1Password (0oa1), ada@example.com (00u1)")
    assert translate.transaction_id(found) == "tx1"
    assert translate.actor_id(found) == "spr1"


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (
            (
                b'{"errorCode":"E0000007","errorSummary":"Not found: '
                b'Resource not found: 00u9 (User)","errorLink":"E0000007",'
                b'"errorId":"oaeX","errorCauses":[]}'
            ),
            "E0000007",
            "Not found: Resource not found: 00u9 (User) E0000007",
        ),
        (
            (
                b'{"errorCode":"E0000047","errorSummary":"API call exceeded rate limit '
                b'due to too many requests.","errorLink":"E0000047",'
                b'"errorId":"oaeY","errorCauses":[]}'
            ),
            "E0000047",
            "API call exceeded rate limit due to too many requests. E0000047",
        ),
        (
            (
                b'{"errorCode":"E0000029","errorSummary":"Invalid paging request.",'
                b'"errorLink":"E0000029","errorId":"oaeZ",'
                b'"errorCauses":[{"errorSummary":"Invalid cursor."}]}'
            ),
            "E0000029",
            "Invalid paging request. Invalid cursor. E0000029",
        ),
        (
            (
                b'{"error":"invalid_dpop_proof",'
                b'"error_description":"The DPoP proof JWT header is missing."}'
            ),
            "",
            "invalid_dpop_proof: The DPoP proof JWT header is missing.",
        ),
    ],
)
def test_error_bodies(body: bytes, code: str, words: str) -> None:
    assert (code_of(body), explain(body)) == (code, words)
