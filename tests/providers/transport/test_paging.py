"""A walk ends as done only when the whole list came, each id once."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from keyturn_providers.paging import (
    Broken,
    CursorWalk,
    Done,
    IndexWalk,
    NextCursor,
    NextIndex,
)

IDS = st.lists(st.text("abc", min_size=1, max_size=3), unique=True, max_size=12)


def read_by_index(ids: list[str], size: int) -> list[object]:
    walk = IndexWalk("users")
    steps: list[object] = []
    while True:
        page = ids[walk.start - 1 : walk.start - 1 + size]
        step = walk.take(page, total=len(ids), start=walk.start)
        steps.append(step)
        if not isinstance(step, NextIndex):
            return steps


@settings(max_examples=60)
@given(IDS, st.integers(1, 5))
def test_an_honest_list_is_read_to_its_end(ids: list[str], size: int) -> None:
    steps = read_by_index(ids, size)
    assert isinstance(steps[-1], Done)
    assert f"the total agrees ({len(ids)})" in steps[-1].proof
    assert len(steps) == max(1, -(-len(ids) // size))


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.lists(st.one_of(st.none(), st.sampled_from("abcdefgh")), max_size=4),
            st.one_of(st.none(), st.integers(-1, 9)),
        ),
        min_size=1,
        max_size=6,
    )
)
@example([(["a", "b"], 4), (["a", "b"], 4)])
def test_whatever_an_index_server_sends_done_means_whole(
    pages: list[tuple[list[str | None], int | None]],
) -> None:
    walk = IndexWalk("users")
    seen: list[str | None] = []
    totals = set()
    for ids, total in pages:
        step = walk.take(ids, total=total)
        seen += ids
        totals.add(total)
        if isinstance(step, Done):
            assert totals == {len(seen)}
            named = [i for i in seen if i is not None]
            assert len(named) == len(set(named))
            assert bool(step.proof) == (None not in seen)
        if not isinstance(step, NextIndex):
            return
        assert step.start == len(seen) + 1


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from("abcdefgh"), max_size=4),
            st.sampled_from([None, "", "c1", "c2", "c3"]),
            st.one_of(st.none(), st.integers(0, 9)),
        ),
        min_size=1,
        max_size=7,
    )
)
def test_whatever_a_cursor_server_sends_done_means_whole(
    pages: list[tuple[list[str], str | None, int | None]],
) -> None:
    walk = CursorWalk("users", asked=4)
    seen: list[str] = []
    cursors: list[str] = []
    for ids, cursor, total in pages:
        step = walk.take(ids, next_cursor=cursor, total=total)
        seen += ids
        if isinstance(step, Done):
            assert not cursor
            assert len(seen) == len(set(seen))
            assert total in {None, len(seen)}
            return
        if isinstance(step, Broken):
            return
        assert isinstance(step, NextCursor)
        assert step.cursor == cursor
        cursors.append(step.cursor)
        assert len(cursors) == len(set(cursors))


def test_empty_pages_without_end_are_given_up() -> None:
    walk = CursorWalk("users", asked=4)
    steps = [walk.take([], next_cursor=f"c{n}", total=None) for n in range(4)]
    assert [type(step) for step in steps] == [NextCursor] * 3 + [Broken]


def test_an_empty_list_is_whole_where_the_server_says_so() -> None:
    assert isinstance(IndexWalk("users").take([], total=0), Done)
    assert isinstance(CursorWalk("users", 4).take([], next_cursor=None, total=0), Done)


def test_a_list_that_changed_is_told_from_a_server_that_is_wrong() -> None:
    walk = IndexWalk("users")
    walk.take(["a", "b"], total=4)
    step = walk.take(["c"], total=3)
    assert isinstance(step, Broken)
    assert step.changed
    step = IndexWalk("users").take(["a"], total=None)
    assert isinstance(step, Broken)
    assert not step.changed
    step = IndexWalk("users").take(["a"], total=5, start=7)
    assert isinstance(step, Broken)
    assert "from number 1 on, it answered from 7 on" in step.why
