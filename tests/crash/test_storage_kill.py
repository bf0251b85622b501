"""kill -9 in the middle of a write leaves the old state or the new one, whole, never a mixture."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.children import LIMIT_S, ran, reaped

from keyturn_storage.journal import open_journal
from keyturn_storage.snapshots import open_cache

VICTIM = (sys.executable, "-m", "tests.crash.storage_victim")
ROOT = Path(__file__).parents[2]


def _sweep(folder: Path, what: str) -> list[tuple[bool, str]]:
    done = ran([*VICTIM, str(folder), what], ROOT, LIMIT_S)
    assert done.returncode == 0, done.stderr
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    return [(bool(one["killed"]), str(one["found"])) for one in seen]


@pytest.mark.parametrize(("what", "least"), [("cache", 40), ("journal", 8)])
def test_a_kill_at_any_moment_of_a_write_leaves_old_or_new(
    tmp_path: Path, what: str, least: int
) -> None:
    seen = _sweep(tmp_path, what)
    found = [state for _, state in seen]
    assert len(seen) > least, "too few moments to mean anything"
    assert set(found) <= {"old", "new"}
    # Once it is new it stays new: there is one moment at which it becomes so.
    assert found == sorted(found, key=["old", "new"].index)
    assert (found[0], seen[-1]) == ("old", (False, "new"))
    assert [killed for killed, _ in seen[:-1]] == [True] * (len(seen) - 1)


def _killed_after(path: Path, what: str, lines: int) -> list[str]:
    with reaped(
        subprocess.Popen([*VICTIM, str(path), what], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    ) as victim:
        assert victim.stdout is not None
        said = [victim.stdout.readline().strip() for _ in range(lines)]
        victim.kill()
        said += victim.stdout.read().split()
    return said


def test_whoever_only_looks_after_a_kill_within_a_commit_sees_what_was_before(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.db"
    with open_journal(path) as journal:
        journal.note("count", "1", 1)
    assert _killed_after(path, "die", 1) == [""]  # it has ended by itself
    assert path.with_name("journal.db-journal").stat().st_size > 0
    for _ in range(2):
        with open_journal(path, read_only=True) as journal:
            assert journal.verify_chain().unbroken
            assert journal.notes("count") == ("1",)


def test_what_another_process_is_writing_is_left_to_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with open_journal(path) as writer:
        writer.note("count", "1", 1)
        writer.connection.execute("begin immediate")
        writer.connection.execute("create table junk (words)")
        with open_journal(path, read_only=True) as journal:
            assert journal.notes("count") == ("1",)
        writer.connection.execute("commit")
        assert writer.connection.execute("select count(*) from junk").fetchone() == (0,)


@pytest.mark.parametrize("lines", [1, 7, 30])
def test_what_was_said_to_be_written_is_there_after_a_kill_from_outside(
    tmp_path: Path, lines: int
) -> None:
    path = tmp_path / "journal.db"
    said = _killed_after(path, "append", lines)
    with open_journal(path) as journal:
        assert journal.verify_chain().unbroken
        notes = list(journal.notes("count"))
    assert notes[: len(said)] == said
    assert len(said) <= len(notes) <= len(said) + 1


@pytest.mark.parametrize("lines", [1, 2, 5])
def test_the_newest_sealed_snapshot_is_whole_after_a_kill_from_outside(
    tmp_path: Path, lines: int
) -> None:
    path = tmp_path / "cache.db"
    said = _killed_after(path, "seal", lines)
    with open_cache(path) as cache:
        cache.recover()
        states = [info.state for info in cache.snapshots("bao")]
        sealed = [info for info in reversed(cache.snapshots("bao")) if info.state == "sealed"]
        loaded = [
            (
                "".join(sorted(a.id for a in snapshot.accounts)),
                "".join(sorted(m.member_id for m in snapshot.memberships)),
            )
            for snapshot in (cache.load(info.id) for info in sealed)
        ]
    assert "reading" not in states
    assert [accounts for accounts, _ in loaded][: len(said)] == said
    assert all(accounts == members for accounts, members in loaded)
    assert len(said) <= len(sealed) <= len(said) + 1
