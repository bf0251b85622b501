"""What an Events API token says of itself, read without a request and without its signature.

The claims only choose where the token is sent and what is asked for; the server checks the token.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from enum import StrEnum

from pydantic import SecretStr

from keyturn_providers.text import safe

FEATURES_CLAIM = "1password.com/fts"
OLD_AUDIENCE = "com.1password.streamingservice"
_DOMAINS = (".1password.com", ".1password.ca", ".1password.eu")


class Feature(StrEnum):
    """What a token may read; chosen when it is made."""

    AUDIT_EVENTS = "auditevents"
    ITEM_USAGES = "itemusages"
    SIGN_INS = "signinattempts"


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """`host` is "" where the token does not name one of 1Password's hosts; `features` is None where
    it does not say what it may read."""

    host: str = ""
    features: frozenset[str] | None = None
    issued_ms: int | None = None
    expires_ms: int | None = None


def claims_of(token: SecretStr) -> TokenClaims | None:
    """The claims of a token in JWT form; None where it has another form. Raises nothing."""
    parts = token.get_secret_value().strip().split(".")
    if len(parts) != 3:
        return None
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        payload: object = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(payload, dict):
        return None
    return TokenClaims(
        host=_host(payload.get("aud")),
        features=_features(payload.get(FEATURES_CLAIM)),
        issued_ms=_milliseconds(payload.get("iat")),
        expires_ms=_milliseconds(payload.get("exp")),
    )


def _host(audience: object) -> str:
    first = audience[0] if isinstance(audience, list) and audience else audience
    if not isinstance(first, str):
        return ""
    host = first.strip().casefold().removeprefix("https://").rstrip("/")
    plain = host.isascii() and all(char.isalnum() or char in ".-" for char in host)
    # A token is only ever sent to its maker.
    return host if plain and host.endswith(_DOMAINS) else ""


def _features(value: object) -> frozenset[str] | None:
    if not isinstance(value, list):
        return None
    return frozenset(safe(one, 40) for one in value if isinstance(one, str))


def _milliseconds(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e11:
        return None
    return int(value * 1000)
