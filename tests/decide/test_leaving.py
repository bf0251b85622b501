"""Several leavers in one plan, and what is handed over before anything is taken."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.decide.leaving import guard, of, plan
from tests.decide.one_by_one import one_by_one
from tests.decide.worlds import SUSPENDED, Org, office

from keyturn.decide.findings import ChangeKind
from keyturn.decide.guards_of_managers import last_manager, managed_by_nobody_else, managers
from keyturn.decide.leaving import last_managed
from keyturn.decide.order import Stage
from keyturn.decide.plans import PlanScope, Verdict
from keyturn.decide.rules import Allowed, Limits
from keyturn_providers.records import Level, Side

ROOMY = replace(Limits(), removals_share=1.0)


def test_a_vault_nobody_else_manages_blocks_until_somebody_takes_over() -> None:
    refused = plan(office(), "d:d3")
    assert guard(refused).verdict is Verdict.REFUSE
    assert "--successor VAULT=PERSON" in guard(refused).next_step
    found = plan(office(), "d:d3", to={"v-pay": "d:d1"})
    assert guard(found).verdict is Verdict.ALLOW
    assert guard(found).words == "pay is handed over before anything is taken."
    (give,) = of(found, ChangeKind.GRANT)
    assert (give.number, give.stage) == (1, Stage.HAND_OVER)
    assert give.words == "Give Name 1 manage on pay in bao"
    (suspended,) = of(found, ChangeKind.SUSPEND)
    assert suspended.depends_on == (give.id,)
    assert all(o.depends_on == () for o in of(found, ChangeKind.END_SESSION))
    assert all(o.depends_on == () for o in of(found, ChangeKind.SUSPEND, Side.DIRECTORY))


def test_a_hand_over_gives_the_closed_set_where_permissions_are_single() -> None:
    found = plan(one_by_one(), "d:d3", to={"v-pay": "d:d1"})
    (give,) = of(found, ChangeKind.GRANT)
    assert give.change.permissions == ("view", "reveal", "edit", "export", "manage")


def test_a_waiver_in_writing_is_asked_about_with_its_reason() -> None:
    found = plan(office(), "d:d3", waived={"v-pay": "closed down on Friday"})
    assert (guard(found).verdict, guard(found).names) == (
        Verdict.ASK,
        ("pay: closed down on Friday",),
    )
    assert not found.refused


def test_who_leaves_too_is_switched_off_or_is_nobody_cannot_take_over() -> None:
    org = office()
    org.rules = replace(org.rules, limits=ROOMY)
    assert guard(plan(org, "d:d3", "d:d1", to={"v-pay": "d:d1"})).verdict is Verdict.REFUSE
    org = office()
    org.secrets.change("s1", state=SUSPENDED)
    assert guard(plan(org, "d:d3", to={"v-pay": "d:d1"})).verdict is Verdict.REFUSE
    org = office()
    org.directory.accounts = [*org.directory.accounts, replace(org.directory.accounts[0], id="d7")]
    found = plan(org, "d:d3", to={"v-pay": "d:d7"})
    assert guard(found).verdict is Verdict.REFUSE
    assert not of(found, ChangeKind.GRANT)
    assert not of(plan(org, "d:d3", to={"v-gone": "d:d1"}), ChangeKind.GRANT)


def test_a_successor_who_manages_it_already_needs_nothing() -> None:
    org = office()
    org.direct_grant(1, "pay", Level.MANAGE)
    found = plan(org, "d:d3", to={"v-pay": "d:d1"})
    assert not of(found, ChangeKind.GRANT)
    assert any(left.words == "pay for Name 1" for left in found.left_alone)
    assert guard(found).words == "Every vault keeps a manager it has."


def test_a_hand_over_that_keyturn_may_not_make_is_said_and_blocks() -> None:
    org = office()
    org.rules = replace(org.rules, allowed=Allowed(grant=False))
    found = plan(org, "d:d3", to={"v-pay": "d:d1"})
    assert guard(found).verdict is Verdict.REFUSE
    assert any("has this kind of change off: grant" in left.reason for left in found.left_alone)


def test_a_grant_that_nothing_waits_for_hands_nothing_over() -> None:
    found = plan(office(), "d:d3", to={"v-pay": "d:d1"})
    loose = tuple(replace(o, depends_on=()) for o in found.operations)
    verdict = last_manager(loose, office().context(), PlanScope.OFFBOARD)
    assert verdict.verdict is Verdict.REFUSE


def test_several_leave_by_one_plan_and_each_waits_only_for_what_is_their_own() -> None:
    org = office()
    org.person(4)
    org.rules = replace(org.rules, allowed=Allowed(deactivate=True), limits=ROOMY)
    found = plan(org, "d:d1", "d:d3", to={"v-pay": "d:d4"})
    assert found.title == "Offboard 2 people: Name 1 and Name 3"
    assert found.confirm_with == "2"
    assert found.subjects == ("d:d1", "d:d3")
    assert guard(found, "removals: count").verdict is Verdict.ASK
    (give,) = of(found, ChangeKind.GRANT)
    waiting = {o.change.account.id: o.depends_on for o in of(found, ChangeKind.SUSPEND)
               if o.change.account}  # fmt: skip
    assert waiting == {"s1": (), "s3": (give.id,)}
    by_id = {o.id: o for o in found.operations}
    for operation in of(found, ChangeKind.DEACTIVATE, Side.DIRECTORY):
        mine = operation.change.account
        assert mine is not None
        about = {by_id[x].change.account for x in operation.depends_on} - {None}
        assert {ref.id[1:] for ref in about if ref} == {mine.id[1:]}


def test_one_leaver_confirms_by_login_and_a_sync_has_no_subject() -> None:
    found = plan(office(), "d:d1")
    assert (found.title, found.confirm_with) == ("Offboard Name 1", "d1.login")
    assert found.subjects == ("d:d1",)
    assert replace(found, scope=PlanScope.SYNC).subjects == ()
    assert replace(found, subject_key="").subjects == ()


def test_the_last_managers_together() -> None:
    org = office()
    org.direct_grant(1, "pay", Level.MANAGE)
    people = [org.who("d:d1"), org.who("d:d3")]
    assert last_managed(org.context(), people) == ("v-pay",)
    assert last_managed(org.context(), people[:1]) == ()
    lonely = replace(people[0], secrets=None)
    assert last_managed(org.context(), [lonely]) == ()


@pytest.mark.parametrize("extra", [0, 1])
def test_the_order_of_a_plan_is_by_number(extra: int) -> None:
    org = office()
    if extra:
        org.direct_grant(3, "prod", Level.WRITE)
    found = plan(org, "d:d3", to={"v-pay": "d:d1"})
    stages = [o.stage for o in found.operations]
    assert stages == sorted(stages)
    assert [o.number for o in found.operations] == list(range(1, len(stages) + 1))


@given(
    st.dictionaries(
        st.sampled_from(["prod", "pay", "lab"]), st.sets(st.integers(1, 4)), max_size=3
    ),
    st.sets(st.integers(1, 4)),
)
def test_what_a_set_of_people_alone_manages(
    holders: dict[str, set[int]], leaving: set[int]
) -> None:
    org = Org()
    for number in range(1, 5):
        org.person(number)
    for vault, numbers in holders.items():
        org.vault(vault)
        for number in numbers:
            org.direct_grant(number, vault, Level.MANAGE)
    world = org.world()
    found = managed_by_nobody_else(world, frozenset(f"s{x}" for x in leaving))
    assert found == tuple(
        sorted(f"v-{vault}" for vault, numbers in holders.items() if numbers and numbers <= leaving)
    )
    assert set(found) <= set(managers(world))


def test_of_several_it_is_said_whose_it_is_that_is_left_alone() -> None:
    org = office()
    org.rules = replace(org.rules, limits=ROOMY)
    org.directory.change("d1", state=SUSPENDED)
    org.directory.change("d2", state=SUSPENDED)
    alone = [left.words for left in plan(org, "d:d1").left_alone]
    both = [left.words for left in plan(org, "d:d1", "d:d2").left_alone]
    assert alone
    assert not any(words.startswith("Name 1: ") for words in alone)
    assert all(f"Name 1: {words}" in both for words in alone)
    assert all(words.startswith(("Name 1: ", "Name 2: ")) for words in both)
