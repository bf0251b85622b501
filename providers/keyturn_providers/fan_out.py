"""Many reads at once, bounded, results in the order asked for."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

A = TypeVar("A")
R = TypeVar("R")


async def in_order(
    items: Sequence[A], call: Callable[[A], Awaitable[R]], width: int
) -> tuple[R, ...]:
    """`call` on each item, at most `width` at a time. The first failure ends the others and is
    raised as it is, not in a group."""
    results: dict[int, R] = {}
    numbered = iter(enumerate(items))

    async def work() -> None:
        for number, item in numbered:
            results[number] = await call(item)

    try:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(width, len(items))):
                tasks.create_task(work())
    except ExceptionGroup as failures:
        failure = failures.exceptions[0]
    else:
        return tuple(results[number] for number in range(len(items)))
    raise failure
