"""The Events API's tokens: JWTs that name the host and the features they are for."""

import json
import os
from base64 import urlsafe_b64encode
from sqlite3 import Connection

from keyturn_providers.simulated.onepassword.clock import now_ms
from keyturn_providers.simulated.onepassword.ids import new_id

FEATURES = ("auditevents", "itemusages", "signinattempts")


def new_events_token(
    conn: Connection,
    base_url: str,
    features: "list[str] | tuple[str, ...] | None" = None,
    *,
    lifetime_s: int | None = None,
) -> str:
    """A new token for these features (all by default). `base_url` becomes its audience.

    It has the shape of an ES256 JWT; the signature is random, as no client can check it.
    """
    granted = list(FEATURES if features is None else features)
    now, token_id = now_ms(conn), new_id(capital=True)
    expires = None if lifetime_s is None else now + lifetime_s * 1000
    claims: dict[str, object] = {
        "1password.com/auuid": new_id(capital=True),
        "aud": [base_url],
        "sub": token_id,
        "iat": now // 1000,
        "iss": "com.1password.b5",
        "jti": new_id(),
        "1password.com/fts": granted,
    }
    if expires is not None:
        claims["exp"] = expires // 1000
    head = {"alg": "ES256", "kid": new_id(), "typ": "JWT"}
    token = ".".join((_part(head), _part(claims), _encoded(os.urandom(64))))
    conn.execute(
        "INSERT INTO events_token VALUES (?, ?, ?, ?, ?)",
        (token, token_id, ",".join(granted), now, expires),
    )
    return token


def _part(value: object) -> str:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
