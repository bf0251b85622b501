"""The Why strip: the state, then a finding a line; what does not fit is cut and counted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tui.looking import access, lines_of, ready, shows, until
from tests.tui.simulated import Bench

from keyturn.tui.data import EVERYTHING, Behind
from keyturn.tui.safe import literal
from keyturn.tui.why_words import why_lines
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.why_strip import fitted
from keyturn_storage.rows import FindingRow, GroupRow, PersonRow

STATE = Line(literal("Dana Okafor: suspended in okta, active in openbao."))
FINDINGS = tuple(Line(literal(f"- finding {n} says {'a lot ' * 8}"), 2) for n in range(1, 6))


def _rows(lines: tuple[Line, ...], width: int, height: int) -> list[str]:
    return fitted(lines, width, height).plain.split("\n")


def test_each_finding_has_a_line_of_its_own() -> None:
    rows = _rows((STATE, *FINDINGS[:2]), 120, 5)

    assert [row.split(" says")[0] for row in rows] == [
        "Dana Okafor: suspended in okta, active in openbao.", "- finding 1", "- finding 2",
    ]  # fmt: skip


def test_what_does_not_fit_is_cut_and_the_rest_counted() -> None:
    rows = _rows((STATE, *FINDINGS), 60, 3)

    assert len(rows) == 3
    assert rows[1].endswith("…")
    assert rows[2].startswith("- finding 2")
    assert rows[2].endswith("…  and 3 more: w")


def test_a_tail_that_finds_no_room_is_left_out_whole() -> None:
    found = Line(literal("- no exception for it.  direct grant, 91d"), 2)

    assert _rows((STATE, found, found), 34, 3)[1] == "- no exception for it. …"
    assert _rows((STATE, found, found), 44, 2)[1] == "- no exception for it. …  and 1 more: w"


def test_room_left_over_goes_to_the_first_line_that_needs_it() -> None:
    rows = _rows((STATE, *FINDINGS[:1]), 40, 5)

    assert rows[0] == "Dana Okafor: suspended in okta, active"
    assert "…" not in "".join(rows)
    assert rows[2].startswith("- finding 1")
    assert rows[3].startswith("  ")


def test_one_is_one() -> None:
    group = GroupRow(1, "d:g", "lone", "g", "s", 1, 1, False, False, "=", "")
    (line,) = why_lines(group, EVERYTHING, Behind(), 0, read_only=True, names=("okta", "bao"))
    assert line.content.plain == "lone: 1 member in okta, 1 member in bao."


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.text(st.sampled_from("abc 文é-"), max_size=200), max_size=8),
    st.integers(30, 90),
    st.integers(1, 6),
)
def test_it_never_outgrows_its_place(texts: list[str], width: int, height: int) -> None:
    found = fitted(tuple(Line(literal(text), 2) for text in texts), width, height)

    rows = found.split("\n", allow_blank=True)
    assert len(rows) <= height
    assert all(row.cell_length <= width for row in rows)
    hidden = len(texts) - height
    assert (f"and {hidden} more: w" in found.plain) is (hidden > 0)


def test_findings_that_were_not_read_are_counted_with_those_that_find_no_line() -> None:
    row = PersonRow(1, "d:1", "Dana", "dana", "1", None, "active", None, "!", 0, 2_500)
    found = [FindingRow(f"{n:012x}", "grant", "medium", 2, "-", "d:1", "a", "Dana", "b", "V", "w",
                        "{}", 0) for n in range(100)]  # fmt: skip
    lines = why_lines(row, EVERYTHING, Behind(found, 2_500), 0, read_only=True, names=("a", "b"))

    assert lines[-1].content.plain == "  and 2,400 more findings: 2 has every one"
    assert "and 2,498 more: w" in fitted(lines, 80, 3, 2_400).plain


def test_nothing_in_focus_is_said() -> None:
    lines = why_lines(None, EVERYTHING, Behind(), 0, read_only=False, names=("a", "b"))

    assert [line.content.plain for line in lines] == ["Nothing is in focus."]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_strip_on_the_screen_begins_with_the_state(
    read_bench: Bench, size: tuple[int, int]
) -> None:
    app = read_bench.app()
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        await shows(pilot, "corp-id, active in corp-vault")
        row = access(app).pane(access(app).front).row
        assert row is not None
        assert isinstance(row.about, PersonRow)
        await until(pilot, lambda: "! " in _strip(lines_of(app))[1])
        strip = _strip(lines_of(app))
        assert strip[0].startswith("Dana Okafor: suspended in corp-id, active in corp-vault.")
        assert all(line[:2] in {"! ", "- ", "+ ", "~ ", "? ", "  "} for line in strip[1:] if line)
        if row.about.findings + 1 > len(strip):
            assert f"and {row.about.findings + 1 - len(strip)} more: w" in strip[-1]


def _strip(lines: list[str]) -> list[str]:
    top = next(n for n, line in enumerate(lines) if "─ Why ─" in line)
    bottom = next(n for n in range(top + 1, len(lines)) if lines[n].startswith("╰"))
    return [line[2:-2].rstrip() for line in lines[top + 1 : bottom]]
