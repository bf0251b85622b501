"""Who keyturn itself is in an organisation, and the state of its credential."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyturn_providers.checks import TOKEN_OLD_MS, TOKEN_WATCH_MS, span, token_check
from keyturn_providers.contract import (
    Check,
    Condition,
    OwnIdentity,
    Topic,
)
from keyturn_providers.errors import BadAnswer
from keyturn_providers.okta import translate
from keyturn_providers.okta.client import OktaClient
from keyturn_providers.okta.payloads import USERS, TokenPayload, UserPayload
from keyturn_providers.records import MachineIdentity
from keyturn_providers.text import safe

if TYPE_CHECKING:
    from keyturn_providers.okta.service_app import ServiceApp


_WHAT = "asking who keyturn is"


@dataclass(frozen=True, slots=True)
class Own:
    """keyturn's identity and what was found out about its credential."""

    identity: OwnIdentity
    check: Check
    notes: tuple[str, ...] = ()


async def owner_of_api_token(client: OktaClient) -> UserPayload:
    """Whom the token belongs to."""
    owner = await client.one("/api/v1/users/me", USERS, what=_WHAT)
    if owner is None:
        raise BadAnswer(
            client.source,
            _WHAT,
            "Okta does not say whom the token belongs to.",
            "Check that token_env or token_command gives an API token of this organisation.",
        )
    return owner


def of_api_token(
    owner: UserPayload, tokens: tuple[TokenPayload, ...] | None, token_name: str | None, now_ms: int
) -> Own:
    """The token's owner, and the token itself where it can be told among the owner's. `tokens` is
    None where they may not be listed."""
    account = translate.account(owner)
    token, doubt = _token_of(tokens, owner.id, token_name)
    name = account.name or account.id
    identity = OwnIdentity(
        owner.id,
        f"{name}, by the API token {token.name}" if token else name,
        expires_ms=token.expires_ms if token else None,
        created_ms=token.created_ms if token else None,
    )
    notes = (f"keyturn's token ends when {name} is deactivated in Okta",)
    if token is None:
        words = f"keyturn is {name}. The token's age is not known: {doubt}."
        return Own(identity, Check(Topic.TOKEN, Condition.UNKNOWN, "token", words), notes)
    return Own(identity, _token_check(identity, token, now_ms), notes)


def of_service_app(app: "ServiceApp") -> Own:
    """The service app; its key has no age that Okta tells, its access tokens last an hour."""
    shown = safe(app.settings.id, 80)
    proof = ", each request with a proof of possession (DPoP)" if app.proves_possession else ""
    words = f"keyturn is the service app {shown}, signed in by its private key{proof}."
    if app.refused_scopes:
        missing = ", ".join(app.refused_scopes)
        words += f" Not granted to it: {missing}."
    condition = Condition.WATCH if app.refused_scopes else Condition.WELL
    return Own(
        OwnIdentity(app.settings.id, f"service app {shown}"),
        Check(Topic.TOKEN, condition, "token", words),
    )


def _token_check(identity: OwnIdentity, token: MachineIdentity, now_ms: int) -> Check:
    """Each use puts the end off again: one that is near is of a token that is not renewed."""
    left = None if token.expires_ms is None else token.expires_ms - now_ms
    if left is not None and left < TOKEN_WATCH_MS:
        return token_check("token", identity, now_ms)
    made = token.created_ms
    age = f" was made {span(now_ms - made)} ago and" if made is not None else ""
    unused = "30 days" if left is None else span(left)
    old = made is not None and now_ms - made > TOKEN_OLD_MS
    words = f"keyturn is {identity.name}. The token{age} ends after {unused} without use."
    if old:
        words += " It is more than a year old: turn it."
    return Check(Topic.TOKEN, Condition.WATCH if old else Condition.WELL, "token", words)


def _token_of(
    tokens: tuple[TokenPayload, ...] | None, owner_id: str, token_name: str | None
) -> tuple[MachineIdentity | None, str]:
    if tokens is None:
        return None, "API tokens may not be listed"
    own = [one for one in tokens if one.userId == owner_id and _named(one, token_name)]
    if len(own) == 1:
        return translate.api_token(own[0], ()), ""
    if not own:
        return None, "Okta lists no such token of this owner"
    return None, f"its owner has {len(own)}; set token_name in keyturn.yaml"


def _named(token: TokenPayload, wanted: str | None) -> bool:
    return wanted is None or token.name == wanted
