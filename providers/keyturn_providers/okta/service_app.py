"""The credential of an OAuth service app: private_key_jwt, cached tokens, DPoP where it is wanted.

Okta gives an access token for an hour to whom signs with the app's private key, for all of the
scopes asked for or none. An app may also demand a proof of possession (DPoP, RFC 9449) with each
request; that is found out by the refusal of the first request without one.
"""

import asyncio
import base64
import hashlib
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import SecretStr

from keyturn_providers.errors import (
    BadAnswer,
    Misconfigured,
    NotAllowed,
    NotAuthenticated,
    ProviderError,
    Throttled,
    Unreachable,
)
from keyturn_providers.exchange import Answer
from keyturn_providers.http import Transport
from keyturn_providers.okta.codes import explain
from keyturn_providers.okta.keys import SigningKey, fresh_key, signing_key
from keyturn_providers.okta.settings import ServiceAppSettings
from keyturn_providers.text import safe

TOKEN_PATH = "/oauth2/v1/token"  # noqa: S105 - an address
_WHAT = "asking for an access token"
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_LIFE_S = 300
_RENEW_BEFORE_S = 300.0
_TRIES = 4
_CHECK_APP = "Check client.id and client.key_id in keyturn.yaml, and the key in Okta."


@dataclass(frozen=True, slots=True)
class _Token:
    secret: SecretStr
    scheme: str
    renew_at: float
    scopes: frozenset[str]


