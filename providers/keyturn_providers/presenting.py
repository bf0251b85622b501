"""The credential that goes with each request: where it comes from, how long one is kept, and what
follows when a server refuses it. Knows nothing of the HTTP library."""

import asyncio
from collections.abc import Mapping

from pydantic import SecretStr

from keyturn_providers.contract import Surroundings
from keyturn_providers.exchange import AuthHeader, Call, RenewedCredential, Signer, usable_token


class Credential:
    """The headers that carry a credential. `secrets` are those in them, to be struck out of what a
    server sends back."""

    def __init__(self, headers: Mapping[str, SecretStr], prefix: str = "") -> None:
        self._headers = headers
        self._prefix = prefix
        self.secrets = tuple(headers.values())

    def headers(self) -> dict[str, str]:
        """In the clear: for the moment at which the request is made, and to be kept nowhere."""
        return {
            name: self._prefix + secret.get_secret_value() for name, secret in self._headers.items()
        }


class Presenting:
    """One source's credential. A plain one is asked for once and kept; `renewed` gives its own for
    every request, and a `Signer` makes one for each."""

    def __init__(
        self,
        source: str,
        surroundings: Surroundings,
        auth: AuthHeader | Signer | None,
        renewed: RenewedCredential | None,
    ) -> None:
        self._source = source
        self._surroundings = surroundings
        self._auth = auth
        self._renewed = renewed
        self._kept: Credential | None = None
        self._lock = asyncio.Lock()

    async def current(self, call: Call) -> Credential | None:
        """What this request is to carry; None where the server asks for none. Raises
        `ProviderError`."""
        auth = self._auth
        if auth is None or self._kept is not None:
            return self._kept
        if not isinstance(auth, AuthHeader):
            return Credential(await auth.sign(call.method, call.url.partition("?")[0]))
        if self._renewed is not None:
            usable = usable_token(self._source, call.what, await self._renewed.current())
            return Credential({auth.name: usable}, auth.prefix)
        async with self._lock:
            if self._kept is None:
                # The secret may come from a command that takes its time.
                secret = await asyncio.to_thread(self._surroundings.secret)
                usable = usable_token(self._source, call.what, secret)
                self._kept = Credential({auth.name: usable}, auth.prefix)
        return self._kept

    def refused(self) -> None:
        """The server did not take it. The next is asked for anew: it may have been renewed where it
        comes from."""
        self._kept = None
        if self._renewed is not None:
            self._renewed.refused()
        if self._auth is not None and not isinstance(self._auth, AuthHeader):
            self._auth.refused()
