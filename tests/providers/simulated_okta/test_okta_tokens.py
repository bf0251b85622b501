"""Who may: API tokens and roles, service apps, scopes, and DPoP."""

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.providers.simulated_okta.acme import DANA_ID

from keyturn_providers.simulated.okta.application import app
from keyturn_providers.simulated.okta.behaviour import renew_nonce
from keyturn_providers.simulated.okta.seeding import (
    OktaApiToken,
    OktaClient,
    OktaSeed,
    OktaUser,
    app_id,
    seed,
)
from keyturn_providers.simulated.wire.serving import serve_in_thread

_KEY = ec.generate_private_key(ec.SECP256R1())
_PUBLIC: dict[str, Any] = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(_KEY.public_key()))
_SCOPES = ("okta.users.read", "okta.groups.read")


@pytest.fixture
def plain(org: Path) -> Iterator[httpx.Client]:
    """A client that says nothing of who it is."""
    clients = [
        OktaClient("reader", _SCOPES, ({**_PUBLIC, "kid": "k1"},)),
        OktaClient("bound", _SCOPES, ({**_PUBLIC, "kid": "k1"},), dpop=True),
        OktaClient("roleless", _SCOPES, ({**_PUBLIC, "kid": "k1"},), roles=()),
        OktaClient("helpdesk", _SCOPES, ({**_PUBLIC, "kid": "k1"},), roles=("USER_ADMIN",)),
    ]
    auditor = OktaUser("auditor@acme.example", roles=("READ_ONLY_ADMIN",))
    tokens = (
        OktaApiToken("audit", "auditor@acme.example", "audit"),
        OktaApiToken("nobody", "ada@acme.example", "nobody"),
    )
    seed(org, OktaSeed(users=(auditor,), clients=tuple(clients), api_tokens=tokens))
    with (
        serve_in_thread([(app(org), 0)]) as (url,),
        httpx.Client(base_url=url, verify=False) as client,
    ):
        yield client


def assertion(client: httpx.Client, name: str, **claims: object) -> str:
    now = int(time.time())
    told = {
        "iss": app_id(name),
        "sub": app_id(name),
        "aud": f"{str(client.base_url).rstrip('/')}/oauth2/v1/token",
        "iat": now,
        "exp": now + 300,
        "jti": str(uuid.uuid4()),
    } | claims
    return jwt.encode(told, _KEY, "ES256", {"kid": "k1"})


def ask(
    client: httpx.Client,
    name: str,
    scope: str = "okta.users.read",
    dpop: str = "",
    claims: Mapping[str, object] | None = None,
) -> httpx.Response:
    return client.post(
        "/oauth2/v1/token",
        data={
            "grant_type": "client_credentials",
            "scope": scope,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion(client, name, **(claims or {})),
        },
        headers={"dpop": dpop} if dpop else {},
    )


def proof(
    client: httpx.Client, method: str, path: str, token: str = "", /, **claims: object
) -> str:
    told: dict[str, object] = {
        "htm": method,
        "htu": f"{str(client.base_url).rstrip('/')}{path}",
        "iat": int(time.time()),
        "jti": str(uuid.uuid4()),
    }
    if token:
        digest = hashlib.sha256(token.encode()).digest()
        told["ath"] = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return jwt.encode(told | claims, _KEY, "ES256", {"typ": "dpop+jwt", "jwk": _PUBLIC})


def bound_token(client: httpx.Client) -> str:
    first = ask(client, "bound", dpop=proof(client, "POST", "/oauth2/v1/token"))
    nonce = first.headers["dpop-nonce"]
    shown = proof(client, "POST", "/oauth2/v1/token", nonce=nonce)
    token: str = ask(client, "bound", dpop=shown).raise_for_status().json()["access_token"]
    return token


@pytest.mark.parametrize(
    ("authorization", "status", "code"),
    [
        ("", 403, "E0000005"),
        ("SSWS wrong", 401, "E0000011"),
        ("Bearer wrong", 401, "E0000011"),
        ("SSWS nobody", 403, "E0000006"),
    ],
)
def test_who_is_not_let_in(plain: httpx.Client, authorization: str, status: int, code: str) -> None:
    headers = {"authorization": authorization} if authorization else {}

    answer = plain.get("/api/v1/users", headers=headers)

    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)


def test_a_read_only_admin_reads_and_a_roleless_owner_only_sees_themself(
    plain: httpx.Client,
) -> None:
    audit = {"authorization": "SSWS audit"}
    suspend = f"/api/v1/users/{DANA_ID}/lifecycle/suspend"

    assert plain.get("/api/v1/users", headers=audit).status_code == 200
    assert plain.post(suspend, headers=audit).status_code == 403
    me = plain.get("/api/v1/users/me", headers={"authorization": "SSWS nobody"})
    assert me.json()["profile"]["login"] == "ada@acme.example"


