"""One at a time per target, fenced, and never stuck behind the dead."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.children import reaped

from keyturn_storage import leases
from keyturn_storage.errors import LeaseHeld, LeaseLost
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.processes import Probe, Process, is_dead, start_of, this_process
from keyturn_storage.queries.activity import run_lines
from keyturn_storage.rows import RunRow

HERE = Process("desk", 100, "start-a")
THERE = Process("laptop", 100, "start-a")
RUN = RunRow("r1", "p1", "offboard", "t", "ana", 10, None, "running", "{}")


def alive(_: int) -> str:
    return "start-a"


def dead(_: int) -> str:
    return ""


def reused(_: int) -> str:
    return "start-b"


def _take(
    journal: Journal,
    *targets: str,
    at_ms: int = 1_000,
    process: Process = HERE,
    probe: Probe = alive,
    holder: str = "ana",
) -> int:
    return leases.take(
        journal,
        targets,
        holder=holder,
        operation="offboard Dana",
        now_ms=at_ms,
        ttl_ms=500,
        process=process,
        probe=probe,
    )


def test_a_held_target_is_refused_saying_who_where_since_when_and_doing_what(
    journal: Journal,
) -> None:
    _take(journal, "bao/account/1")
    with pytest.raises(LeaseHeld) as caught:
        _take(journal, "bao/account/1", process=THERE, holder="ben")
    assert str(caught.value) == (
        "bao/account/1: cannot start: another keyturn is at work on it: ana on desk, process 100, "
        "since 1970-01-01 00:00:01 UTC: offboard Dana. Wait for it to end, or stop it there. "
        "If that machine is lost, the lease runs out at 1970-01-01 00:00:01 UTC."
    )
    assert caught.value.lease.holder == "ana"


def test_it_can_be_asked_who_is_at_work_and_nothing_is_taken(journal: Journal) -> None:
    leases.refuse_if_held(journal, ["a", "b"], now_ms=1_000)
    assert leases.held(journal) == ()
    _take(journal, "secrets/account/A1", process=THERE)
    with pytest.raises(LeaseHeld, match=r"account A1 of the secret manager: .* ana on laptop"):
        leases.refuse_if_held(journal, ["a", "secrets/account/A1"], now_ms=1_400)
    leases.refuse_if_held(journal, ["a", "secrets/account/A1"], now_ms=1_500)
    assert [row.host for row in leases.held(journal)] == ["laptop"]


def test_all_targets_are_taken_or_none(journal: Journal) -> None:
    _take(journal, "b")
    with pytest.raises(LeaseHeld):
        _take(journal, "a", "b", "c", process=THERE)
    assert [row.target for row in leases.held(journal)] == ["b"]
    assert _take(journal, "a", "c", process=THERE) == 2


def test_the_same_process_does_not_get_it_twice(journal: Journal) -> None:
    _take(journal, "a")
    with pytest.raises(LeaseHeld):
        _take(journal, "a")


@pytest.mark.parametrize("probe", [dead, reused])
def test_a_dead_process_of_this_machine_frees_it_at_once(journal: Journal, probe: Probe) -> None:
    first = _take(journal, "a")
    assert _take(journal, "a", probe=probe) > first


def test_another_process_seen_alive_here_keeps_it_for_a_while_after_it_ran_out(
    journal: Journal,
) -> None:
    other = Process("desk", 101, "start-a")
    _take(journal, "a")
    with pytest.raises(LeaseHeld, match="runs out at 1970-01-01 00:30:01"):
        _take(journal, "a", at_ms=1_501, process=other)
    assert _take(journal, "a", at_ms=1_500 + leases.LIVING_MS, process=other) == 2
    # Its own process, which runs one thing at a time, takes it back as soon as it ran out.
    assert _take(journal, "a", at_ms=2_001 + leases.LIVING_MS, process=other) == 3
    # A process without a start mark cannot be seen alive.
    _take(journal, "b", process=Process("desk", 100, ""), probe=dead)
    assert _take(journal, "b", at_ms=1_501, process=other, probe=dead) == 5


def test_nothing_is_concluded_about_another_machine(journal: Journal) -> None:
    _take(journal, "a", process=THERE)
    with pytest.raises(LeaseHeld):
        _take(journal, "a", probe=dead)
    assert _take(journal, "a", at_ms=1_500, probe=dead) == 2


def test_writes_are_refused_once_any_target_was_taken_over(journal: Journal) -> None:
    mine = _take(journal, "a", "b", process=THERE)
    journal.start_run(RUN, generation=mine)
    journal.record_step("r1", "o1", 1, "planned", "w", 1, generation=mine)
    _take(journal, "b", at_ms=2_000, holder="ben")
    before = journal.lines()
    with pytest.raises(LeaseLost, match="taken over \\(b by ben on desk\\)"):
        journal.record_step("r1", "o1", 1, "intended", "w", 2, generation=mine)
    with pytest.raises(LeaseLost):
        journal.end_run("r1", "ended", 3, generation=mine)
    with pytest.raises(LeaseLost):
        leases.renew(journal, mine, now_ms=2_000)
    assert journal.lines() == before


def test_a_lease_that_ran_out_but_was_not_taken_over_still_stands(journal: Journal) -> None:
    mine = _take(journal, "a")
    leases.renew(journal, mine, now_ms=9_000, ttl_ms=500)
    with pytest.raises(LeaseHeld):
        _take(journal, "a", at_ms=9_400, process=THERE)


def test_a_released_target_is_free_and_its_generation_lost(journal: Journal) -> None:
    mine = _take(journal, "a", "b")
    leases.release(journal, mine)
    leases.release(journal, mine)
    assert leases.held(journal) == ()
    assert _take(journal, "a") > mine
    with pytest.raises(LeaseLost):
        journal.start_run(RUN, generation=mine)


def test_releasing_late_does_not_take_it_from_the_next_holder(journal: Journal) -> None:
    mine = _take(journal, "a", "b")
    _take(journal, "b", at_ms=5_000, process=THERE)
    leases.release(journal, mine)
    assert [(row.target, row.host) for row in leases.held(journal)] == [("b", "laptop")]


def test_one_target_may_be_given_as_text_and_none_is_refused(journal: Journal) -> None:
    leases.take(journal, "abc", holder="ana", operation="x", now_ms=1)
    assert [row.target for row in leases.held(journal)] == ["abc"]
    with pytest.raises(ValueError, match="at least one target"):
        leases.take(journal, [], holder="ana", operation="x", now_ms=1)


def test_a_process_is_told_from_a_later_one_with_its_number() -> None:
    me = this_process()
    assert me.pid == os.getpid()
    assert me.start == start_of(me.pid) != ""
    assert not is_dead(me, me.host)
    assert is_dead(Process(me.host, me.pid, "another start"), me.host)
    assert start_of(0) == ""
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait(60)
    assert start_of(ended.pid) == ""


_HOLDER = """
import sys
from dataclasses import replace
from pathlib import Path
from keyturn_storage import leases
from keyturn_storage.journal import open_journal
with open_journal(Path(sys.argv[1])) as journal:
    leases.take(journal, ["x"], holder="ben", operation="sync", now_ms=1, ttl_ms=10**15)
    print("taken", flush=True)
    sys.stdin.read()
