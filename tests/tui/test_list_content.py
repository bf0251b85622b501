"""The list's state: the cursor follows an id, marks are ids, a gone row stays put."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyturn.tui.access_rows import columns
from keyturn.tui.data import Pane
from keyturn.tui.widgets.list_content import ListContent
from keyturn.tui.widgets.row_source import Row, RowsInMemory, Wish

IDS = st.lists(st.integers(0, 30), unique=True, max_size=20)


def _content(ids: list[int], cursor_id: int | None = None) -> ListContent:
    content = ListContent()
    content.replace(ids, ids, "")
    if cursor_id is not None:
        content.move(ids.index(cursor_id))
    return content


@settings(max_examples=200)
@given(IDS.filter(bool), IDS, st.data())
def test_a_refresh_never_puts_the_cursor_on_another_row(
    before: list[int], after: list[int], data: st.DataObject
) -> None:
    chosen = data.draw(st.sampled_from(before))
    content = _content(before, chosen)

    content.renew(after, after, Row(chosen, "=", ("x",)))

    assert content.cursor_id == chosen
    assert content.on_gone is (chosen not in after)
    assert set(content.shown) == {*after, chosen}


@settings(max_examples=200)
@given(IDS.filter(bool), IDS, st.data())
def test_leaving_a_gone_row_removes_it_and_only_it(
    before: list[int], after: list[int], data: st.DataObject
) -> None:
    chosen = data.draw(st.sampled_from(before))
    content = _content(before, chosen)
    content.renew(after, after, Row(chosen, "=", ("x",)))
    target = data.draw(st.integers(-3, len(content.shown) + 3))
    wanted = content.shown[max(0, min(target, len(content.shown) - 1))]

    content.move(target)

    assert content.cursor_id == wanted
    if wanted != chosen:
        assert list(content.shown) == after
        assert content.gone is None


@settings(max_examples=200)
@given(IDS, st.sets(st.integers(0, 30)), IDS)
def test_marks_survive_a_refresh_unless_their_row_is_gone(
    before: list[int], marks: set[int], after: list[int]
) -> None:
    content = _content(before)
    content.marks = set(marks)

    content.renew(after, after, None)

    assert content.marks == {mark for mark in marks if mark not in before or mark in after}


def test_a_refresh_that_a_filter_leaves_without_the_row_moves_the_cursor_to_nobody_else() -> None:
    content = ListContent()
    content.replace([1, 2, 3], [1, 2, 3], "state:suspended")
    content.move(1)
    content.renew([1, 2, 3], [1, 3], Row(2, "=", ("two",)))
    assert content.cursor_id == 2
    assert content.on_gone
    content.move(2)
    assert (list(content.shown), content.cursor_id) == ([1, 3], 3)


def test_a_gone_row_cannot_be_marked() -> None:
    content = _content([1, 2, 3], 2)
    content.renew([1, 3], [1, 3], Row(2, "=", ("two",)))

    content.toggle_mark()
    content.invert_marks()

    assert content.marks == {1, 3}


def test_marks_hidden_by_a_filter_are_known() -> None:
    content = _content([1, 2, 3], 2)
    content.toggle_mark()

    content.narrow([1, 3], "needle")

    assert content.marks == {2}
    assert content.hidden_marks() == {2}


def test_clearing_a_filter_keeps_the_row_found_by_it() -> None:
    content = _content([1, 2, 3])
    content.narrow([3], "three")

    content.narrow([1, 2, 3], "")

    assert content.cursor_id == 3


TEXT = st.text("ab ", max_size=6)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 10**6), TEXT), unique_by=lambda pair: pair[0]), TEXT)
def test_rows_in_memory_are_found_by_every_word(texts: list[tuple[int, str]], needle: str) -> None:
    source = RowsInMemory(tuple(Row(number, "=", (text,)) for number, text in texts))

    found = list(source.find(Wish(needle.upper())).ids)

    expected = [number for number, text in texts if all(word in text for word in needle.split())]
    assert found == expected
    assert list(source.find(Wish(needle, backwards=True)).ids) == expected[::-1]


def test_a_source_with_a_wide_name_heads_its_columns_by_a_short_one() -> None:
    for pane in (Pane.USERS, Pane.GROUPS):
        by_name = {one.name: one for one in columns(pane, "okta", "onepassword")}
        assert by_name["secrets"].title == "1pass"
        assert all(len(by_name[side].title) <= by_name[side].least for side in by_name if side)
        assert columns(pane, "okta", "our-own-name")[2].title == "our-own-name"


@pytest.mark.parametrize(
    ("directory", "secrets", "heads"),
    [
        ("okta-production", "onepassword-eu", ("okta", "1pass")),
        ("acme-okta", "acme-vault", ("okta", "vault")),
        ("acme-okta", "acme-okta", ("", "")),
    ],
)
def test_a_head_too_narrow_for_a_source_says_what_tells_it_apart(
    directory: str, secrets: str, heads: tuple[str, str]
) -> None:
    for pane in (Pane.USERS, Pane.GROUPS):
        assert tuple(one.short for one in columns(pane, directory, secrets)[1:3]) == heads
