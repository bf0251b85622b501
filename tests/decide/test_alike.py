"""Who goes first and what is held back: worked out a second time, from all that happened."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn.decide.alike import (
    A_FEW,
    MOST_ALIKE,
    Breaker,
    Cause,
    Like,
    Streak,
    like,
    tried_out_first,
)
from keyturn.decide.findings import Change, ChangeKind
from keyturn_providers.records import Side

REVOKES = Like(Side.SECRETS, ChangeKind.REVOKE)
SUSPENDS = Like(Side.SECRETS, ChangeKind.SUSPEND)


@pytest.mark.parametrize(("number", "first"), [(0, False), (A_FEW, False), (A_FEW + 1, True)])
def test_more_than_a_few_of_a_kind_are_tried_out(number: int, first: bool) -> None:
    revoke = Change(ChangeKind.REVOKE, Side.SECRETS)
    changes = [revoke] * number + [Change(ChangeKind.SUSPEND, side) for side in Side]
    changes += [Change(ChangeKind.REVOKE, Side.DIRECTORY)] * 2
    assert tried_out_first(changes) == (frozenset({like(revoke)}) if first else frozenset())


@dataclass(frozen=True)
class Failed:
    of: Like
    cause: Cause
    first: bool = False


@dataclass(frozen=True)
class Accepted:
    of: Like


@dataclass(frozen=True)
class InEffect:
    of: Like


Happened = Failed | Accepted | InEffect
KINDS = st.sampled_from([REVOKES, SUSPENDS])
HAPPENED: st.SearchStrategy[list[Happened]] = st.lists(
    st.one_of(
        st.builds(Failed, KINDS, st.sampled_from(list(Cause)), st.booleans()),
        st.builds(Accepted, KINDS),
        st.builds(InEffect, KINDS),
    ),
    max_size=25,
)


def after(happened: list[Happened]) -> Breaker:
    breaker = Breaker()
    for number, one in enumerate(happened):
        match one:
            case Failed():
                words = f"failure {number}"
                breaker = breaker.failed(one.of, one.cause, words, first=one.first)
            case Accepted():
                breaker = breaker.accepted(one.of)
            case InEffect():
                breaker = breaker.in_effect(one.of)
    return breaker


def held_by_hand(happened: list[Happened], of: Like) -> Cause | None:
    """Looks back from every failure, over what is of its kind and of its half."""
    mine = [one for one in happened if one.of == of]
    for end, last in enumerate(mine, start=1):
        if not isinstance(last, Failed):
            continue
        if last.first and last.cause in {
            Cause.NOT_AUTHENTICATED,
            Cause.UNREACHABLE,
            Cause.THROTTLED,
            Cause.LOST,
        }:
            return last.cause
        effect = last.cause is Cause.NOT_IN_EFFECT
        in_a_row = 0
        for one in reversed(mine[:end]):
            if isinstance(one, Failed):
                if (one.cause is Cause.NOT_IN_EFFECT) is not effect:
                    continue
                if one.cause is not last.cause:
                    break
                in_a_row += 1
            elif isinstance(one, InEffect) or not effect:
                break
        if in_a_row >= MOST_ALIKE:
            return last.cause
    return None


@given(HAPPENED)
def test_what_is_held_is_what_looking_back_says(happened: list[Happened]) -> None:
    breaker = after(happened)
    for of in (REVOKES, SUSPENDS):
        streak = breaker.holds(of)
        assert (streak.cause if streak is not None else None) == held_by_hand(happened, of)


@given(HAPPENED, HAPPENED)
def test_what_is_held_stays_held_with_its_first_cause(
    earlier: list[Happened], later: list[Happened]
) -> None:
    for of in (REVOKES, SUSPENDS):
        before = after(earlier).holds(of)
        if before is not None:
            assert after([*earlier, *later]).holds(of) == before


@given(HAPPENED)
def test_one_kind_never_holds_another(happened: list[Happened]) -> None:
    mine = [one for one in happened if one.of == REVOKES]
    assert after(mine).holds(SUSPENDS) is None


def test_the_streak_says_how_often_and_the_source_s_last_words() -> None:
    breaker = after([Failed(REVOKES, Cause.NOT_ALLOWED)] * MOST_ALIKE)
    assert breaker.holds(REVOKES) == Streak(Cause.NOT_ALLOWED, MOST_ALIKE, "failure 2")
