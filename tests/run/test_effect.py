"""Whether a change is in effect, read live and by id, for every kind of change."""

from dataclasses import dataclass, replace

import pytest
from tests.run.plans_by_hand import (
    CARRIER,
    DANA_HERE,
    END_1,
    FINANCE,
    JOIN_GROUP,
    LEAVE_GROUP,
    PAYMENTS,
    RAVI,
    REVOKE,
    SUSPEND_HERE,
)

from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.run.effect import observe_effect
from keyturn.run.seen import Seen
from keyturn_providers.abilities import (
    Ability,
    AddsMemberships,
    MakesGrants,
    Outcome,
    Reactivates,
    Revokes,
    able,
)
from keyturn_providers.errors import Gone, NotAllowed
from keyturn_providers.records import AccountState, Grant, Level, PrincipalKind, Side
from keyturn_providers.simulated import Effect, Fault, Pair

REACTIVATE = replace(SUSPEND_HERE, kind=ChangeKind.REACTIVATE)
RESTORE = replace(REVOKE, kind=ChangeKind.RESTORE_GRANT)
GRANT = Change(
    ChangeKind.GRANT,
    Side.SECRETS,
    principal_kind=PrincipalKind.ACCOUNT,
    principal=RAVI,
    vaults=(PAYMENTS,),
    level=Level.READ,
)
GRANT_GROUP = replace(GRANT, principal_kind=PrincipalKind.GROUP, principal=FINANCE)
EVERY = (SUSPEND_HERE, REACTIVATE, END_1, JOIN_GROUP, LEAVE_GROUP, REVOKE, RESTORE, GRANT)


async def _seen(pair: Pair, change: Change) -> Seen:
    return (await observe_effect(change, pair.secrets.reader())).seen


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (SUSPEND_HERE, Seen.NOT_YET),
        (REACTIVATE, Seen.AS_WANTED),
        (END_1, Seen.NOT_YET),
        (JOIN_GROUP, Seen.NOT_YET),
        (LEAVE_GROUP, Seen.NOT_YET),
        (REVOKE, Seen.NOT_YET),
        (RESTORE, Seen.AS_WANTED),
        (GRANT, Seen.NOT_YET),
        (GRANT_GROUP, Seen.NOT_YET),
    ],
)
async def test_as_it_is_at_first(pair: Pair, change: Change, seen: Seen) -> None:
    assert await _seen(pair, change) is seen


async def test_as_it_is_after_each_change(pair: Pair) -> None:
    tenant, writer = pair.secrets.tenant, pair.secrets.writer()
    await able(writer, Revokes).revoke(CARRIER, "op-1")
    assert await _seen(pair, REVOKE) is Seen.AS_WANTED
    assert await _seen(pair, RESTORE) is Seen.NOT_YET
    await able(writer, MakesGrants).restore(CARRIER, "op-2")
    assert await _seen(pair, RESTORE) is Seen.AS_WANTED
    for change in (GRANT, GRANT_GROUP):
        assert change.principal_kind is not None
        assert change.principal is not None
        for outcome in (Outcome.APPLIED, Outcome.ALREADY_SO):
            receipt = await able(writer, MakesGrants).grant(
                "v-payments", change.principal_kind, change.principal.id, Level.READ, "op-3"
            )
            assert receipt.outcome is outcome
        assert await _seen(pair, change) is Seen.AS_WANTED
    await able(writer, AddsMemberships).add_membership("sg-finance", "s-002", "op-4")
    assert await _seen(pair, JOIN_GROUP) is Seen.AS_WANTED
    tenant.add(replace(tenant.accounts["s-001"], state=AccountState.SUSPENDED))
    assert await _seen(pair, REACTIVATE) is Seen.NOT_YET
    await able(writer, Reactivates).reactivate("s-001", "op-5")
    assert await _seen(pair, REACTIVATE) is Seen.AS_WANTED


async def test_a_weaker_or_unclear_grant_is_not_the_wished_one(pair: Pair) -> None:
    writer = able(pair.secrets.writer(), MakesGrants)
    for level in (Level.LIST, Level.WRITE, Level.UNKNOWN):
        await writer.grant("v-payments", PrincipalKind.ACCOUNT, "s-002", level, "op-1")
        assert await _seen(pair, GRANT) is Seen.NOT_YET


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (SUSPEND_HERE, Seen.AS_WANTED),
        (REACTIVATE, Seen.IMPOSSIBLE),
        (END_1, Seen.AS_WANTED),
        (LEAVE_GROUP, Seen.AS_WANTED),
        (REVOKE, Seen.AS_WANTED),
        (RESTORE, Seen.IMPOSSIBLE),
        (JOIN_GROUP, Seen.IMPOSSIBLE),
        (GRANT, Seen.IMPOSSIBLE),
    ],
)
async def test_gone_is_as_wanted_for_what_takes_away_only(
    pair: Pair, change: Change, seen: Seen
) -> None:
    pair.secrets.tenant.drop_account("s-001")
    pair.secrets.tenant.drop_account("s-002")
    assert await _seen(pair, change) is seen


