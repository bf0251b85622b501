"""The exposure window: minutes only from what was verified, open where nothing proves its end."""

import json

import pytest

from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.decide.plans import Operation
from keyturn.evidence.exposure import Span, exposure
from keyturn.evidence.moments import MINUTE_MS, NotAMoment, minutes_between, moment, utc
from keyturn.evidence.pack_person import ExposureTold
from keyturn.evidence.run_record import StepEntry, StepRecord
from keyturn_providers.records import Account, AccountState, Side

LEFT = 1_800_000_000_000
READ = LEFT + 5 * MINUTE_MS
DANA = Ref(Side.SECRETS, ObjectKind.ACCOUNT, "s-1", "Dana Okafor")
ACTIVE = Account("s-1", "dana", "Dana Okafor", AccountState.ACTIVE)
OFF = Account("s-1", "dana", "Dana Okafor", AccountState.SUSPENDED)
GOOD = "effective and logged"


def step(kind: ChangeKind, at_ms: int, verdict: str) -> StepRecord:
    operation = Operation(f"op-{kind}", 1, Change(kind, Side.SECRETS, account=DANA), "", "", "")
    entries = [
        StepEntry(
            kind="step", seq=1, operation=operation.id, state="intended", at_ms=at_ms - 1,
            intent=json.dumps({"first_ms": at_ms - 1}), outcome="", verdict="", error="",
        ),
        StepEntry(
            kind="step", seq=2, operation=operation.id, state="verified", at_ms=at_ms,
            intent="", outcome="", verdict=verdict, error="",
        ),
    ]  # fmt: skip
    return StepRecord(operation, tuple(entries), "")


def window(
    *steps: StepRecord, account: Account | None = ACTIVE, left: int | None = LEFT
) -> ExposureTold:
    return exposure([Span(1, account, READ, steps)], left, "onepassword")


def test_it_runs_from_leaving_to_the_verified_cut_and_begun_minutes_count() -> None:
    told = window(step(ChangeKind.SUSPEND, LEFT + 12 * MINUTE_MS + 1, GOOD))
    assert (told.minutes, told.open, told.at_most) == (13, False, False)
    assert told.cut == utc(LEFT + 12 * MINUTE_MS + 1)


def test_the_last_step_is_told_beside_the_cut() -> None:
    told = window(
        step(ChangeKind.SUSPEND, LEFT + MINUTE_MS, GOOD),
        step(ChangeKind.REVOKE, LEFT + 9 * MINUTE_MS, GOOD),
    )
    assert (told.minutes, told.last_minutes) == (1, 9)


@pytest.mark.parametrize("verdict", ["lagging", "unknown", "logged, not effective", ""])
def test_without_a_good_verdict_it_is_open(verdict: str) -> None:
    told = window(step(ChangeKind.SUSPEND, LEFT + MINUTE_MS, verdict))
    assert (told.minutes, told.open, told.cut, told.last_cut) == (None, True, None, None)


def test_later_looks_with_the_same_result_do_not_move_the_cut_and_doubt_does() -> None:
    first = step(ChangeKind.SUSPEND, LEFT + MINUTE_MS, GOOD)
    last = first.entries[-1]

    def then(*looks: tuple[int, str]) -> StepRecord:
        more = [
            last.model_copy(update={"seq": 3 + n, "at_ms": LEFT + minute * MINUTE_MS, "verdict": v})
            for n, (minute, v) in enumerate(looks)
        ]
        return StepRecord(first.operation, (*first.entries, *more), "")

    assert window(then((60, GOOD))).minutes == 1
    assert window(then((60, "effective, not logged"), (70, GOOD))).minutes == 1
    assert window(then((60, "unknown"), (70, GOOD))).minutes == 70
    assert window(then((60, "unknown"))).open


def test_an_active_account_that_nothing_cuts_is_open() -> None:
    told = window(step(ChangeKind.REVOKE, LEFT + MINUTE_MS, GOOD))
    assert told.open
    assert "no step cuts it" in told.words


def test_an_account_that_was_off_is_known_only_since_it_was_read() -> None:
    told = window(step(ChangeKind.DEACTIVATE, LEFT + 90 * MINUTE_MS, GOOD), account=OFF)
    assert (told.minutes, told.at_most, told.cut) == (5, True, utc(READ))


def test_a_cut_before_leaving_is_no_window() -> None:
    told = window(step(ChangeKind.SUSPEND, LEFT - 30 * MINUTE_MS, GOOD))
    assert told.minutes == 0
    assert "30 min before the leave time" in told.words


def test_without_a_leave_time_there_are_no_minutes() -> None:
    told = window(step(ChangeKind.SUSPEND, LEFT, GOOD), left=None)
    assert (told.minutes, told.last_minutes, told.open) == (None, None, False)
    assert "No leave time was stated" in told.words


def test_no_account_is_not_the_same_as_out() -> None:
    told = window(account=None)
    assert (told.minutes, told.open) == (None, False)
    assert "No account of this person" in told.words


def test_steps_that_are_not_proven_are_counted_with_the_cut() -> None:
    told = window(
        step(ChangeKind.SUSPEND, LEFT + MINUTE_MS, GOOD),
        step(ChangeKind.REVOKE, LEFT + MINUTE_MS, "unknown"),
    )
    assert told.words.endswith("1 of 2 steps here are not proven.")
    assert told.last_cut is None


def test_a_leave_time_has_a_zone() -> None:
    assert moment("2027-01-15T17:30+01:00") == moment("2027-01-15T16:30Z")
    with pytest.raises(NotAMoment, match="has no time zone"):
        moment("2027-01-15T17:30")
    with pytest.raises(NotAMoment, match="cannot tell when that is"):
        moment("yesterday")


def test_moments_are_written_to_the_millisecond() -> None:
    assert utc(1_800_000_000_007) == "2027-01-15T08:00:00.007Z"
    assert minutes_between(0, 1) == 1
    assert minutes_between(1, 0) == 0
