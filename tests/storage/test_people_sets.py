"""Sets of people in either form are what was put into them, and unite as sets do."""

from hypothesis import given
from hypothesis import strategies as st

from keyturn_storage.people_sets import (
    BITS,
    LISTED,
    as_bits,
    numbers_in,
    of_bits,
    of_places,
    united,
)


@st.composite
def _sets(draw: st.DrawFn) -> tuple[int, list[set[int]]]:
    people = draw(st.integers(1, 300))
    of_few = st.sets(st.integers(0, people - 1), max_size=4)
    of_any = st.sets(st.integers(0, people - 1))
    return people, draw(st.lists(of_few | of_any, max_size=6))


@given(_sets())
def test_sets_unite_whatever_form_each_has(drawn: tuple[int, list[set[int]]]) -> None:
    people, sets = drawn
    stored = [of_places(one, people) for one in sets]
    listed, bits = (
        b"".join(packed for form, packed in stored if form == wanted) for wanted in (LISTED, BITS)
    )

    marks = united(listed, bits, people)

    assert len(marks) == people
    assert {place for place, mark in enumerate(marks) if mark} == set().union(*sets)
    assert as_bits(marks) == sum(1 << place for place in set().union(*sets))


@given(_sets())
def test_a_set_of_bits_is_stored_as_one_of_places(drawn: tuple[int, list[set[int]]]) -> None:
    people, sets = drawn
    for one in sets:
        form, packed = of_bits(sum(1 << place for place in one), people)
        other_form, other = of_places(one, people)

        assert form == other_form
        if form == LISTED:
            assert set(numbers_in(packed)) == set(numbers_in(other)) == one
        else:
            assert packed == other
        assert len(packed) <= (people + 7) // 8 + 4
