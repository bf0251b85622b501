"""What a plan may not touch, and what it may not do."""

from dataclasses import replace

import pytest
from tests.decide.guarding import (
    ALLOW,
    ONE_OF_EACH,
    REFUSE,
    D,
    S,
    end,
    join,
    leave,
    revoke,
    suspend,
    verdicts,
)
from tests.decide.worlds import account, office

from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.rules import Allowed
from keyturn_providers.records import (
    Email,
    Vault,
)


@pytest.mark.parametrize(
    ("own", "change"),
    [
        ("s1", suspend("s1")),
        ("s1", leave("s1", "sg-eng")),
        ("s1", revoke("s1", "c", "v-pay")),
        ("token/ACC", revoke("s2", "token/ACC/policy/x", "v-pay")),
        ("token/ACC", end("s2", "ACC")),
        ("ACC", end("s2", "ACC")),
    ],
)
def test_keyturn_does_not_cut_itself_off(own: str, change: Change) -> None:
    context = office().context(own={S: frozenset({own})})
    assert verdicts(context, change)["keyturn itself"].verdict is REFUSE
    assert verdicts(context, join("s1", "sg-ops"))["keyturn itself"].verdict is ALLOW
    other = office().context(own={S: frozenset({"s3"}), D: frozenset({own})})
    assert verdicts(other, change)["keyturn itself"].verdict is ALLOW


@pytest.mark.parametrize("name", ["s1", "S1.LOGIN", "d1.login", "d1", "mail@x", "Name 1"])
def test_never_touch_by_any_name_of_the_person(name: str) -> None:
    org = office()
    org.directory.change("d1", emails=(Email("mail@x", True),))
    org.rules = replace(org.rules, never_touch=(name,))
    change = suspend("s1")
    assert change.account is not None
    change = replace(change, account=replace(change.account, name="Name 1"))
    assert verdicts(org.context(), change)["never touch"].verdict is REFUSE
    assert verdicts(org.context(), suspend("s2"))["never touch"].verdict is ALLOW
    assert verdicts(org.context(), join("s2", "sg-ops"))["never touch"].verdict is ALLOW
    given = replace(change, kind=ChangeKind.REACTIVATE)
    assert verdicts(org.context(), given)["never touch"].verdict is REFUSE


@pytest.mark.parametrize("name", ["sg-eng", "v-pay"])
def test_never_touch_groups_and_vaults(name: str) -> None:
    org = office()
    org.rules = replace(org.rules, never_touch=(name,))
    changes = leave("s1", "sg-eng"), revoke("s1", "c", "v-pay")
    assert verdicts(org.context(), *changes)["never touch"].names == (name,)


def test_never_touch_somebody_with_one_account_only() -> None:
    org = office()
    org.secrets.accounts.append(account("s9"))
    org.rules = replace(org.rules, never_touch=("s9.login",))
    assert verdicts(org.context(), suspend("s9"))["never touch"].verdict is REFUSE


def test_ambiguous_people_are_refused() -> None:
    org = office()
    org.secrets.accounts.append(account("s9", external_id="d1"))
    for change in (suspend("s1"), join("s9", "sg-ops"), suspend("d1", D)):
        assert verdicts(org.context(), change)["ambiguous"].verdict is REFUSE
    assert verdicts(org.context(), suspend("s2"))["ambiguous"].verdict is ALLOW


def test_objects_the_policy_names_wrongly_are_refused() -> None:
    org = office()
    org.secrets.vaults = [Vault("v-prod", "prod"), Vault("v-pay", "other")]
    changes = revoke("s1", "c", "v-pay")
    assert verdicts(org.context(), changes)["policy agrees"].verdict is REFUSE
    assert verdicts(org.context(), suspend("s1"))["policy agrees"].verdict is ALLOW


_SWITCH = {
    ChangeKind.END_SESSION: "end_sessions",
    ChangeKind.END_ALL_SESSIONS: "end_sessions",
    ChangeKind.RESTORE_GRANT: "grant",
}


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_a_kind_that_is_off_or_that_nobody_can_do(kind: ChangeKind) -> None:
    org = office()
    change = ONE_OF_EACH[kind]
    org.rules = replace(org.rules, allowed=Allowed(deactivate=True, provision=True))
    allowed = verdicts(org.context(), change)
    assert allowed["kinds of change"].verdict is allowed["abilities"].verdict is ALLOW
    assert verdicts(org.context(abilities={}), change)["abilities"].verdict is REFUSE
    switch = _SWITCH.get(kind, kind.name.lower())
    org.rules = replace(org.rules, allowed=replace(Allowed(), **{switch: False}))
    assert verdicts(org.context(), change)["kinds of change"].verdict is REFUSE
