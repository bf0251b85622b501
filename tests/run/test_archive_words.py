"""The archive in words: one line that says how much, since when, how new, and what is missing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from keyturn.run.archive_words import ago, covered_words, day, days, trouble_words
from keyturn_providers.records import Side
from keyturn_storage.stream_rows import GapRow, StreamCoverage


def _ms(year: int, month: int, day_: int, hour: int = 0, minute: int = 0) -> int:
    return int(datetime(year, month, day_, hour, minute, tzinfo=UTC).timestamp() * 1000)


NOW_MS = _ms(2026, 11, 26, 9, 30)
USAGES = StreamCoverage(
    no=1,
    source="1password",
    side=Side.SECRETS,
    kind="onepassword",
    tenant="A1",
    stream="item usages",
    events=41_000,
    pages=60,
    oldest_ms=_ms(2024, 8, 3),
    newest_ms=NOW_MS - 120_000,
    since_ms=_ms(2024, 8, 3),
    whole_ms=NOW_MS - 60_000,
    asked_ms=NOW_MS - 60_000,
)
AUDIT = replace(
    USAGES, no=2, stream="audit events", events=203, oldest_ms=_ms(2025, 1, 1),
    newest_ms=NOW_MS - 86_400_000,
)  # fmt: skip
MARCH = GapRow(_ms(2026, 3, 1, 8), _ms(2026, 3, 4, 9), "forgotten.", 7)


def test_all_streams_of_a_source_are_one_line() -> None:
    both = (replace(USAGES, gaps=(MARCH,)), replace(AUDIT, gaps=(MARCH,)))
    assert covered_words(both, NOW_MS) == (
        "events archived: 41,203 since 3 Aug 2024, newest 2 min ago; gap 1–4 Mar 2026"
    )


def test_a_gap_of_one_of_several_streams_names_it() -> None:
    assert covered_words((replace(USAGES, gaps=(MARCH,)), AUDIT), NOW_MS).endswith(
        "; gap 1–4 Mar 2026 in item usages"
    )


def test_the_newest_gaps_are_named_and_the_others_counted() -> None:
    gaps = tuple(
        GapRow(_ms(2026, month, 1), _ms(2026, month, 2), "x.", month) for month in range(1, 6)
    )
    words = covered_words((replace(USAGES, gaps=gaps),), NOW_MS)
    assert words.endswith("; gap 1–2 May 2026; gap 1–2 Apr 2026; and 3 older gaps")
    words = covered_words((replace(USAGES, gaps=gaps[:3]),), NOW_MS)
    assert words.endswith("; and 1 older gap")


def test_nothing_archived_is_said_or_not_at_all() -> None:
    assert covered_words((), NOW_MS) == ""
    none = replace(USAGES, events=0, oldest_ms=None, newest_ms=None)
    assert covered_words((none,), NOW_MS) == "events archived: none yet"


def test_a_backlog_is_said() -> None:
    behind = replace(USAGES, behind=True, whole_ms=_ms(2026, 10, 5))
    assert covered_words((behind, AUDIT), NOW_MS).endswith(
        "; item usages read up to 5 Oct 2026 so far"
    )


def test_troubles_are_said_stream_by_stream() -> None:
    broken = replace(USAGES, error="the token is wrong.", error_ms=NOW_MS)
    never = replace(AUDIT, error="not allowed.", asked_ms=None)
    assert trouble_words((broken, never, AUDIT), NOW_MS) == (
        "item usages not archived for 1 min: the token is wrong.",
        "audit events never archived: not allowed.",
    )


@pytest.mark.parametrize(
    ("from_ms", "until_ms", "words"),
    [
        (_ms(2026, 3, 1), _ms(2026, 3, 4), "gap 1–4 Mar 2026"),
        (_ms(2026, 2, 27), _ms(2026, 3, 4), "gap 27 Feb – 4 Mar 2026"),
        (_ms(2025, 12, 30), _ms(2026, 1, 2), "gap 30 Dec 2025 – 2 Jan 2026"),
        (_ms(2025, 3, 1), _ms(2026, 3, 1), "gap 1 Mar 2025 – 1 Mar 2026"),
        (_ms(2026, 1, 4), _ms(2026, 3, 4), "gap 4 Jan – 4 Mar 2026"),
        (_ms(2026, 3, 4, 1), _ms(2026, 3, 4, 5), "gap on 4 Mar 2026"),
        (None, _ms(2026, 3, 4), "nothing before 4 Mar 2026"),
    ],
)
def test_a_gap_is_said_in_days(from_ms: int | None, until_ms: int, words: str) -> None:
    assert days(GapRow(from_ms, until_ms, "x.", 1)) == words


@pytest.mark.parametrize(
    ("before_ms", "words"),
    [
        (-5_000, "just now"),
        (59_999, "just now"),
        (60_000, "1 min ago"),
        (3_599_999, "59 min ago"),
        (3_600_000, "1 h ago"),
        (86_400_000, "1 day ago"),
        (5 * 86_400_000, "5 days ago"),
    ],
)
def test_how_long_ago(before_ms: int, words: str) -> None:
    assert ago(NOW_MS - before_ms, NOW_MS) == words


def test_a_time_no_calendar_has_is_still_said() -> None:
    assert day(1 << 62) == f"{1 << 62} ms"
