"""The requests of the Okta connector: whole lists with proof of their end, single objects, changes.

Everything raises `ProviderError` only.
"""

import asyncio
import re
import sys
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel

from keyturn_providers.errors import BadAnswer, Conflict, Gone, Misconfigured, ProviderError
from keyturn_providers.http import Answer, Transport
from keyturn_providers.okta.buckets import bucket
from keyturn_providers.okta.payloads import Read, Shape
from keyturn_providers.origin import segment
from keyturn_providers.paging import Broken, CursorWalk, Done
from keyturn_providers.records import Unreadable

# Makes lists smaller and faster. Okta takes it as a content type of a GET, and only these three
# together; `transitioningToStatus` is then missing, so single reads go without.
LEAN = {
    "Content-Type": (
        "application/json; okta-response=omitCredentials,omitCredentialsLinks,"
        "omitTransitioningToStatus"
    )
}
_LINK = re.compile(r"<([^>]*)>([^<]*)")
_NEXT = re.compile(r';\s*rel\s*=\s*"?next"?\s*(?:[;,]|$)', re.IGNORECASE)
_DIFFERS = "This server differs from what keyturn knows; nothing was taken from this answer."

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Rows(Generic[T]):
    """One page of a list. Only the last has a `proof`, and not where a record without an id came.
    `headers` are those of the answer."""

    items: tuple[T, ...]
    unreadable: tuple[Unreadable, ...]
    proof: str
    headers: Mapping[str, str]


class OktaClient:
    """Speaks to one organisation through a `Transport`."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    @property
    def source(self) -> str:
        return self.transport.source

    async def get(
        self,
        path: str,
        *,
        what: str,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A read. `path` is below the organisation's address, or a paging link, which is followed
        to the organisation's own origin only."""
        return await self.transport.request(
            "GET",
            path,
            what=what,
            writes=False,
            params=params,
            headers=headers,
            limit_class=bucket("GET", urlsplit(path).path),
        )

    async def one(
        self,
        path: str,
        shape: Shape[T],
        *,
        what: str,
        params: Mapping[str, str | int] | None = None,
    ) -> T | None:
        """A single object; None where Okta says that it does not exist."""
        try:
            answer = await self.get(path, what=what, params=params)
        except Gone:
            return None
        found = shape.one(answer.body)
        if found is None:
            raise BadAnswer(
                self.source, what, "It answered with something other than the object.", _DIFFERS
            )
        return found

    async def all(
        self,
        path: str,
        shape: Shape[T],
        *,
        noun: str,
        params: Mapping[str, str | int] | None = None,
    ) -> tuple[T, ...]:
        """A whole list at once. Raises `BadAnswer` where a record of it cannot be read."""
        found: list[T] = []
        async for page in self.rows(path, shape, noun=noun, params=params):
            if page.unreadable:
                raise BadAnswer(self.source, f"listing {noun}", page.unreadable[0].reason, _DIFFERS)
            found.extend(page.items)
        return tuple(found)

    async def rows(
        self,
        path: str,
        shape: Shape[T],
        *,
        noun: str,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[Rows[T], None]:
        """A list page by page, to its proven end; the next page is on its way while one is looked
        at. Raises `BadAnswer` (or `Conflict`, where the list changed under the reading) as soon as
        the end cannot be proven any more; the page that shows it is not given out.
        """
        what = f"listing {noun}"
        asked = int((params or {}).get("limit", 0))
        walk = CursorWalk(noun, sys.maxsize)  # a full last page is told by its link to itself
        ahead: asyncio.Task[Answer] | None = None
        answer = await self.get(path, what=what, params=params, headers=headers)
        try:
            while True:
                link = next_link(answer.headers)
                if link is not None:
                    ahead = asyncio.create_task(self.get(link, what=what, headers=headers))
                page = self._read(answer, shape, what)
                link = link or page.next_link
                self._refuse_stripped_links(answer, page, link, asked, what)
                step = walk.take(page.ids, next_cursor=link, total=None)
                match step:
                    case Broken(why, changed):
                        kind = Conflict if changed else BadAnswer
                        raise kind(self.source, what, why, "Refresh again to read it anew.")
                    case Done(proof):
                        yield Rows(page.items, page.unreadable, proof, answer.headers)
                        return
                    case _:
                        yield Rows(page.items, page.unreadable, "", answer.headers)
                if ahead is None:
                    ahead = asyncio.create_task(self.get(link or "", what=what, headers=headers))
                answer, ahead = await ahead, None
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)

    async def change(
        self,
        method: str,
        path: str,
        *,
        what: str,
        params: Mapping[str, str | int] | None = None,
        ok: tuple[int, ...] = (200, 204),
    ) -> Answer:
        """A change, sent at most once. Without a body: Okta wants its length told all the same,
        which the HTTP library does."""
        return await self.transport.request(
            method,
            path,
            what=what,
            writes=True,
            params=params,
            ok=ok,
            limit_class=bucket(method, path),
        )

    def failure(self, answer: Answer) -> ProviderError:
        """The error that an unwanted answer to a change stands for."""
        return self.transport.failure(answer, writes=True)

    def path(self, template: str, *ids: str, what: str) -> str:
        """`template` with each `{}` filled by an id. Raises `Misconfigured` for what is no id."""
        problem = ""
        try:
            return template.format(*(segment(one) for one in ids))
        except ValueError as error:
            problem = str(error)
        raise Misconfigured(self.source, what, problem, "Nothing was sent; refresh and try again.")

    def _read(self, answer: Answer, shape: Shape[T], what: str) -> Read[T]:
        problem = ""
        try:
            return shape.read(answer.body)
        except ValueError as error:
            problem = str(error)
        raise BadAnswer(self.source, what, problem, _DIFFERS)

    def _refuse_stripped_links(
        self, answer: Answer, page: Read[T], link: str | None, asked: int, what: str
    ) -> None:
        """A full page from which even the link to itself is missing proves no end: something in
        between has taken the links."""
        if link is None and asked > 1 and len(page.ids) >= asked and "link" not in answer.headers:
            raise BadAnswer(
                self.source,
                what,
                "It sent a full page without any Link header, so there may be more.",
                "Check that no proxy in between removes Link headers.",
            )


def next_link(headers: Mapping[str, str]) -> str | None:
    """The target of `rel="next"`; Okta sends one Link header for each relation, joined here."""
    for target, parameters in _LINK.findall(headers.get("link", "")):
        if _NEXT.search(parameters):
            return str(target)
    return None