def test_a_service_app_gets_what_scope_and_role_together_allow(plain: httpx.Client) -> None:
    told = ask(plain, "reader").json()
    may = {"authorization": f"Bearer {told['access_token']}"}

    assert (told["token_type"], told["expires_in"]) == ("Bearer", 3600)
    assert plain.get("/api/v1/users", headers=may).status_code == 200
    for refused in ("/api/v1/groups", "/api/v1/apps/x/group-push/mappings"):
        answer = plain.get(refused, headers=may)
        assert (answer.status_code, answer.json()["errorCode"]) == (403, "E0000006")
    roleless = ask(plain, "roleless").json()["access_token"]
    answer = plain.get("/api/v1/users", headers={"authorization": f"Bearer {roleless}"})
    assert answer.status_code == 403


def test_a_group_administrator_does_not_see_everyone(plain: httpx.Client) -> None:
    token = ask(plain, "helpdesk", "okta.groups.read").json()["access_token"]

    answer = plain.get("/api/v1/groups", headers={"authorization": f"Bearer {token}"}).json()

    assert {g["profile"]["name"] for g in answer} == {"eng", "pay", "imported"}


@pytest.mark.parametrize(
    ("name", "scope", "claims", "error"),
    [
        ("reader", "okta.users.read okta.users.manage", {}, "invalid_scope"),
        ("reader", "", {}, "invalid_scope"),
        ("unknown", "okta.users.read", {}, "invalid_client"),
        ("reader", "okta.users.read", {"aud": "https://other.okta.com"}, "invalid_client"),
        ("reader", "okta.users.read", {"exp": 1}, "invalid_client"),
        ("reader", "okta.users.read", {"exp": 4_000_000_000}, "invalid_client"),
        ("reader", "okta.users.read", {"iss": "someone"}, "invalid_client"),
        ("bound", "okta.users.read", {}, "invalid_dpop_proof"),
    ],
)
def test_token_errors_have_oauths_shape(
    plain: httpx.Client, name: str, scope: str, claims: dict[str, object], error: str
) -> None:
    answer = ask(plain, name, scope, claims=claims)

    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == error
    assert set(answer.json()) == {"error", "error_description"}


def test_dpop_asks_for_the_nonce_first(plain: httpx.Client, org: Path) -> None:
    first = ask(plain, "bound", dpop=proof(plain, "POST", "/oauth2/v1/token"))
    assert (first.status_code, first.json()["error"]) == (400, "use_dpop_nonce")
    old = first.headers["dpop-nonce"]
    shown = proof(plain, "POST", "/oauth2/v1/token", nonce=old)

    second = ask(plain, "bound", dpop=shown)
    again = ask(plain, "bound", dpop=shown)
    renew_nonce(org)
    late = ask(plain, "bound", dpop=proof(plain, "POST", "/oauth2/v1/token", nonce=old))

    assert second.json()["token_type"] == "DPoP"
    assert again.json()["error"] == "invalid_dpop_proof"
    assert late.json()["error"] == "use_dpop_nonce"


def test_a_bound_token_needs_a_fresh_proof_for_each_request(plain: httpx.Client) -> None:
    token, path = bound_token(plain), "/api/v1/users"
    told = {"authorization": f"DPoP {token}", "dpop": proof(plain, "GET", path, token)}

    assert plain.get(path, params={"limit": 2}, headers=told).status_code == 200
    replayed = plain.get(path, headers=told)
    assert (replayed.status_code, replayed.json()["errorCode"]) == (401, "E0000011")
    assert "already been used" in replayed.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("scheme", "claims"),
    [
        ("Bearer", {}),
        ("DPoP", {"htm": "POST"}),
        ("DPoP", {"htu": "http://127.0.0.1/api/v1/groups"}),
        ("DPoP", {"ath": "other"}),
        ("DPoP", {"iat": 1_000_000}),
        ("DPoP", {"jti": ""}),
    ],
)
def test_a_proof_for_something_else_does_not_hold(
    plain: httpx.Client, scheme: str, claims: dict[str, object]
) -> None:
    token = bound_token(plain)
    shown = proof(plain, "GET", "/api/v1/users", token, **claims)

    answer = plain.get(
        "/api/v1/users", headers={"authorization": f"{scheme} {token}", "dpop": shown}
    )

    assert answer.status_code == 401
