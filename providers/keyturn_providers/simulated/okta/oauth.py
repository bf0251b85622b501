"""The token endpoint of the org: client_credentials with private_key_jwt, and DPoP."""

import json
import secrets
from urllib.parse import parse_qs

import jwt

from keyturn_providers.simulated.okta import dpop
from keyturn_providers.simulated.okta.behaviour import NONCE
from keyturn_providers.simulated.okta.events import Cause, Target, emit
from keyturn_providers.simulated.okta.moments import fingerprint
from keyturn_providers.simulated.okta.web import Answer, Call, Document, Principal, document
from keyturn_providers.simulated.wire.state import setting

_ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIFETIME_S = 3600
_LONGEST_ASSERTION_S = 3600


class _OAuthError(Exception):
    def __init__(self, error: str, description: str, status: int = 400, nonce: str = "") -> None:
        self.answer = document(
            {"error": error, "error_description": description},
            status,
            **({"dpop_nonce": nonce} if nonce else {}),
        )
        super().__init__(error)


def token(call: Call) -> Answer:
    """`POST /oauth2/v1/token`. Its errors have OAuth's shape."""
    form = {name: values[0] for name, values in parse_qs(call.body.decode()).items()}
    try:
        return _token(call, form)
    except _OAuthError as error:
        return error.answer


def _token(call: Call, form: dict[str, str]) -> Answer:
    if form.get("grant_type") != "client_credentials":
        raise _OAuthError("unsupported_grant_type", "The grant type is not supported.")
    client, name, uses_dpop = _client(call, form)
    asked = form.get("scope", "").split()
    granted = {
        row[0]
        for row in call.connection.execute(
            "SELECT scope FROM client_scope WHERE client = ?", (client,)
        )
    }
    thumbprint = None
    if uses_dpop or "dpop" in call.headers:
        thumbprint = _proof(call)
    if not asked or not granted.issuperset(asked):
        raise _OAuthError(
            "invalid_scope",
            "One or more scopes are not configured for the authorization server resource.",
        )
    made = secrets.token_urlsafe(48)
    call.connection.execute("DELETE FROM access_token WHERE expires <= ?", (call.now,))
    call.connection.execute(
        "INSERT INTO access_token VALUES (?, ?, ?, ?, ?)",
        (fingerprint(made), client, " ".join(asked), call.now + _LIFETIME_S, thumbprint),
    )
    emit(
        call.connection,
        Cause(call.now, Principal("PublicClientApp", client, name), call.request_id),
        "app.oauth2.as.token.grant.access_token",
        Target("PublicClientApp", client, client, name),
    )
    return document(
        {
            "token_type": "DPoP" if thumbprint else "Bearer",
            "expires_in": _LIFETIME_S,
            "access_token": made,
            "scope": " ".join(asked),
        }
    )


def _client(call: Call, form: dict[str, str]) -> tuple[str, str, bool]:
    assertion = form.get("client_assertion", "")
    if form.get("client_assertion_type") != _ASSERTION or not assertion:
        raise _OAuthError(
            "invalid_client", "Client authentication failed: no client_assertion.", 401
        )
    try:
        header = jwt.get_unverified_header(assertion)
        unproven: Document = jwt.decode(assertion, options={"verify_signature": False})
        row = call.connection.execute(
            "SELECT id, name, dpop, jwks FROM client WHERE id = ?", (unproven.get("sub"),)
        ).fetchone()
        known: list[Document] = json.loads(row[3]) if row else []
        key = next((k for k in known if k.get("kid") == header.get("kid")), None)
        if row is None or key is None:
            raise _OAuthError(
                "invalid_client", "The client_assertion's client or key is not known.", 401
            )
        claims: Document = jwt.decode(
            assertion,
            jwt.PyJWK(key).key,
            algorithms=_ALGORITHMS,
            audience=call.base + call.path,
            options={"require": ["exp", "iss", "sub", "aud"], "verify_iat": False},
        )
    except jwt.PyJWTError as error:
        raise _OAuthError(
            "invalid_client", f"The client_assertion is invalid: {error}", 401
        ) from None
    expires = claims["exp"]
    if claims["iss"] != claims["sub"] or not isinstance(expires, (int, float)):
        raise _OAuthError("invalid_client", "The client_assertion's iss and sub differ.", 401)
    if expires > call.now + _LONGEST_ASSERTION_S:
        raise _OAuthError(
            "invalid_client", "The client_assertion's expiry is more than one hour ahead.", 401
        )
    return row[0], row[1], bool(row[2])


def _proof(call: Call) -> str:
    """The thumbprint of the key that the token is to be bound to. The first proof is always
    refused: only the answer tells the nonce."""
    nonce = setting(call.connection, NONCE) or ""
    try:
        proof = dpop.checked(call)
        if proof.nonce != nonce:
            raise _OAuthError(
                "use_dpop_nonce", "Authorization server requires nonce in DPoP proof.", nonce=nonce
            )
        dpop.use_once(call, proof)
    except dpop.Wrong as error:
        raise _OAuthError("invalid_dpop_proof", str(error)) from None
    return proof.thumbprint
