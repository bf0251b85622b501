"""How long a refresh in the background holds up the dashboard's loop, as one line.

`uv run python -m tests.bench.heartbeat [people]` reads simulated tenants of that many people
(100,000 by default) from the dashboard, while a sleeper of 2 ms notes its longest gaps. A gap is
the time in which no key is looked at. Nothing is asserted: the machine decides.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.tui.simulated import bench

BEAT_S = 0.002


async def longest_gaps(people: int, data: Path) -> tuple[list[float], float]:
    """The gaps in milliseconds, longest first, and how long the refresh took in seconds."""
    made = bench(data, people=people)
    app = made.app()
    gaps: list[float] = []
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        before = begun = time.perf_counter()
        app.refresh_sources()
        while app.jobs.running():
            await asyncio.sleep(BEAT_S)
            now = time.perf_counter()
            gaps.append((now - before - BEAT_S) * 1000)
            before = now
        took = time.perf_counter() - begun
    made.close()
    return sorted(gaps, reverse=True), took


def main(people: int = 100_000) -> None:
    """Prints the line."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir(mode=0o700)
        gaps, took = asyncio.run(longest_gaps(people, data))
    over = sum(gap > 50 for gap in gaps)
    sys.stdout.write(
        f"{people:,} people read in {took:.1f} s: longest gap {gaps[0]:.0f} ms, "
        f"{over} of {len(gaps)} beats later than 50 ms, 99th percentile "
        f"{gaps[len(gaps) // 100]:.1f} ms\n"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
