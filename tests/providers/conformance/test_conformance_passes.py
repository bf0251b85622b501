"""The simulated pair passes the suite: what it stands in for in other tests, it does right."""

import pytest
from tests.providers.conformance.subjects import simulated

from keyturn_providers.conformance import CHECKS, Check, Mark, failures, run_all, run_one
from keyturn_providers.records import Side

LIFE = {
    "accounts are found by address",
    "invite somebody",
    "let somebody in",
    "deactivate and reactivate",
    "end all sessions",
    "permission rules are closed",
    "narrow a grant and widen it again",
}
# A tenant in memory takes no credential; the others are abilities a side does not have.
SKIPPED = {
    (Side.SECRETS, False): {"a wrong token is refused", *LIFE},
    (Side.DIRECTORY, False): {
        "a wrong token is refused",
        "grant, revoke and restore",
        "operations are found in the audit log",
        "end a session",
        *LIFE,
    },
    (Side.SECRETS, True): {
        "a wrong token is refused",
        "deactivate and reactivate",
        "end all sessions",
    },
    (Side.DIRECTORY, True): {
        "a wrong token is refused",
        "grant, revoke and restore",
        "end a session",
        "invite somebody",
        "let somebody in",
        "permission rules are closed",
        "narrow a grant and widen it again",
    },
}


@pytest.mark.parametrize("lifecycle", [False, True], ids=["plain", "lifecycle"])
@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
async def test_the_simulated_pair_passes(check: Check, side: Side, *, lifecycle: bool) -> None:
    _, subject = simulated(side, lifecycle=lifecycle)
    result = await run_one(check, subject)
    wanted = Mark.SKIPPED if check.name in SKIPPED[side, lifecycle] else Mark.PASSED
    assert result.mark is wanted, str(result)


async def test_run_all_runs_every_check_on_one_tenant_and_leaves_it_as_it_was() -> None:
    connector, subject = simulated(Side.SECRETS)
    accounts, grants = dict(connector.tenant.accounts), dict(connector.tenant.grants)
    sessions = set(connector.tenant.sessions)
    members = {group: set(inside) for group, inside in connector.tenant.members.items()}
    results = await run_all(subject)
    assert [one.name for one in results] == [check.name for check in CHECKS]
    assert not failures(results), failures(results)
    assert connector.tenant.accounts == accounts
    assert {carrier: held for carrier, held in connector.tenant.grants.items() if held} == grants
    assert {group: set(inside) for group, inside in connector.tenant.members.items()} == members
    assert len(sessions - set(connector.tenant.sessions)) == 1
