"""What `about` finds out of a SCIM server and of keyturn's token, check by check."""

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import SecretStr
from tests.fault.scim_tenant import ScimTenant, people, scim_error
from tests.fault.server import FaultServer, Reply, Request, fault_server

from keyturn_providers.contract import (
    Check,
    Condition,
    Surroundings,
    Topic,
)
from keyturn_providers.errors import Throttled
from keyturn_providers.scim import PROVIDER, ScimSettings


async def checks_of(server: FaultServer, *, read_only: bool = False) -> tuple[Check, ...]:
    connector = PROVIDER.open(
        "idp",
        ScimSettings(url=server.url),
        Surroundings(secret=lambda: SecretStr("x"), read_only=read_only),
    )
    try:
        return (await connector.about()).checks
    finally:
        await connector.aclose()


def of(checks: tuple[Check, ...], topic: Topic) -> Mapping[str, Check]:
    return {check.subject: check for check in checks if check.topic is topic}


async def test_a_server_that_is_well() -> None:
    async with fault_server(ScimTenant(people(1), config={"patch": {"supported": True}})) as server:
        checks = await checks_of(server)
    scopes = of(checks, Topic.SCOPE)
    assert list(scopes) == ["/Users", "/Groups", "PATCH"]
    assert {check.condition for check in scopes.values()} == {Condition.WELL}
    assert of(checks, Topic.REACH)["SCIM server"].condition is Condition.WELL
    assert of(checks, Topic.TOKEN)["SCIM server"].condition is Condition.UNKNOWN


@pytest.mark.parametrize("status", [403, 404])
async def test_groups_that_may_not_be_listed_hide_something(status: int) -> None:
    def refused(_number: int, request: Request) -> Reply | None:
        return scim_error(status) if request.path == "/Groups" else None

    async with fault_server(ScimTenant(people(1), fault=refused)) as server:
        check = of(await checks_of(server), Topic.SCOPE)["/Groups"]
    assert check.condition is Condition.WRONG
    assert check.hides == "groups, and who is in them"


@pytest.mark.parametrize(
    ("config", "condition"),
    [(None, Condition.UNKNOWN), ({"patch": {"supported": False}}, Condition.WATCH)],
)
async def test_whether_changes_are_taken(
    config: dict[str, Any] | None, condition: Condition
) -> None:
    async with fault_server(ScimTenant(people(1), config=config)) as server:
        assert of(await checks_of(server), Topic.SCOPE)["PATCH"].condition is condition
        assert "PATCH" not in of(await checks_of(server, read_only=True), Topic.SCOPE)


async def test_a_refusal_that_says_nothing_of_rights_is_raised() -> None:
    def busy(_number: int, request: Request) -> Reply | None:
        if request.path != "/Groups":
            return None
        return Reply(429, b"", {"Retry-After": "3600"})

    async with fault_server(ScimTenant(people(1), fault=busy)) as server:
        with pytest.raises(Throttled):
            await checks_of(server)
