"""The requests of the Events API: the token's introspection, and pages of events by cursor."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pydantic import SecretStr

from keyturn_providers import failures
from keyturn_providers.contract import Surroundings, Waiting
from keyturn_providers.errors import BadAnswer, Gone, Misconfigured
from keyturn_providers.exchange import Answer, Retries
from keyturn_providers.http import Transport
from keyturn_providers.onepassword.events.allowance import Allowance
from keyturn_providers.onepassword.events.payloads import (
    CursorPage,
    Introspection,
    cursor_page,
    explain,
    introspection,
)
from keyturn_providers.onepassword.events.settings import EventsSettings
from keyturn_providers.onepassword.events.token import Feature, TokenClaims, claims_of

PAGE = 1000
LONGEST_WAIT_S = 120.0
"""For longer than this nobody waits for the allowance: the read fails as throttled."""
_MOST_REPEATS = 3
_DIFFERS = "The Events API differs from what keyturn knows; nothing was taken from this answer."
_Body = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Opened:
    """The connection, once the token has told where it leads. `claims` is empty for a token that
    says nothing of itself."""

    transport: Transport
    claims: TokenClaims


class EventsClient:
    """Everything raises `ProviderError` only. Nothing is sent, and no credential asked for, before
    the first request."""

    def __init__(
        self,
        source: str,
        settings: EventsSettings,
        surroundings: Surroundings,
        *,
        allowance: Allowance | None = None,
        retries: Retries | None = None,
    ) -> None:
        self.source = source
        self._settings = settings
        self._secret: Callable[[], SecretStr] = lambda: surroundings.secret_of("events")
        self._surroundings = replace(surroundings, secret=self._secret)
        self._retries = retries
        self.allowance = allowance or Allowance(
            reserve=surroundings.rate_reserve,
            observe=lambda seconds, why: surroundings.observe(Waiting(source, seconds, why)),
        )
        self._opened: Opened | None = None
        self._opening = asyncio.Lock()

    @property
    def clock_ahead_ms(self) -> int:
        """How far the server's clock is before this machine's; 0 where that is not sure."""
        seen = self._opened.transport.seen if self._opened else None
        if seen is None or seen.clock_offset_ms is None:
            return 0
        return seen.clock_offset_ms if abs(seen.clock_offset_ms) > seen.clock_doubt_ms else 0

    async def aclose(self) -> None:
        if self._opened is not None:
            await self._opened.transport.aclose()

    async def opened(self) -> Opened:
        """Raises `Misconfigured` where neither token nor settings say where to send it, and what
        the credential's source raises where there is none."""
        async with self._opening:
            if self._opened is None:
                claims = claims_of(await asyncio.to_thread(self._secret)) or TokenClaims()
                url = self._settings.url or (f"https://{claims.host}" if claims.host else "")
                if not url:
                    raise Misconfigured(
                        self.source,
                        "reading the Events API token",
                        "The token does not name the host it is for, as older ones do not.",
                        "Set events.url in keyturn.yaml, such as https://events.1password.com (or"
                        " .ca, .eu, events.ent.1password.com), or make a new token.",
                    )
                transport = Transport(
                    self.source,
                    url,
                    self._surroundings,
                    ca_file=self._settings.ca_file,
                    explain=explain,
                    retries=self._retries,
                )
                self._opened = Opened(transport, claims)
            return self._opened

    async def introspect(self) -> Introspection:
        """What the server says of the token: its account, age and features."""
        what = "asking what the Events API token may read"
        try:
            answer = await self._send("GET", "/api/v2/auth/introspect", what)
        except Gone:
            answer = await self._send("GET", "/api/auth/introspect", what)
        return introspection(answer.json())

    async def pages(
        self, feature: Feature, *, cursor: str = "", start_ms: int = 0, what: str
    ) -> AsyncIterator[CursorPage]:
        """Every page behind `cursor`, or from `start_ms` on where that is "", to the last one.

        The `cursor` of each page given is the position to keep once the page is dealt with. Gives
        no page at all where the server does not accept `cursor`.
        """
        body: _Body = {"cursor": cursor}
        if not cursor:
            body = {"limit": PAGE, "start_time": rfc3339(start_ms)}
        kept, repeats = cursor, 0
        while True:
            page = await self._page(feature, body, what, may_refuse=kept == cursor != "")
            if page is None:
                return
            # An empty last page says nothing new: the position before it is the one to keep.
            told = page.cursor if page.items or page.has_more or not kept else kept
            repeats = repeats + 1 if told == kept else 0
            if page.has_more and (not told or repeats >= _MOST_REPEATS):
                raise BadAnswer(
                    self.source, what, "It says there is more, but not how to get on.", _DIFFERS
                )
            kept = told or kept
            yield replace(page, cursor=kept)
            if not page.has_more:
                return
            body = {"cursor": kept}

    async def _page(
        self, feature: Feature, body: _Body, what: str, *, may_refuse: bool
    ) -> CursorPage | None:
        path = f"/api/v2/{feature.value}"
        ok = (200, 400) if may_refuse else (200,)
        answer = await self._send("POST", path, what, json=body, ok=ok)
        if answer.status == 400:
            return None
        payload, problem = answer.json(), ""
        try:
            return cursor_page(payload)
        except ValueError as error:
            problem = str(error)
        raise BadAnswer(self.source, what, problem, _DIFFERS)

    async def _send(
        self,
        method: str,
        path: str,
        what: str,
        *,
        json: object = None,
        ok: tuple[int, ...] = (200,),
    ) -> Answer:
        opened = await self.opened()
        held = self.allowance.wait_s()
        if held > LONGEST_WAIT_S:
            why = "keyturn has sent as much as it may within the Events API's limits."
            raise failures.throttled(self.source, what, why, held)
        await self.allowance.take()
        return await opened.transport.request(
            method, path, what=what, writes=False, json=json, ok=ok
        )


def rfc3339(milliseconds: int) -> str:
    """In UTC, to the second (rounded down): a fraction is not taken everywhere."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