@dataclass(slots=True)
class ServiceApp:
    """Signs each request with a current access token. One request for a token at a time.

    `transport` goes to the same organisation, without a credential and without repetition: each
    assertion may be used once. `secret` gives the private key at the moment of need.
    """

    settings: ServiceAppSettings
    transport: Transport
    secret: Callable[[], SecretStr]
    wanted: tuple[str, ...]
    refused_scopes: tuple[str, ...] = ()
    _key: SigningKey | None = field(default=None, repr=False)
    _proof_key: SigningKey | None = field(default=None, repr=False)
    _nonce: str = field(default="", repr=False)
    _token: _Token | None = field(default=None, repr=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    @property
    def proves_possession(self) -> bool:
        """Whether the app demanded DPoP, and is given it."""
        return self._proof_key is not None

    async def sign(self, method: str, url: str) -> Mapping[str, SecretStr]:
        """The headers for one request. Raises `NotAuthenticated` where the app or its key is not
        accepted, `NotAllowed` where a scope asked for is not granted."""
        token = await self._current()
        bare = SecretStr(f"{token.scheme} {token.secret.get_secret_value()}")
        headers = {"Authorization": bare}
        if token.scheme == "DPoP" and self._proof_key is not None:
            headers["DPoP"] = _proof(self._proof_key, method, url, token=token.secret)
        return headers

    def refused(self) -> None:
        """The token was not taken: the next request gets another."""
        self._token = None

    async def granted(self) -> frozenset[str]:
        """The scopes of a token that works. Where they are refused as a whole, each is asked for
        alone to learn which are granted; the others are `refused_scopes` from then on."""
        try:
            return (await self._current()).scopes
        except NotAllowed:
            if len(self.wanted) < 2:
                raise
        good: list[str] = []
        refusal: ProviderError | None = None
        for scope in self.wanted:
            try:
                await self._fetch((scope,))
            except NotAllowed as error:
                refusal = error
            else:
                good.append(scope)
        if not good and refusal is not None:
            raise refusal
        self.refused_scopes = tuple(one for one in self.wanted if one not in good)
        self.wanted = tuple(good)
        return (await self._current()).scopes

    async def _current(self) -> _Token:
        async with self._lock:
            if self._token is None or time.time() >= self._token.renew_at:
                self._token = await self._fetch(self.wanted)
            return self._token

    async def _fetch(self, scopes: Sequence[str]) -> _Token:
        key = self._key or await self._read_key()
        failure: ProviderError | None = None
        for attempt in range(_TRIES):
            if isinstance(failure, Unreachable):
                await asyncio.sleep(0.25 * 2**attempt)
            try:
                answer = await self._ask(key, scopes)
            except (Unreachable, Throttled) as error:
                # After a refusal for too many requests the transport's pacer waits.
                failure = error
                continue
            if answer.status == 200:
                return self._taken(answer, scopes)
            failure = self._settle(answer, scopes)
            if failure is not None:
                raise failure
        raise failure or BadAnswer(
            self.transport.source, _WHAT, "It asks for one proof after the other.", _CHECK_APP
        )

    async def _ask(self, key: SigningKey, scopes: Sequence[str]) -> Answer:
        url = self.transport.base_url + TOKEN_PATH
        headers: dict[str, str] = {}
        if self._proof_key is not None:
            proof = _proof(self._proof_key, "POST", url, nonce=self._nonce)
            headers["DPoP"] = proof.get_secret_value()
        form: dict[str, str | SecretStr] = {
            "grant_type": "client_credentials",
            "scope": " ".join(scopes),
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": self._assertion(key, url),
        }
        return await self.transport.request(
            "POST",
            TOKEN_PATH,
            what=_WHAT,
            writes=False,
            form=form,
            headers=headers,
            ok=(200, 400, 401, 403),
            limit_class="token",
        )

    def _settle(self, answer: Answer, scopes: Sequence[str]) -> ProviderError | None:
        """None where the next request may be answered better; else what the refusal means."""
        error = _field(answer, "error")
        if error == "invalid_dpop_proof" and self._proof_key is None:
            self._proof_key = fresh_key()
            return None
        nonce = answer.headers.get("dpop-nonce", "")
        if error == "use_dpop_nonce" and nonce and nonce != self._nonce:
            self._nonce = nonce
            self._proof_key = self._proof_key or fresh_key()
            return None
        said = safe(" ".join(explain(answer.body).split()), 200)
        why = f'It answered {answer.status} ("{said}").'
        source = self.transport.source
        if error in {"invalid_scope", "access_denied"}:
            asked = ", ".join(scopes)
            return NotAllowed(
                source,
                _WHAT,
                f"{why} Okta gives all scopes asked for or none; asked for were {asked}.",
                "Grant the missing scope to the service app in Okta, or leave it out of"
                " client.scopes.",
            )
        if error in {"invalid_dpop_proof", "use_dpop_nonce"}:
            return NotAuthenticated(
                source,
                _WHAT,
                f"{why} The service app demands a proof of possession (DPoP), and did not accept"
                " keyturn's.",
                "Check this machine's clock; or turn DPoP off for the service app in Okta.",
            )
        return NotAuthenticated(
            source,
            _WHAT,
            f"{why} The service app, its key or the signature was not accepted.",
            f"{_CHECK_APP} A clock that is wrong by minutes does this too.",
        )

    def _taken(self, answer: Answer, scopes: Sequence[str]) -> _Token:
        token, kind = _field(answer, "access_token"), _field(answer, "token_type")
        if not token or kind.casefold() not in {"bearer", "dpop"}:
            raise BadAnswer(
                self.transport.source,
                _WHAT,
                "Its answer holds no access token of a known kind.",
                "Check that the url is that of the organisation.",
            )
        lifetime = _number(answer, "expires_in") or 3600.0
        told = frozenset(_field(answer, "scope").split())
        return _Token(
            SecretStr(token),
            "DPoP" if kind.casefold() == "dpop" else "Bearer",
            # By the time of day: a laptop that slept must not come back with a dead token.
            time.time() + max(lifetime - _RENEW_BEFORE_S, lifetime / 2),
            told or frozenset(scopes),
        )

    def _assertion(self, key: SigningKey, url: str) -> SecretStr:
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": self.settings.id,
            "sub": self.settings.id,
            "aud": url,
            "iat": now,
            "exp": now + _ASSERTION_LIFE_S,
            "jti": str(uuid.uuid4()),
        }
        key_id = self.settings.key_id or key.key_id
        return key.signed(claims, {"kid": key_id} if key_id else {})

    async def _read_key(self) -> SigningKey:
        secret = await asyncio.to_thread(self.secret)
        problem = ""
        try:
            self._key = signing_key(secret)
        except ValueError as error:
            problem = str(error)
        if problem or self._key is None:
            raise Misconfigured(
                self.transport.source,
                _WHAT,
                problem,
                "Put the service app's private key where token_env or token_command points to.",
            )
        return self._key


def _proof(
    key: SigningKey, method: str, url: str, *, nonce: str = "", token: SecretStr | None = None
) -> SecretStr:
    claims: dict[str, object] = {
        "htm": method,
        "htu": url,
        "iat": int(time.time()),
        "jti": str(uuid.uuid4()),
    }
    if nonce:
        claims["nonce"] = nonce
    if token is not None:
        digest = hashlib.sha256(token.get_secret_value().encode()).digest()
        claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return key.signed(claims, {"typ": "dpop+jwt", "jwk": key.public_jwk()})


def _field(answer: Answer, name: str) -> str:
    payload = answer.json()
    value = payload.get(name) if isinstance(payload, dict) else None
    return value if isinstance(value, str) else ""


def _number(answer: Answer, name: str) -> float | None:
    payload = answer.json()
    value = payload.get(name) if isinstance(payload, dict) else None
    return float(value) if isinstance(value, int | float) and value > 0 else None
