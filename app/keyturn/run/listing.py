"""Reading one listing to its end: pages go to staging as they come, and the end says how it was."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from keyturn.run.progress import ListingProgress, Observer
from keyturn_providers.abilities import Page
from keyturn_providers.errors import BadAnswer, NotAuthenticated, ProviderError, TenantChanged
from keyturn_providers.records import (
    Account,
    Collection,
    Grant,
    Group,
    Listing,
    MachineIdentity,
    Membership,
    Vault,
)
from keyturn_storage.snapshots import Cache

Listed: TypeAlias = Account | Group | Membership | Vault | Grant | MachineIdentity
Pages: TypeAlias = AsyncIterator[Page[Listed]]

FATAL = (NotAuthenticated, TenantChanged, BadAnswer)
"""After one of these the source is not asked again in this refresh."""


class Stopped(Exception):
    """The operator asked to stop; what was staged is given up."""


@dataclass(slots=True)
class Reading:
    """One source being read: where its pages go, and what was seen so far.

    `fatal` is the words of the error after which nothing more is asked of the source.
    """

    source: str
    cache: Cache
    snapshot_id: int
    observe: Observer
    stop: Callable[[], bool]
    fatal: str = ""
    parents: dict[Collection, list[str]] = field(default_factory=dict)


async def read_listing(
    reading: Reading,
    collection: Collection,
    parent_id: str,
    pages: Callable[[], Pages],
    place: tuple[int, int] = (0, 0),
) -> Listing:
    """Reads one listing to its end and records how it ended; never raises a ProviderError.

    It is complete if it ended with proof and every record in it has an id. `place`, which one of
    how many, is only told to who watches. Raises `Stopped`.
    """
    if reading.stop():
        raise Stopped
    if reading.fatal:
        listing = Listing(collection, parent_id, error=f"not read: {reading.fatal}")
    else:
        listing = await _read(reading, collection, parent_id, pages, place)
    reading.cache.end_listing(reading.snapshot_id, listing)
    return listing


async def _read(
    reading: Reading,
    collection: Collection,
    parent_id: str,
    pages: Callable[[], Pages],
    place: tuple[int, int],
) -> Listing:
    rows = unreadable = nameless = count = 0
    proof = error = ""
    iterator: Pages | None = None
    try:
        iterator = pages()
        async for page in iterator:
            count += 1
            rows += len(page.records)
            unreadable += len(page.unreadable)
            nameless += sum(1 for odd in page.unreadable if odd.id is None)
            proof = page.proof
            _stage(reading, collection, parent_id, page)
            reading.observe(
                ListingProgress(
                    reading.source, collection, parent_id, rows, page.expected, count, *place
                )
            )
            if reading.stop():
                raise Stopped
    except FATAL as failure:
        reading.fatal = error = str(failure)
    except ProviderError as failure:
        error = str(failure)
    finally:
        if isinstance(iterator, AsyncGenerator):
            await iterator.aclose()
    if not error and nameless:
        error = f"{nameless} records without an id could not be understood."
    if not error and not proof:
        error = "the listing ended without proof that it was whole."
    return Listing(
        collection,
        parent_id,
        complete=not error,
        proof="" if error else proof,
        error=error,
        rows=rows,
        unreadable=unreadable,
        pages=count,
    )


def _stage(reading: Reading, collection: Collection, parent_id: str, page: Page[Listed]) -> None:
    reading.cache.stage(
        reading.snapshot_id,
        (*page.records, *page.unreadable),
        collection=collection,
        parent_id=parent_id,
    )
    if collection in (Collection.GROUPS, Collection.VAULTS):
        seen = reading.parents.setdefault(collection, [])
        for record in page.records:
            if isinstance(record, Group | Vault):
                seen.append(record.id)
        seen.extend(odd.id for odd in page.unreadable if odd.id is not None)
