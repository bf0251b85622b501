"""Values cross between two processes as they are, in pieces, and errors with all they say."""

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn.run import crossing
from keyturn.run.assess import NothingRead
from keyturn.run.crossing import HEAD, PIECE, Unpacking, failure_of, frames
from keyturn.run.persons import NoSuchPerson
from keyturn_providers.errors import ProviderError, Throttled
from keyturn_providers.records import Side

PLAIN = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=9)
        | st.lists(inner, max_size=9).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=60,
)


def crossed(value: object) -> tuple[object, int]:
    """The value on the other side, and in how many frames it went."""
    unpacking, sent = Unpacking(), frames(value)
    for number, frame in enumerate(sent, start=1):
        assert int.from_bytes(frame[:HEAD], "big") == len(frame) - HEAD
        taken = unpacking.take(frame[HEAD:])
        assert bool(taken) == (number == len(sent))
    (found,) = taken
    return found, len(sent)


@given(PLAIN)
def test_a_value_crosses_as_it_is(value: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crossing, "PIECE", 2)
        assert crossed(value)[0] == value


def test_what_is_long_goes_in_pieces_once_and_stays_one_thing() -> None:
    long = tuple((number, [number] * (PIECE + 1)) for number in range(PIECE + 1))
    found, sent = crossed({"first": long, "second": long})
    assert isinstance(found, dict)
    assert found == {"first": long, "second": long}
    assert found["first"] is found["second"]
    assert sent == (PIECE + 1) * 2 + 2 + 1


def test_the_next_value_knows_nothing_of_the_one_before() -> None:
    unpacking = Unpacking()
    for value in ((1,) * (PIECE + 1), [2] * (PIECE + 2)):
        *_, found = [unpacking.take(frame[HEAD:]) for frame in frames(value)]
        assert found == (value,)


def test_a_mapping_that_cannot_be_changed_crosses() -> None:
    found, _ = crossed(MappingProxyType({1: 2}))
    assert isinstance(found, MappingProxyType)
    assert dict(found) == {1: 2}


@pytest.mark.parametrize(
    "error",
    [
        ProviderError("okta", "cannot list", "no.", "Try."),
        Throttled("okta", "cannot list", "too much.", "Wait.", retry_after_s=2.5),
        NothingRead(Side.SECRETS),
        NoSuchPerson("ana", ()),
        KeyError("x"),
        FileNotFoundError(2, "not there", "/x"),
    ],
)
def test_an_error_crosses_with_all_that_it_says(error: Exception) -> None:
    failure, _ = crossed(failure_of(error))
    assert isinstance(failure, crossing.Failure)
    found = failure.error
    assert type(found) is type(error)
    assert (str(found), found.args, found.__dict__) == (str(error), error.args, error.__dict__)


def test_of_an_error_that_cannot_cross_its_words_do() -> None:
    error = ValueError("planted", lambda: None)
    failure, _ = crossed(failure_of(error))
    assert isinstance(failure, crossing.Failure)
    assert "ValueError" in str(failure.error)
    assert "planted" in str(failure.error)
