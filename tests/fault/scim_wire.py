"""Opens a SCIM reader and writer on a made-up tenant, and reads listings page by page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.fault.scim_tenant import ScimTenant
from tests.fault.server import fault_server
from tests.fault.wire import Wire

from keyturn_providers.abilities import Page
from keyturn_providers.errors import (
    ProviderError,
)
from keyturn_providers.scim.client import ScimClient
from keyturn_providers.scim.payloads import explain
from keyturn_providers.scim.reader import ScimReader
from keyturn_providers.scim.settings import Paging, ScimSettings
from keyturn_providers.scim.writer import ScimWriter


@asynccontextmanager
async def opened(
    tenant: ScimTenant, *, paging: Paging = Paging.AUTO, page_size: int = 3
) -> AsyncIterator[tuple[ScimReader, ScimWriter, Wire]]:
    wire = Wire()
    async with fault_server(tenant) as server:
        transport = wire.transport(server.url, explain=explain)
        client = ScimClient(transport)
        settings = ScimSettings(url=server.url, page_size=page_size, paging=paging)
        try:
            yield ScimReader(client, settings), ScimWriter(client), wire
        finally:
            await transport.aclose()


async def gather(pages: AsyncIterator[Page[Any]], given: list[Page[Any]]) -> None:
    """Appends page by page, so that what came before an error is kept."""
    async for page in pages:
        given.append(page)  # noqa: PERF401 - a comprehension would lose them all


async def broken(tenant: ScimTenant, paging: Paging = Paging.AUTO) -> ProviderError:
    given: list[Page[Any]] = []
    async with opened(tenant, paging=paging) as (reader, _, _):
        with pytest.raises(ProviderError) as caught:
            await gather(reader.accounts(), given)
    assert not any(page.proof for page in given)
    return caught.value
