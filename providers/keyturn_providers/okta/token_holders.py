"""Which OAuth clients hold refresh tokens of a user."""

import time

from keyturn_providers.errors import Gone, NotAllowed
from keyturn_providers.fan_out import in_order
from keyturn_providers.okta import translate
from keyturn_providers.okta.client import OktaClient
from keyturn_providers.okta.payloads import (
    CLIENTS,
    REFRESH_TOKENS,
    ClientPayload,
    RefreshTokenPayload,
)
from keyturn_providers.text import safe

_WIDTH = 4


async def token_holders(client: OktaClient, user_id: str) -> tuple[str, ...] | None:
    """The clients with at least one token that is neither revoked nor expired, by name; None where
    Okta does not let this credential see the clients, or the tokens of one of them."""
    what = f"listing the OAuth clients of user {user_id}"
    path = client.path("/api/v1/users/{}/clients", user_id, what=what)
    noun = f"OAuth clients of user {user_id}"
    try:
        known = await client.all(path, CLIENTS, noun=noun)

        async def holds(one: ClientPayload) -> bool:
            tokens = await _tokens(client, user_id, one.id)
            return any(is_live(token, _now_ms(client)) for token in tokens)

        held = await in_order(known, holds, _WIDTH)
    except (NotAllowed, Gone):
        return None
    return tuple(sorted(_name(one) for one, some in zip(known, held, strict=True) if some))


async def _tokens(
    client: OktaClient, user_id: str, client_id: str
) -> tuple[RefreshTokenPayload, ...]:
    noun = f"refresh tokens of user {user_id}"
    template = "/api/v1/users/{}/clients/{}/tokens"
    path = client.path(template, user_id, client_id, what=f"listing {noun}")
    return await client.all(path, REFRESH_TOKENS, noun=noun, params={"limit": 200})


def is_live(token: RefreshTokenPayload, now_ms: float) -> bool:
    """Whether a token may still be good: a state that is not known counts as live."""
    expires = translate.time_ms(token.expiresAt)
    return token.status != "REVOKED" and (expires is None or expires > now_ms)


def _now_ms(client: OktaClient) -> float:
    """By the organisation's clock."""
    seen = client.transport.seen
    return time.time() * 1000 + ((seen.clock_offset_ms if seen else None) or 0)


def _name(client: ClientPayload) -> str:
    name = client.client_name
    return safe(name if isinstance(name, str) and name.strip() else client.id, 80)
