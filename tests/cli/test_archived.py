"""What a refresh says of the archive: to people only what matters, to programs everything."""

import json

import pytest

from keyturn.cli.archived import archive_json, show_archive
from keyturn.cli.invocation import Answer
from keyturn.run.archive_report import ArchiveReport, StreamReport
from keyturn_providers.records import Side
from keyturn_storage.stream_rows import GapRow, StreamCoverage

NOW_MS = 1_800_000_000_000
COVERED = StreamCoverage(
    1, "1password", Side.SECRETS, "onepassword", "A1", "item usages", 12, 3, NOW_MS - 86_400_000,
    NOW_MS - 120_000, NOW_MS - 86_400_000, NOW_MS, NOW_MS, False,
    (GapRow(None, NOW_MS - 86_400_000, "forgotten.", 2),),
)  # fmt: skip
WELL = StreamReport("1password", "item usages", True, "2 new events archived", 2, 1, 0, 1)
FAILED = StreamReport(
    "1password", "audit events", False, "not archived to the end (nothing new): no right",
    failure="no right.",
)  # fmt: skip
REPORT = ArchiveReport((WELL, FAILED), (COVERED,))


def test_people_see_what_there_is_and_what_went_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    show_archive(Answer(as_json=False), REPORT, NOW_MS)
    assert capsys.readouterr().out.splitlines() == [
        (
            "1password: events archived: 12 since 14 Jan 2027, newest 2 min ago; "
            "nothing before 14 Jan 2027"
        ),
        "1password, audit events: not archived to the end (nothing new): no right",
    ]


def test_without_streams_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    show_archive(Answer(as_json=False), ArchiveReport(), NOW_MS)
    assert capsys.readouterr().out == ""
    assert archive_json(ArchiveReport()) == {"well": True, "error": "", "streams": []}


def test_a_journal_that_takes_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    show_archive(Answer(as_json=False), ArchiveReport(failure="journal.db: damaged."), NOW_MS)
    assert capsys.readouterr().out == "events not archived: journal.db: damaged.\n"


def test_programs_see_everything(capsys: pytest.CaptureFixture[str]) -> None:
    Answer(as_json=True).document(archive_json(REPORT))
    told = json.loads(capsys.readouterr().out)
    assert told["well"] is False
    well, failed = told["streams"]
    assert (well["new"], well["repeated"], well["pages"], well["whole"]) == (2, 1, 1, True)
    assert well["archived"]["events"] == 12
    assert well["archived"]["gaps"] == [
        {"from_ms": None, "until_ms": NOW_MS - 86_400_000, "words": "forgotten."}
    ]
    assert (failed["error"], failed["archived"]) == ("no right.", None)
