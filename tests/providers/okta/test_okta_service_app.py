"""Signing in as a service app: assertions, scopes, cached tokens, proofs of possession."""

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from pydantic import SecretStr
from tests.fault.server import Reply, Request, fault_server

from keyturn_providers.contract import Surroundings
from keyturn_providers.errors import Misconfigured, NotAllowed, NotAuthenticated
from keyturn_providers.exchange import Retries
from keyturn_providers.http import Transport
from keyturn_providers.okta.codes import explain, judge
from keyturn_providers.okta.keys import signing_key
from keyturn_providers.okta.service_app import ServiceApp
from keyturn_providers.okta.settings import ServiceAppSettings

RSA = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
TOKEN = "an-access-token-for-nobody-else"


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    form = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return form.decode()


@dataclass
class Organisation:
    """A token endpoint that checks what it is sent as Okta does."""

    public: object
    granted: frozenset[str] = frozenset({"okta.users.read", "okta.groups.read"})
    dpop: bool = False
    lifetime: int = 3600
    url: str = ""
    used: set[str] = field(default_factory=set)
    tokens: int = 0
    proofs: list[dict[str, object]] = field(default_factory=list)
    lose_first: bool = False

    def answer(self, request: Request) -> Reply:
        if request.path != "/oauth2/v1/token":
            return self.resource(request)
        if self.lose_first:
            self.lose_first = False
            self.check_assertion(self.form(request)["client_assertion"])
            return Reply(drop=True)
        form = self.form(request)
        problem = self.check_assertion(form["client_assertion"])
        if problem:
            return refusal("invalid_client", problem, 401)
        if self.dpop:
            problem, again = self.check_proof(request, "POST")
            if again:
                return refusal("use_dpop_nonce", problem, 400, {"dpop-nonce": "nonce-1"})
            if problem:
                return refusal("invalid_dpop_proof", problem, 400)
        scopes = form["scope"].split()
        missing = [one for one in scopes if one not in self.granted]
        if missing:
            words = f"One or more scopes are not configured: {' '.join(missing)}"
            return refusal("invalid_scope", words, 400)
        self.tokens += 1
        kind = "DPoP" if self.dpop else "Bearer"
        return Reply(
            200,
            json.dumps(
                {
                    "token_type": kind,
                    "expires_in": self.lifetime,
                    "access_token": TOKEN,
                    "scope": " ".join(scopes),
                }
            ).encode(),
        )

    def form(self, request: Request) -> dict[str, str]:
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        assert form["grant_type"] == "client_credentials"
        assert form["client_assertion_type"].endswith("jwt-bearer")
        return form

    def check_assertion(self, assertion: str) -> str:
        if jwt.get_unverified_header(assertion).get("kid") != "k1":
            return "The kid is not registered."
        try:
            claims = jwt.decode(
                assertion,
                self.public,  # type: ignore[arg-type]
                algorithms=["RS256", "ES256"],
                audience=f"{self.url}/oauth2/v1/token",
                issuer="0oa1",
                options={"verify_iat": False},  # a test puts the client's clock forward
            )
        except jwt.InvalidTokenError as error:
            return str(error)
        assert claims["sub"] == "0oa1"
        assert claims["exp"] <= time.time() + 301
        if claims["jti"] in self.used:
            return "The jti was used before."
        self.used.add(claims["jti"])
        return ""

    def check_proof(self, request: Request, method: str) -> tuple[str, bool]:
        proof = request.headers.get("dpop")
        if proof is None:
            return "The DPoP proof JWT header is missing.", False
        header = jwt.get_unverified_header(proof)
        assert header["typ"] == "dpop+jwt"
        assert set(header["jwk"]) <= {"kty", "n", "e", "crv", "x", "y"}
        claims = jwt.decode(
            proof, jwt.PyJWK(header["jwk"], header["alg"]), options={"verify_aud": False}
        )
        assert (claims["htm"], claims["htu"]) == (method, self.url + request.path)
        assert claims["jti"] not in self.used
        self.used.add(claims["jti"])
        self.proofs.append(claims)
        if method == "POST" and claims.get("nonce") != "nonce-1":
            return "Authorization server requires nonce in DPoP proof.", True
        return "", False

    def resource(self, request: Request) -> Reply:
        scheme, _, token = request.headers["authorization"].partition(" ")
        assert (scheme, token) == ("DPoP" if self.dpop else "Bearer", TOKEN)
        if self.dpop:
            assert self.check_proof(request, "GET") == ("", False)
            digest = hashlib.sha256(token.encode()).digest()
            ath = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            assert self.proofs[-1]["ath"] == ath
        return Reply(200, b"[]")


def refusal(error: str, words: str, status: int, headers: dict[str, str] | None = None) -> Reply:
    body = json.dumps({"error": error, "error_description": words}).encode()
    return Reply(status, body, headers or {})


