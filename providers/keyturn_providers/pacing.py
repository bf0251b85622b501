"""When the next request may start: windows learnt from rate-limit headers, a share left to others.

A client that spends a window to its end locks every other integration of the organisation out, so
reads stop early, writes a little later, and a refusal (429) pauses everybody of that limit class.
`Pace` is the logic over given times; `Pacer` waits by it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from keyturn_providers.ratelimit import Window, window_from

WRITE_SHARE = 0.1
"""The share of a window that reads leave to writes, on top of the reserve left to others."""
FIRST_PENALTY_S = 1.0
LONGEST_PENALTY_S = 60.0


@dataclass(frozen=True, slots=True)
class Pause:
    """How long not to send, and why, in words. `seconds` is 0 where nothing holds."""

    seconds: float
    reason: str = ""


@dataclass(slots=True)
class Pace:
    """The state of one limit class. Pure: every method takes the time, none looks at a clock.

    Without headers the number of requests at once grows by one with each success up to
    `concurrency` and halves with each refusal; before the first answer it is one.
    """

    reserve: float = 0.3
    concurrency: int = 6
    allowed: int = 1
    in_flight: int = 0
    window: Window | None = None
    paused_until: float = 0.0
    refusals: int = 0

    def pause(self, now: float, *, writes: bool) -> Pause:
        """What a request has to wait for by the clock; 0 where it has not."""
        if now < self.paused_until:
            return Pause(self.paused_until - now, "the server asked to wait (too many requests)")
        window = self.window
        if window is None or now >= window.resets_at:
            return Pause(0.0)
        floor = window.limit * min(1.0, self.reserve + (0.0 if writes else WRITE_SHARE))
        # A window too small to share (a limit of 1 to 3) is still used, one request at a time.
        floor = min(floor, window.limit - 1)
        if window.remaining - self.in_flight > floor:
            return Pause(0.0)
        left = f"{window.remaining} of {window.limit} requests left"
        return Pause(window.resets_at - now, f"{left}; the rest is kept for others")

    def has_room(self, now: float) -> bool:
        """Whether one more request may be in flight. Where a window is over, one goes ahead to
        learn what others took of the new one already."""
        if self.window is not None and now >= self.window.resets_at:
            return self.in_flight == 0
        return self.in_flight < min(self.allowed, self.concurrency)

    def learn(self, now: float, window: Window | None) -> None:
        """An answer came (not a refusal). An older answer never raises what is left."""
        self.refusals = 0
        self.allowed = min(self.concurrency, self.concurrency if window else self.allowed + 1)
        if window is None:
            return
        known = self.window
        if known and now < known.resets_at and abs(known.resets_at - window.resets_at) < 1.5:
            window = Window(window.limit, min(window.remaining, known.remaining), known.resets_at)
        self.window = window

    def refuse(self, now: float, retry_after_s: float | None, spread: float = 1.0) -> float:
        """A 429 came: pauses the class and returns for how many seconds. Where the server does not
        say for how long, the growing penalty is taken times `spread`."""
        self.refusals += 1
        self.allowed = max(1, self.allowed // 2)
        penalty = spread * min(LONGEST_PENALTY_S, FIRST_PENALTY_S * 2 ** (self.refusals - 1))
        seconds = penalty if retry_after_s is None else max(0.0, retry_after_s)
        self.paused_until = max(self.paused_until, now + seconds)
        return seconds


class Pacer:
    """Gives turns to the requests of one connector. Belongs to one event loop.

    `observe(seconds, reason)` is told of every wait once, not once for each waiting task.
    `rounding_s` is added to every time the server tells, for servers that tell whole seconds of a
    finer clock. `spread` gives a share of a penalty that nobody set, so that many clients do not
    come back at the same moment.
    """

    def __init__(
        self,
        *,
        reserve: float = 0.3,
        concurrency: int = 6,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        observe: Callable[[float, str], None] | None = None,
        rounding_s: float = 0.0,
        spread: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self._rounding_s = rounding_s
        self._spread = spread
        self._reserve = reserve
        self._concurrency = concurrency
        self._clock = clock
        self._wall = wall
        self._sleep = sleep
        self._observe = observe
        self._paces: dict[str, Pace] = {}
        self._told_until: dict[str, float] = {}
        self._writes_waiting: dict[str, int] = {}
        self._waiters: list[asyncio.Future[None]] = []

    def pace(self, limit_class: str = "") -> Pace:
        """The state of `limit_class`, for reading."""
        return self._paces.setdefault(
            limit_class, Pace(reserve=self._reserve, concurrency=self._concurrency)
        )

    def windows(self) -> dict[str, Window]:
        """The windows that still run, by class; `resets_at` is seconds from now."""
        now = self._clock()
        return {
            name: replace(pace.window, resets_at=pace.window.resets_at - now)
            for name, pace in self._paces.items()
            if pace.window is not None and now < pace.window.resets_at
        }

    def holds_for(self, limit_class: str = "", *, writes: bool = False) -> float:
        """For how many seconds the server's own refusal still holds; for a write also the window,
        where what is left of it is kept for others."""
        pace, now = self.pace(limit_class), self._clock()
        return pace.pause(now, writes=True).seconds if writes else max(0.0, pace.paused_until - now)

    def reason(self, limit_class: str = "") -> str:
        """Why a write has to wait now, as a sentence."""
        words = self.pace(limit_class).pause(self._clock(), writes=True).reason
        return f"{words[:1].upper()}{words[1:]}."

    @asynccontextmanager
    async def turn(self, *, writes: bool, limit_class: str = "") -> AsyncIterator[None]:
        """Waits until a request may start; it is in flight for the length of the block."""
        await self._start(limit_class, writes=writes)
        try:
            yield
        finally:
            self.pace(limit_class).in_flight -= 1
            self._wake()

    def learn(self, headers: Mapping[str, str], limit_class: str = "") -> None:
        """Takes the rate-limit headers (lower-case names) of an answer that was no refusal."""
        now = self._clock()
        window = window_from(headers, now, self._wall())
        if window is not None:
            window = replace(window, resets_at=window.resets_at + self._rounding_s)
        self.pace(limit_class).learn(now, window)

    def refuse(self, retry_after_s: float | None, limit_class: str = "") -> float:
        """Takes a 429; returns the seconds for which the class is paused."""
        told = None if retry_after_s is None else retry_after_s + self._rounding_s
        return self.pace(limit_class).refuse(self._clock(), told, self._spread())

    async def _start(self, limit_class: str, *, writes: bool) -> None:
        pace = self.pace(limit_class)
        if writes:
            self._writes_waiting[limit_class] = self._writes_waiting.get(limit_class, 0) + 1
        try:
            while True:
                pause = pace.pause(self._clock(), writes=writes)
                if pause.seconds > 0:
                    self._tell(limit_class, pause)
                    await self._sleep(pause.seconds)
                    continue
                if pace.has_room(self._clock()) and (
                    writes or not self._writes_waiting.get(limit_class)
                ):
                    pace.in_flight += 1
                    return
                waiter = asyncio.get_running_loop().create_future()
                self._waiters.append(waiter)
                await waiter
        finally:
            if writes:
                self._writes_waiting[limit_class] -= 1
                self._wake()

    def _wake(self) -> None:
        # Without a lock, unlike asyncio.Condition: a cancelled task must be able to wake the rest.
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _tell(self, limit_class: str, pause: Pause) -> None:
        until = self._clock() + pause.seconds
        if self._observe is not None and until > self._told_until.get(limit_class, 0.0) + 0.5:
            self._told_until[limit_class] = until
            self._observe(pause.seconds, pause.reason)
