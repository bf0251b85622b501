"""Several things under way in one run: they end together, and the first failure ends all."""

import asyncio
from collections.abc import Coroutine, Iterable


async def together(jobs: Iterable[Coroutine[object, object, None]]) -> None:
    """Waits until every job has ended. Where one fails the others are cancelled, none is left
    running, and that failure is raised as it is."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    if not tasks:
        return
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        failures = [failure for task in done if (failure := task.exception()) is not None]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if failures:
        raise failures[0]