@asynccontextmanager
async def connected(
    organisation: Organisation,
    secret: str,
    wanted: tuple[str, ...] = ("okta.users.read", "okta.groups.read"),
) -> AsyncIterator[tuple[ServiceApp, Transport]]:
    """A service app and a transport that it signs for."""
    async with fault_server(organisation.answer) as server:
        organisation.url = server.url
        surroundings = Surroundings(secret=lambda: SecretStr(secret))
        tokens = Transport(
            "okta",
            server.url,
            surroundings,
            auth=None,
            explain=explain,
            judge=judge,
            retries=Retries(attempts=1),
        )
        app = ServiceApp(
            ServiceAppSettings(id="0oa1", key_id="k1"), tokens, surroundings.secret, wanted
        )
        transport = Transport("okta", server.url, surroundings, auth=app)
        try:
            yield app, transport
        finally:
            await transport.aclose()
            await tokens.aclose()


async def ask(transport: Transport, path: str = "/api/v1/users?limit=1") -> int:
    return (await transport.request("GET", path, what="asking", writes=False)).status


@pytest.mark.parametrize(
    ("key", "secret", "algorithm"),
    [
        (RSA, pem(RSA), "RS256"),
        (EC, pem(EC), "ES256"),
        (RSA, pem(RSA).replace("\n", "\\n"), "RS256"),
        (RSA, RSAAlgorithm.to_jwk(RSA), "RS256"),
        (EC, ECAlgorithm.to_jwk(EC), "ES256"),
    ],
    ids=["RSA PEM", "EC PEM", "PEM in one line", "RSA JWK", "EC JWK"],
)
async def test_the_algorithm_goes_by_the_key_and_the_token_is_asked_for_once(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, secret: str, algorithm: str
) -> None:
    assert signing_key(SecretStr(secret)).algorithm == algorithm
    organisation = Organisation(key.public_key())
    async with connected(organisation, secret) as (app, transport):
        assert await asyncio.gather(*(ask(transport) for _ in range(5))) == [200] * 5
        assert organisation.tokens == 1
        app.refused()
        await ask(transport)
        assert organisation.tokens == 2


async def test_a_token_is_renewed_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    organisation = Organisation(RSA.public_key())
    async with connected(organisation, pem(RSA)) as (_, transport):
        await ask(transport)
        begun = time.time()
        monkeypatch.setattr(time, "time", lambda: begun + 3200)
        await ask(transport)
        assert organisation.tokens == 1
        monkeypatch.setattr(time, "time", lambda: begun + 3310)
        await ask(transport)
        assert organisation.tokens == 2


async def test_a_lost_answer_is_asked_for_with_another_assertion() -> None:
    organisation = Organisation(RSA.public_key(), lose_first=True)
    async with connected(organisation, pem(RSA)) as (_, transport):
        assert await ask(transport) == 200
    assert len(organisation.used) == 2


async def test_a_scope_that_is_not_granted_is_named_and_the_others_are_used() -> None:
    organisation = Organisation(RSA.public_key())
    wanted = ("okta.users.read", "okta.logs.read", "okta.groups.read")
    async with connected(organisation, pem(RSA), wanted) as (app, transport):
        with pytest.raises(NotAllowed, match=r"okta\.logs\.read") as caught:
            await ask(transport)
        assert "all scopes asked for or none" in str(caught.value)
        assert await app.granted() == {"okta.users.read", "okta.groups.read"}
        assert app.refused_scopes == ("okta.logs.read",)
        assert await ask(transport) == 200


async def test_no_scope_granted_at_all() -> None:
    organisation = Organisation(RSA.public_key(), granted=frozenset())
    async with connected(organisation, pem(RSA)) as (app, _):
        with pytest.raises(NotAllowed, match="Grant the missing scope"):
            await app.granted()


async def test_an_app_that_demands_dpop_gets_it() -> None:
    organisation = Organisation(RSA.public_key(), dpop=True)
    async with connected(organisation, pem(RSA)) as (app, transport):
        assert not app.proves_possession
        assert [await ask(transport) for _ in range(3)] == [200] * 3
        assert app.proves_possession
        assert organisation.tokens == 1
        app.refused()
        await ask(transport)
        assert organisation.tokens == 2
    posts = [claims for claims in organisation.proofs if claims["htm"] == "POST"]
    # The first without a nonce, and never again.
    assert [claims.get("nonce") for claims in posts] == [None, "nonce-1", "nonce-1"]


async def test_a_key_that_is_not_registered() -> None:
    organisation = Organisation(OTHER.public_key())
    async with connected(organisation, pem(RSA)) as (_, transport):
        with pytest.raises(NotAuthenticated, match=r"Check client\.id and client\.key_id"):
            await ask(transport)


SMALL = rsa.generate_private_key(65537, 1024)
OTHER_CURVE = ec.generate_private_key(ec.SECP256K1())


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("00-an-ssws-token", "neither PEM without a password nor JWK"),
        ('{"kty":"RSA","n":"AQAB"}', "neither PEM"),
        ("{not json", "neither PEM"),
        (RSAAlgorithm.to_jwk(RSA.public_key()), "not the private half"),
        (pem(SMALL), "1024 bits"),
        (pem(OTHER_CURVE), "not the private half"),
    ],
)
async def test_what_is_no_usable_key_is_told_without_it(secret: str, words: str) -> None:
    async with connected(Organisation(RSA.public_key()), secret) as (app, transport):
        with pytest.raises(Misconfigured, match=words) as caught:
            await ask(transport)
        assert secret not in f"{caught.value} {caught.value!r} {app!r}"
