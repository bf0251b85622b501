"""The Users API's access token: asked for with the client's secret, good for 15 minutes."""

import asyncio
import base64
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from pydantic import SecretStr

from keyturn_providers.contract import Surroundings
from keyturn_providers.errors import BadAnswer, NotAllowed, NotAuthenticated, ProviderError
from keyturn_providers.exchange import Answer, AuthHeader
from keyturn_providers.http import Transport
from keyturn_providers.onepassword.users_api.payloads import access_token, error_of, explain
from keyturn_providers.onepassword.users_api.settings import UsersApiSettings

TOKEN_PATH = "/v1beta1/users/oauth2/token"  # noqa: S105 - a path
EARLY_S = 60.0
"""A token this near its end is replaced, so that none ends on the way."""
_WHAT = "getting an access token for the Users API"


@dataclass(frozen=True, slots=True)
class _Held:
    token: SecretStr
    until: float


class AccessTokens:
    """A `RenewedCredential`: one token for all requests, and one request for it at a time."""

    def __init__(
        self,
        source: str,
        settings: UsersApiSettings,
        surroundings: Surroundings,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._clock = clock
        self._held: _Held | None = None
        self._lock = asyncio.Lock()
        self._transport = Transport(
            source,
            settings.base_url,
            replace(surroundings, secret=lambda: _basic(settings.client_id, surroundings)),
            auth=AuthHeader("Authorization", "Basic "),
            explain=explain,
            judge=self._judge,
        )

    async def current(self) -> SecretStr:
        """A token that is good for a while. Raises `NotAuthenticated` where the client's id and
        secret are not taken."""
        async with self._lock:
            if self._held is None or self._clock() >= self._held.until:
                self._held = await self._fetch()
            return self._held.token

    def refused(self) -> None:
        """The next one is fetched anew."""
        self._held = None

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def _fetch(self) -> _Held:
        started = self._clock()
        # Not a write: a token asked for twice does no harm.
        answer = await self._transport.request(
            "POST",
            TOKEN_PATH,
            what=_WHAT,
            writes=False,
            form={"grant_type": "client_credentials", "scope": "openid"},
        )
        told = access_token(answer.json())
        if told is None:
            raise BadAnswer(
                self._source,
                _WHAT,
                "The answer holds no access token.",
                "Check users_api.region in keyturn.yaml.",
            )
        token, seconds = told
        return _Held(SecretStr(token), started + max(0.0, seconds - EARLY_S))

    def _judge(self, answer: Answer, writes: bool) -> ProviderError | None:
        error = error_of(answer.body)
        if answer.status == 403:
            return NotAllowed(
                self._source,
                _WHAT,
                "The account does not let this application in.",
                "Look at the OAuth application under Integrations; the account must be Business.",
            )
        if answer.status == 401 or (
            error and error.name in {"invalidclient", "unauthorizedclient"}
        ):
            return NotAuthenticated(
                self._source,
                _WHAT,
                "The client id or its secret is wrong, or the application was deleted.",
                "Check users_api.client_id, and the secret that its token_env or token_command"
                " gives; it was shown once, when the application was made.",
            )
        return None


def _basic(client_id: str, surroundings: Surroundings) -> SecretStr:
    secret = surroundings.secret_of("users_api")
    pair = f"{client_id}:{secret.get_secret_value().strip()}"
    return SecretStr(base64.b64encode(pair.encode()).decode())
