"""A move takes away what the policy does not give any more, and puts nobody out."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.decide.one_by_one import hold, one_by_one
from tests.decide.worlds import SUSPENDED, Org, office

from keyturn.decide.drift import drift_in
from keyturn.decide.findings import ChangeKind
from keyturn.decide.mover import moving
from keyturn.decide.plan import plan_move
from keyturn.decide.plans import Plan, PlanScope, Verdict
from keyturn.decide.rules import Limits
from keyturn_providers.records import Collection, Level, PrincipalKind

ROOMY = replace(Limits(), removals_share=1.0)


def move(org: Org, key: str = "d:d1") -> Plan:
    org.rules = replace(org.rules, limits=ROOMY)
    context = org.context()
    return plan_move(org.who(key), drift_in(context.world), context)


def kinds(plan: Plan) -> set[ChangeKind]:
    return {operation.change.kind for operation in plan.operations}


def test_what_the_new_role_does_not_justify_goes_and_the_account_stays() -> None:
    org = office()
    org.direct_grant(1, "pay", Level.WRITE)
    org.secrets.join("sg-ops", "s1")
    plan = move(org)
    assert (plan.scope, plan.title, plan.confirm_with) == (
        PlanScope.MOVE,
        "Move Name 1",
        "d1.login",
    )
    assert plan.subjects == ("d:d1",)
    assert kinds(plan) == {ChangeKind.REVOKE, ChangeKind.REMOVE_MEMBERSHIP}
    assert all(operation.finding_ids for operation in plan.operations)
    assert not plan.refused


def test_what_is_missing_or_would_put_out_is_left_alone_with_the_reason() -> None:
    org = office()
    org.secrets.memberships = [one for one in org.secrets.memberships if one.member_id != "s1"]
    plan = move(org)
    assert plan.operations == ()
    assert [left.reason for left in plan.left_alone] == [
        "It gives access; a move only takes away: see keyturn plan."
    ]
    org = office()
    org.directory.change("d1", state=SUSPENDED)
    assert "A move puts nobody out: see keyturn offboard." in {
        left.reason for left in move(org).left_alone
    }
    org = office()
    org.secrets.change("s1", roles=("owner",))
    (left,) = move(org).left_alone
    assert "Take the role away in bao" in left.reason


def test_what_keyturn_may_not_do_is_left_alone() -> None:
    org = office()
    org.direct_grant(1, "pay", Level.WRITE)
    org.rules = replace(org.rules, never_touch=("d1.login",))
    plan = move(org)
    assert plan.operations == ()
    assert "never to touch" in plan.left_alone[0].reason


def test_it_rests_on_whole_listings_like_a_sync() -> None:
    org = office()
    org.direct_grant(1, "pay", Level.WRITE)
    org.directory.broken.add((Collection.ACCOUNTS, ""))
    plan = move(org)
    assert plan.operations == () or any(g.verdict is Verdict.REFUSE for g in plan.guards)


def test_others_are_not_concerned() -> None:
    org = one_by_one()
    hold(org, PrincipalKind.ACCOUNT, "s2", "pay", "view")
    assert move(org).operations == ()
    assert move(org, "d:d2").operations != ()


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.sampled_from(["prod", "pay"]), st.booleans()), max_size=6
    )
)
def test_every_finding_of_the_person_is_mended_or_left_alone(
    grants: list[tuple[int, str, bool]],
) -> None:
    org = office()
    for number, vault, wide in grants:
        org.direct_grant(number, vault, Level.MANAGE if wide else Level.READ)
    world = org.world()
    findings = drift_in(world)
    found = moving(findings, world.people["d:d1"])
    mine = [finding for finding in findings if finding.person == "d:d1"]
    assert len(found.mended) + len(found.left_alone) == len(mine)
    for finding in found.mended:
        assert any(change.kind.removes for change in finding.remedy)
        assert not {change.kind for change in finding.remedy} & {ChangeKind.SUSPEND}
