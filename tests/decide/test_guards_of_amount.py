"""How much may be taken away: by count, by share, and per day."""

from dataclasses import replace

from tests.decide.guarding import (
    ALLOW,
    ASK,
    REFUSE,
    D,
    crowd,
    end,
    leave,
    limit_to,
    suspend,
    verdicts,
)
from tests.decide.worlds import office

from keyturn.decide.plans import PlanScope


def test_removals_by_count() -> None:
    org = crowd(12)
    changes = [suspend(f"s{i}") for i in range(10, 22)]
    for number, verdict in ((0, ALLOW), (1, ALLOW), (2, ASK), (10, ASK), (11, REFUSE)):
        assert verdicts(org.context(), *changes[:number])["removals: count"].verdict is verdict
    one = [end("s10", f"T{i}") for i in range(20)]
    offboarding = verdicts(org.context(), *one, scope=PlanScope.OFFBOARD)
    assert offboarding["removals: count"].verdict is ALLOW


def test_people_who_leave_at_once_are_counted() -> None:
    org = crowd(12)
    changes = [suspend(f"s{i}") for i in range(10, 22)]
    for number, verdict in ((1, ALLOW), (2, ASK), (10, ASK), (11, REFUSE)):
        both = [*changes[:number], *(suspend(f"d{i}", D) for i in range(10, 10 + number))]
        found = verdicts(org.context(), *both, scope=PlanScope.OFFBOARD)["removals: count"]
        assert found.verdict is verdict
    assert "11 people leave at once" in found.words
    stranger = verdicts(org.context(), suspend("s10"), suspend("s99"), scope=PlanScope.OFFBOARD)
    assert stranger["removals: count"].verdict is ASK


def test_a_removal_that_names_nobody_makes_nobody_more_of_a_leaver() -> None:
    org = office()
    nameless = replace(suspend("s2"), account=None)
    found = verdicts(org.context(), suspend("s1"), nameless, scope=PlanScope.OFFBOARD)
    assert found["removals: count"].verdict is ALLOW
    assert "one named person" in found["removals: count"].words


def test_removals_by_share() -> None:
    org = crowd(57)
    changes = [suspend(f"s{i}") for i in range(10, 20)]
    assert verdicts(org.context(), *changes[:3])["removals: share"].verdict is ALLOW
    found = verdicts(org.context(), *changes[:4])["removals: share"]
    assert found.verdict is REFUSE
    assert "4 of 60 active accounts in bao (7%)" in found.words
    both = verdicts(org.context(), leave("s1", "sg-eng"), leave("s2", "sg-eng"))
    assert both["removals: share"].verdict is REFUSE
    one = verdicts(org.context(), leave("s1", "sg-eng"), scope=PlanScope.OFFBOARD)
    assert one["removals: share"].verdict is ALLOW
    several = verdicts(org.context(), *changes, scope=PlanScope.OFFBOARD)
    assert several["removals: share"].verdict is REFUSE
    few = (suspend("s10"), suspend("s1"), leave("s1", "sg-eng"), leave("s2", "sg-eng"))
    assert (
        verdicts(org.context(), *few, scope=PlanScope.OFFBOARD)["removals: share"].verdict is ALLOW
    )


def test_removals_per_day() -> None:
    org = office()
    limit_to(org, removals_per_day=5)
    one, two = suspend("s1"), suspend("s2")
    for before, changes, verdict in (
        (3, (one, two), ALLOW),
        (4, (one, two), REFUSE),
        (9, (), ALLOW),
    ):
        context = org.context(removals_last_day=before)
        assert verdicts(context, *changes)["removals: per day"].verdict is verdict
    context = org.context(removals_last_day=5)
    for changes, now in (((one, end("s1", "T1")), "1 now"), ((one, two), "2 now")):
        found = verdicts(context, *changes, scope=PlanScope.OFFBOARD)["removals: per day"]
        assert found.verdict is ASK
        assert now in found.words
