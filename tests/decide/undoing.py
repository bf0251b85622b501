"""A run made by hand that is taken back, and what to say of the plan."""

from dataclasses import replace

from tests.decide.journals import RUN_ID, step
from tests.decide.worlds import SUSPENDED, Org

from keyturn.decide.before import Before
from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.decide.guards_of_return import GUARD
from keyturn.decide.order import Stage
from keyturn.decide.plan import operation_of, plan_of
from keyturn.decide.plans import GuardVerdict, Plan, PlanScope
from keyturn.decide.run_done import RunDone
from keyturn.decide.undo import plan_undo
from keyturn_providers.records import (
    Level,
    PrincipalKind,
    Side,
)

ACCOUNT, GROUP = PrincipalKind.ACCOUNT, PrincipalKind.GROUP
D1 = Ref(Side.DIRECTORY, ObjectKind.ACCOUNT, "d1", "Name 1")
S1 = Ref(Side.SECRETS, ObjectKind.ACCOUNT, "s1", "Name 1")
ENG = Ref(Side.SECRETS, ObjectKind.GROUP, "sg-eng", "eng")
ENG_THERE = Ref(Side.DIRECTORY, ObjectKind.GROUP, "dg-eng", "eng")
OLD = Ref(Side.SECRETS, ObjectKind.GROUP, "sg-old", "old")
PAY = Ref(Side.SECRETS, ObjectKind.VAULT, "v-pay", "pay")
PROD = Ref(Side.SECRETS, ObjectKind.VAULT, "v-prod", "prod")
EDGE = "account/s1/vault/v-pay"
SUSPEND = Change(ChangeKind.SUSPEND, Side.SECRETS, account=S1)
REMOVE = Change(ChangeKind.REMOVE_MEMBERSHIP, Side.SECRETS, account=S1, group=ENG)
ADD = replace(REMOVE, kind=ChangeKind.ADD_MEMBERSHIP)
REVOKE = Change(
    ChangeKind.REVOKE,
    Side.SECRETS,
    principal_kind=ACCOUNT,
    principal=S1,
    vaults=(PAY,),
    level=Level.WRITE,
    carrier=EDGE,
)
GRANT = replace(REVOKE, kind=ChangeKind.GRANT, carrier="", level=Level.READ)
BOTH = ("view", "reveal")


def run_of(org: Org, *steps: tuple[Change, Before]) -> RunDone:
    """A run of these changes, each sent, that was decided when the world was as it is."""
    world = org.world()
    operations = tuple(
        operation_of(
            world,
            change,
            operation_id=f"old-{number}",
            number=number,
            stage=Stage.GIVE,
            depends_on=(),
            also=(),
        )
        for number, (change, _) in enumerate(steps, start=1)
    )
    plan = plan_of(
        org.context(),
        PlanScope.SYNC,
        title="A run",
        subject="",
        operations=operations,
        left=(),
        confirm_with="",
    )
    return RunDone(
        RUN_ID,
        plan,
        tuple(step(o, before) for o, (_, before) in zip(operations, steps, strict=True)),
    )


def undo(org: Org, *steps: tuple[Change, Before], **more: object) -> Plan:
    return plan_undo(run_of(org, *steps), org.context(**more))


def why(plan: Plan) -> str:
    """The reason of the only thing that was left alone; nothing is done."""
    assert plan.operations == ()
    (left,) = plan.left_alone
    return left.reason


def kinds(plan: Plan) -> list[ChangeKind]:
    return [operation.change.kind for operation in plan.operations]


def off(org: Org) -> Org:
    org.secrets.change("s1", state=SUSPENDED)
    return org


def without_member(org: Org) -> Org:
    org.secrets.memberships = [m for m in org.secrets.memberships if m.member_id != "s1"]
    return org


def guard(plan: Plan) -> GuardVerdict:
    (found,) = (one for one in plan.guards if one.guard == GUARD)
    return found
