"""DPoP proofs (RFC 9449): what a client shows of its key with each request."""

import base64
import hashlib
import json
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import jwt

from keyturn_providers.simulated.okta.web import Call, Document

_ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]
_FRESH_S = 300.0
_THUMBED = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y")}


class Wrong(ValueError):
    """The proof is missing or does not hold; the sentence is Okta's."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds."""

    thumbprint: str
    nonce: str
    jti: str


def checked(call: Call, *, access_token: str | None = None) -> Proof:
    """The proof in the request's DPoP header. At the API (`access_token`) it must be for this
    token, and be used once. Raises `Wrong`."""
    told = call.headers.get("dpop")
    if not told:
        raise Wrong("The DPoP proof JWT header is missing.")
    try:
        header = jwt.get_unverified_header(told)
        key = header.get("jwk")
        if not isinstance(key, dict) or "d" in key:
            raise Wrong("The DPoP proof JWT header has no public key.")
        claims: Document = jwt.decode(
            told, jwt.PyJWK(key).key, algorithms=_ALGORITHMS, options={"verify_iat": False}
        )
    except jwt.PyJWTError:
        raise Wrong("The DPoP proof JWT is not valid.") from None
    if header.get("typ") != "dpop+jwt":
        raise Wrong("The DPoP proof JWT header has the wrong typ.")
    if claims.get("htm") != call.method:
        raise Wrong("The DPoP proof JWT htm does not match the request.")
    if _place(str(claims.get("htu"))) != _place(call.base + call.path):
        raise Wrong("The DPoP proof JWT htu does not match the request.")
    made = claims.get("iat")
    if not isinstance(made, (int, float)) or abs(call.now - made) > _FRESH_S:
        raise Wrong("The DPoP proof JWT was not issued just now.")
    if access_token is not None and claims.get("ath") != _digest(access_token.encode()):
        raise Wrong("The DPoP proof JWT ath does not match the access token.")
    proof = Proof(thumbprint(key), str(claims.get("nonce", "")), str(claims.get("jti", "")))
    if access_token is not None:
        use_once(call, proof)
    return proof


def use_once(call: Call, proof: Proof) -> None:
    """Takes note of the proof's id. Raises `Wrong` where it was used before."""
    if not proof.jti:
        raise Wrong("The DPoP proof JWT has no jti.")
    call.connection.execute("DELETE FROM used_jti WHERE at < ?", (call.now - 2 * _FRESH_S,))
    fresh = call.connection.execute(
        "INSERT OR IGNORE INTO used_jti VALUES (?, ?)", (proof.jti, call.now)
    ).rowcount
    if not fresh:
        raise Wrong("The DPoP proof JWT has already been used.")


def thumbprint(key: Document) -> str:
    """A public key's thumbprint (RFC 7638)."""
    names = _THUMBED.get(str(key.get("kty")), ())
    canonical = json.dumps({name: key.get(name) for name in names}, separators=(",", ":"))
    return _digest(canonical.encode())


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def _place(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower(), unquote(parts.path)
