"""How a case stands: worked out from what its runs did, never from what somebody wrote down."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn.decide.case_state import (
    CaseRun,
    CaseState,
    CaseStep,
    cut_ms,
    standing,
    standing_cuts,
)
from keyturn.decide.plans import PlanScope
from keyturn.decide.steps import ProofVerdict, State

GOOD = ProofVerdict.EFFECTIVE_LOGGED.value
UNLOGGED = ProofVerdict.EFFECTIVE_NOT_LOGGED.value
VERIFIED = CaseStep(1, "Suspend", State.VERIFIED, GOOD, "suspend s1", about=("account s1",))
ON_AGAIN = CaseStep(
    1, "Reactivate", State.VERIFIED, GOOD, "reactivate s1", about=("account s1",), removes=False
)
SESSION = CaseStep(3, "End session", State.VERIFIED, GOOD, "end t1", lasting=True)
OPEN, CUT = CaseState.OPEN, CaseState.CUT


def run(*steps: CaseStep, run_id: str = "r1", undoes: str = "") -> CaseRun:
    scope = PlanScope.UNDO if undoes else PlanScope.OFFBOARD
    return CaseRun(run_id, scope, steps, undoes)


def step(state: State, verdict: str = "", number: int = 2) -> CaseStep:
    return CaseStep(number, "Revoke", state, verdict, f"revoke g{number}")


def test_nothing_was_done_yet() -> None:
    found = standing((), unsaid=("leave time", "approver"))
    assert found.state is OPEN
    assert found.missing == ("no plan was applied yet", "not said: leave time and approver")


@pytest.mark.parametrize(
    ("other", "state", "missing"),
    [
        (step(State.VERIFIED, GOOD), CaseState.VERIFIED, ()),
        (
            step(State.VERIFIED, UNLOGGED),
            CaseState.VERIFIED,
            ("step 2 is in effect, but in no log: Revoke",),
        ),
        (step(State.APPLIED), CUT, ("step 2 is not verified (applied): Revoke",)),
        (
            step(State.NOT_SEEN, "logged, not effective"),
            CUT,
            ("step 2 is not verified (logged, not effective): Revoke",),
        ),
        (step(State.REFUSED), OPEN, ("step 2 was not done (refused): Revoke",)),
        (step(State.GIVEN_UP), OPEN, ("step 2 was not done (given up): Revoke",)),
        (step(State.PLANNED), OPEN, ("1 step of run r1 is open: keyturn resume",)),
        (step(State.UNKNOWN), OPEN, ("1 step of run r1 is open: keyturn resume",)),
    ],
)
def test_each_step_says_what_is_missing(
    other: CaseStep, state: CaseState, missing: tuple[str, ...]
) -> None:
    found = standing([run(VERIFIED, other)])
    assert (found.state, found.missing) == (state, missing)


def test_several_open_steps_are_counted() -> None:
    found = standing([run(step(State.PLANNED), step(State.INTENDED, number=3))])
    assert found.missing == ("2 steps of run r1 are open: keyturn resume",)


def test_what_one_run_could_not_do_the_next_one_did() -> None:
    first = run(VERIFIED, step(State.REFUSED))
    assert standing([first, run(VERIFIED, run_id="r2")]).state is CaseState.VERIFIED
    late = run(step(State.NOT_SEEN))
    found = standing([late, run(VERIFIED, run_id="r2")])
    assert (found.state, len(found.missing)) == (CUT, 1)


BACK = run(ON_AGAIN, run_id="u1", undoes="r1")


def test_what_was_taken_back_counts_no_more() -> None:
    found = standing([run(VERIFIED, SESSION), BACK])
    assert (found.state, found.missing) == (
        OPEN,
        ("run u1 took the cut back", "no plan was applied yet"),
    )
    assert standing([run(VERIFIED), BACK, run(VERIFIED, run_id="r2")]).missing == ()
    nothing = run(replace(ON_AGAIN, state=State.REFUSED), run_id="u1", undoes="r1")
    assert standing([run(VERIFIED), nothing]).state is CaseState.VERIFIED
    assert standing([BACK]).missing == ("no plan was applied yet",)


def test_an_undo_of_the_first_run_leaves_nothing_of_the_second() -> None:
    again = run(replace(VERIFIED, state=State.ALREADY_SO, sent=False), run_id="r2")
    found = standing([run(VERIFIED), again, BACK])
    assert (found.state, found.missing[0]) == (OPEN, "run u1 took the cut back")
    assert standing_cuts([run(VERIFIED), again, BACK]) == ()
    assert standing_cuts([run(VERIFIED), again]) == (run(VERIFIED), again)


def test_an_undo_in_part_is_named_step_by_step_and_the_rest_stands() -> None:
    both = run(replace(VERIFIED, cut_ms=7), replace(step(State.VERIFIED, GOOD), cut_ms=9))
    found = standing([both, BACK])
    assert (found.state, found.missing) == (OPEN, ("step 1 was taken back by run u1: Suspend",))
    assert standing_cuts([both, BACK]) == (both,)
    assert (cut_ms([both]), cut_ms([both, BACK]), cut_ms([])) == (9, None, None)
    half = run(replace(ON_AGAIN, state=State.UNKNOWN), run_id="u1", undoes="r1")
    assert standing([both, half]).missing == ("1 step of run u1 is open: keyturn resume",)
    assert standing_cuts([both, half]) == (both,)


def test_an_undo_that_was_undone_has_cut_again() -> None:
    redo = run(replace(VERIFIED, cut_ms=20), run_id="u2", undoes="u1")
    runs = [run(VERIFIED, SESSION), BACK, redo]
    assert standing(runs).state is CaseState.VERIFIED
    assert standing_cuts(runs) == (redo,)
    assert cut_ms(runs) == 20
    assert standing([*runs, run(ON_AGAIN, run_id="u3", undoes="u2")]).missing[0] == (
        "run u3 took the cut back"
    )


def test_a_run_that_found_nothing_to_do_stands_too() -> None:
    empty = run()
    assert standing([empty]).state is CaseState.VERIFIED
    assert standing_cuts([empty]) == (empty,)


def same(run_id: str, state: State, verdict: str, *, sent: bool) -> CaseRun:
    return run(CaseStep(2, "Revoke", state, verdict, "revoke g1", sent), run_id=run_id)


def test_a_second_run_does_not_hide_the_proof_of_the_first() -> None:
    first = same("r1", State.VERIFIED, GOOD, sent=True)
    again = same("r2", State.VERIFIED, UNLOGGED, sent=False)
    assert standing([first, again]).missing == ()
    assert standing([first, again]).state is CaseState.VERIFIED
    # What was sent anew has to be logged anew.
    anew = same("r2", State.VERIFIED, UNLOGGED, sent=True)
    assert standing([first, anew]).missing == ("step 2 is in effect, but in no log: Revoke",)
    # The newest look counts: for better, and for worse.
    late = same("r1", State.NOT_SEEN, "lagging", sent=True)
    assert standing([late, again]).missing == ("step 2 is in effect, but in no log: Revoke",)
    assert standing([first, same("r2", State.ALREADY_SO, "lagging", sent=False)]).state is CUT
    refused = same("r2", State.REFUSED, "", sent=True)
    assert standing([first, refused]).state is OPEN


def test_somebody_closes_it_and_a_recheck_opens_it_again() -> None:
    found = standing([run(step(State.REFUSED))], closed=True, unsaid=("approver",))
    assert (found.state, found.missing) == (CaseState.CLOSED, ("not said: approver",))
    again = standing([run(VERIFIED)], reopened="the account is active")
    assert (again.state, again.missing) == (OPEN, ("opened again: the account is active",))


@given(
    st.lists(
        st.tuples(st.sampled_from(list(State)), st.sampled_from(["", *ProofVerdict])), max_size=6
    )
)
def test_a_case_is_verified_only_if_every_step_is_proven(steps: list[tuple[State, str]]) -> None:
    made = run(*(step(state, str(verdict), n) for n, (state, verdict) in enumerate(steps)))
    found = standing([made])
    good = all(
        state in {State.APPLIED, State.ALREADY_SO, State.VERIFIED, State.NOT_SEEN}
        and verdict in set(ProofVerdict)
        and ProofVerdict(verdict).is_good
        for state, verdict in steps
    )
    assert (found.state is CaseState.VERIFIED) is good
    assert found.state is CaseState.VERIFIED or found.missing
