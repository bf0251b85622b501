"""What a removal rests on: whole, fresh listings, of a source that has not shrunk."""

from dataclasses import replace

import pytest
from tests.decide.guarding import (
    ALLOW,
    ASK,
    ONE_OF_EACH,
    REFUSE,
    D,
    S,
    end,
    join,
    leave,
    revoke,
    suspend,
    verdicts,
)
from tests.decide.worlds import NOW_MS, office

from keyturn.decide.context import Counts, counts_of
from keyturn.decide.findings import Change
from keyturn.decide.guards_of_evidence import needs_of
from keyturn.decide.plans import PlanScope
from keyturn.decide.rules import Limits
from keyturn_providers.records import (
    Collection,
    Side,
)


@pytest.mark.parametrize(
    ("change", "side", "listing"),
    [
        (suspend("s1"), D, (Collection.ACCOUNTS, "")),
        (suspend("d1", D), S, (Collection.ACCOUNTS, "")),
        (end("s1", "T"), S, (Collection.ACCOUNTS, "")),
        (leave("s1", "sg-eng"), D, (Collection.MEMBERSHIPS, "dg-eng")),
        (leave("s1", "sg-eng"), S, (Collection.MEMBERSHIPS, "sg-eng")),
        (leave("s1", "sg-eng"), D, (Collection.GROUPS, "")),
        (revoke("s1", "c", "v-pay"), S, (Collection.GRANTS, "v-prod")),
        (revoke("sg-eng", "c", "v-pay"), S, (Collection.VAULTS, "")),
    ],
)
def test_no_removal_on_half_a_listing(
    change: Change, side: Side, listing: tuple[Collection, str]
) -> None:
    org = office()
    assert verdicts(org.context(), change)["complete listings"].verdict is ALLOW
    (org.directory if side is D else org.secrets).broken.add(listing)
    assert verdicts(org.context(), change)["complete listings"].verdict is REFUSE
    assert verdicts(org.context(), join("s1", "sg-ops"))["complete listings"].verdict is ALLOW


def test_an_offboarding_does_not_rest_on_who_else_is_in_the_directory_group() -> None:
    org = office()
    org.directory.broken.add((Collection.MEMBERSHIPS, "dg-eng"))
    change = leave("s1", "sg-eng")
    found = verdicts(org.context(), change, scope=PlanScope.OFFBOARD)
    assert found["complete listings"].verdict is ALLOW
    org.directory.broken.add((Collection.ACCOUNTS, ""))
    found = verdicts(org.context(), suspend("s1"), scope=PlanScope.OFFBOARD)
    assert found["complete listings"].verdict is REFUSE


@pytest.mark.parametrize("side", [D, S])
def test_old_snapshots_take_nothing_away(side: Side) -> None:
    org = office()
    half = org.directory if side is D else org.secrets
    half.taken_ms = NOW_MS - Limits().snapshot_age_ms
    assert verdicts(org.context(), suspend("s1"))["fresh snapshots"].verdict is ALLOW
    half.taken_ms -= 1
    found = verdicts(org.context(), suspend("s1"))["fresh snapshots"]
    assert found.verdict is REFUSE
    assert "15 min" in found.words
    assert verdicts(org.context(), join("s1", "sg-ops"))["fresh snapshots"].verdict is ALLOW
    offboarding = verdicts(org.context(), suspend("s1"), scope=PlanScope.OFFBOARD)
    assert offboarding["fresh snapshots"].verdict is ASK


def test_an_empty_source_takes_nothing_away() -> None:
    org = office()
    org.directory.accounts = []
    assert verdicts(org.context(), suspend("s1"))["source not empty"].verdict is REFUSE
    org = office()
    org.directory.groups = []
    assert verdicts(org.context(), suspend("s1"))["source not empty"].verdict is ALLOW
    before = {D: Counts(3, 2, 3, 0), S: Counts(3, 0, 3, 2)}
    found = verdicts(org.context(previous=before), suspend("s1"))["source not empty"]
    assert found.verdict is REFUSE
    assert "2 before" in found.words


@pytest.mark.parametrize("what", ["accounts", "groups", "memberships", "grants"])
def test_a_shrunken_source_takes_nothing_away(what: str) -> None:
    org = office()
    now = counts_of(org.secrets.snapshot())
    for fewer, verdict in ((0, ALLOW), (1, ALLOW), (2, REFUSE)):
        before = replace(now, **{what: getattr(now, what) + fewer})
        context = org.context(previous={S: before})
        assert verdicts(context, suspend("s1"))["source not shrunken"].verdict is verdict
        assert verdicts(context, join("s1", "sg-ops"))["source not shrunken"].verdict is ALLOW


def test_what_only_gives_rests_on_no_listing() -> None:
    world = office().world()
    for change in ONE_OF_EACH.values():
        needs = needs_of(world, change, PlanScope.SYNC)
        assert bool(needs) == change.kind.removes
