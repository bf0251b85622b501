"""Keeps below the Events API's limits, which no header tells: 600 a minute and 30,000 an hour."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable

from keyturn_providers.ratelimit import Window

MINUTE = ("minute", 60.0, 600)
HOUR = ("hour", 3600.0, 30_000)


class Allowance:
    """Counts what was sent. Belongs to one event loop; `reserve` of each window is left to others.

    `observe(seconds, reason)` is told of every wait.
    """

    def __init__(
        self,
        *,
        reserve: float = 1 / 3,
        windows: tuple[tuple[str, float, int], ...] = (MINUTE, HOUR),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        observe: Callable[[float, str], None] | None = None,
    ) -> None:
        self._named = windows
        self._windows = [
            (length, max(1, int(limit * (1 - reserve))), deque[float]())
            for _, length, limit in windows
        ]
        self._clock = clock
        self._sleep = sleep
        self._observe = observe

    def wait_s(self) -> float:
        """For how long nothing may be sent; 0 where one more request fits."""
        now = self._clock()
        longest = 0.0
        for length, most, sent in self._windows:
            while sent and sent[0] <= now - length:
                sent.popleft()
            if len(sent) >= most:
                longest = max(longest, sent[0] + length - now)
        return longest

    def windows(self) -> dict[str, Window]:
        """What is left of each window as far as keyturn's own requests go, by its name;
        `resets_at` is seconds from now."""
        self.wait_s()
        now = self._clock()
        return {
            f"by the {name}": Window(limit, limit - len(sent), sent[0] + length - now)
            for (name, length, limit), (_, _, sent) in zip(self._named, self._windows, strict=True)
            if sent
        }

    def count(self) -> None:
        """One request is sent now."""
        now = self._clock()
        for _, _, sent in self._windows:
            sent.append(now)

    async def take(self) -> None:
        """Waits until one more request fits, and counts it."""
        while (seconds := self.wait_s()) > 0:
            if self._observe is not None:
                self._observe(seconds, "the Events API's limit; the rest is kept for others")
            await self._sleep(seconds)
        self.count()
