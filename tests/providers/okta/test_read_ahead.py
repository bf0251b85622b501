"""Reading ahead gives what the source gives, in order, and fails as it fails."""

from collections.abc import AsyncGenerator

import pytest

from keyturn_providers.okta.read_ahead import read_ahead


async def _source(failure: Exception | None, items: int) -> AsyncGenerator[int, None]:
    for item in range(items):
        yield item
    if failure is not None:
        raise failure


@pytest.mark.parametrize("items", [0, 3, 200])
async def test_all_comes_in_order(items: int) -> None:
    async with read_ahead(_source(None, items)) as found:
        assert [item async for item in found] == list(range(items))


@pytest.mark.parametrize("items", [0, 3, 200])
async def test_a_mistake_comes_after_what_was_given_before_it(items: int) -> None:
    """Also one that no provider raises: whoever looks would wait without end for what comes."""
    async with read_ahead(_source(ZeroDivisionError(), items)) as found:
        assert [await anext(found) for _ in range(items)] == list(range(items))
        with pytest.raises(ZeroDivisionError):
            await anext(found)


async def test_the_source_is_closed_where_nobody_looks_to_its_end() -> None:
    source = _source(None, 1000)
    async with read_ahead(source) as found:
        assert await anext(found) == 0
    assert [item async for item in source] == []
