"""The simulated Okta provisions into the simulated bridge: both sides of one organisation."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.providers.simulated_onepassword.small_tenant import DANA, ENG, Served

from keyturn_providers.simulated.okta import behaviour, push
from keyturn_providers.simulated.okta.application import app
from keyturn_providers.simulated.okta.seeding import (
    OktaApiToken,
    OktaApp,
    OktaGroup,
    OktaMapping,
    OktaSeed,
    OktaUser,
    create,
    group_id,
    seed,
    user_id,
)
from keyturn_providers.simulated.onepassword import inspection
from keyturn_providers.simulated.wire.serving import serve_in_thread

ROOT, DANA_LOGIN, NEW = "root@example.com", "Dana.Vale@example.com", "new@example.com"


@pytest.fixture
def org(tmp_path: Path, served: Served) -> Path:
    path = tmp_path / "okta.db"
    create(path)
    seed(
        path,
        OktaSeed(
            users=(
                OktaUser(ROOT, roles=("SUPER_ADMIN",)),
                OktaUser(DANA_LOGIN, "Dana", "Vale"),
                OktaUser(NEW, "Nina", "New"),
            ),
            groups=(OktaGroup("Engineering", members=(DANA_LOGIN,)),),
            apps=(
                OktaApp(
                    "1Password",
                    groups=("Engineering",),
                    external_ids={DANA_LOGIN: DANA},
                    mappings=(OktaMapping("Engineering", ENG),),
                ),
            ),
            api_tokens=(OktaApiToken("tests", ROOT, "of-root"),),
        ),
    )
    behaviour.push_to(path, f"{served.bridge}/scim", "bridge-bearer")
    return path


@pytest.fixture
def okta(org: Path) -> Iterator[httpx.Client]:
    headers = {"Authorization": "SSWS of-root"}
    with (
        serve_in_thread([(app(org), 0)]) as (url,),
        httpx.Client(base_url=url, headers=headers) as client,
    ):
        yield client


def settle(org: Path) -> None:
    while push.run_due(org):
        pass


def test_a_joiner_is_invited_put_into_the_group_and_confirmed(
    okta: httpx.Client, org: Path, tenant: Path
) -> None:
    joined = okta.put(f"/api/v1/groups/{group_id('Engineering')}/users/{user_id(NEW)}")
    assert joined.status_code == 204
    settle(org)
    found = inspection.user_id(tenant, NEW)
    assert found is not None
    assert inspection.user_state(tenant, found) == "TRANSFER_PENDING"
    assert found in inspection.members(tenant, ENG)
    inspection.accept_invitation(tenant, found)
    inspection.advance(tenant, 600)
    assert inspection.user_state(tenant, found) == "ACTIVE"


def test_a_leaver_is_suspended(okta: httpx.Client, org: Path, tenant: Path) -> None:
    okta.post(f"/api/v1/users/{user_id(DANA_LOGIN)}/lifecycle/deactivate").raise_for_status()
    settle(org)
    assert inspection.user_state(tenant, DANA) == "SUSPENDED"
    (event,) = inspection.happened(tenant, "suspend", "user")
    assert event.actor_email.endswith("@1passwordserviceaccounts.com")


def test_a_mover_leaves_the_group_there_too(okta: httpx.Client, org: Path, tenant: Path) -> None:
    left = okta.delete(f"/api/v1/groups/{group_id('Engineering')}/users/{user_id(DANA_LOGIN)}")
    assert left.status_code == 204
    settle(org)
    assert DANA not in inspection.members(tenant, ENG)
    assert DANA in {event.aux_id for event in inspection.happened(tenant, "leave", "gm")}
