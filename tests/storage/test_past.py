"""A reader of the past: every list as it was then, and the file untouched."""

import os
import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace

import pytest
from tests.storage.worlds import DIRECTORY, account, refresh, whole

from keyturn_providers.records import AccountState, Grant, Level, PrincipalKind
from keyturn_storage.earlier import earlier_file, lay_down
from keyturn_storage.queries.findings import drift_counts, findings
from keyturn_storage.queries.grants import all_grants
from keyturn_storage.queries.moments import drift_points, moments
from keyturn_storage.queries.past import Past, open_past
from keyturn_storage.queries.persons import person_by_text, person_nos, person_rows
from keyturn_storage.queries.reader import Reader, Scope, open_reader
from keyturn_storage.queries.sources import source_rows
from keyturn_storage.rows import DriftCounts, FindingIn, PersonIn
from keyturn_storage.snapshots import Cache

ANA = PersonIn("d:ana", "Ana", "ana", "ana", "id", "=", 9, 0)
BO = PersonIn("d:bo", "Bo", "bo", "bo", "id", "=", 9, 0)
CY = PersonIn("d:cy", "Cy", "cy", None, "id", "-", 1, 1)
GRANT = Grant("v", PrincipalKind.ACCOUNT, "bo", Level.READ, "c0")


def finding(number: int) -> FindingIn:
    return FindingIn(
        f"{number:012x}", "k", "high", 1, "-", "", "secrets/vault/v", "V", "", "", "w", "{}"
    )


@pytest.fixture
def then(cache: Cache) -> Past:
    """Then Ana and Bo, who could open v; now Ana, suspended, and Cy."""
    first = refresh(cache, whole((account("ana"), account("bo"))), source=DIRECTORY, at_ms=10)
    there = refresh(cache, whole((account("ana"), account("bo")), {}, {"v": (GRANT,)}), at_ms=11)
    off = replace(account("ana"), state=AccountState.SUSPENDED)
    now = refresh(cache, whole((off, account("cy"))), source=DIRECTORY, at_ms=20)
    here = refresh(cache, whole((account("ana"),), {}, {"v": ()}), at_ms=21)
    cache.store_assessment(now.id, here.id, 5, [], [], [finding(1)])
    cache.store_assessment(now.id, here.id, 22, [ANA, CY], [], [finding(1), finding(2)])
    past = Past(first.id, there.id, 12, earlier_file(cache.path, os.getpid()))
    found = [finding(1), finding(2), finding(3)]
    lay_down(cache.path, past.decided, (first.id, there.id), 12, [ANA, BO], [], found)
    return past


def names(reader: Reader) -> list[str]:
    return [row.name for row in person_rows(reader, person_nos(reader))]


def test_every_list_is_as_it_was_then(cache: Cache, then: Past) -> None:
    with open_past(cache.path, then) as past, open_reader(cache.path) as now:
        assert (names(past), names(now)) == (["Ana", "Bo"], ["Cy", "Ana"])
        (ana,) = person_by_text(past, "d:ana", 1)
        assert ana.directory_state == "active"
        assert person_by_text(now, "d:ana", 1)[0].no == ana.no
        assert [row.via for row in all_grants(past, Scope(person_key="d:bo"))] == ["direct"]
        assert [row.openers for row in all_grants(past)] == [1]
        assert [row.openers for row in all_grants(now)] == [0]
        assert drift_counts(past) == DriftCounts(0, 3)
        assert [row.accounts for row in source_rows(past)] == [2, 2]
        assert [row.taken_ms for row in source_rows(past)] == [9, 10]


def test_a_finding_is_no_younger_than_the_read_that_shows_it(cache: Cache, then: Past) -> None:
    with open_past(cache.path, then) as past:
        assert [(row.id[-1], row.since_ms) for row in findings(past)] == [
            ("1", 5), ("2", 12), ("3", 12),
        ]  # fmt: skip


def test_the_reads_and_the_drift_over_time_are_those_of_the_file(cache: Cache, then: Past) -> None:
    with open_past(cache.path, then) as past, open_reader(cache.path) as now:
        assert moments(past) == moments(now)
        assert drift_points(past) == drift_points(now)


def test_nothing_can_be_written_and_nothing_was(cache: Cache, then: Past) -> None:
    with open_past(cache.path, then) as past:
        for statement in ("delete from main.person", "delete from person", "delete from object"):
            with pytest.raises(sqlite3.OperationalError):
                past.connection.execute(statement)
    with open_reader(cache.path) as now:
        assert names(now) == ["Cy", "Ana"]


def test_a_snapshot_that_is_gone_is_refused(cache: Cache, then: Past) -> None:
    into = earlier_file(cache.path, os.getpid())
    with pytest.raises(ValueError, match="not sealed"):
        lay_down(cache.path, into, (999, then.secrets_snapshot), 12, [], [], [])
    assert not into.exists()


def test_the_decisions_are_nobody_elses_and_go_when_forgotten(cache: Cache, then: Past) -> None:
    assert stat.S_IMODE(then.decided.stat().st_mode) == 0o600
    with open_past(cache.path, then) as past:
        then.forget()
        assert names(past) == ["Ana", "Bo"]
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        open_past(cache.path, then)
    then.forget()


def test_what_a_dashboard_left_that_was_killed_is_removed(cache: Cache, then: Past) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(60)
    left = earlier_file(cache.path, ended.pid)
    left.touch(0o600)
    other = earlier_file(cache.path, os.getpid())
    assert not left.exists()
    assert then.decided.exists()
    assert other != then.decided
