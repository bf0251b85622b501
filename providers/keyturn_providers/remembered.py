"""A read made once and shared, its failure as well."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from keyturn_providers.errors import ProviderError

T = TypeVar("T")


class Remembered(Generic[T]):
    """The result of `make`, made at the first `get`; all who ask meanwhile wait for the same.

    A `ProviderError` is remembered too: a listing that failed is not tried again for each vault.
    """

    def __init__(self, make: Callable[[], Awaitable[T]]) -> None:
        self._make = make
        self._lock = asyncio.Lock()
        self._done = False
        self._value: T | None = None
        self._error: ProviderError | None = None

    async def get(self) -> T:
        async with self._lock:
            if not self._done:
                try:
                    self._value = await self._make()
                except ProviderError as error:
                    self._error = error
                self._done = True
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # None only where T allows it
