"""Columns share a line by cells, whatever a name is written in."""

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content

from keyturn.tui.widgets.cells import TIGHTEST, Column, fit, fitted, widths
from keyturn.tui.widgets.tally import folded

NAMES = (
    "Ana", "Łukasz Żak", "李小龍", "أحمد", "ネコ", "สมชาย", "e\u0301le\u0300ve", "👩‍💻 Ops", "❤️",
    "a\x1b[31mb", "\u202eevil", "x" * 10_000, "[red]no[/red]", "",
)  # fmt: skip


@given(st.sampled_from(NAMES), st.integers(0, 40), st.booleans())
def test_a_cell_is_exactly_as_wide_as_its_column(name: str, width: int, right: bool) -> None:
    assert cell_len(fit(name, width, right=right)) == width


@settings(max_examples=200)
@given(st.text(max_size=30), st.integers(1, 20))
def test_no_text_breaks_the_width_or_leaves_the_printable(text: str, width: int) -> None:
    found = fit(text, width)

    assert cell_len(found) == width
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in found)


def test_what_is_cut_says_so() -> None:
    assert fit("Platform Production", 10) == "Platform… "


COLUMNS = st.lists(
    st.builds(
        Column,
        st.just("c"),
        least=st.integers(1, 20),
        share=st.integers(0, 3),
        drop=st.integers(0, 3),
        most=st.sampled_from((0, 30)),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=300)
@given(COLUMNS, st.integers(0, 160))
def test_columns_never_take_more_than_there_is(columns: list[Column], room: int) -> None:
    found = widths(columns, room, 1)

    kept = [index for index, width in enumerate(found) if width]
    taken = sum(found) + max(0, len(kept) - 1)
    tight = all(
        found[index] <= max(TIGHTEST, 0) or not columns[index].share for index in kept
    ) and not any(columns[index].drop for index in kept)
    assert taken <= room or tight
    for index in kept:
        if columns[index].most:
            assert found[index] <= max(columns[index].most, columns[index].least)


@settings(max_examples=300)
@given(COLUMNS, st.integers(0, 160), st.data())
def test_room_moves_from_columns_with_too_much_to_those_with_too_little(
    columns: list[Column], room: int, data: st.DataObject
) -> None:
    before = widths(columns, room, 1)
    wanted = [data.draw(st.integers(0, 70)) for _ in columns]

    after = fitted(columns, before, wanted)

    assert sum(after) == sum(before)
    for column, old, new, want in zip(columns, before, after, wanted, strict=True):
        assert (new == 0) == (old == 0)
        if new < old:
            assert new >= want
            assert column.share
        if new > old:
            assert new <= want


def test_a_long_word_takes_the_room_that_short_ones_leave() -> None:
    columns = [Column("name", 10, 1), Column("in", 10, 1), Column("state", 9)]

    assert fitted(columns, (20, 20, 9), (8, 30, 11)) == (8, 30, 11)
    assert fitted(columns, (20, 20, 9), (20, 30, 9)) == (20, 20, 9)
    assert fitted(columns, (0, 20, 9), (8, 30, 11)) == (0, 20, 9)


def test_a_line_that_is_too_long_is_broken_between_its_counts() -> None:
    words = Content("Accounts +27 ~8   Groups ~2   Machine identities +1\nsecond")

    assert folded(words, 60).plain == words.plain
    assert folded(words, 40).plain == ("Accounts +27 ~8   Groups ~2\nMachine identities +1\nsecond")
    assert folded(words, 10).plain.splitlines()[0] == "Accounts +27 ~8"
