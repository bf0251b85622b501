"""A fresh small account for each test, its `op`, and clients of its three HTTP surfaces."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.providers.simulated_onepassword.small_tenant import Op, Served, small_tenant

from keyturn_providers.simulated.onepassword.bridge import bridge_app
from keyturn_providers.simulated.onepassword.events_api import events_app
from keyturn_providers.simulated.onepassword.inspection import account_id, events_token
from keyturn_providers.simulated.onepassword.op_program import daemon
from keyturn_providers.simulated.onepassword.users_api import users_app
from keyturn_providers.simulated.wire.serving import serve_in_thread


@pytest.fixture
def tenant(tmp_path: Path) -> Path:
    return small_tenant(tmp_path / "1password.db")


@pytest.fixture
def op(tenant: Path) -> Iterator[Op]:
    with daemon.running(tenant):
        yield Op(tenant)


@pytest.fixture
def served(tenant: Path) -> Iterator[Served]:
    apps = [(bridge_app(tenant), 0), (users_app(tenant), 0), (events_app(tenant), 0)]
    with serve_in_thread(apps) as urls:
        yield Served(*urls)


@pytest.fixture
def bridge(served: Served) -> Iterator[httpx.Client]:
    headers = {"Authorization": "Bearer bridge-bearer"}
    with httpx.Client(base_url=served.bridge, headers=headers) as client:
        yield client


@pytest.fixture
def users_api(served: Served, tenant: Path) -> Iterator[httpx.Client]:
    root = f"{served.users}/v1beta1"
    body = {"grant_type": "client_credentials", "scope": "openid"}
    token = httpx.post(f"{root}/users/oauth2/token", data=body, auth=("client", "secret")).json()
    with httpx.Client(
        base_url=f"{root}/accounts/{account_id(tenant)}/",
        headers={"Authorization": f"Bearer {token['access_token']}"},
    ) as client:
        yield client


@pytest.fixture
def events(served: Served, tenant: Path) -> Iterator[httpx.Client]:
    token = events_token(tenant, served.events)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=served.events, headers=headers) as client:
        yield client
