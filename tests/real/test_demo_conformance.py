"""Both connectors pass the conformance suite, on real servers with the demo's organisation."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from pydantic import BaseModel, SecretStr

from keyturn.demo.openbao.fill import Filled, fill
from keyturn.demo.openbao.servers import Servers, running_servers
from keyturn_providers import registry
from keyturn_providers.conformance import CHECKS, Check, GrantTarget, Mark, Subject, run_one
from keyturn_providers.contract import Connector, Surroundings
from keyturn_providers.records import Level, PrincipalKind

pytestmark = pytest.mark.real
WRONG = SecretStr("a-wrong-token-that-nobody-may-see-either")
# SCIM has no vaults, sessions or audit log.
NOT_IN_BAO = {
    "permission rules are closed",
    "narrow a grant and widen it again",
    "accounts are found by address",
    "invite somebody",
    "let somebody in",
    "deactivate and reactivate",
    "end all sessions",
}
NOT_IN_SCIM = {
    *NOT_IN_BAO,
    "grant, revoke and restore",
    "operations are found in the audit log",
    "end a session",
}


@dataclass(frozen=True)
class Demo:
    servers: Servers
    filled: Filled


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with running_servers() as servers:
        yield Demo(servers, asyncio.run(fill(servers)))


def opener(kind: str, **settings: object) -> Callable[[Surroundings], Connector]:
    provider = registry.find(kind)
    checked: BaseModel = provider.settings.model_validate(settings)
    return lambda surroundings: provider.open(kind, checked, surroundings)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
async def test_scim_conforms(check: Check, demo: Demo) -> None:
    users, groups = demo.filled.directory.users, demo.filled.directory.groups
    subject = Subject(
        # Small pages, so that the paging is at work.
        open=opener("scim", url=demo.servers.scim_url, page_size=7),
        token=demo.servers.scim_token,
        wrong_token=WRONG,
        account_id=users["ravi.menon"],
        group_id=groups["finance"],
        outsider_id=users["ravi.menon"],
    )
    result = await run_one(check, subject)
    assert result.mark is (Mark.SKIPPED if check.name in NOT_IN_SCIM else Mark.PASSED), str(result)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
async def test_openbao_conforms(check: Check, demo: Demo) -> None:
    made = demo.filled.secrets
    ravi = made.entities["ravi.menon"]
    subject = Subject(
        open=opener("openbao", url=demo.servers.bao_url, audit_log=demo.servers.audit_log),
        token=made.keyturn_token,
        wrong_token=WRONG,
        account_id=ravi,
        group_id=made.groups["finance"],
        outsider_id=ravi,
        grant=GrantTarget(made.vaults["board-room"], PrincipalKind.ACCOUNT, ravi, Level.READ),
    )
    result = await run_one(check, subject)
    assert result.mark is (Mark.SKIPPED if check.name in NOT_IN_BAO else Mark.PASSED), str(result)
