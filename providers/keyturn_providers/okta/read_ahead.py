"""Reads a stream ahead of who looks at it, so that a chain of pages never waits for its reader."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

T = TypeVar("T")


@asynccontextmanager
async def read_ahead(
    source: AsyncGenerator[T, None], most: int = 64
) -> AsyncIterator[AsyncIterator[T]]:
    """`source`, read by a task of its own from now on, at most `most` items ahead. It ends, and
    `source` is closed, with the block. An error of `source` comes after what it gave before."""
    queue: asyncio.Queue[tuple[T | None, BaseException | None, bool]] = asyncio.Queue(most)

    async def pump() -> None:
        try:
            async for item in source:
                await queue.put((item, None, False))
        except Exception as error:  # noqa: BLE001 - raised again where the items are looked at
            await queue.put((None, error, True))
        else:
            await queue.put((None, None, True))

    async def items() -> AsyncIterator[T]:
        while True:
            item, error, last = await queue.get()
            if error is not None:
                raise error
            if last:
                return
            yield item  # type: ignore[misc]  # None only where T allows it

    task = asyncio.create_task(pump())
    try:
        yield items()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await source.aclose()
