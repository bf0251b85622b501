"""The one place of storage that reads the clock: for names of copies, never for a decision."""

import time


def now_ms() -> int:
    """UTC milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