@pytest.mark.parametrize("change", [END_1, REVOKE, GRANT])
async def test_a_source_that_says_gone_instead_of_nothing(pair: Pair, change: Change) -> None:
    pair.secrets.faults.add(
        Fault(Effect.GONE, Ability.READ_SESSIONS), Fault(Effect.GONE, Ability.READ_GRANT)
    )
    wanted = Seen.AS_WANTED if change.kind.removes else Seen.IMPOSSIBLE
    assert await _seen(pair, change) is wanted


async def test_a_group_that_is_gone(pair: Pair) -> None:
    pair.secrets.tenant.drop_group("sg-finance")
    pair.secrets.tenant.drop_group("sg-old-billing")
    assert await _seen(pair, JOIN_GROUP) is Seen.IMPOSSIBLE
    assert await _seen(pair, LEAVE_GROUP) is Seen.AS_WANTED


@pytest.mark.parametrize("change", EVERY, ids=lambda change: change.kind.value)
async def test_what_cannot_be_read_is_neither(change: Change) -> None:
    effect = await observe_effect(change, object())
    assert effect.seen is Seen.CANNOT_TELL
    assert effect.words.startswith("this source cannot be asked for")


async def test_an_unknown_state_is_neither(pair: Pair) -> None:
    tenant = pair.secrets.tenant
    tenant.add(replace(tenant.accounts["s-001"], state=AccountState.UNKNOWN, state_raw=""))
    for change in (SUSPEND_HERE, REACTIVATE):
        effect = await observe_effect(change, pair.secrets.reader())
        assert effect.seen is Seen.CANNOT_TELL
    assert "says nothing of Dana Okafor's state" in effect.words


async def test_a_login_is_as_good_a_name_as_a_display_name(pair: Pair) -> None:
    login = pair.secrets.tenant.accounts["s-001"].name
    ref = Ref(Side.SECRETS, ObjectKind.ACCOUNT, "s-001", login)
    assert await _seen(pair, replace(SUSPEND_HERE, account=ref)) is Seen.NOT_YET
    other = replace(DANA_HERE, name="Somebody Else")
    assert await _seen(pair, replace(SUSPEND_HERE, account=other)) is Seen.IMPOSSIBLE


@pytest.mark.parametrize("change", EVERY, ids=lambda change: change.kind.value)
async def test_a_change_that_names_nothing_is_a_fault_of_the_caller(
    pair: Pair, change: Change
) -> None:
    empty = replace(change, account=None, group=None, principal=None)
    with pytest.raises(ValueError, match="names no"):
        await observe_effect(empty, pair.secrets.reader())


async def test_writes_to_what_is_not_there_are_gone_or_not_allowed(pair: Pair) -> None:
    writer = pair.secrets.writer()
    with pytest.raises(Gone):
        await able(writer, Reactivates).reactivate("nobody", "op-1")
    with pytest.raises(Gone):
        await able(writer, AddsMemberships).add_membership("sg-finance", "nobody", "op-1")
    with pytest.raises(Gone):
        await able(writer, MakesGrants).restore("no/such/carrier", "op-1")
    for vault, account in (("nowhere", "s-001"), ("v-payments", "nobody")):
        with pytest.raises(Gone):
            await able(writer, MakesGrants).grant(
                vault, PrincipalKind.ACCOUNT, account, Level.READ, "op-1"
            )
    tenant = pair.secrets.tenant
    tenant.add(replace(tenant.groups["sg-finance"], managed_by="login"))
    with pytest.raises(NotAllowed, match="decided by login"):
        await able(writer, AddsMemberships).add_membership("sg-finance", "s-003", "op-1")


@dataclass(frozen=True, slots=True)
class Holding:
    """Answers with these grants."""

    grants: tuple[Grant, ...]

    async def read_grants_of(
        self,
        principal_kind: PrincipalKind,
        principal_id: str,
        vault_ids: frozenset[str] = frozenset(),
    ) -> tuple[Grant, ...]:
        return self.grants


@pytest.mark.parametrize(
    ("carrier", "seen"),
    [
        ("token/a1/policy/payments-admin", Seen.IMPOSSIBLE),
        ("token/a1/policy/other", Seen.AS_WANTED),
        ("role/oidc/dev/policy/payments-admin", Seen.AS_WANTED),
    ],
)
async def test_a_revoked_edge_that_a_live_token_carries_on_is_not_in_effect(
    carrier: str, seen: Seen
) -> None:
    held = Grant(PAYMENTS.id, PrincipalKind.ACCOUNT, DANA_HERE.id, Level.MANAGE, carrier)
    effect = await observe_effect(REVOKE, Holding((held,)))
    assert effect.seen is seen
    assert ("1 live session" in effect.words) is (seen is Seen.IMPOSSIBLE)
