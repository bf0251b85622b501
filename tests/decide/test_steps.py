"""The state table, every cell; and the verdict, every combination."""

from itertools import product

import pytest

from keyturn.decide.steps import (
    SETTLED,
    AuditAnswer,
    Event,
    Illegal,
    ProofVerdict,
    ReadBack,
    State,
    advance,
    judge_proof,
)

# One row per state: what each event leads to; "-" is illegal.
_TABLE = """
           intend   accepted was_so     declined not_sent lost    other   seen     not_seen give_up
planned    intended -        already_so refused  -        -       -       -        -        given_up
intended   -        applied  already_so refused  planned  unknown planned -        -        given_up
applied    -        -        -          -        -        -       -       verified not_seen -
already_so -        -        -          -        -        -       -       verified not_seen -
refused    -        -        -          -        -        -       -       -        -        -
unknown    -        -        already_so -        -        unknown planned -        -        given_up
verified   -        -        -          -        -        -       -       verified -        -
not_seen   -        -        -          -        -        -       -       verified not_seen -
given_up   -        -        -          -        -        -       -       -        -        -
"""
_COLUMNS = {"was_so": Event.WAS_SO, "other": Event.FOUND_OTHERWISE}


def _cells() -> list[tuple[State, Event, State | None]]:
    head, *rows = [line.split() for line in _TABLE.strip().splitlines()]
    events = [_COLUMNS.get(name) or Event(name.replace("_", " ")) for name in head]
    return [
        (State(row[0]), event, None if cell == "-" else State(cell))
        for row in rows
        for event, cell in zip(events, row[1:], strict=True)
    ]


def test_the_table_here_is_whole() -> None:
    assert {(s, e) for s, e, _ in _cells()} == set(product(State, Event))


@pytest.mark.parametrize(("state", "event", "after"), _cells())
def test_every_cell(state: State, event: Event, after: State | None) -> None:
    found = advance(state, event)
    if after is None:
        assert isinstance(found, Illegal)
        assert (found.state, found.event) == (state, event)
        assert event.value in found.reason
    else:
        assert found is after


def test_nothing_is_sent_again_before_a_reread() -> None:
    """From an unknown outcome there is no way to a call but through finding it was not done."""
    assert isinstance(advance(State.UNKNOWN, Event.INTEND), Illegal)
    assert isinstance(advance(State.INTENDED, Event.INTEND), Illegal)
    assert advance(State.UNKNOWN, Event.FOUND_OTHERWISE) is State.PLANNED


def test_settled_states_lead_nowhere_but_to_being_seen() -> None:
    for state, event in product(SETTLED, Event):
        after = advance(state, event)
        assert isinstance(after, Illegal) or after in {State.VERIFIED, State.NOT_SEEN}
    assert not State.APPLIED.settled
    assert State.GIVEN_UP.settled


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
