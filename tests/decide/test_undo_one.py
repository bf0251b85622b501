"""Of a run in which several left, what it did to one of them is taken back, and nothing else."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.decide.journals import RUN_ID, done
from tests.decide.leaving import plan as leaving
from tests.decide.worlds import Org, office

from keyturn.decide.plans import Plan, PlanScope
from keyturn.decide.rules import Limits
from keyturn.decide.undo import OnlyOf, not_restored, plan_undo, steps_of
from keyturn_providers.records import Level, MachineIdentity

ONE = OnlyOf("d:d1", "Name 1", frozenset({"d1", "s1"}))


def three_with(*vaults: tuple[str, int]) -> Org:
    """Four people; each of these vaults is managed by that one alone."""
    org = office()
    org.person(4)
    org.rules = replace(org.rules, limits=replace(Limits(), removals_share=1.0))
    for name, number in vaults:
        if not any(one.name == name for one in org.secrets.vaults):
            org.vault(name)
        org.direct_grant(number, name, Level.MANAGE)
    return org


def out(org: Org, to: Mapping[str, str]) -> Plan:
    return leaving(org, "d:d1", "d:d2", to=dict(to))


def whose(plan: Plan) -> set[str]:
    refs = (one.change.account or one.change.principal for one in plan.operations)
    return {ref.id for ref in refs if ref is not None}


def test_only_what_was_done_to_the_one_goes_back() -> None:
    org = three_with()
    run = done(org, out(org, {}))
    plan = plan_undo(run, org.context(), only=ONE)
    assert (plan.scope, plan.undoes, plan.undoes_of) == (PlanScope.UNDO, RUN_ID, "d:d1")
    assert plan.title == "Undo: Offboard 2 people: Name 1 and Name 2, Name 1 alone"
    assert plan.confirm_with == "d1.login"
    assert whose(plan) == {"d1", "s1"}
    whole = plan_undo(run, org.context())
    assert (whole.undoes, whole.undoes_of) == (RUN_ID, "")
    assert {"d1", "s1", "d2", "s2"} <= whose(whole)
    assert (run.plan.undoes, run.plan.undoes_of) == ("", "")
    back = done(org, plan, "run-2")
    assert whose(plan_undo(run, org.context())) == {"d2", "s2"}
    again = plan_undo(back, org.context())
    assert again.title == "Redo: Offboard 2 people: Name 1 and Name 2, Name 1 alone"
    same = plan_undo(back, org.context(), only=ONE)
    assert same.title == again.title


def test_a_vault_that_was_handed_over_goes_back_with_its_leaver_and_no_other() -> None:
    org = three_with(("mine", 1), ("yours", 2))
    run = done(org, out(org, {"v-mine": "d:d4", "v-yours": "d:d4"}))
    plan = plan_undo(run, org.context(), only=ONE)
    assert not plan.refused
    assert whose(plan) == {"d1", "s1", "s4"}
    vaults = {vault.name for one in plan.operations for vault in one.change.vaults}
    assert "mine" in vaults
    assert "yours" not in vaults
    assert steps_of(done(org, plan, "run-2"), ONE.account_ids) != ()


def test_what_another_rests_on_too_stays_by_name() -> None:
    org = three_with(("ours", 1), ("ours", 2))
    run = done(org, out(org, {"v-ours": "d:d4"}))
    plan = plan_undo(run, org.context(), only=ONE)
    assert whose(plan) == {"d1", "s1"}
    (left,) = (one for one in plan.left_alone if "rests on it too" in one.reason)
    assert left.words == "Give Name 4 manage on ours in bao"


@pytest.mark.parametrize("known", [True, False])
def test_what_ended_with_another_is_not_said_to_be_lost_with_the_one(known: bool) -> None:
    org = three_with()
    for number in (1, 2):
        org.secrets.machines.append(
            MachineIdentity(
                f"m{number}", f"robot {number}", "token", owner_account_id=f"s{number}",
                dies_with_owner=True,
            )
        )  # fmt: skip
    run = done(org, out(org, {}))
    if not known:
        org.secrets.machines.clear()
    plan = plan_undo(run, org.context(), only=ONE)
    lost = {one.words.split(" (")[0] for one in not_restored(plan)}
    assert "Not restored: robot 1" in lost
    assert ("Not restored: robot 2" in lost) is not known
