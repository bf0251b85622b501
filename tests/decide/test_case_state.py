"""How a case stands: worked out from what its runs did, never from what somebody wrote down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn.decide.case_state import CaseRun, CaseState, CaseStep, standing, standing_cuts
from keyturn.decide.plans import PlanScope
from keyturn.decide.steps import ProofVerdict, State

GOOD = ProofVerdict.EFFECTIVE_LOGGED.value
UNLOGGED = ProofVerdict.EFFECTIVE_NOT_LOGGED.value
VERIFIED = CaseStep(1, "Suspend", State.VERIFIED, GOOD)
OPEN, CUT = CaseState.OPEN, CaseState.CUT


def run(*steps: CaseStep, run_id: str = "r1", undoes: str = "") -> CaseRun:
    scope = PlanScope.UNDO if undoes else PlanScope.OFFBOARD
    return CaseRun(run_id, scope, steps, undoes)


def step(state: State, verdict: str = "", number: int = 2) -> CaseStep:
    return CaseStep(number, "Revoke", state, verdict)


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


def test_what_was_taken_back_counts_no_more() -> None:
    back = run(VERIFIED, run_id="u1", undoes="r1")
    found = standing([run(VERIFIED), back])
    assert (found.state, found.missing) == (
        OPEN,
        ("run u1 took the cut back", "no plan was applied yet"),
    )
    assert standing([run(VERIFIED), back, run(VERIFIED, run_id="r2")]).missing == ()
    nothing = run(step(State.REFUSED), run_id="u1", undoes="r1")
    assert standing([run(VERIFIED), nothing]).state is CaseState.VERIFIED


def test_an_undo_of_the_first_run_leaves_nothing_of_the_second() -> None:
    again = run(step(State.ALREADY_SO, GOOD), run_id="r2")
    back = run(VERIFIED, run_id="u1", undoes="r1")
    found = standing([run(VERIFIED), again, back])
    assert (found.state, found.missing[0]) == (OPEN, "run u1 took the cut back")
    assert standing_cuts([run(VERIFIED), again, back]) == ((), "u1")
    assert standing_cuts([run(VERIFIED), again]) == ((run(VERIFIED), again), "")


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
