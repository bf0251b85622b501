"""The state table, every cell; and the verdict, every combination."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn.decide.findings import ChangeKind
from keyturn.decide.steps import (
    SETTLED,
    AuditAnswer,
    Event,
    Impossible,
    ProofVerdict,
    ReadBack,
    State,
    advance,
    judge_proof,
    replayed,
)

# One row per state: what each event leads to; "-" is impossible.
_TABLE = """
           intend   accepted was_so     declined drifted not_sent lost    other   held    seen     not_seen lagging    give_up
planned    intended -        already_so refused  refused -        -       -       planned -        -        -          given_up
intended   -        applied  already_so refused  refused planned  unknown planned -       -        -        -          given_up
applied    -        -        -          -        -       -        -       -       -       verified not_seen applied    -
already_so -        -        -          -        -       -        -       -       -       verified not_seen already_so -
refused    -        -        -          -        -       -        -       -       -       -        -        -          -
unknown    -        -        already_so -        -       -        unknown planned -       -        -        -          given_up
verified   -        -        -          -        -       -        -       -       -       verified -        -          -
not_seen   -        -        -          -        -       -        -       -       -       verified not_seen -          -
given_up   -        -        -          -        -       -        -       -       -       -        -        -          -
"""  # noqa: E501 - a table is read along its rows
_COLUMNS = {"was_so": Event.WAS_SO, "other": Event.FOUND_OTHERWISE}


def _cells() -> list[tuple[State, Event, State | None]]:
    head, *rows = [line.split() for line in _TABLE.strip().splitlines()]
    events = [_COLUMNS.get(name) or Event(name.replace("_", " ")) for name in head]
    return [
        (State(row[0]), event, None if cell == "-" else State(cell))
        for row in rows
        for event, cell in zip(events, row[1:], strict=True)
    ]


def _after(state: State, event: Event) -> State | None:
    try:
        return advance(state, event)
    except Impossible:
        return None


def test_the_table_here_is_whole() -> None:
    assert {(s, e) for s, e, _ in _cells()} == set(product(State, Event))


@pytest.mark.parametrize(("state", "event", "after"), _cells())
def test_every_cell(state: State, event: Event, after: State | None) -> None:
    assert _after(state, event) is after


def test_why_it_cannot_be_is_said() -> None:
    with pytest.raises(Impossible, match="'accepted' after 'refused': it was refused"):
        advance(State.REFUSED, Event.ACCEPTED)


def test_nothing_is_sent_again_before_a_reread() -> None:
    """From an unknown outcome there is no way to a call but through finding it was not done."""
    assert _after(State.UNKNOWN, Event.INTEND) is None
    assert _after(State.INTENDED, Event.INTEND) is None
    assert advance(State.UNKNOWN, Event.FOUND_OTHERWISE) is State.PLANNED


def test_every_state_is_open_accepted_or_over() -> None:
    over = {State.REFUSED, State.GIVEN_UP}
    for state in State:
        assert [state.open, state.accepted, state in over].count(True) == 1
        # What is open can still come to a call, and what was accepted never to another one.
        reached, ahead = {state}, [state]
        while ahead:
            now = ahead.pop()
            found = {to for event in Event if (to := _after(now, event)) is not None}
            ahead += found - reached
            reached |= found
        assert (State.INTENDED in reached) is state.open


def test_settled_states_lead_nowhere_but_to_being_seen() -> None:
    for state, event in product(SETTLED, Event):
        assert _after(state, event) in {None, State.VERIFIED, State.NOT_SEEN}
    assert not State.APPLIED.settled
    assert State.GIVEN_UP.settled


@given(st.lists(st.sampled_from(list(Event)), max_size=20))
def test_whatever_happens_can_be_replayed(events: list[Event]) -> None:
    told = [State.PLANNED]
    for event in events:
        after = _after(told[-1], event)
        if after is not None:
            told.append(after)
    assert replayed(told) is told[-1]


@given(st.lists(st.sampled_from(list(State)), max_size=6))
def test_only_what_some_event_leads_to_is_believed(told: list[State]) -> None:
    possible = all(
        any(_after(before, event) is after for event in Event)
        for before, after in pairwise([*told])
    )
    if not told:
        assert replayed(told) is State.PLANNED
    elif possible and told[0] is State.PLANNED:
        assert replayed(told) is told[-1]
    else:
        with pytest.raises(Impossible):
            replayed(told)


def test_a_word_that_is_no_state_is_not_believed() -> None:
    with pytest.raises(Impossible, match="'done' is no state"):
        replayed(["planned", "done"])


_VERDICTS = {
    (ReadBack.AS_WANTED, AuditAnswer.FOUND): ("effective and logged", "effective and logged"),
    (ReadBack.AS_WANTED, AuditAnswer.NOT_FOUND): ("lagging", "effective, not logged"),
    (ReadBack.AS_WANTED, AuditAnswer.NO_ACCESS): (
        "effective, not logged",
        "effective, not logged",
    ),
    (ReadBack.OTHERWISE, AuditAnswer.FOUND): ("lagging", "logged, not effective"),
    (ReadBack.OTHERWISE, AuditAnswer.NOT_FOUND): ("lagging", "unknown"),
    (ReadBack.OTHERWISE, AuditAnswer.NO_ACCESS): ("lagging", "unknown"),
    (ReadBack.UNREADABLE, AuditAnswer.FOUND): ("lagging", "unknown"),
    (ReadBack.UNREADABLE, AuditAnswer.NOT_FOUND): ("lagging", "unknown"),
    (ReadBack.UNREADABLE, AuditAnswer.NO_ACCESS): ("lagging", "unknown"),
    (ReadBack.AS_FAR_AS_SEEN, AuditAnswer.FOUND): ("effective and logged", "effective and logged"),
    (ReadBack.AS_FAR_AS_SEEN, AuditAnswer.NOT_FOUND): ("lagging", "unknown"),
    (ReadBack.AS_FAR_AS_SEEN, AuditAnswer.NO_ACCESS): ("unknown", "unknown"),
    (ReadBack.NOT_TO_BE_READ, AuditAnswer.FOUND): (
        "logged, cannot be read back",
        "logged, cannot be read back",
    ),
    (ReadBack.NOT_TO_BE_READ, AuditAnswer.NOT_FOUND): ("lagging", "unknown"),
    (ReadBack.NOT_TO_BE_READ, AuditAnswer.NO_ACCESS): ("unknown", "unknown"),
}


@pytest.mark.parametrize(("read", "audit"), list(product(ReadBack, AuditAnswer)))
def test_every_verdict(read: ReadBack, audit: AuditAnswer) -> None:
    before, after = _VERDICTS[(read, audit)]
    assert judge_proof(read, audit, deadline_passed=False) is ProofVerdict(before)
    assert judge_proof(read, audit, deadline_passed=True) is ProofVerdict(after)


def test_all_sessions_alone_cannot_be_read_back_whole() -> None:
    assert [kind for kind in ChangeKind if not kind.can_be_read_back] == [
        ChangeKind.END_ALL_SESSIONS
    ]
