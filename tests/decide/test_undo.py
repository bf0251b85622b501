"""Undoing a run by hand-made journals: each reason why something is left as it is."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.decide.journals import RUN_ID, done, step
from tests.decide.one_by_one import hold, one_by_one
from tests.decide.worlds import ACTIVE, DAY_MS, NOW_MS, SUSPENDED, Org, account, office

from keyturn.decide.before import NOT_READ, Before, before_of, kept
from keyturn.decide.concerned import login_of, one_person
from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.decide.guard import judge
from keyturn.decide.guards_of_return import GUARD, comes_back
from keyturn.decide.operations import word
from keyturn.decide.order import Stage
from keyturn.decide.people import MatchedBy, Person
from keyturn.decide.plan import operation_of, plan_of, plan_offboard
from keyturn.decide.plans import GuardVerdict, Operation, Plan, PlanScope, Verdict
from keyturn.decide.rules import Allowed
from keyturn.decide.run_done import RunDone, StepDone
from keyturn.decide.steps import State
from keyturn.decide.undo import not_restored, plan_undo
from keyturn_providers.records import (
    AccountState,
    Group,
    Level,
    MachineIdentity,
    PrincipalKind,
    Session,
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


# ------------------------------------------------------------------------------- the whole plan


def test_the_plan_names_the_run_and_its_person() -> None:
    org = office()
    run = done(org, plan_offboard(org.who("d:d1"), (), org.context()))
    plan = plan_undo(run, org.context())
    assert (plan.scope, plan.undoes, plan.confirm_with) == (PlanScope.UNDO, RUN_ID, "d1.login")
    assert plan.title == "Undo: Offboard Name 1"
    assert run.plan.undoes == ""
    assert not_restored(run.plan) == ()
    assert GUARD in {guard.guard for guard in plan.guards}
    assert GUARD not in {guard.guard for guard in run.plan.guards}
    assert [o.stage for o in plan.operations][:2] == [
        Stage.BACK_IN_DIRECTORY,
        Stage.BACK_IN_SECRETS,
    ]
    again = plan_undo(done(org, plan, "run-2"), org.context())
    assert again.title == "Redo: Offboard Name 1"
    third = plan_undo(done(org, again, "run-3"), org.context())
    assert third.title == "Undo: Offboard Name 1"


def test_what_is_not_of_one_person_is_confirmed_by_the_number() -> None:
    org = office()
    org.secrets.grants = [g for g in org.secrets.grants if g.principal_id != "sg-eng"]
    change = replace(
        REVOKE, principal_kind=GROUP, principal=ENG, vaults=(PROD,), carrier="group/eng/prod"
    )
    plan = undo(org, (change, Before(held=True)))
    assert (kinds(plan), plan.confirm_with) == ([ChangeKind.RESTORE_GRANT], "1")


def test_what_the_run_did_not_do_is_counted() -> None:
    org = office()
    run = run_of(org, (SUSPEND, Before(state=ACTIVE)), (REMOVE, Before()), (REVOKE, Before()))
    first, second, third = (one.operation for one in run.steps)
    steps = (
        StepDone(first, State.VERIFIED),
        StepDone(second, State.REFUSED, "{}"),
        StepDone(third, State.UNKNOWN, "{}"),
    )
    plan = plan_undo(replace(run, steps=steps), org.context())
    assert [one.reason for one in plan.left_alone] == [
        "It was so before the run, which changed nothing there.",
        "The run did not do it.",
        "Whether it was done is not known yet: keyturn resume reads it first.",
    ]
    assert [one.open for one in steps] == [False, False, True]
    given_up = StepDone(third, State.GIVEN_UP, "{}", "unknown")
    assert "nobody knows whether it was done" in given_up.why_not_made
    already = StepDone(first, State.VERIFIED, "{}", "already so req-1")
    assert not already.made
    assert StepDone(first, State.ALREADY_SO, "{}", "").made


@pytest.mark.parametrize(
    ("change", "before", "was"),
    [
        (SUSPEND, Before(state=ACTIVE), "It was active"),
        (SUSPEND, Before(state=SUSPENDED), ""),
        (SUSPEND, Before(state=AccountState.UNKNOWN), ""),
        (SUSPEND, NOT_READ, ""),
        (
            replace(SUSPEND, kind=ChangeKind.DEACTIVATE),
            Before(state=SUSPENDED),
            "It was suspended",
        ),
        (replace(SUSPEND, kind=ChangeKind.DEACTIVATE), Before(state=AccountState.DEACTIVATED), ""),
        (
            replace(SUSPEND, kind=ChangeKind.REACTIVATE),
            Before(state=SUSPENDED),
            "It was suspended",
        ),
        (replace(SUSPEND, kind=ChangeKind.REACTIVATE), Before(state=ACTIVE), ""),
        (REMOVE, Before(held=True), "It was a member"),
        (REMOVE, Before(held=False), ""),
        (REMOVE, NOT_READ, ""),
        (ADD, Before(held=False), "It was not a member"),
        (REVOKE, Before(held=True), "It was given"),
        (REVOKE, Before(held=False), ""),
        (GRANT, Before(held=False), "It was not given"),
        (GRANT, Before(held=True), ""),
        (
            replace(GRANT, permissions=BOTH),
            Before(held=True, permissions=("view",)),
            "It was given (view)",
        ),
    ],
)
def test_what_somebody_else_did_between_the_look_and_the_call_is_not_said_to_have_been_so(
    change: Change, before: Before, was: str
) -> None:
    org = office()
    run = run_of(org, (change, before))
    (sent,) = run.steps
    raced = replace(sent, outcome="already so")
    assert not raced.made
    (left,) = plan_undo(replace(run, steps=(raced,)), org.context()).left_alone
    if was:
        assert left.reason == f"{was}; somebody else did it before keyturn's call."
        assert left.words.startswith("Not restored: ")
    else:
        assert left.reason == "It was so before the run, which changed nothing there."
    assert raced.why_not_made == left.reason


@pytest.mark.parametrize(("attempt", "lost"), [(1, False), (2, True), ("odd", False)])
def test_what_an_earlier_call_may_have_done_is_not_put_down_to_somebody_else_alone(
    attempt: object, lost: bool
) -> None:
    org = office()
    run = run_of(org, (SUSPEND, Before(state=ACTIVE)))
    (sent,) = run.steps
    intent = json.dumps({**json.loads(sent.intent), "attempt": attempt})
    assert ("an earlier call" in replace(sent, intent=intent, outcome="gone").by_another) is lost
    assert replace(sent, outcome="gone", state=State.REFUSED).by_another == ""
    assert sent.by_another == ""


def test_what_cannot_be_brought_back_is_named_first() -> None:
    org = office()
    org.rules = replace(org.rules, allowed=Allowed(deactivate=True))
    org.directory.machines.append(
        MachineIdentity("m1", "robot", "API token", "d1", dies_with_owner=True)
    )
    run = done(org, plan_offboard(org.who("d:d1"), (Session("T1", "s1"),), org.context()))
    org.directory.machines.clear()
    plan = plan_undo(run, org.context())
    said = [one.words for one in plan.left_alone]
    assert said[:4] == [
        "Not restored: what went with the end of Name 1's account in idp",
        "Not restored: End session T1 of Name 1 (s1.login) in bao",
        "Not restored: End all sessions of Name 1 (d1.login) in idp",
        "Not restored: robot (API token) in idp",
    ]
    assert len(not_restored(plan)) == 4
    without = replace(run, steps=tuple(s for s in run.steps if s.operation.number == 4))
    assert not any("robot" in one.words for one in plan_undo(without, org.context()).left_alone)


def test_a_token_is_gone_for_good() -> None:
    org = office()
    token = replace(REVOKE, carrier="token/T1/policy/pay")
    assert "cannot be brought back" in why(undo(org, (token, Before(held=True))))


# ------------------------------------------------------------------------------------ accounts


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda org: org.secrets.accounts.pop(0), "does not exist any more"),
        (
            lambda org: org.secrets.change("s1", display_name="Other", name="other"),
            "is Other now",
        ),
        (lambda org: org.secrets.change("s1", state=ACTIVE), "active already"),
        (
            lambda org: org.secrets.change("s1", state=AccountState.DEACTIVATED),
            "deactivated now, which the run did not do",
        ),
    ],
)
def test_an_account_is_left_as_it_is(spoil: Callable[[Org], object], reason: str) -> None:
    org = off(office())
    run = run_of(org, (SUSPEND, Before(state=ACTIVE)))
    spoil(org)
    assert reason in why(plan_undo(run, org.context()))


@pytest.mark.parametrize("before", [NOT_READ, Before(state=AccountState.UNKNOWN)])
def test_a_state_nobody_wrote_down_is_not_guessed(before: Before) -> None:
    plan = undo(off(office()), (SUSPEND, before))
    assert "does not say in which state" in why(plan)
    assert not_restored(plan)


def test_who_is_on_and_stays_on_keeps_what_they_get() -> None:
    org = without_member(office())
    back = replace(SUSPEND, kind=ChangeKind.REACTIVATE)
    plan = undo(org, (back, NOT_READ), (REMOVE, Before(held=True)))
    assert kinds(plan) == [ChangeKind.ADD_MEMBERSHIP]


def test_what_hangs_on_an_account_that_stays_off_stays_away() -> None:
    org = off(office())
    org.secrets.memberships.clear()
    steps = ((SUSPEND, NOT_READ), (REMOVE, Before(held=True)), (REVOKE, Before(held=True)))
    plan = undo(org, *steps)
    assert plan.operations == ()
    assert sum("The account stays off." in one.reason for one in plan.left_alone) == 2


def test_who_was_invited_comes_back_as_the_source_has_it() -> None:
    plan = undo(off(office()), (SUSPEND, Before(state=AccountState.INVITED)))
    assert kinds(plan) == [ChangeKind.REACTIVATE]
    assert not_restored(plan)[0].words == "Not restored: Name 1 as invited in bao"


def test_nobody_is_made_to_wait_again() -> None:
    confirm = replace(SUSPEND, kind=ChangeKind.CONFIRM)
    plan = undo(office(), (confirm, Before(state=AccountState.INVITED)))
    assert "cannot be made to wait again" in why(plan)


def test_who_was_brought_back_is_put_off_again() -> None:
    back = Change(ChangeKind.REACTIVATE, Side.DIRECTORY, account=D1)
    plan = undo(office(), (back, Before(state=SUSPENDED)))
    assert kinds(plan) == [ChangeKind.SUSPEND]


def test_who_had_been_deactivated_is_again_or_is_at_least_suspended() -> None:
    back = Change(ChangeKind.REACTIVATE, Side.DIRECTORY, account=D1)
    ended = Before(state=AccountState.DEACTIVATED)
    org = office()
    plan = undo(org, (back, ended))
    assert kinds(plan) == [ChangeKind.SUSPEND]
    assert "suspended instead" in not_restored(plan)[0].reason
    org.rules = replace(org.rules, allowed=Allowed(deactivate=True))
    assert kinds(undo(org, (back, ended))) == [ChangeKind.DEACTIVATE]
    org.rules = replace(org.rules, allowed=Allowed(suspend=False))
    plan = undo(org, (back, ended))
    assert "off: suspend" in why(plan)


def test_the_same_account_is_told_once_whatever_it_went_through() -> None:
    org = office()
    org.rules = replace(org.rules, allowed=Allowed(deactivate=True))
    suspend = Change(ChangeKind.SUSPEND, Side.DIRECTORY, account=D1)
    deactivate = replace(suspend, kind=ChangeKind.DEACTIVATE)
    org.directory.change("d1", state=AccountState.DEACTIVATED)
    plan = undo(org, (suspend, Before(state=ACTIVE)), (deactivate, Before(state=SUSPENDED)))
    assert kinds(plan) == [ChangeKind.REACTIVATE]
    assert "does not bring back" in plan.operations[0].also[0]


def test_whom_the_directory_put_off_since_is_not_let_in() -> None:
    org = off(office())
    org.directory.change("d1", state=AccountState.DEACTIVATED)
    there = Change(ChangeKind.SUSPEND, Side.DIRECTORY, account=D1)
    plan = undo(org, (there, Before(state=ACTIVE)), (SUSPEND, Before(state=ACTIVE)))
    assert plan.operations == ()
    assert any("The account in idp stays off" in one.reason for one in plan.left_alone)


def test_what_may_not_be_reactivated_stays_off_with_all_it_had() -> None:
    org = off(office())
    org.rules = replace(org.rules, allowed=Allowed(reactivate=False))
    org.secrets.memberships.clear()
    plan = undo(org, (SUSPEND, Before(state=ACTIVE)), (REMOVE, Before(held=True)))
    reasons = [one.reason for one in plan.left_alone]
    assert plan.operations == ()
    assert reasons[0].startswith("The policy has this kind of change off")
    assert reasons[1] == "The account stays off. It may not, or cannot, be reactivated."


# ---------------------------------------------------------------------------------- memberships


def without_member(org: Org) -> Org:
    org.secrets.memberships = [m for m in org.secrets.memberships if m.member_id != "s1"]
    return org


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda org: org.secrets.groups.clear(), "The group eng does not exist any more."),
        (lambda org: org.secrets.join("sg-eng", "s1"), "is in it already"),
        (lambda org: org.secrets.accounts.pop(0), "does not exist any more"),
        (
            lambda org: setattr(
                org.secrets, "groups", [Group("sg-eng", "eng", managed_by="somebody else")]
            ),
            "somebody else decides who is in it",
        ),
    ],
)
def test_a_membership_is_left_as_it_is(spoil: Callable[[Org], object], reason: str) -> None:
    org = without_member(office())
    run = run_of(org, (REMOVE, Before(held=True)))
    spoil(org)
    assert reason in why(plan_undo(run, org.context()))


def test_a_change_that_names_nobody_is_left_alone() -> None:
    org = office()
    assert "does not say whose" in why(undo(org, (replace(REMOVE, account=None), Before())))
    assert "does not say whose" in why(undo(org, (replace(REVOKE, principal=None), Before())))
    assert undo(org, (replace(SUSPEND, account=None), Before())).operations == ()


def test_what_was_given_is_taken_again() -> None:
    org = office()
    assert kinds(undo(org, (ADD, Before(held=False)))) == [ChangeKind.REMOVE_MEMBERSHIP]
    assert "not in it already" in why(undo(without_member(org), (ADD, Before(held=False))))


def test_a_role_and_a_rule_do_not_come_back_with_the_membership() -> None:
    org = without_member(office())
    plan = undo(org, (REMOVE, Before(role="manager", held=True)))
    assert kinds(plan) == [ChangeKind.ADD_MEMBERSHIP]
    assert not_restored(plan)[0].words == "Not restored: Name 1 as manager of eng"
    org.directory.memberships.clear()
    org.directory.groups = [replace(g, rules=("All",)) for g in org.directory.groups]
    there = replace(REMOVE, side=Side.DIRECTORY, account=D1, group=ENG_THERE)
    plan = undo(org, (there, Before(held=True)))
    assert not_restored(plan)[0].words == "Not restored: Name 1 in eng by All"
    org.rules = replace(org.rules, allowed=Allowed(add_membership=False))
    assert "off: add membership" in why(undo(org, (there, Before(role="manager"))))


def test_what_could_not_be_read_is_left_alone() -> None:
    org = without_member(off(office()))
    run = run_of(
        org,
        (SUSPEND, Before(state=ACTIVE)),
        (REMOVE, Before(held=True)),
        (REVOKE, Before(held=True)),
    )
    account_gone = {(Side.SECRETS, ObjectKind.ACCOUNT, "s1"): "bao: throttled"}
    plan = plan_undo(run, org.context(), account_gone)
    assert plan.operations == ()
    assert {one.reason for one in plan.left_alone} == {
        "How it is now could not be read: bao: throttled"
    }


# --------------------------------------------------------------------------------------- grants


def test_a_grant_by_level_is_given_back_by_its_edge() -> None:
    org = office()
    (operation,) = undo(org, (REVOKE, Before(held=True))).operations
    assert (operation.change.kind, operation.change.carrier) == (ChangeKind.RESTORE_GRANT, EDGE)
    assert operation.change.level is Level.WRITE
    org.direct_grant(1, "pay", Level.WRITE, EDGE)
    assert "held again already" in why(undo(org, (REVOKE, Before(held=True))))


def test_exactly_the_permissions_from_before_the_call_come_back() -> None:
    org = one_by_one()
    change = replace(REVOKE, permissions=("view",))
    (operation,) = undo(org, (change, Before(permissions=BOTH, held=True))).operations
    assert (operation.change.permissions, operation.change.level) == (BOTH, Level.READ)
    (operation,) = undo(org, (change, NOT_READ)).operations
    assert operation.change.permissions == ("view",)
    nothing = replace(change, permissions=())
    assert "does not say which permissions" in why(undo(org, (nothing, NOT_READ)))


def test_a_grant_that_was_given_anew_since_is_theirs() -> None:
    org = one_by_one()
    org.direct_grant(1, "pay", Level.READ, EDGE)
    org.secrets.grants[-1] = replace(org.secrets.grants[-1], permissions=("view",))
    assert "otherwise" in why(undo(org, (REVOKE, Before(permissions=BOTH, held=True))))
    assert "already" in why(undo(org, (REVOKE, Before(permissions=("view",), held=True))))


def test_a_narrowed_grant_gets_back_what_it_had() -> None:
    org = one_by_one()
    org.direct_grant(1, "pay", Level.READ, EDGE)
    edge = len(org.secrets.grants) - 1
    held = ("view", "reveal", "edit")
    narrow = replace(REVOKE, kind=ChangeKind.NARROW, permissions=BOTH, level=Level.READ)

    def now(*names: str) -> Plan:
        org.secrets.grants[edge] = replace(org.secrets.grants[edge], permissions=names)
        return undo(org, (narrow, Before(permissions=held, held=True)))

    (operation,) = now(*BOTH).operations
    assert (operation.change.kind, operation.change.permissions) == (
        ChangeKind.RESTORE_GRANT,
        held,
    )
    assert "held again already" in why(now(*held))
    assert "it gives view now" in why(now("view"))
    assert "it gives nothing now" in why(now())


def test_a_level_that_was_lowered_is_raised_again() -> None:
    org = office()
    org.direct_grant(1, "pay", Level.MANAGE, EDGE)
    narrow = replace(REVOKE, kind=ChangeKind.NARROW, level=Level.READ)
    run = run_of(org, (narrow, Before(held=True)))
    assert "held again already" in why(plan_undo(run, org.context()))
    org.secrets.grants[-1] = replace(org.secrets.grants[-1], level=Level.READ)
    (operation,) = plan_undo(run, org.context()).operations
    assert (operation.change.kind, operation.change.level) == (
        ChangeKind.RESTORE_GRANT,
        Level.MANAGE,
    )
    undescribed = tuple(
        replace(one, operation=replace(one.operation, inverse=None)) for one in run.steps
    )
    assert plan_undo(replace(run, steps=undescribed), org.context()).operations


def test_nothing_is_given_to_or_on_what_is_gone() -> None:
    org = office()
    of_group = replace(REVOKE, principal_kind=GROUP, principal=OLD)
    assert "The group old does not exist" in why(undo(org, (of_group, Before(held=True))))
    org.secrets.vaults = [vault for vault in org.secrets.vaults if vault.id != "v-pay"]
    assert "in no listing" in why(undo(org, (REVOKE, Before(held=True))))
    org.secrets.accounts.pop(0)
    assert "does not exist" in why(undo(org, (REVOKE, Before(held=True))))


def test_an_exception_that_has_ended_gives_nothing_back() -> None:
    org = office()
    org.waive("d1", "pay", Level.WRITE, until_ms=NOW_MS - DAY_MS)
    plan = undo(org, (REVOKE, Before(held=True)))
    assert "has ended meanwhile" in why(plan)
    assert not_restored(plan)
    org.waive("d1", "pay", Level.WRITE)
    plan = undo(org, (REVOKE, Before(held=True)))
    assert guard(plan).verdict is Verdict.ALLOW


def test_a_new_grant_by_level_is_known_by_vault_and_level() -> None:
    org = office()
    assert "not held any more" in why(undo(org, (GRANT, Before(held=False))))
    org.direct_grant(1, "pay", Level.READ, "new")
    (operation,) = undo(org, (GRANT, Before(held=False))).operations
    assert (operation.change.kind, operation.change.carrier) == (ChangeKind.REVOKE, "new")
    assert "does not say what was held" in why(undo(org, (GRANT, NOT_READ)))
    org.direct_grant(1, "pay", Level.READ, "another")
    assert "several such grants" in why(undo(org, (GRANT, Before(held=False))))
    nobody = replace(GRANT, principal_kind=None)
    assert "not held any more" in why(undo(org, (nobody, Before(held=False))))


def test_permissions_that_were_added_go_again_and_no_others() -> None:
    org = one_by_one()
    hold(org, ACCOUNT, "s1", "pay", "view", "reveal", "edit")
    given = replace(GRANT, permissions=("view", "reveal", "edit"))
    (operation,) = undo(org, (given, Before(permissions=BOTH, held=True))).operations
    assert (operation.change.kind, operation.change.permissions) == (ChangeKind.NARROW, BOTH)
    assert operation.change.level is Level.READ
    (operation,) = undo(org, (given, Before(held=False))).operations
    assert (operation.change.kind, operation.change.permissions) == (
        ChangeKind.REVOKE,
        ("view", "reveal", "edit"),
    )
    hold(org, ACCOUNT, "s1", "pay", "view", "reveal", "edit", "export")
    assert "changed since" in why(undo(org, (given, Before(permissions=BOTH, held=True))))


def test_an_edge_that_was_given_back_goes_again() -> None:
    org = office()
    org.direct_grant(1, "pay", Level.WRITE, EDGE)
    restore = replace(REVOKE, kind=ChangeKind.RESTORE_GRANT)
    assert kinds(undo(org, (restore, NOT_READ))) == [ChangeKind.REVOKE]
    # Where there are only levels, an edge that was wider is made narrow again by its level.
    assert kinds(undo(org, (restore, Before(held=True)))) == [ChangeKind.NARROW]


def test_a_machine_identitys_grant_has_no_other_holder_to_look_for() -> None:
    org = office()
    robot = Ref(Side.SECRETS, ObjectKind.MACHINE, "m1", "robot")
    change = replace(REVOKE, principal_kind=PrincipalKind.MACHINE, principal=robot, vaults=())
    plan = undo(org, (change, Before(held=True)))
    assert kinds(plan) == [ChangeKind.RESTORE_GRANT]
    assert guard(plan).verdict is Verdict.ALLOW
    on_pay = replace(change, vaults=(PAY,))
    assert guard(undo(org, (on_pay, Before(held=True)))).names == ("robot on pay (write)",)


# ---------------------------------------------------------------------- what comes back, and how


def guard(plan: Plan) -> GuardVerdict:
    (found,) = (one for one in plan.guards if one.guard == GUARD)
    return found


def asked(org: Org, *changes: Change) -> tuple[str, ...]:
    world = org.world()
    operations = tuple(_operation(org, change) for change in changes)
    assert world.now_ms == NOW_MS
    return comes_back(operations, org.context(), PlanScope.UNDO).names


def _operation(org: Org, change: Change) -> Operation:
    wording = word(org.world(), change)
    return Operation("op", 1, change, wording.words, wording.precondition, wording.expected)


def test_a_leaver_is_asked_about() -> None:
    org = office()
    back = replace(SUSPEND, kind=ChangeKind.REACTIVATE)
    there = Change(ChangeKind.REACTIVATE, Side.DIRECTORY, account=D1)
    assert asked(org, back) == ()
    org.directory.change("d1", state=SUSPENDED)
    assert asked(org, back) == ("Name 1, who is off in idp",)
    assert asked(org, there, back) == ()
    assert asked(org, there, replace(there, kind=ChangeKind.SUSPEND), back) == (
        "Name 1, who is off in idp",
    )
    org.directory.change("d1", state=AccountState.DEACTIVATED)
    assert asked(org, there) == ("Name 1, whose account in idp had ended",)
    assert asked(org, replace(there, account=None)) == ()
    org.directory.accounts.pop(0)
    assert asked(org, back) == ("Name 1, whom the directory does not know",)
    assert asked(org, replace(back, account=None)) == ("nobody, whom the directory does not know",)


def test_a_membership_the_directory_does_not_say_is_asked_about() -> None:
    org = office()
    assert asked(org, ADD) == ()
    org.secrets.groups.append(Group("sg-old", "old"))
    assert asked(org, replace(ADD, group=OLD)) == (
        "Name 1 in old, which the directory does not say",
    )
    org.directory.memberships.clear()
    assert asked(org, ADD) == ("Name 1 in eng, which the directory does not say",)
    there = replace(ADD, side=Side.DIRECTORY, account=D1, group=ENG_THERE)
    assert asked(org, there, ADD) == ()
    assert asked(org, replace(ADD, account=None)) == ()


def test_a_grant_the_policy_does_not_have_is_asked_about() -> None:
    org = office()
    back = replace(REVOKE, kind=ChangeKind.RESTORE_GRANT)
    assert asked(org, back) == ("Name 1 on pay (write)",)
    of_group = replace(back, principal_kind=GROUP, principal=ENG, vaults=(PROD,))
    assert asked(org, of_group) == ()
    assert asked(org, replace(of_group, level=Level.MANAGE)) == ("eng on prod (manage)",)
    assert asked(org, replace(of_group, vaults=(PAY,))) == ("eng on pay (write)",)
    assert asked(org, replace(back, principal=None)) == ()
    assert asked(org, replace(back, level=None)) == ("Name 1 on pay (unknown)",)


def test_what_is_taken_back_from_one_person_counts_as_one() -> None:
    org = office()
    back = Change(ChangeKind.REACTIVATE, Side.DIRECTORY, account=D1)
    plan = undo(org, (back, Before(state=SUSPENDED)), removals_last_day=1000)
    verdicts = {one.guard: one.verdict for one in plan.guards}
    assert verdicts["removals: per day"] is Verdict.ASK
    assert verdicts["removals: count"] is Verdict.ALLOW
    org.directory.taken_ms = NOW_MS - DAY_MS
    plan = undo(org, (back, Before(state=SUSPENDED)))
    assert {one.guard: one.verdict for one in plan.guards}["fresh snapshots"] is Verdict.ASK


def test_an_undo_rests_on_no_listing() -> None:
    org = office()
    org.directory.broken.update(org.directory.keys())
    plan = undo(org, (ADD, Before(held=False)))
    assert kinds(plan) == [ChangeKind.REMOVE_MEMBERSHIP]
    verdicts = {one.guard: one.verdict for one in plan.guards}
    assert verdicts["complete listings"] is Verdict.ALLOW


def test_whom_a_plan_is_about() -> None:
    org = office()
    world = org.world()
    one, other = _operation(org, SUSPEND), _operation(org, replace(SUSPEND, account=D1))
    found = one_person(world, (one, other))
    assert found is not None
    assert login_of(found) == "d1.login"
    assert one_person(world, ()) is None
    stranger = replace(S1, id="nobody")
    assert one_person(world, (_operation(org, replace(SUSPEND, account=stranger)),)) is None
    third = Ref(Side.SECRETS, ObjectKind.ACCOUNT, "s3", "Name 3")
    assert one_person(world, (one, _operation(org, replace(SUSPEND, account=third)))) is None
    of_group = replace(REVOKE, principal_kind=GROUP, principal=ENG)
    assert one_person(world, (_operation(org, of_group),)) is None
    unnamed = account("s9", name=" ")
    alone = Person("s:s9", None, replace(unnamed, name=""), MatchedBy.NOTHING)
    assert login_of(alone) == "s9"
    assert login_of(Person("k", None, None, MatchedBy.NOTHING)) == "k"


def test_what_was_before_is_kept_of_the_first_call() -> None:
    first = Before(state=ACTIVE, role="manager", permissions=BOTH, held=True)
    plain = kept(first, {})
    assert kept(Before(state=SUSPENDED), {"before": plain}) == plain
    assert kept(first, {"before": {"odd": 1}}) == kept(NOT_READ, {})
    assert before_of("") == NOT_READ
    assert before_of("[1]") == NOT_READ
    assert before_of("{}") == NOT_READ


def test_every_guard_speaks_on_an_undo() -> None:
    org = office()
    want_names = {one.guard for one in judge((), org.context(), PlanScope.SYNC)}
    names = {one.guard for one in judge((), org.context(), PlanScope.UNDO)}
    assert names == want_names | {GUARD}
