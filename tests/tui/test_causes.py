"""Failures by cause, and whether they can wait: pure, so asked here in every case."""

import pytest

from keyturn.tui.causes import causes, taken_apart
from keyturn.tui.night_watch import STALE_MS, watch, watch_then
from keyturn_providers.errors import NotAllowed
from keyturn_providers.records import Side, SourceIdentity
from keyturn_storage.queries.activity import ReadLine, RunLine
from keyturn_storage.rows import DriftCounts, SourceRow, StepRow

NOW_MS = 1_800_000_000_000


def step(number: int, state: str = "refused", error: str = "", verdict: str = "") -> StepRow:
    return StepRow(
        "run1", f"op{number}", number, state, "not done", NOW_MS - number, 1, "", "", verdict, error
    )  # fmt: skip


def read(number: int, *, complete: bool = True, state: str = "sealed", why: str = "") -> ReadLine:
    return ReadLine(
        number, "okta", "directory", state, complete, NOW_MS, NOW_MS, 9, int(not complete), 0, why
    )  # fmt: skip


def source(*, complete: bool = True, error: str = "", old_ms: int = 0) -> SourceRow:
    return SourceRow(
        SourceIdentity("okta", "okta", Side.DIRECTORY, "t"), 1, NOW_MS - old_ms, complete, 1, 1, 0,
        1, 1, 0, 0, 0, (), error,
    )  # fmt: skip


def run(scope: str = "offboard", state: str = "stopped") -> RunLine:
    return RunLine(1, "r", "p", scope, "Offboard Dana", "me", NOW_MS - 9, None, state, 7, 4, 0)


def test_an_error_is_taken_apart_as_it_was_put_together() -> None:
    error = NotAllowed(
        "vault", "suspend Dana (e-1)", "the token may not do that.", "Give it the role Owner."
    )

    assert taken_apart(str(error)) == (
        "vault", "suspend Dana (e-1): the token may not do that.", "Give it the role Owner.",
    )  # fmt: skip
    assert taken_apart("it is gone") == ("", "it is gone", "")


def test_failures_that_differ_only_in_whom_they_hit_are_one_cause() -> None:
    found = causes(
        [step(n, error=f"vault: suspend e-{n}: busy. Try later.") for n in (1, 2, 3)]
        + [step(4, error="vault: revoke p-1: the token may not do that. Ask an owner.")],
        (), {"op1": "Suspend Ana"},
    )  # fmt: skip

    assert [len(one.failures) for one in found] == [3, 1]
    assert found[0].first == "Try later."
    assert found[0].failures[0].what == "Suspend Ana"
    assert found[0].failures[1].what == "step 2"


def test_a_failure_is_told_by_names_where_the_source_says_ids() -> None:
    error = "vault: removing USUEVJ2K from group 2m6nsw3x: it did not answer. Try later."
    names = {"op1": "Remove Dana Okafor from eng: platform"}
    (found,) = causes([step(1, "unknown", error), step(2, "unknown", error)], (), names)

    assert (found.source, found.first) == ("vault", "Try later.")
    assert found.why == "it did not answer."
    assert found.failures[0].what == "Remove Dana Okafor from eng: platform"
    assert found.failures[0].words == (
        "vault: Remove Dana Okafor from eng – platform: it did not answer. Try later."
    )
    assert found.failures[1].words == error
    (given_up,) = causes([step(1, "given_up", "given up by t.ong: no use: really: so")], (), names)
    assert given_up.decided


@pytest.mark.parametrize(
    ("state", "word", "is_open"),
    [("planned", "R resumes", 1), ("unknown", "R resumes", 1), ("refused", "T plans it anew", 0),
     ("not_seen", "Read again with r", 0), ("given_up", "T plans it anew", 0)],
)  # fmt: skip
def test_without_words_of_the_source_the_state_says_what_to_try(
    state: str, word: str, is_open: int
) -> None:
    (found,) = causes([step(1, state)], (), {})

    assert word in found.first
    assert found.open == is_open


def test_only_the_newest_read_of_a_source_is_a_failure() -> None:
    failed = read(1, state="abandoned", complete=False, why="okta: read: it is down. Try later.")

    assert causes((), [read(2), failed], {}) == ()
    (found,) = causes((), [failed, read(0)], {})
    assert (found.source, found.first) == ("okta", "Try later.")
    (cut,) = causes((), [read(3, complete=False, why="groups: ended without proof")], {})
    assert "takes" not in cut.why
    assert "nothing is taken away" in cut.first


