"""Drift over time in one line, at every width, with and without block characters."""

import pytest
from rich.cells import cell_len

from keyturn.tui.trend import spark, trend_parts
from keyturn_storage.queries.moments import DriftPoint

DAY_MS = 86_400_000


@pytest.mark.parametrize(
    ("values", "width", "plain", "shown"),
    [
        ([0, 4, 8], 9, False, "▁▅█"),
        ([39, 42, 47], 9, False, "▁▄█"),
        ([39, 42, 47], 2, False, "▁█"),
        ([39, 42, 47], 9, True, "039"),
        ([7, 7], 9, False, "▅▅"),
        ([0, 0], 9, False, "▁▁"),
        ([0, 0], 9, True, "00"),
        ([], 9, False, ""),
        ([1, 2], 0, False, ""),
    ],
)
def test_the_least_is_lowest_and_the_most_highest(
    values: list[int], width: int, plain: bool, shown: str
) -> None:
    assert spark(values, width, plain=plain) == shown


@pytest.mark.parametrize("width", [30, 40, 60, 78, 118, 198])
def test_the_line_fits_and_says_the_number_in_words(width: int) -> None:
    points = [DriftPoint(n * DAY_MS, 3, 1_000 + n) for n in range(90)]
    words = "".join(
        part if isinstance(part, str) else part[0]
        for part in trend_parts(points, width, 90 * DAY_MS)
    )
    assert cell_len(words) <= width
    assert "1,089, 3 urgent" in words
    assert ("least" in words) == (width >= 78)


def test_one_point_is_no_trend() -> None:
    assert trend_parts([DriftPoint(1, 0, 5)], 80, 2) == []
