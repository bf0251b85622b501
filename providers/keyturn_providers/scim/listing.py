"""Streams a SCIM list page by page, with the proof of its end."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from keyturn_providers.abilities import Page
from keyturn_providers.errors import BadAnswer, Conflict, ProviderError
from keyturn_providers.paging import Broken, CursorWalk, Done, IndexWalk, NextCursor, NextIndex
from keyturn_providers.records import Unreadable
from keyturn_providers.scim.client import ScimClient
from keyturn_providers.scim.payloads import ListPage, ServerFacts
from keyturn_providers.scim.settings import Paging


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_HasId)


@dataclass(frozen=True, slots=True)
class Way:
    """A way to ask for a list."""

    cursor: bool
    extras: Mapping[str, str] = field(default_factory=dict)

    def first(self, count: int) -> dict[str, str | int]:
        start: dict[str, str | int] = {"cursor": ""} if self.cursor else {"startIndex": 1}
        return {**start, "count": count, **self.extras}


def ways(paging: Paging, facts: ServerFacts, extras: Mapping[str, str]) -> tuple[Way, ...]:
    """The ways to try, best first. Extras (sorting, leaving members out) are conveniences: a server
    that refuses them is asked again without. So is AUTO's cursor."""
    wanted = dict(extras)
    if facts.sort:
        wanted["sortBy"] = "id"  # a stable order, or a page boundary may skip a record
    cursor = paging is Paging.CURSOR or (paging is Paging.AUTO and facts.cursor)
    modes = [True] if cursor else [False]
    if cursor and paging is Paging.AUTO:
        modes.append(False)
    return tuple(
        Way(mode, chosen) for mode in modes for chosen in ([wanted, {}] if wanted else [{}])
    )


async def pages(
    client: ScimClient,
    endpoint: str,
    noun: str,
    translate: Callable[[object], T | Unreadable],
    *,
    count: int,
    paging: Paging,
    extras: Mapping[str, str] | None = None,
) -> AsyncIterator[Page[T]]:
    """The whole list. Raises `BadAnswer` (or `Conflict`, where it changed under the reading) as
    soon as its end cannot be proven any more; the page that shows it is not given out."""
    what = f"listing {noun}"
    way, page = await _first(
        client, endpoint, ways(paging, await client.facts(), extras or {}), count, what
    )
    index, cursor = IndexWalk(noun), CursorWalk(noun, count)
    number = 1
    while True:
        records, unreadable, ids = sorted_out(page, translate)
        step: NextIndex | NextCursor | Done | Broken
        if way.cursor:
            step = cursor.take(ids, next_cursor=page.next_cursor, total=page.total)
        else:
            step = index.take(ids, total=page.total, start=page.start)
        params = way.first(count)
        match step:
            case Broken(why, changed):
                raise _broken(client.source, f"{what} (page {number})", why, changed=changed)
            case Done(proof):
                yield Page(records, unreadable, page.total, proof)
                return
            case NextIndex(start):
                params["startIndex"] = start
            case NextCursor(value):
                params["cursor"] = value
        yield Page(records, unreadable, page.total)
        number += 1
        page = await client.list(endpoint, params, what=f"{what} (page {number})")


async def _first(
    client: ScimClient, endpoint: str, candidates: tuple[Way, ...], count: int, what: str
) -> tuple[Way, ListPage]:
    refusal: ProviderError | None = None
    for way in candidates:
        page = await client.list_or_refused(endpoint, way.first(count), what=f"{what} (page 1)")
        if isinstance(page, ListPage):
            return way, page
        refusal = refusal or page
    assert refusal is not None  # noqa: S101 - there is always at least one way
    raise refusal


def sorted_out(
    page: ListPage, translate: Callable[[object], T | Unreadable]
) -> tuple[tuple[T, ...], tuple[Unreadable, ...], list[str | None]]:
    """The records of a page, what of it could not be understood, and all their ids in order."""
    records: list[T] = []
    unreadable: list[Unreadable] = []
    ids: list[str | None] = []
    for resource in page.resources:
        record = translate(resource)
        ids.append(record.id)
        if isinstance(record, Unreadable):
            unreadable.append(record)
        else:
            records.append(record)
    return tuple(records), tuple(unreadable), ids


def _broken(source: str, what: str, why: str, *, changed: bool) -> ProviderError:
    if changed:
        return Conflict(source, what, why, "Nothing is closed by this reading; refresh again.")
    return BadAnswer(
        source, what, why, "The list is not known to be whole, so nothing is closed by it."
    )
