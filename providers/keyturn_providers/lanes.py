"""A few clients with a connection each, instead of one with a pool of connections.

The HTTP library looks at every connection of its pool, and asks the kernel of each, whenever a
request begins or ends; with sixteen at once that is a quarter of a refresh.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

C = TypeVar("C")


class Lanes(Generic[C]):
    """At most `most` clients, each made when all others are in use. The one used last is used
    first, so that few requests one after the other share a connection."""

    def __init__(self, make: Callable[[], C], most: int) -> None:
        self._make = make
        self._room = asyncio.Semaphore(most)
        self._idle: list[C] = []
        self.made: list[C] = []

    @asynccontextmanager
    async def one(self) -> AsyncIterator[C]:
        """A client nobody else uses for the length of the block."""
        async with self._room:
            if self._idle:
                client = self._idle.pop()
            else:
                client = self._make()
                self.made.append(client)
            try:
                yield client
            finally:
                self._idle.append(client)