@pytest.mark.parametrize(
    ("leavers", "runs", "sources", "drift", "sign", "words"),
    [
        ((2, ("Ana", "Bo")), (), (source(),), DriftCounts(2, 2), "!", "2 people who left"),
        ((7, ("Ana",)), (), (source(),), DriftCounts(7, 7), "!", "(Ana and 6 more)"),
        ((0, ()), (run(),), (source(),), DriftCounts(0, 0), "!", "4 of 7 done"),
        ((0, ()), (), (source(complete=False),), DriftCounts(0, 0), "?", "not wholly read"),
        ((0, ()), (), (source(error="x"),), DriftCounts(0, 0), "?", "the last read of okta failed"),
        ((0, ()), (), (source(old_ms=STALE_MS + 1),), DriftCounts(0, 0), "?", "6h ago"),
        ((0, ()), (), (), None, "?", "nothing has been compared"),
        ((0, ()), (), (source(),), DriftCounts(1, 4), "!", "1 finding is urgent"),
        ((0, ()), (run("sync"),), (source(),), DriftCounts(0, 4), "=", "1 open run may wait"),
        ((0, ()), (run(state="ended"),), (source(),), DriftCounts(0, 4), "=", "no offboarding"),
    ],
)
def test_it_can_wait_only_where_all_is_known_and_nobody_who_left_has_access(
    leavers: tuple[int, tuple[str, ...]],
    runs: tuple[RunLine, ...],
    sources: tuple[SourceRow, ...],
    drift: DriftCounts | None,
    sign: str,
    words: str,
) -> None:
    found = watch(drift, leavers, runs, sources, NOW_MS)

    assert found.sign == sign
    assert words in found.words


def test_a_case_that_is_open_again_does_not_wait() -> None:
    sources = (source(),)
    one = watch(DriftCounts(0, 0), (0, ()), (), sources, NOW_MS, (1, ("Ana",)))
    assert (one.sign, "The case of Ana is open again: what was cut" in one.words) == ("!", True)
    many = watch(DriftCounts(0, 0), (0, ()), (), sources, NOW_MS, (3, ("Ana", "Bo")))
    assert "3 cases (Ana, Bo and 1 more) are open again: what was cut" in many.words


def test_of_an_earlier_read_nothing_is_advised() -> None:
    one = watch_then(DriftCounts(3, 4), (1, ("Ana",)))
    assert one.headline == "As it was then:"
    assert "1 person who had left still had access (Ana), 3 findings urgent. t goes" in one.words
    assert "Bo and 1 more" in watch_then(None, (3, ("Ana", "Bo"))).words.replace("Ana, ", "")
    assert "nobody who had left had visible access" in watch_then(None, (0, ())).words


def test_what_was_read_before_a_run_is_said_to_be() -> None:
    found = watch(DriftCounts(1, 1), (1, ("Ana",)), (run(),), (source(old_ms=60_000),), NOW_MS)

    assert "That was read before the last run" in found.words


def test_what_a_source_said_of_a_listing_names_the_source_once() -> None:
    said = "okta: asking who this is: the session has ended. Sign in again."
    (found,) = causes((), [read(1, complete=False, why=f"accounts: {said}")], {})
    assert (found.source, found.why, found.first) == (
        "okta", "asking who this is: the session has ended.", "Sign in again.",
    )  # fmt: skip


def test_what_waited_for_others_is_one_cause_and_stands_below_theirs() -> None:
    waits = [
        step(
            n, "given_up", f"not done: it waits for step {n} (Revoke of p-{w}), which was not done"
        )
        for n, w in ((5, "Ana"), (6, "Leo"))
    ]
    found = causes([*waits, step(7, error="vault: revoke: not allowed. Ask an owner.")], (), {})
    assert [len(one.failures) for one in found] == [1, 2]
    assert found[0].source == "vault"
    assert found[1].why == "not done: it waited for a step that was not done"
    assert "T plans this anew, with what it waits for" in found[1].first
    assert "Ana" in found[1].failures[0].words
