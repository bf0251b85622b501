"""Plans made by hand from a simulated pair, so that runs are tested without the decisions."""

import itertools
from dataclasses import dataclass, field

from keyturn import __version__
from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.decide.planfile import sealed
from keyturn.decide.plans import (
    PLAN_FORMAT,
    GuardVerdict,
    Operation,
    Plan,
    PlanScope,
    SnapshotUsed,
)
from keyturn.decide.rules import Rules
from keyturn_providers.records import PrincipalKind, Side
from keyturn_providers.simulated import Pair

CARRIER = "account/s-001/policy/payments-admin"
DANA_THERE = Ref(Side.DIRECTORY, ObjectKind.ACCOUNT, "d-001", "Dana Okafor")
DANA_HERE = Ref(Side.SECRETS, ObjectKind.ACCOUNT, "s-001", "Dana Okafor")
PAYMENTS = Ref(Side.SECRETS, ObjectKind.VAULT, "v-payments", "Payments")
OLD_BILLING = Ref(Side.SECRETS, ObjectKind.GROUP, "sg-old-billing", "old-billing")
FINANCE = Ref(Side.SECRETS, ObjectKind.GROUP, "sg-finance", "finance")
RAVI = Ref(Side.SECRETS, ObjectKind.ACCOUNT, "s-002", "Ravi Menon")

SUSPEND_THERE = Change(ChangeKind.SUSPEND, Side.DIRECTORY, account=DANA_THERE)
SUSPEND_HERE = Change(ChangeKind.SUSPEND, Side.SECRETS, account=DANA_HERE)
END_1 = Change(ChangeKind.END_SESSION, Side.SECRETS, account=DANA_HERE, session_id="t-dana-1")
END_2 = Change(ChangeKind.END_SESSION, Side.SECRETS, account=DANA_HERE, session_id="t-dana-2")
REVOKE = Change(
    ChangeKind.REVOKE,
    Side.SECRETS,
    principal_kind=PrincipalKind.ACCOUNT,
    principal=DANA_HERE,
    vaults=(PAYMENTS,),
    carrier=CARRIER,
)
LEAVE_GROUP = Change(
    ChangeKind.REMOVE_MEMBERSHIP, Side.SECRETS, account=DANA_HERE, group=OLD_BILLING
)
JOIN_GROUP = Change(ChangeKind.ADD_MEMBERSHIP, Side.SECRETS, account=RAVI, group=FINANCE)
OFFBOARDING = (SUSPEND_THERE, SUSPEND_HERE, END_1, END_2, REVOKE, LEAVE_GROUP)

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a run needs of a loaded policy."""

    rules: Rules = field(default_factory=lambda: Rules(digest="policy-1"))


def plan_of(
    pair: Pair,
    *changes: Change,
    scope: PlanScope = PlanScope.OFFBOARD,
    guards: tuple[GuardVerdict, ...] = (),
    depends: dict[int, tuple[int, ...]] | None = None,
    created_ms: int = 1_800_000_000_000,
    confirm_with: str = "dana",
) -> Plan:
    """A plan of these changes, numbered from 1; `depends` is by number. Ids are new each time."""
    serial = next(_numbers)
    ids = {number: f"op-{serial}-{number}" for number in range(1, len(changes) + 1)}
    operations = tuple(
        Operation(
            id=ids[number],
            number=number,
            change=change,
            words=f"{change.kind.value} {(change.account or change.principal or PAYMENTS).name}",
            precondition="it is not so yet",
            expected="it is so, and logged",
            depends_on=tuple(ids[one] for one in (depends or {}).get(number, ())),
        )
        for number, change in enumerate(changes, start=1)
    )
    sources = (pair.directory.tenant.source, pair.secrets.tenant.source)
    plan = Plan(
        id="",
        digest="",
        format=PLAN_FORMAT,
        created_ms=created_ms,
        program=__version__,
        scope=scope,
        title="Offboard Dana Okafor",
        subject_key="d:d-001",
        policy_digest="policy-1",
        snapshots=tuple(
            SnapshotUsed(one.name, one.kind, one.tenant, 1, created_ms, complete=True)
            for one in sources
        ),
        operations=operations,
        guards=guards,
        left_alone=(),
        blind_spots=(),
        confirm_with=confirm_with,
    )
    return sealed(plan)
