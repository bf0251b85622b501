"""Undoing grants: exactly what was there before the call comes back."""

from dataclasses import replace

from tests.decide.one_by_one import hold, one_by_one
from tests.decide.undoing import (
    ACCOUNT,
    BOTH,
    EDGE,
    GRANT,
    GROUP,
    OLD,
    PAY,
    REVOKE,
    guard,
    kinds,
    run_of,
    undo,
    why,
)
from tests.decide.worlds import DAY_MS, NOW_MS, office

from keyturn.decide.before import NOT_READ, Before
from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.decide.plans import Plan, Verdict
from keyturn.decide.undo import not_restored, plan_undo
from keyturn_providers.records import (
    Level,
    PrincipalKind,
    Side,
)


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


def test_an_edge_that_was_changed_twice_goes_back_to_what_it_was_first() -> None:
    org = one_by_one()
    had, given = (*BOTH, "edit", "manage"), (*BOTH, "edit", "export")
    give = replace(GRANT, permissions=given)
    narrow = replace(REVOKE, kind=ChangeKind.NARROW, permissions=given)
    steps = (
        (give, Before(permissions=had, held=True)),
        (narrow, Before(permissions=(*had, "export"), held=True)),
    )

    def now(*names: str, steps: tuple[tuple[Change, Before], ...] = steps) -> Plan:
        hold(org, ACCOUNT, "s1", "pay", *names)
        return undo(org, *steps)

    plan = now(*given)
    assert [(one.change.kind, one.change.permissions) for one in plan.operations] == [
        (ChangeKind.RESTORE_GRANT, had), (ChangeKind.NARROW, had),
    ]  # fmt: skip
    assert {one.change.carrier for one in plan.operations} == {EDGE}
    assert "as it was before already" in why(now(*had))
    assert "changed since: it gives view now" in why(now("view"))
    unknown = ((give, NOT_READ), steps[1])
    assert "does not say what was held" in why(now(*given, steps=unknown))
    # Nothing was held: all of it goes, and what the run itself gave is not given back.
    new = ((give, Before(held=False)), (narrow, Before(permissions=given, held=True)))
    (operation,) = now(*given, steps=new).operations
    assert (operation.change.kind, operation.change.permissions) == (ChangeKind.REVOKE, given)
    # Given and taken: there is no edge now, and there was one before.
    gone = (steps[0], (REVOKE, Before(permissions=(*had, "export"), held=True)))
    org.secrets.grants = [one for one in org.secrets.grants if one.carrier != EDGE]
    (operation,) = undo(org, *gone).operations
    assert (operation.change.kind, operation.change.permissions) == (ChangeKind.RESTORE_GRANT, had)


def test_an_edge_that_was_changed_twice_is_not_given_back_past_an_exceptions_end() -> None:
    org = one_by_one()
    had, given = (*BOTH, "manage"), (*BOTH, "edit")
    give = replace(GRANT, permissions=given)
    narrow = replace(REVOKE, kind=ChangeKind.NARROW, permissions=given)
    org.waive("d1", "pay", Level.WRITE, until_ms=NOW_MS - DAY_MS)
    hold(org, ACCOUNT, "s1", "pay", *given)
    plan = undo(
        org,
        (give, Before(permissions=had, held=True)),
        (narrow, Before(permissions=(*had, "edit"), held=True)),
    )
    assert "has ended meanwhile" in not_restored(plan)[0].reason
    assert [(one.change.kind, one.change.permissions) for one in plan.operations] == [
        (ChangeKind.NARROW, had)
    ]


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
