"""Turns at one source: no more at once than it takes, and whoever comes first in the plan first."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush

Rank = tuple[int, int]
"""The lower one goes first."""
_ROUNDS = 3
"""Of the event loop, in which others may come to know that they are next."""


class Turns:
    """Belongs to one event loop."""

    def __init__(self, at_once: int) -> None:
        self._free = max(1, at_once)
        self._numbers = itertools.count()
        self._waiting: list[tuple[Rank, int, asyncio.Future[None]]] = []
        self._planned = False

    @property
    def waiting(self) -> int:
        """How many wait for a turn."""
        return len(self._waiting)

    @asynccontextmanager
    async def turn(self, rank: Rank) -> AsyncIterator[None]:
        """Waits for a turn and has it for the length of the block."""
        mine = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (rank, next(self._numbers), mine))
        self._soon()
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._back()
            raise
        try:
            yield
        finally:
            self._back()

    def _back(self) -> None:
        self._free += 1
        self._soon()

    def _soon(self) -> None:
        # A little later: whoever becomes ready by what just ended is to be compared by rank.
        if not self._planned:
            self._planned = True
            self._later(_ROUNDS)

    def _later(self, rounds: int) -> None:
        after = self._hand_out if rounds == 0 else lambda: self._later(rounds - 1)
        asyncio.get_running_loop().call_soon(after)

    def _hand_out(self) -> None:
        self._planned = False
        while self._free and self._waiting:
            mine = heappop(self._waiting)[2]
            if not mine.cancelled():
                self._free -= 1
                mine.set_result(None)
