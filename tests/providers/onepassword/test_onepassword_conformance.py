"""The conformance suite on the full set of surfaces, and on partial ones."""

from dataclasses import replace

import pytest
from pydantic import SecretStr
from tests.providers.onepassword.whole import ALL, WAITING, Whole
from tests.providers.simulated_onepassword.small_tenant import BILLING, DANA, ENG, LEA, RAVI

from keyturn_providers.conformance import GrantTarget, Mark, Subject, failures, run_all
from keyturn_providers.contract import Connector, Surroundings
from keyturn_providers.onepassword import PROVIDER
from keyturn_providers.records import Level, PrincipalKind
from keyturn_providers.simulated.onepassword import inspection

SETS = {
    "all": ALL,
    "op": ("op",),
    "bridge": ("bridge",),
    "bridge, users_api, events": ("bridge", "users_api", "events"),
}
NEVER = {"end a session", "end all sessions", "deactivate and reactivate"}
ONLY_OP = {
    "add and remove a member",
    "grant, revoke and restore",
    "permission rules are closed",
    "narrow a grant and widen it again",
    "invite somebody",
    "let somebody in",
}
LOG, TOKEN = "operations are found in the audit log", "a wrong token is refused"
NOT_HERE = {
    "all": NEVER | {TOKEN},
    "op": NEVER | {TOKEN, LOG},
    "bridge": NEVER | ONLY_OP | {LOG},
    "bridge, users_api, events": NEVER | ONLY_OP,
}
WATCHED = {"all": "events", "bridge": "bridge", "bridge, users_api, events": "users_api"}


@pytest.mark.parametrize("name", SETS)
async def test_the_suite_passes(account: Whole, name: str) -> None:
    surfaces = SETS[name]
    secrets = account.secrets()
    good = secrets.get(WATCHED.get(name, "bridge"), SecretStr("not used"))

    def opened(around: Surroundings) -> Connector:
        given = around.secret()
        every = secrets if given == good else dict.fromkeys(secrets, given)
        return PROVIDER.open(
            "1password",
            account.settings(*surfaces),
            replace(around, secret_of=lambda part: every[part]),
        )

    results = await run_all(
        Subject(
            open=opened,
            token=good,
            account_id=DANA,
            group_id=ENG,
            outsider_id=RAVI,
            wrong_token=None if "op" in surfaces else SecretStr("wrong-token-that-is-not-shown"),
            unknown_id="ZZZZZZZZZZZZZZZZZZZZZZZZZZ",
            invitee=("new.person@example.com", "New Person"),
            waiting_id=WAITING,
            narrow_to=Level.READ,
            grant=GrantTarget(BILLING, PrincipalKind.ACCOUNT, LEA, Level.WRITE),
        )
    )
    assert not failures(results), "\n".join(map(str, failures(results)))
    assert {one.name for one in results if one.mark is Mark.SKIPPED} == NOT_HERE[name]
    assert inspection.user_state(account.path, DANA) == "ACTIVE"
