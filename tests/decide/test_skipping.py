"""What is left out of a plan by hand stands in it with its reason, and the rest is judged anew."""

from dataclasses import replace

from tests.decide.leaving import guard, of, plan
from tests.decide.worlds import Org, office

from keyturn.decide.findings import ChangeKind
from keyturn.decide.plan import plan_sync
from keyturn.decide.planfile import from_json, sealed, to_json
from keyturn.decide.plans import Plan, PlanScope, Verdict
from keyturn.decide.skipping import SKIPPED, all_but, skip, skipped
from keyturn_providers.records import Level, Side


def drifted() -> tuple[Org, Plan]:
    """Three direct grants that nothing wants."""
    org = office()
    for number in (1, 2, 3):
        org.direct_grant(number, "prod", Level.READ)
    return org, plan_sync(org.drift(), org.context())


def test_what_is_skipped_is_kept_in_the_plan_with_its_reason() -> None:
    org, whole = drifted()
    first = whole.operations[0]
    found = skip(whole, org.context(), {first.change: "asked Ana"})
    assert [(one.words, one.reason) for one in skipped(found)] == [
        (first.words, f"{SKIPPED}asked Ana")
    ]
    assert len(found.operations) == len(whole.operations) - 1
    assert [one.number for one in found.operations] == list(range(1, len(whole.operations)))
    assert found.title.endswith(", 1 skipped")
    assert found.confirm_with == str(len(found.operations))
    assert found.digest != whole.digest
    assert from_json(to_json(found)) == found == sealed(found)
    assert skipped(whole) == ()


def test_a_change_the_plan_does_not_make_is_passed_over() -> None:
    org, whole = drifted()
    elsewhere = plan(office(), "d:d3").operations[0].change
    assert skip(whole, org.context(), {elsewhere: "why"}) is whole


def test_what_waits_for_something_skipped_is_left_out_too() -> None:
    org = office()
    whole = plan(org, "d:d3", to={"v-pay": "d:d1"})
    (give,) = of(whole, ChangeKind.GRANT)
    found = skip(whole, org.context(), {give.change: "not yet"})
    reasons = {one.words: one.reason for one in skipped(found)}
    (suspended,) = of(whole, ChangeKind.SUSPEND)
    assert reasons[suspended.words] == f"{SKIPPED}it waits for: {give.words}"
    assert of(found, ChangeKind.SUSPEND, Side.DIRECTORY)
    assert (found.title, found.confirm_with) == (whole.title, whole.confirm_with)
    # Nothing is taken from the vault's only manager any more.
    assert guard(found).verdict is Verdict.ALLOW


def test_a_guard_that_refused_one_change_lets_the_rest_pass() -> None:
    org = office()
    whole = plan(org, "d:d3")
    assert whole.refused
    takes = {
        one.change: "somebody else first"
        for one in whole.operations
        if one.change.side is Side.SECRETS
    }
    assert not skip(whole, org.context(), takes).refused


def test_an_undo_is_confirmed_with_what_is_left_of_it() -> None:
    org, whole = drifted()
    back = replace(whole, scope=PlanScope.UNDO, subject_key="run:r1", title="Undo: it")
    found = skip(back, org.context(), {back.operations[0].change: "keep it so"})
    assert (found.title, found.confirm_with) == ("Undo: it", str(len(back.operations) - 1))
    of_one = replace(back, confirm_with="d3.login")
    found = skip(of_one, org.context(), {back.operations[0].change: "keep it so"})
    assert found.confirm_with == "d3.login"


def test_all_but_what_is_wanted_can_be_left_out() -> None:
    org, whole = drifted()
    wanted = {whole.operations[1].change}
    found = skip(whole, org.context(), all_but(whole, wanted))
    assert [one.change for one in found.operations] == [whole.operations[1].change]
    assert len(skipped(found)) == len(whole.operations) - 1


def test_what_is_wanted_takes_along_what_it_has_to_wait_for() -> None:
    org, whole = drifted()
    last, first = whole.operations[-1], whole.operations[0]
    chained = replace(
        whole, operations=(*whole.operations[:-1], replace(last, depends_on=(first.id,)))
    )
    found = skip(chained, org.context(), all_but(chained, {last.change}))
    assert [one.change for one in found.operations] == [first.change, last.change]
