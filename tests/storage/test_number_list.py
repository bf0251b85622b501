"""Numbers that are read from their text when they are needed: as a list of them is, in all ways."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn_storage.queries.number_list import HEAD, NumberList

MANY = list(range(5, 5 + 3 * (HEAD + 40), 3))[::-1]
places = st.none() | st.integers(-2 * len(MANY), 2 * len(MANY))


@given(
    length=st.sampled_from([0, 1, HEAD - 1, HEAD, HEAD + 1, len(MANY)]),
    part=st.tuples(places, places, st.none() | st.integers(-3, 3).filter(bool)),
    place=st.integers(-len(MANY), len(MANY) - 1),
)
def test_it_is_the_list_of_its_numbers(
    length: int, part: tuple[int | None, int | None, int | None], place: int
) -> None:
    expected = MANY[:length]

    def made() -> NumberList:
        return NumberList(json.dumps(expected, separators=(",", ":")), length)

    assert len(made()) == length
    assert list(made()[slice(*part)]) == expected[slice(*part)]
    assert list(made()) == expected
    if -length <= place < length:
        assert made()[place] == expected[place]
        assert expected[place] in made()
        assert made().index(expected[place]) == expected.index(expected[place])
    else:
        with pytest.raises(IndexError):
            made()[place]
    assert 4 not in made()
    with pytest.raises(ValueError, match="not in"):
        made().index(4)


def test_the_first_ones_are_had_without_the_others() -> None:
    broken = NumberList("[" + ",".join(map(str, range(HEAD))) + ",and more", HEAD * 100)

    assert broken[0] == 0
    assert list(broken[10:HEAD]) == list(range(10, HEAD))
    assert broken.index(HEAD - 1) == HEAD - 1
    assert len(broken) == HEAD * 100