"""


def test_a_second_keyturn_is_refused_until_the_first_is_killed(journal_path: Path) -> None:
    with (
        reaped(
            subprocess.Popen(
                [sys.executable, "-c", _HOLDER, str(journal_path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        ) as first,
        open_journal(journal_path) as journal,
    ):
        assert first.stdout is not None
        assert first.stdout.readline() == b"taken\n"
        with pytest.raises(LeaseHeld, match=f"ben on .*, process {first.pid}, .*: sync"):
            leases.take(journal, "x", holder="ana", operation="y", now_ms=2)
        first.kill()
        first.wait(30)
        assert leases.take(journal, "x", holder="ana", operation="y", now_ms=2) == 2


def test_a_run_whose_process_has_gone_is_broken_off_and_not_running(journal: Journal) -> None:
    """Also beside another of the same title that somebody works on."""
    journal.start_run(replace(RUN, title="Offboard Dana"), ())
    journal.start_run(replace(RUN, id="another", title="Offboard Dana"), ())
    me = this_process()
    gone = Process(me.host, 2**22 + 1, "long ago")

    def told(process: Process | None, target: str) -> str:
        if process is not None:
            leases.take(
                journal, target, holder="ana", operation="resume: Offboard Dana", now_ms=1_000,
                run_id=RUN.id, process=process, probe=dead,
            )  # fmt: skip
        states = {line.id: line.state for line in run_lines(journal, 1_001)}
        assert states["another"] == "broken off"
        return states[RUN.id]

    assert told(None, "") == "broken off"
    assert told(gone, "bao/account/1") == "broken off"
    assert told(me, "bao/account/2") == "running"
    assert [one.target for one in leases.standing(journal, now_ms=1_001)] == ["bao/account/2"]
    assert leases.standing(journal, now_ms=1_000 + leases.TTL_MS) == ()
