"""Time as runs see it: injected, so that tests wait for nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

_SLICE_S = 0.5


@dataclass(frozen=True, slots=True)
class Clock:
    """`now_ms` is UTC milliseconds since the epoch, as this machine has them; somebody may set
    them right at any moment. `sleep` waits that many seconds. `monotonic` only ever goes forward;
    where it is not given `now_ms` is taken to do so."""

    now_ms: Callable[[], int]
    sleep: Callable[[float], Awaitable[None]]
    monotonic: Callable[[], float] | None = None

    def elapsed_s(self) -> float:
        """Seconds since some moment: for how long something took."""
        return self.monotonic() if self.monotonic is not None else self.now_ms() / 1000

    async def wait(self, seconds: float, stop: Callable[[], bool]) -> bool:
        """Waits, looking at `stop` at least twice a second. False if it was cut short."""
        left = seconds
        while left > 0:
            if stop():
                return False
            await self.sleep(min(left, _SLICE_S))
            left -= _SLICE_S
        return not stop()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def system_clock() -> Clock:
    """The clock of this machine, with asyncio's sleep."""
    return Clock(now_ms=_now_ms, sleep=asyncio.sleep, monotonic=time.monotonic)
