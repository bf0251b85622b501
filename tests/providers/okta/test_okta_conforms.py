"""The connector passes the conformance suite on the simulated organisation, however it signs in."""

import pytest
from pydantic import SecretStr
from tests.providers.okta.conftest import SERVICE_PEM, Org, add, service
from tests.providers.simulated_okta.acme import ADA_ID, DANA_ID, PAY, SECRET

from keyturn_providers.conformance import CHECKS, Check, Mark, Subject, run_one
from keyturn_providers.contract import Connector, Surroundings
from keyturn_providers.okta import PROVIDER
from keyturn_providers.okta.settings import READ_SCOPES, WRITE_SCOPES
from keyturn_providers.simulated.okta.seeding import app_id

# Okta grants nothing on vaults, shows no session by itself, and keyturn invites nobody there.
NOT_IN_OKTA = {
    "accounts are found by address",
    "end a session",
    "grant, revoke and restore",
    "invite somebody",
    "let somebody in",
    "narrow a grant and widen it again",
    "permission rules are closed",
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
@pytest.mark.parametrize("way", ["API token", "service app", "service app with DPoP"])
async def test_okta_conforms(check: Check, way: str, org: Org) -> None:
    settings, secret = org.settings(), SECRET
    wrong: str | None = "00-a-wrong-token"
    if way != "API token":
        add(org, service("keyturn", READ_SCOPES + WRITE_SCOPES, dpop="DPoP" in way))
        settings = org.settings(client={"id": app_id("keyturn"), "key_id": "k1"})
        secret, wrong = SERVICE_PEM, None

    def opened(surroundings: Surroundings) -> Connector:
        return PROVIDER.open("okta", settings, surroundings)

    subject = Subject(
        open=opened,
        token=SecretStr(secret),
        wrong_token=None if wrong is None else SecretStr(wrong),
        account_id=DANA_ID,
        group_id=PAY,
        outsider_id=ADA_ID,
        unknown_id="00u0000000000nobody",
        leaver_id=ADA_ID,
    )
    result = await run_one(check, subject)
    expected = Mark.SKIPPED if check.name in NOT_IN_OKTA else Mark.PASSED
    if check.name == "a wrong token is refused" and wrong is None:
        expected = Mark.SKIPPED
    assert result.mark is expected, str(result)
