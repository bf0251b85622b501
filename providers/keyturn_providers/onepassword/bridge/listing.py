"""Streams a list of the bridge, whose order is not the same from one request to the next.

Paging by index then skips some records and repeats others. So everything is asked for in one page;
where the bridge gives less, the pages are put together by id until they are as many as it counts,
and who was not in the last round is asked for by id.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Generic

from keyturn_providers.abilities import Page
from keyturn_providers.errors import BadAnswer, Conflict
from keyturn_providers.records import Unreadable
from keyturn_providers.scim.client import ScimClient
from keyturn_providers.scim.listing import T, sorted_out
from keyturn_providers.scim.payloads import ListPage

COUNT = 10_000
"""The most records in a page, as the bridge's own ServiceProviderConfig says."""
MOST_ROUNDS = 4
_MOST_CONFIRMED = 50
_NOTHING_CLOSED = "The list is not known to be whole, so nothing is closed by it; refresh again."


async def unordered(
    client: ScimClient,
    endpoint: str,
    noun: str,
    translate: Callable[[object], T | Unreadable],
) -> AsyncIterator[Page[T]]:
    """The whole list, in the order in which it came.

    Raises `Conflict` where it changed under the reading, or does not come together in a few rounds,
    and `BadAnswer` where the bridge does not count its records.
    """
    reading = _Reading(client, endpoint, noun, translate)
    for _ in range(MOST_ROUNDS):
        async for page in reading.round():
            yield page
        if reading.whole:
            yield Page((), expected=reading.total, proof=await reading.proof())
            return
    raise Conflict(
        client.source,
        f"listing {noun}",
        f"In {MOST_ROUNDS} rounds {len(reading.seen)} of {reading.total} {noun} came: the order"
        " changes with each page.",
        _NOTHING_CLOSED,
    )


class _Reading(Generic[T]):
    """What came so far, over all rounds. `seen` are the ids, `total` what the bridge counts."""

    def __init__(
        self,
        client: ScimClient,
        endpoint: str,
        noun: str,
        translate: Callable[[object], T | Unreadable],
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._what = f"listing {noun}"
        self._noun = noun
        self._translate = translate
        self._rounds = 0
        self._pages = 0
        self._nameless = 0
        self._last_round: set[str] = set()
        self.seen: set[str] = set()
        self.total = 0

    @property
    def whole(self) -> bool:
        return len(self.seen) + self._nameless == self.total

    async def round(self) -> AsyncIterator[Page[T]]:
        """Reads from the first record to the last; gives what had not come before."""
        self._rounds += 1
        self._nameless, self._last_round, rows = 0, set[str](), 0
        while True:
            page = await self._client.list(
                self._endpoint,
                {"startIndex": rows + 1, "count": COUNT},
                what=f"{self._what} (page {self._pages + 1})",
            )
            self._count(page)
            rows += len(page.resources)
            yield self._fresh(page)
            if rows >= self.total or not page.resources:
                return

    async def proof(self) -> str:
        """Why the list is whole, in words; "" where a record has no id to be known by."""
        await self._confirm(sorted(self.seen - self._last_round))
        if self._nameless:
            return ""
        pages = "1 page" if self._pages == 1 else f"{self._pages} pages"
        return f"{self.total} {self._noun} in {pages}, no id twice; the total agrees"

    async def _confirm(self, missed: Sequence[str]) -> None:
        """Whoever came in an earlier round only may be gone since, and hide a missing one."""
        for its_id in missed[:_MOST_CONFIRMED]:
            if await self._client.resource(self._endpoint, its_id, what=self._what) is None:
                raise self._changed()
        if len(missed) > _MOST_CONFIRMED:
            raise self._changed()

    def _count(self, page: ListPage) -> None:
        if page.total is None:
            why = f"It does not say how many {self._noun} there are (totalResults)."
            raise BadAnswer(self._client.source, self._what, why, _NOTHING_CLOSED)
        if self._pages and page.total != self.total:
            raise self._changed()
        self._pages += 1
        self.total = page.total

    def _fresh(self, page: ListPage) -> Page[T]:
        records, unreadable, ids = sorted_out(page, self._translate)
        known = {one for one in ids if one is not None}
        self._nameless += ids.count(None)
        new = known - self.seen
        self.seen |= known
        self._last_round |= known
        if len(self.seen) + self._nameless > self.total:
            why = f"It sent more {self._noun} than the {self.total} it counts."
            raise Conflict(self._client.source, self._what, why, _NOTHING_CLOSED)
        given: dict[str, T] = {one.id: one for one in records if one.id in new}
        odd = {one.id: one for one in unreadable if one.id in new}
        nameless = tuple(one for one in unreadable if one.id is None)
        return Page(tuple(given.values()), (*odd.values(), *nameless), self.total)

    def _changed(self) -> Conflict:
        why = f"The list of {self._noun} changed while it was read."
        return Conflict(self._client.source, self._what, why, _NOTHING_CLOSED)
