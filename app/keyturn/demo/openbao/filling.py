"""Requests that fill the demo's servers: a few at a time, in any order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

from pydantic import SecretStr

from keyturn_providers.contract import Surroundings
from keyturn_providers.errors import BadAnswer
from keyturn_providers.http import AuthHeader, Transport

_AT_ONCE = 8
T = TypeVar("T")


class Filling:
    """One server being filled."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def send(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> dict[str, object]:
        """One request, sent once; the answer's JSON object, empty where there is none.

        Raises ProviderError."""
        async with self._room:
            answer = await self._transport.request(
                method,
                path,
                what="filling the demo's organisation",
                writes=True,
                json=body,
                ok=(200, 201, 204),
            )
        content = answer.json() if answer.body.strip() else {}
        if not isinstance(content, dict):
            raise BadAnswer(answer.source, answer.what, "It did not answer an object.", "")
        return content


@asynccontextmanager
async def filling(
    name: str, url: str, token: SecretStr, auth: AuthHeader
) -> AsyncIterator[Filling]:
    """A server to fill, with its credential."""
    transport = Transport(name, url, Surroundings(secret=lambda: token), auth=auth)
    try:
        yield Filling(transport)
    finally:
        await transport.aclose()


async def together(jobs: Iterable[Awaitable[T]]) -> list[T]:
    """The results in order; all jobs have ended when the first failure is raised."""
    found: list[T] = []
    for result in await asyncio.gather(*jobs, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
        found.append(result)
    return found


def text_at(answer: object, *path: str) -> str:
    """The text under `path` in a JSON answer. Raises BadAnswer where there is none."""
    value = answer
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    if not isinstance(value, str):
        raise BadAnswer("demo", "filling the organisation", f"There is no {'.'.join(path)}.", "")
    return value
