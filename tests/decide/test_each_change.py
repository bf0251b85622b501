"""How each change stands over several runs, whatever an undo took back of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.decide.undoing import ADD, GRANT, REMOVE, REVOKE, SUSPEND

from keyturn.decide.about import about_of, same_change, same_thing, takes_back
from keyturn.decide.each_change import Stand, Tried, each_change, taken_back, taken_back_by
from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.steps import State

ON = replace(SUSPEND, kind=ChangeKind.REACTIVATE)
BACK = replace(REVOKE, kind=ChangeKind.RESTORE_GRANT)


def steps(*tried: tuple[int, Change, State], sent: bool = True, good: bool = True) -> list[Tried]:
    return [
        Tried(
            at,
            run,
            same_change(change),
            about_of(change),
            change.kind.removes,
            state,
            sent,
            good,
            good,
        )
        for at, (run, change, state) in enumerate(tried)
    ]


def stands(found: list[Tried], last_run: int = 1) -> list[tuple[Stand, int]]:
    return [(stand, one.at) for stand, one in each_change(found, last_run)]


@pytest.mark.parametrize(
    ("cut", "back"), [(SUSPEND, ON), (REMOVE, ADD), (REVOKE, BACK), (REVOKE, GRANT)]
)
def test_what_takes_a_change_back_is_about_the_same(cut: Change, back: Change) -> None:
    assert takes_back(back, cut)
    assert takes_back(cut, back)
    assert not takes_back(cut, cut)
    done = steps((1, cut, State.VERIFIED), (2, back, State.APPLIED))
    assert stands(done) == [(Stand.PUT_BACK, 0)]
    assert taken_back(done, 1) == (done[0],)
    assert taken_back_by(done[0], done) == done[1]
    again = steps((1, cut, State.VERIFIED), (2, back, State.APPLIED), (3, cut, State.VERIFIED))
    assert stands(again, 3) == [(Stand.PROVEN, 2)]
    other = replace(cut, level=None, session_id="x")
    anew = steps((1, cut, State.VERIFIED), (2, back, State.APPLIED), (3, other, State.VERIFIED))
    assert stands(anew, 3) == [(Stand.PROVEN, 2)]


def test_two_edges_are_two_things_and_a_session_is_its_own() -> None:
    assert not takes_back(replace(BACK, carrier="another"), REVOKE)
    assert not takes_back(ON, REMOVE)
    ended = Change(ChangeKind.END_SESSION, SUSPEND.side, account=SUSPEND.account, session_id="t1")
    assert not takes_back(ON, ended)
    done = steps((1, ended, State.VERIFIED), (1, SUSPEND, State.VERIFIED), (2, ON, State.VERIFIED))
    assert stands(done) == [(Stand.PROVEN, 0), (Stand.PUT_BACK, 1)]


def test_what_is_open_or_not_done_is_that() -> None:
    assert stands(steps((1, SUSPEND, State.VERIFIED), (2, SUSPEND, State.UNKNOWN)), 2) == [
        (Stand.OPEN, 1)
    ]
    assert stands(steps((1, SUSPEND, State.REFUSED))) == [(Stand.NOT_DONE, 0)]
    refused = steps((1, SUSPEND, State.REFUSED), (2, REMOVE, State.VERIFIED))
    assert stands(refused, 2) == [(Stand.NOT_PLANNED_AGAIN, 0), (Stand.PROVEN, 1)]
    undo = steps((1, SUSPEND, State.VERIFIED), (2, ON, State.REFUSED))
    assert stands(undo) == [(Stand.PROVEN, 0)]
    assert stands(steps((1, SUSPEND, State.APPLIED), good=False)) == [(Stand.UNPROVEN, 0)]


def test_what_a_later_run_found_so_is_proven_where_it_was_done() -> None:
    found = steps(*((run, SUSPEND, State.VERIFIED) for run in (1, 2, 3)))
    so = [found[0], replace(found[1], sent=False), replace(found[2], sent=False)]
    assert stands(so, 3) == [(Stand.PROVEN, 0)]
    assert stands([replace(so[0], proven=False), *so[1:]], 3) == [(Stand.PROVEN, 1)]
    assert stands([so[0], so[1], replace(so[2], good=False, proven=False)], 3) == [
        (Stand.UNPROVEN, 2)
    ]


@given(
    st.lists(
        st.tuples(
            st.integers(1, 4),
            st.sampled_from([SUSPEND, ON, REMOVE, ADD, REVOKE, BACK, GRANT]),
            st.sampled_from(list(State)),
        ),
        max_size=8,
    )
)
def test_each_change_stands_once_and_what_was_taken_back_is_never_proven(
    tried: list[tuple[int, Change, State]],
) -> None:
    done = steps(*sorted(tried, key=lambda one: one[0]))
    found = each_change(done, 4)
    assert len({one.change for _, one in found}) == len(found)
    for _, one in (x for x in found if x[0] is Stand.PROVEN):
        later = [x for x in done if x.run > one.run and same_thing(x.about, one.about)]
        assert all(x.removes == one.removes for x in later if x.state.accepted)
