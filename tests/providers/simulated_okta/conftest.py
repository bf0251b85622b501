"""An org that is served, and a client for it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.providers.simulated_okta.acme import ACME, ROOT_TOKEN

from keyturn_providers.simulated.okta.application import app
from keyturn_providers.simulated.okta.seeding import create, seed
from keyturn_providers.simulated.wire.serving import serve_in_thread


@pytest.fixture
def org(tmp_path: Path) -> Path:
    path = tmp_path / "okta.db"
    create(path)
    seed(path, ACME)
    return path


@pytest.fixture
def okta(org: Path) -> Iterator[httpx.Client]:
    with (
        serve_in_thread([(app(org), 0)]) as (url,),
        httpx.Client(base_url=url, headers=ROOT_TOKEN, verify=False) as client,
    ):
        yield client
