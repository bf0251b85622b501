"""The requests of the SCIM connector: lists, single resources, patches."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from keyturn_providers.errors import BadAnswer, Gone, Misconfigured, NotAllowed, ProviderError
from keyturn_providers.http import Answer, Transport
from keyturn_providers.origin import segment
from keyturn_providers.ratelimit import Window
from keyturn_providers.scim.payloads import (
    ListPage,
    ServerFacts,
    as_object,
    attribute,
    list_page,
    server_facts,
)
from keyturn_providers.scim.translate import identifier
from keyturn_providers.sightings import Seen
from keyturn_providers.text import safe

MEDIA_TYPE = "application/scim+json"
OPERATION_HEADER = "X-Keyturn-Op"
USERS = "/Users"
GROUPS = "/Groups"
_DIFFERS = "This server differs from what keyturn knows; nothing was taken from this answer."
_REFUSED = (400, 501)


@dataclass(frozen=True, slots=True)
class Resource:
    """One User or Group as it came; its id is the one that was asked for. `version` is its ETag,
    or ""."""

    payload: Mapping[str, object]
    version: str


class ScimClient:
    """Speaks SCIM through a `Transport`. Everything raises `ProviderError` only."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._facts: ServerFacts | None = None

    @property
    def base_url(self) -> str:
        return self._transport.base_url

    @property
    def source(self) -> str:
        return self._transport.source

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def facts(self, *, fresh: bool = False) -> ServerFacts:
        """ServiceProviderConfig, asked for once unless `fresh`; empty hints where the server has
        none. A wrong token is told all the same (401)."""
        if self._facts is None or fresh:
            try:
                answer = await self._transport.request(
                    "GET",
                    "/ServiceProviderConfig",
                    what="reading what the server can do",
                    writes=False,
                )
                self._facts = server_facts(answer.json())
            except (Gone, NotAllowed, BadAnswer):
                self._facts = ServerFacts()
        return self._facts

    @property
    def seen(self) -> Seen | None:
        """What the newest answer showed of the server."""
        return self._transport.seen

    def windows(self) -> Mapping[str, Window]:
        """The rate limits that the server told of."""
        return self._transport.windows()

    async def lists_groups(self) -> bool:
        """Whether the server lets this token list groups."""
        try:
            await self.list(GROUPS, {"startIndex": 1, "count": 1}, what="listing groups")
        except (NotAllowed, Gone):
            return False
        return True

    async def probe(self) -> None:
        """Lists one user, which shows that the address and the token are good."""
        await self.list(USERS, {"startIndex": 1, "count": 1}, what="listing users")

    async def list(self, endpoint: str, params: Mapping[str, str | int], *, what: str) -> ListPage:
        """One page of a list."""
        page = await self.list_or_refused(endpoint, params, what=what)
        if isinstance(page, ProviderError):
            raise page
        return page

    async def list_or_refused(
        self, endpoint: str, params: Mapping[str, str | int], *, what: str
    ) -> ListPage | ProviderError:
        """One page of a list, or the error where the server refuses to be asked so (400, 501)."""
        answer = await self._transport.request(
            "GET", endpoint, params=params, what=what, writes=False, ok=(200, *_REFUSED)
        )
        if answer.status in _REFUSED:
            return self._transport.failure(answer, writes=False)
        payload = answer.json()
        problem = ""
        try:
            return list_page(payload)
        except ValueError as error:
            problem = safe(str(error))
        raise BadAnswer(self.source, what, problem, _DIFFERS)

    async def resource(
        self,
        endpoint: str,
        its_id: str,
        *,
        what: str,
        params: Mapping[str, str | int] | None = None,
    ) -> Resource | None:
        """A resource by its id; None if it is proven gone: the server answers 404 for it and, asked
        again, still lists users with this token."""
        answer = await self._transport.request(
            "GET",
            self._path(endpoint, its_id, what),
            params=params,
            what=what,
            writes=False,
            ok=(200, 404, 410),
        )
        if answer.status != 200:
            await self.probe()
            return None
        return self._checked(answer, its_id)

    async def patch(
        self,
        endpoint: str,
        its_id: str,
        body: Mapping[str, object],
        *,
        what: str,
        operation_id: str,
        version: str = "",
        refusable: bool = False,
    ) -> Answer:
        """Sends a PATCH (RFC 7644 §3.5.2), at most once.

        `version` is sent as If-Match. With `refusable` an answer of 400 or 501 is returned instead
        of raised.
        """
        headers = {"Content-Type": MEDIA_TYPE, OPERATION_HEADER: operation_id}
        if version and version.isascii() and version.isprintable():
            headers["If-Match"] = version
        return await self._transport.request(
            "PATCH",
            self._path(endpoint, its_id, what),
            json=body,
            headers=headers,
            what=what,
            writes=True,
            ok=(200, 204, *_REFUSED) if refusable else (200, 204),
        )

    def failure(self, answer: Answer) -> ProviderError:
        """The error that a refused write stands for."""
        return self._transport.failure(answer, writes=True)

    def _path(self, endpoint: str, its_id: str, what: str) -> str:
        problem = ""
        try:
            return f"{endpoint}/{segment(its_id)}"
        except ValueError as error:
            problem = str(error)
        raise Misconfigured(self.source, what, problem, "Nothing was sent; refresh and try again.")

    def _checked(self, answer: Answer, its_id: str) -> Resource:
        payload = as_object(answer.json())
        problem = "It answered with something other than a JSON object."
        if payload is not None:
            try:
                came = identifier(attribute(payload, "id"))
                problem = "" if came == its_id else f"It answered with another object ({came})."
            except ValueError as error:
                problem = str(error)
        if problem or payload is None:
            raise BadAnswer(self.source, answer.what, problem, _DIFFERS)
        version = attribute(as_object(attribute(payload, "meta")) or {}, "version")
        return Resource(payload, version if isinstance(version, str) else "")


def literal(value: str) -> str:
    """`value` as a string literal of the SCIM filter grammar (RFC 7644 §3.4.2.2: a JSON string)."""
    return json.dumps(value, ensure_ascii=False)
